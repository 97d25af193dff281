"""The second model: a base model with pillars beside what it reads, trained and judged to know what they are worth.

It goes with the base model that it was trained beside: the same day, the same way to choose parameters, the same
encoder whatever the settings name by now, the same held-out rows. Both are learnt anew for the comparison, from what is
known of that day by now, so results and readings that came after the base model was trained favour neither. It scores
ads again that were read (rescore.py) only where it won beyond noise and that base model is the champion, so a person
who promotes or rolls back the one decides on both. It never takes the champion's place: those scores choose which ads
are read. The verdict is kept with the base model, in metrics.pillars; a model that did not win is not kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from counterpitch.ctr import evaluate, examples, model, pillars, registry, train
from counterpitch.ctr import weigh as verdicts
from counterpitch.ctr.refusals import ModelUnusable, NotEnoughData
from counterpitch.ctr.strength import Priors
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection, transaction

log = logging.getLogger(__name__)


def weigh(base_id: str) -> dict[str, Any]:
    """Train the second model of a base model, compare the two, and keep the verdict; the second too where it won.

    Returns {"verdict", "reason"}, and once compared also model_id (None unless it won), pairs, accuracy,
    base_accuracy, difference, difference_95 and reader. verdict: `wins` (the 95% interval of the difference in pair
    accuracy over held-out own ads that were read lies above 0) or `no gain`. Run twice on the same readings: the same
    verdict and model. Raises NotEnoughData, with the verdict `unknown` kept, where too few ads were both read and
    shown, or the encoder that the base model reads is gone; ModelUnusable when `base_id` is no base model.
    """
    with transaction(application="counterpitch ctr weigh pillars") as conn:
        held = query.rows(conn, query.sql(__file__, "select_base"), {"model_id": base_id})
        if not held or held[0]["name"] != train.BASE:
            raise ModelUnusable(f"{base_id!r} is no base model, so no second one goes with it. See `ctr list`.")
        verdict = _weighed(conn, held[0])
        verdicts.keep(conn, base_id, verdict)
    log.info("Pillars beside %s: %s", base_id, verdict["reason"])
    if verdict["verdict"] == "unknown":
        raise NotEnoughData(verdict["reason"])
    return verdict


def _weighed(conn: Connection, base: dict[str, Any]) -> dict[str, Any]:
    day = str(base["partition_key"])
    reader = verdicts.of_most(conn, day)
    lack = verdicts.too_few(conn, day)
    if lack or reader is None:
        return verdicts.unknown(lack)
    who = {name: str(reader[name]) for name in ("extractor", "extractor_version")}
    known = _read(conn, day, who)
    params = model.Params(**base["params"] | {"priors": Priors(**base["params"]["priors"])})
    if params.embedder:
        try:
            registry.load(conn, base["model_id"])[1].refuse_other_encoder()
        except ModelUnusable as error:
            return verdicts.unknown(str(error).rstrip("."))
    split, parts = train.hold_out(known, params.seed, params.embedder)
    judged = _judged(known, parts)
    rows = known[judged].reset_index(drop=True)
    if not evaluate.is_enough(*evaluate.judgeable(rows)):
        needed = f"{evaluate.LEAST_PAIRS} pairs among {evaluate.LEAST_UNITS} ads"
        return verdicts.unknown(f"Fewer than {needed} of our own were held out and read for pillars")
    texts = train.earlier_texts(conn, known, day)
    given = params if base["metrics"]["variances"]["method"] == "given" else None
    learn = partial(train.twin, known=known, params=given, start=model.Params(embedder=params.embedder))
    score, ctr = _held_out(known, parts, partial(learn, texts=texts, block=pillars.NAMES))
    without = _held_out(known, parts, partial(learn, texts=texts))[0][judged]
    verdict = _verdict(rows, score[judged], without) | {"reader": who}
    if verdict["verdict"] == "wins":
        figures = {"split": split, "base": base["model_id"], "comparison": verdict, "reader": who}
        figures |= {name: base["metrics"][name] for name in ("encoder",) if name in base["metrics"]}
        figures |= train.table(rows, {"model": score[judged], "without pillars": without}, ctr[judged])
        corpus = examples.corpus(conn, day)
        fitted = learn(known, texts=corpus, block=pillars.NAMES)
        kept = train.predictions(rows, score[judged], ctr[judged])
        verdict["model_id"] = train.store(conn, fitted, day, figures, kept)
    return verdict


def _read(conn: Connection, day: str, reader: dict[str, str]) -> pd.DataFrame:
    """The examples known by a day with pillars.NAMES beside them, NaN where one was not read."""
    known = examples.read(conn, day)
    own = [row["text_hash"] for row in query.rows(conn, query.sql(__file__, "select_own_texts"))]
    asked = reader | {"market_id": None, "texts": own}
    found = query.rows(conn, query.sql(__file__, "select_readings"), asked)
    return pd.concat([known, pillars.of_texts(known["text"], found)], axis=1)


def _judged(known: pd.DataFrame, parts: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Mask of the rows that decide: own ads, read, and held out."""
    held = np.any([each for _, each in parts], axis=0)
    return np.asarray(held & known["group_key"].str.startswith("ads|") & known[pillars.NAMES[0]].notna())


def _held_out(
    known: pd.DataFrame, parts: list[tuple[np.ndarray, np.ndarray]], learn: Callable[[pd.DataFrame], model.CtrModel]
) -> tuple[np.ndarray, np.ndarray]:
    """Margin and CTR of each held-out row by a twin that saw none of them, as in train.evaluation."""
    score, ctr = np.zeros(len(known)), np.zeros(len(known))
    for learnt, held in parts:
        twin = learn(known[learnt].reset_index(drop=True))
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
