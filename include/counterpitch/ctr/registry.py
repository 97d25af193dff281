"""Which model scores: the champion, its challengers, and every move of the pointer with who and why.

`ml.promotion` is append-only and the champion is its last row, so a promotion is one insert, a rollback is one
insert, and no crash can leave two champions or none. A challenger must win on later data beyond noise, and
then a human must say yes; only where no champion can score is a model promoted at once, as `bootstrap`: there is
none yet, or an upgrade left it behind. A champion that was altered or cut short stays until a human looks at it; one
that a newer version stored stays too, and this version says that it must be upgraded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from counterpitch.ctr import evaluate, examples, features, tuned
from counterpitch.ctr.model import CtrModel
from counterpitch.ctr.refusals import EncoderUnusable, ModelNewer, ModelOutdated, ModelUnusable, NotEnoughData
from counterpitch.ctr.train import BASE, train_on
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, transaction


def ensure_champion(partition_key: str) -> str:
    """The champion's model_id; where none can score, train one and promote it as `bootstrap` if it beats the baselines.

    A champion that an older version of the features stored is left behind: its successor learns from what was known by
    the later of `partition_key` and the day that the old one was trained on, so a backfill forgets nothing.
    Raises NotEnoughData when there is too little to learn from, or when what was learnt is no better than the
    campaign mean: then nothing is scored.
    """
    with transaction(application="counterpitch ctr") as conn:
        write.lock(conn, "ml.promotion", BASE)
        held = _row(conn, "select_champion", {"name": BASE})
        gone = _why_outdated(held) if held else "No champion yet."
        if held and not gone:
            return str(held["model_id"])
        model_id = train_on(conn, max(partition_key, str(held["partition_key"])) if held else partition_key)
        verdict = _first(conn, _stored(conn, model_id), gone)
    if verdict["verdict"] != "bootstrap":
        raise NotEnoughData(
            f"{verdict['reason']} A model was trained ({model_id}) but is no use as a champion: collect more results."
        )
    return model_id


def is_left_behind(conn: Connection) -> bool:
    """Whether there is a champion, and an older version of the features stored it: a training is due."""
    held = _row(conn, "select_champion", {"name": BASE})
    return bool(held and _why_outdated(held))


def champion(conn: Connection, name: str = BASE) -> tuple[str, CtrModel, dict[str, Any]] | None:
    """The champion's model_id, the model itself and its row without the artifact; None where there is none.

    Raises ModelUnusable when it cannot score here.
    """
    held = query.rows(conn, query.sql(__file__, "select_champion"), {"name": name})
    return _loaded(held[0]) if held else None


def load(conn: Connection, model_id: str) -> tuple[str, CtrModel, dict[str, Any]]:
    """A stored model by id. Raises ModelUnusable when there is none or it cannot score here."""
    return _loaded(_stored(conn, model_id))


def compare(model_id: str) -> dict[str, Any]:
    """Whether a challenger beats the champion on later data beyond noise.

    Returns {"verdict", "reason", "model_id", "champion_id", ...figures}. verdict: `bootstrap` (no champion could score
    and this one now does), `wins` (put it before a person), `keeps` (the champion stays), `same` (it is the champion).
    Later data are the challenger's held-out rows from after the day the champion was trained on: neither has seen
    them. It wins where the 95% interval of the difference in pair accuracy (evaluate.difference) lies above 0.
    """
    with transaction(application="counterpitch ctr compare") as conn:
        write.lock(conn, "ml.promotion", BASE)
        row = _stored(conn, model_id)
        _refuse_second(row)
        held = _row(conn, "select_champion", {"name": BASE})
        gone = _why_outdated(held) if held else "No champion yet."
        if held is None or gone:
            return _first(conn, row, gone)
        verdict = {"model_id": model_id, "champion_id": held["model_id"]}
        if held["model_id"] == model_id:
            return verdict | {"verdict": "same", "reason": "This model is the champion."}
        try:
            judged = _judge(conn, row, held)
        except (ModelNewer, EncoderUnusable) as error:  # a version or a folder to put right, not a worse model
            judged = {"verdict": "keeps", "reason": f"The champion cannot be compared with here: {error}"}
        except ModelUnusable as error:
            judged = {"verdict": "wins", "reason": f"The champion can no longer score: {error}"}
        verdict |= judged
        _note(conn, model_id, {"comparison": verdict})
        return verdict


def promote(model_id: str, mark: str = "approved", decided_by: str = "operator", reason: str = "") -> str:
    """Make a model the champion in one transaction; returns its id.

    Raises ModelUnusable if it cannot score here, or reads pillars.
    """
    with transaction(application="counterpitch ctr promote") as conn:
        write.lock(conn, "ml.promotion", BASE)
        _refuse_as_champion(conn, model_id)
        _point(conn, model_id, mark, decided_by, reason or "promoted by hand")
    return model_id


def rollback(decided_by: str = "operator", reason: str = "") -> str:
    """Take the last promotion back: the champion before it scores again. Returns its model_id.

    Rolling back twice goes back two promotions. Raises ModelUnusable when there is none before, or it cannot score
    here; the champion then stays.
    """
    with transaction(application="counterpitch ctr rollback") as conn:
        write.lock(conn, "ml.promotion", BASE)
        stack: list[str] = []
        for row in query.rows(conn, query.sql(__file__, "select_promotions"), {"name": BASE}):
            if row["mark"] == "rollback":
                stack.pop()
            else:
                stack.append(str(row["model_id"]))
        if len(stack) < 2:
            raise ModelUnusable("There is no earlier champion to go back to. The table ml.promotion lists every move.")
        load(conn, stack[-2])[1].refuse_other_encoder()
        _point(conn, stack[-2], "rollback", decided_by, reason or f"rolled back from {stack[-1]}")
    return stack[-2]


def record_decision(model_id: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Store what a person said of a challenger, and promote it only on "Promote".

    `answer` is Airflow's HITL answer: chosen_options (list of str), params_input ({"reason": str}) and
    responded_by_user, None where the time ran out: then the decision is `expired` and the champion stays.
    """
    user = answer.get("responded_by_user")
    decision = "expired"
    if user:
        decision = "approved" if "Promote" in answer["chosen_options"] else "rejected"
    row = {
        "model_id": model_id,
        "decision": decision,
        "decided_by": (user or {}).get("name") or "nobody",
        "reason": (answer.get("params_input") or {}).get("reason") or None,
    }
    with transaction(application="counterpitch ctr") as conn:
        write.lock(conn, "ml.promotion", BASE)
        write.copy(conn, "ml.decision", list(row), [row])
        if decision == "approved":
            _refuse_as_champion(conn, model_id)
            reason = str(row["reason"] or "approved in the Airflow UI")
            _point(conn, model_id, "approved", str(row["decided_by"]), reason)
    return row


def describe(model_id: str) -> str:
    """The challenger as a person who decides wants to read it: Markdown with the comparison and its figures."""
    with transaction(application="counterpitch ctr") as conn:
        row = _stored(conn, model_id)
    metrics = row["metrics"]
    lines = [f"**{model_id}**, trained on what was known by {row['partition_key']}.", ""]
    lines += [text for said in ("comparison", "pillars") if said in metrics for text in (metrics[said]["reason"], "")]
    lines += [f"Held out: {metrics['split']}, {metrics['held_out_examples']} examples it was not trained on.", ""]
    lines += ["| | pair accuracy | 95% | best one picked |", "|---|---|---|---|"]
    for name, figures in metrics["table"].items():
        pairs = figures["all_pairs"]
        low, high = pairs["accuracy_95"] or (None, None)
        lines.append(
            f"| {name} | {_told(pairs['accuracy'])} | {_told(low)} to {_told(high)} | {_told(figures['top1'])} |"
        )
    if encoder := metrics.get("encoder"):
        lines += ["", f"Its encoder was taught on {tuned.lessons(encoder)} up to {encoder['taught_until']}."]
    owners = ", ".join(f"{name} ({said['examples']} examples)" for name, said in row["trained_on"]["owners"].items())
    return "\n".join([*lines, "", f"Learnt from: {owners}."])


def _refuse_as_champion(conn: Connection, model_id: str) -> None:
    """Raise ModelUnusable where a model cannot score here, or reads pillars."""
    _, model, row = load(conn, model_id)
    _refuse_second(row)
    model.refuse_other_encoder()


def _refuse_second(row: Mapping[str, Any]) -> None:
    if row["name"] != BASE:
        raise ModelUnusable(
            f"{row['model_id']} reads pillars, and a champion's scores choose which ads are read. Promote the model "
            f"that it was trained beside ({row['metrics'].get('base', 'see its metrics')}): it goes with that one."
        )


def _told(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _first(conn: Connection, row: dict[str, Any], gone: str) -> dict[str, Any]:
    """Promote a model where none can score, for the reason `gone`, if it is of any use."""
    better, said = evaluate.beats(row["metrics"])
    if better:
        _loaded(dict(row))[1].refuse_other_encoder()  # and it may be of another version too
        _point(conn, row["model_id"], "bootstrap", "counterpitch", f"{gone} {said}")
    return {
        "verdict": "bootstrap" if better else "keeps",
        "reason": f"{gone} {said}",
        "model_id": row["model_id"],
        "champion_id": row["model_id"] if better else None,
    }


def _why_outdated(held: Mapping[str, Any]) -> str:
    """Why a stored model cannot score since an upgrade; empty where it can, or something else is wrong with it."""
    try:
        _loaded(dict(held))
    except ModelOutdated as error:
        return f"The champion {held['model_id']} can score no longer. {error}"
    except ModelUnusable:
        return ""  # altered, cut short or newer: whoever scores with it says so, and a person looks
    return ""


def _judge(conn: Connection, challenger: dict[str, Any], champion_row: dict[str, Any]) -> dict[str, Any]:
    _, model, _ = _loaded(dict(champion_row))
    asked = {"model_id": challenger["model_id"], "after": champion_row["partition_key"]}
    held = pd.DataFrame(query.rows(conn, query.sql(__file__, "select_later_held_out"), asked))
    known = examples.read(conn, str(challenger["partition_key"]))
    rows = known.merge(held[["example_key", "score"]], on="example_key") if len(held) else known.iloc[:0]
    count, units = evaluate.judgeable(rows)
    if not evaluate.is_enough(count, units):
        return {
            "verdict": "keeps",
            "reason": f"Only {count} pairs among {units} tests and own ads are later than the champion's training; "
            f"{evaluate.LEAST_PAIRS} pairs among {evaluate.LEAST_UNITS} are needed to tell.",
        }
    mine = rows["score"].to_numpy(float)
    theirs = model.margins(rows[list(features.KNOWN)])[0]
    figures = evaluate.difference(rows, mine, theirs)
    low, high = figures["difference_95"]
    verdict = "wins" if low > 0 else "keeps"
    told = (
        f"On {figures['pairs']} pairs later than the champion's training the challenger is right in "
        f"{figures['accuracy']:.1%}, the champion in {figures['champion_accuracy']:.1%} "
        f"(difference {figures['difference']:+.1%}, 95% {low:+.1%} to {high:+.1%}): "
    )
    return {"verdict": verdict, "reason": told + ("beyond noise." if low > 0 else "not beyond noise."), **figures}


def _note(conn: Connection, model_id: str, more: dict[str, Any]) -> None:
    query.execute(conn, query.sql(__file__, "update_metrics"), {"model_id": model_id, "more": write.as_json(more)})


def _row(conn: Connection, name: str, key: dict[str, Any]) -> dict[str, Any] | None:
    held = query.rows(conn, query.sql(__file__, name), key)
    return held[0] if held else None


def _stored(conn: Connection, model_id: str) -> dict[str, Any]:
    row = _row(conn, "select_model", {"model_id": model_id})
    if row is None:
        raise ModelUnusable(f"No model is called {model_id!r}. The table ml.model lists them.")
    return row


def _loaded(row: dict[str, Any]) -> tuple[str, CtrModel, dict[str, Any]]:
    artifact = row.pop("artifact")
    return str(row["model_id"]), CtrModel.from_json(artifact, row["sha256"]), row


def _point(conn: Connection, model_id: str, mark: str, decided_by: str, reason: str) -> None:
    row = {"name": BASE, "model_id": model_id, "mark": mark, "decided_by": decided_by, "reason": reason}
    write.copy(conn, "ml.promotion", list(row), [row])
