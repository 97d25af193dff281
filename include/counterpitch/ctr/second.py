"""The second model: a base model with pillars beside what it reads, trained and judged to know what they are worth.

It goes with the base model that it was trained beside: the same day, the same parameters, the same held-out rows. It
scores ads again that were read (rescore.py) only where it won beyond noise and that base model is the champion, so a
person who promotes or rolls back the one decides on both. It never takes the champion's place: those scores choose
which ads are read. The verdict is kept with the base model, in metrics.pillars; a model that did not win is not kept.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd

from counterpitch.ctr import evaluate, examples, model, pillars, train, variances
from counterpitch.ctr.refusals import ModelUnusable, NotEnoughData
from counterpitch.ctr.strength import Priors
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, transaction

log = logging.getLogger(__name__)

LEAST_READ = 40
"""With fewer of our own ads both read and shown, nothing is trained: a first run asks this before it loads a thing."""


def weigh(base_id: str) -> dict[str, Any]:
    """Train the second model of a base model, compare the two, and keep the verdict; the second too where it won.

    Returns {"verdict", "reason"}, and once compared also model_id (None unless it won), pairs, accuracy,
    base_accuracy, difference, difference_95 and reader. verdict: `wins` (the 95% interval of the difference in pair
    accuracy over held-out own ads that were read lies above 0) or `no gain`. Run twice on the same readings: the same
    verdict and model. Raises NotEnoughData, with the verdict `unknown` kept, where too few ads were both read and
    shown; ModelUnusable when `base_id` is no base model.
    """
    with transaction(application="counterpitch ctr weigh pillars") as conn:
        held = query.rows(conn, query.sql(__file__, "select_base"), {"model_id": base_id})
        if not held or held[0]["name"] != train.BASE:
            raise ModelUnusable(f"{base_id!r} is no base model, so no second one goes with it. See `ctr list`.")
        verdict = _weighed(conn, held[0])
        more = {"model_id": base_id, "more": write.as_json({"pillars": verdict})}
        query.execute(conn, query.sql(__file__, "update_metrics"), more)
    log.info("Pillars beside %s: %s", base_id, verdict["reason"])
    if verdict["verdict"] == "unknown":
        raise NotEnoughData(verdict["reason"])
    return verdict


def _weighed(conn: Connection, base: dict[str, Any]) -> dict[str, Any]:
    day = {"partition_key": base["partition_key"]}
    readers = query.rows(conn, query.sql(__file__, "select_reader"), day)
    read = readers[0]["ads"] if readers else 0
    if read < LEAST_READ:
        return _unknown(f"{read} of our own ads were both read for pillars and shown; {LEAST_READ} are needed")
    who = {name: str(readers[0][name]) for name in ("extractor", "extractor_version")}
    known = _read(conn, base, who)
    params = model.Params(**base["params"] | {"priors": Priors(**base["params"]["priors"])})
    split, parts = train.hold_out(known, params.seed)
    judged = _judged(known, parts)
    rows = known[judged].reset_index(drop=True)
    if not evaluate.is_enough(*evaluate.judgeable(rows)):
        needed = f"{evaluate.LEAST_PAIRS} pairs among {evaluate.LEAST_UNITS} ads"
        return _unknown(f"Fewer than {needed} of our own were held out and read for pillars")
    texts = train.earlier_texts(conn, known, str(base["partition_key"]))
    given = params if base["metrics"]["variances"]["method"] == "given" else None
    score, ctr = _held_out(known, parts, given, texts)
    verdict = _verdict(rows, score[judged], rows["base"].to_numpy(float)) | {"reader": who}
    if verdict["verdict"] == "wins":
        figures = {"split": split, "base": base["model_id"], "comparison": verdict, "reader": who}
        said = {"model": score[judged], "without pillars": rows["base"].to_numpy(float)}
        figures |= train.table(rows, said, ctr[judged])
        corpus = examples.corpus(conn, str(base["partition_key"]))
        chosen = given or variances.estimate(known, unlabelled=corpus, block=pillars.NAMES)[0]
        fitted = model.fit(known, chosen, corpus, pillars.NAMES)
        kept = train.predictions(rows, score[judged], ctr[judged])
        verdict["model_id"] = train.store(conn, fitted, str(base["partition_key"]), figures, kept)
    return verdict


def _unknown(reason: str) -> dict[str, Any]:
    return {"verdict": "unknown", "model_id": None, "reason": f"{reason}: what pillars are worth is not known yet."}


def _read(conn: Connection, base: dict[str, Any], reader: dict[str, str]) -> pd.DataFrame:
    """The examples with pillars.NAMES beside them, NaN where one was not read, and what the base model's twin said of
    it (`base`), NaN where that was not held out.
    """
    known = examples.read(conn, str(base["partition_key"]))
    of_base = query.rows(conn, query.sql(__file__, "select_held_out"), {"model_id": base["model_id"]})
    known["base"] = known["example_key"].map({row["example_key"]: row["score"] for row in of_base})
    found = query.rows(conn, query.sql(__file__, "select_own_readings"), reader)
    return pd.concat([known, pillars.of_texts(known["text"], found)], axis=1)


def _judged(known: pd.DataFrame, parts: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Mask of the rows that decide: own ads, read, and held out of both models."""
    held = np.any([each for _, each in parts], axis=0)
    own = known["group_key"].str.startswith("ads|") & known[pillars.NAMES[0]].notna()
    return np.asarray(held & own & known["base"].notna())


def _held_out(
    known: pd.DataFrame, parts: list[tuple[np.ndarray, np.ndarray]], given: model.Params | None, texts: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Margin and CTR of each held-out row by a twin that saw none of them, as train.evaluation does without pillars."""
    score, ctr = np.zeros(len(known)), np.zeros(len(known))
    for learnt, held in parts:
        older = known[learnt].reset_index(drop=True)
        params = given or variances.estimate(older, unlabelled=texts, block=pillars.NAMES)[0]
        twin = model.fit(older, params, texts, pillars.NAMES)
        score[held], ctr[held] = train.asked(twin, known[held].reset_index(drop=True))
    return score, ctr


def _verdict(rows: pd.DataFrame, mine: np.ndarray, theirs: np.ndarray) -> dict[str, Any]:
    figures = evaluate.difference(rows, mine, theirs)
    low, high = figures["difference_95"]
    wins = low > 0
    told = (
        f"On {figures['pairs']} held-out pairs of our own ads that were read, the model with pillars is right in "
        f"{figures['accuracy']:.1%}, without them in {figures['champion_accuracy']:.1%} "
        f"(difference {figures['difference']:+.1%}, 95% {low:+.1%} to {high:+.1%}): "
    )
    told += "beyond noise, so ads are scored again once they are read." if wins else "not beyond noise."
    figures["base_accuracy"] = figures.pop("champion_accuracy")
    return {"verdict": "wins" if wins else "no gain", "model_id": None, "reason": told, **figures}
