"""Drift of a model: are today's ads still like those it learnt from, and are its predictions still right?

Population drift is the population stability index of each feature, sum over bins of (a - b) ln(a / b), between the
training examples' tenths and the own ads first seen since; above 0.25 is the usual line for "another population".
Calibration drift is the log of observed over predicted clicks of own ads since the model was trained, clicks of the
kind that it learnt from; it crosses where it is both large and beyond what counting alone explains. PSI is written
out: it is three lines, and the libraries that offer it bring a second data-frame world with them.

Crossing the line asks for training once: while training was asked for within COOLDOWN_DAYS, or a model of as late
waits to be compared or for a person, a line that stays crossed asks nobody again. A model that was compared and did
not win silences nothing. Days may come in any order, so only the newest that was measured asks.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd

from counterpitch.ctr import examples, features, registry
from counterpitch.ctr.model import COLUMNS, CtrModel, shares
from counterpitch.ctr.refusals import NotEnoughData
from counterpitch.ctr.train import BASE
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, transaction

log = logging.getLogger(__name__)

PSI_LINE = 0.25
CALIBRATION_LINE = 0.25
"""ln(observed / predicted): a quarter more or fewer clicks than predicted."""

MOVED_SHARE = 0.1
"""Training is due where more than this share of the features crosses: one moved feature is a campaign, not a world."""

COOLDOWN_DAYS = 7

DAY_OF_LOOKING = ("weekday", "weekend")
"""One day has one weekday: it cannot look like a season's."""

OF_NEW_WORDS = ("rarity", "rarest", "three_rarest", "rare_words", "uncommon_words", "surprise")
"""A training text is part of the corpus that its words are counted in, a new one is not: it always looks rarer, and,
though surprise leaves out a text's own part, a little more unexpected."""

LEAST_ADS = 30
LEAST_CLICKS = 100

Lines = list[dict[str, Any]]


def measure(partition_key: str) -> dict[str, Any]:
    """Measure the champion's drift on the day and store it, whole, in ml.drift and its verdict in ml.drift_day.

    Returns {"model_id", "measured", "state" (steady, drifted, thin), "crossed" (names of features, "calibration"),
    "retrain", "reason"}. Raises NotEnoughData without a champion, and for a day before the champion's training: there
    it would be compared with what it already knows.
    """
    with transaction(application="counterpitch ctr drift") as conn:
        write.lock(conn, "ml.drift_day", BASE)  # two days at once would both find that nobody asked yet
        trained = query.rows(conn, query.sql(__file__, "select_champion_day"), {"name": BASE})
        if not trained:
            raise NotEnoughData("No champion yet, so nothing can drift.")
        if str(trained[0]["partition_key"]) > partition_key:
            raise NotEnoughData(f"The champion learnt up to {trained[0]['partition_key']}: this day is behind it.")
        held = registry.champion(conn)
        assert held  # noqa: S101 it was there a line ago, in the same transaction
        model_id, model, row = held
        key = {"model_id": model_id, "partition_key": partition_key}
        looks, told_looks = _population(conn, model, str(row["partition_key"]), partition_key)
        rates, told_rates = _calibration(conn, model, str(row["partition_key"]), partition_key)
        verdict = _verdict(conn, key, looks, rates, f"{told_looks} {told_rates}")
        found = looks + rates
        write.replace_slice(conn, "ml.drift", key, ["metric", "feature", "value", "threshold", "crossed"], found)
        write.replace_slice(conn, "ml.drift_day", key, ["state", "crossed", "retrain", "reason"], [verdict])
    log.info("Drift of %s on %s: %s", model_id, partition_key, verdict["reason"])
    return {"model_id": model_id, "measured": len(found), **verdict}


def psi(expected: np.ndarray, found: np.ndarray, count: int) -> float:
    """Population stability index of two vectors of shares; empty bins count as half an ad of `count`."""
    least = 0.5 / max(count, 1)
    a, b = np.maximum(expected, least), np.maximum(found, least)
    return float(((b - a) * np.log(b / a)).sum())


def _verdict(conn: Connection, key: dict[str, str], looks: Lines, rates: Lines, told: str) -> dict[str, Any]:
    moved = [line["feature"] for line in looks if line["crossed"]]
    wrong = any(line["crossed"] for line in rates)
    drifted = wrong or len(moved) > MOVED_SHARE * len(looks)
    state = "drifted" if drifted else "steady" if looks or rates else "thin"
    asked = query.scalar(
        conn, query.sql(__file__, "select_asked_since"), {**key, "name": BASE, "cooldown": COOLDOWN_DAYS}
    )
    if drifted:
        told += f" No new training: {asked}" if asked else " Training is due."
    crossed = moved + (["calibration"] if wrong else [])
    return {"state": state, "crossed": crossed, "retrain": drifted and not asked, "reason": told}


def _population(conn: Connection, model: CtrModel, trained: str, day: str) -> tuple[Lines, str]:
    rows = query.rows(conn, query.sql(__file__, "select_own_ads"), {"after": trained, "partition_key": day})
    kept = model.data.get("profile", {})
    if len(rows) < LEAST_ADS or not kept:
        return [], f"{len(rows)} own ads are new since the training; {LEAST_ADS} are needed to see how they differ."
    known = examples.known(rows)
    wide = model.columns(model.blocks(known))
    texts = int(known["text"].nunique())
    out: Lines = []
    for column, name in enumerate(COLUMNS):
        if name in DAY_OF_LOOKING + OF_NEW_WORDS:
            continue
        found = shares(np.nan_to_num(wide[:, column]), np.array(kept[name]["edges"]))
        value = psi(np.array(kept[name]["shares"]), found, len(rows))
        # By chance alone the index is about (bins - 1) x (1 / texts): the line rises for few of them.
        line = PSI_LINE + 2 * (len(found) - 1) / texts
        out.append({"metric": "psi", "feature": name, "value": value, "threshold": line, "crossed": value > line})
    moved = sum(line["crossed"] for line in out)
    return out, f"{moved} of {len(out)} features of the {len(rows)} own ads that are new lie beyond the line."


def _calibration(conn: Connection, model: CtrModel, trained: str, day: str) -> tuple[Lines, str]:
    found = query.rows(conn, query.sql(__file__, "select_new_results"), {"after": trained, "partition_key": day})
    rows = _counted(found, model)
    clicked = sum(row["clicks"] for row in rows)
    thin = f"Our results since the training hold {clicked} clicks; {LEAST_CLICKS} are needed to check the predictions."
    if clicked < LEAST_CLICKS:
        return [], thin
    known = examples.known(rows)
    owners = pd.Series([row["brand_id"] for row in rows])
    shown = np.array([row["impressions"] for row in rows], dtype=float)
    predicted = 0.0
    known["day"] = pd.Series(pd.NaT, index=known.index, dtype="datetime64[us]")  # at the level the model ended with
    for owner, part in known[list(features.KNOWN)].groupby(owners):
        ctr = model.predict(part, str(owner))["ctr"].to_numpy()
        predicted += float(ctr @ shown[part.index])
    if predicted <= 0:
        return [], thin
    value = float(np.log(clicked / predicted))
    line = CALIBRATION_LINE + 3 / np.sqrt(clicked)
    said = f"Our ads got {clicked / predicted - 1:+.0%} clicks against what was predicted, of {clicked}."
    crossed = abs(value) > line
    return [
        {"metric": "calibration", "feature": "", "value": value, "threshold": float(line), "crossed": crossed}
    ], said


def _counted(rows: Lines, model: CtrModel) -> Lines:
    """Each result with the kind of click that taught its owner's level; a result that lacks that kind is left out.

    All clicks against predictions that were learnt from link clicks would look like drift on the first day.
    """
    owners = model.data["owners"]
    by_link = {owner for owner in owners if "link" in owners[owner]["click"]}
    counted = [row | {"clicks": row["link_clicks"]} if row["brand_id"] in by_link else row for row in rows]
    return [row for row in counted if row["clicks"] is not None]
