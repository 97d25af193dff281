"""Which model scores: the champion, its challengers, and every move of the pointer with who and why.

`ml.promotion` is append-only and the champion is its last row, so a promotion is one insert, a rollback is one
insert, and no crash can leave two champions or none. A challenger must win on later data beyond noise, and
then a human must say yes; only where there is no champion at all is a model promoted at once, as `bootstrap`.
"""

from __future__ import annotations

from typing import Any

from counterpitch.ctr import evaluate
from counterpitch.ctr.model import CtrModel
from counterpitch.ctr.refusals import ModelUnusable, NotEnoughData
from counterpitch.ctr.train import BASE, train_on
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, transaction


def ensure_champion(partition_key: str) -> str:
    """The champion's model_id; where there is none, train one and promote it as `bootstrap` if it beats the baselines.

    Raises NotEnoughData when there is too little to learn from, or when what was learnt is no better than the
    campaign mean: then there is no champion, and nothing is scored.
    """
    with transaction(application="counterpitch ctr") as conn:
        write.lock(conn, "ml.promotion", BASE)
        held = query.rows(conn, query.sql(__file__, "select_champion"), {"name": BASE})
        if held:
            return str(held[0]["model_id"])
        model_id = train_on(conn, partition_key)
        metrics = query.scalar(conn, "select metrics from ml.model where model_id = %(id)s", {"id": model_id})
        better, said = evaluate.beats(metrics)
        if better:
            _point(conn, model_id, "bootstrap", "counterpitch", f"No champion yet. {said}")
    if not better:
        raise NotEnoughData(
            f"{said} A model was trained ({model_id}) but is no use as a champion: collect more results."
        )
    return model_id


def champion(conn: Connection, name: str = BASE) -> tuple[str, CtrModel, dict[str, Any]] | None:
    """The champion's model_id, the model itself and its row without the artifact; None where there is none.

    Raises ModelUnusable when it cannot score here.
    """
    held = query.rows(conn, query.sql(__file__, "select_champion"), {"name": name})
    return _loaded(held[0]) if held else None


def load(conn: Connection, model_id: str) -> tuple[str, CtrModel, dict[str, Any]]:
    """A stored model by id. Raises ModelUnusable when there is none or it cannot score here."""
    held = query.rows(conn, query.sql(__file__, "select_model"), {"model_id": model_id})
    if not held:
        raise ModelUnusable(f"No model is called {model_id!r}. The table ml.model lists them.")
    return _loaded(held[0])


def _loaded(row: dict[str, Any]) -> tuple[str, CtrModel, dict[str, Any]]:
    artifact = row.pop("artifact")
    return str(row["model_id"]), CtrModel.from_json(artifact, row["sha256"]), row


def _point(conn: Connection, model_id: str, mark: str, decided_by: str, reason: str) -> None:
    row = {"name": BASE, "model_id": model_id, "mark": mark, "decided_by": decided_by, "reason": reason}
    write.copy(conn, "ml.promotion", list(row), [row])
