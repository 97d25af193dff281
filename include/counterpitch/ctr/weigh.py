"""After each training: what are pillars worth, beside the model just trained and beside the champion?

The champion is asked about again until that is known: ads are read and shown after the model that chose them was
trained. Nothing here fails a training. Nothing heavy is imported until enough was read, so a first run, where nothing
is read yet, pays two small questions to the warehouse.
"""

from __future__ import annotations

import logging
from typing import Any

from counterpitch.ctr.refusals import NotEnoughData
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, transaction

log = logging.getLogger(__name__)

LEAST_READ = 40
"""With fewer of our own ads both read and shown, nothing is trained."""


def after_training(model_id: str) -> dict[str, str]:
    """Weigh the second model of a base model just trained, and the champion's while its verdict is missing or unknown.

    Returns what is known now, a sentence for each model_id; where something failed, the sentence says so, and the next
    training asks again. Raises NotEnoughData, the only error, where too little was read for any.
    """
    said: dict[str, str] = {}
    try:
        ready = _ready(model_id, said)
        for base_id in ready:
            said[base_id] = _weighed(base_id)
    except Exception as error:  # whatever it is: the base model is trained, and the champion's scores stand
        log.warning("Pillars were not weighed; the next training asks again.", exc_info=True)
        return said | {"failed": f"Pillars were not weighed: {error}"}
    if not ready:
        raise NotEnoughData(" ".join(dict.fromkeys(said.values())))
    return said


def _weighed(base_id: str) -> str:
    from counterpitch.ctr import second  # imports what trains; a first run never comes here

    try:
        return str(second.weigh(base_id)["reason"])
    except NotEnoughData as error:
        return str(error)


def too_few(conn: Connection, day: str) -> str:
    """Why nothing can be learnt from what was read of our own ads with results up to a day; empty where it can."""
    reader = of_most(conn, day)
    read = reader["ads"] if reader else 0
    if read >= LEAST_READ:
        return ""
    return f"{read} of our own ads were both read for pillars and shown; {LEAST_READ} are needed"


def of_most(conn: Connection, day: str) -> dict[str, Any] | None:
    """The reader (extractor, extractor_version) of most of our own ads with results up to a day, and of how many."""
    found = query.rows(conn, query.sql(__file__, "select_reader"), {"partition_key": day})
    return found[0] if found else None


def unknown(reason: str) -> dict[str, Any]:
    """The verdict where nothing could be compared."""
    return {"verdict": "unknown", "model_id": None, "reason": f"{reason}: what pillars are worth is not known yet."}


def keep(conn: Connection, base_id: str, verdict: dict[str, Any]) -> None:
    """Keep a verdict with its base model, in metrics.pillars."""
    more = {"model_id": base_id, "more": write.as_json({"pillars": verdict})}
    query.execute(conn, query.sql(__file__, "update_metrics"), more)


def _ready(model_id: str, said: dict[str, str]) -> list[str]:
    """The models that can be weighed; of the others the verdict `unknown` is kept, and its reason put into `said`."""
    ready = []
    with transaction(application="counterpitch ctr weigh pillars") as conn:
        asked = {"name": "base", "model_id": model_id}
        for base in query.rows(conn, query.sql(__file__, "select_unweighed"), asked):
            lack = too_few(conn, str(base["partition_key"]))
            if lack:
                verdict = unknown(lack)
                keep(conn, base["model_id"], verdict)
                said[base["model_id"]] = verdict["reason"]
            else:
                ready.append(str(base["model_id"]))
    return ready
