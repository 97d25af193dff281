"""Drift of a model: are today's ads still like those it learnt from, and are its predictions still right?

Population drift is the population stability index of each feature, sum over bins of (a - b) ln(a / b), between the
training examples' tenths and the own ads seen on the day; above 0.25 is the usual line for "another population".
Calibration drift is the log of observed over predicted clicks of own ads since the model was trained; it crosses
where it is both large and beyond what counting alone explains. PSI is written out: it is three lines, and the
libraries that offer it bring a second data-frame world with them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from counterpitch.ctr import examples, features, registry
from counterpitch.ctr.model import COLUMNS, CtrModel, shares
from counterpitch.ctr.refusals import NotEnoughData
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, transaction

PSI_LINE = 0.25
CALIBRATION_LINE = 0.25
"""ln(observed / predicted): a quarter more or fewer clicks than predicted."""

DAY_OF_LOOKING = ("weekday", "weekend")
"""One day has one weekday: it cannot look like a season's."""

LEAST_ADS = 50
LEAST_CLICKS = 100


def measure(partition_key: str) -> dict[str, Any]:
    """Measure the champion's drift on the day and store it in ml.drift, whole.

    Returns {"model_id", "measured", "crossed" (names of features, "calibration"), "retrain"}. Retrain is asked for
    where calibration crosses, or a tenth of the features do. Raises NotEnoughData without a champion.
    """
    with transaction(application="counterpitch ctr drift") as conn:
        held = registry.champion(conn)
        if held is None:
            raise NotEnoughData("No champion yet, so nothing can drift.")
        model_id, model, row = held
        found = _population(conn, model, partition_key)
        found += _calibration(conn, model, str(row["partition_key"]), partition_key)
        key = {"model_id": model_id, "partition_key": partition_key}
        write.replace_slice(conn, "ml.drift", key, ["metric", "feature", "value", "threshold", "crossed"], found)
    crossed = [line["feature"] or line["metric"] for line in found if line["crossed"]]
    moved = sum(line["crossed"] for line in found if line["metric"] == "psi")
    retrain = "calibration" in crossed or moved > len(COLUMNS) / 10
    return {"model_id": model_id, "measured": len(found), "crossed": crossed, "retrain": retrain}


def psi(expected: np.ndarray, found: np.ndarray, count: int) -> float:
    """Population stability index of two vectors of shares; empty bins count as half an ad of `count`."""
    least = 0.5 / max(count, 1)
    a, b = np.maximum(expected, least), np.maximum(found, least)
    return float(((b - a) * np.log(b / a)).sum())


def _population(conn: Connection, model: CtrModel, day: str) -> list[dict[str, Any]]:
    rows = query.rows(conn, query.sql(__file__, "select_own_ads"), {"partition_key": day})
    kept = model.data.get("profile", {})
    if len(rows) < LEAST_ADS or not kept:
        return []
    wide = model.columns(model.blocks(examples.known(rows)))
    out = []
    for column, name in enumerate(COLUMNS):
        if name in DAY_OF_LOOKING:
            continue
        found = shares(np.nan_to_num(wide[:, column]), np.array(kept[name]["edges"]))
        value = psi(np.array(kept[name]["shares"]), found, len(rows))
        # By chance alone the index is about (bins - 1) x (1 / ads): the line rises for few ads.
        line = PSI_LINE + 2 * (len(found) - 1) / len(rows)
        out.append({"metric": "psi", "feature": name, "value": value, "threshold": line, "crossed": value > line})
    return out


def _calibration(conn: Connection, model: CtrModel, trained: str, day: str) -> list[dict[str, Any]]:
    rows = query.rows(conn, query.sql(__file__, "select_new_results"), {"after": trained, "partition_key": day})
    if not rows:
        return []
    known = examples.known(rows)
    owners = pd.Series([row["brand_id"] for row in rows])
    shown = np.array([row["impressions"] for row in rows], dtype=float)
    clicked = sum(row["clicks"] for row in rows)
    predicted = 0.0
    known["day"] = pd.Series(pd.NaT, index=known.index, dtype="datetime64[us]")  # at the level the model ended with
    for owner, part in known[list(features.KNOWN)].groupby(owners):
        ctr = model.predict(part, str(owner))["ctr"].to_numpy()
        predicted += float(ctr @ shown[part.index])
    if clicked < LEAST_CLICKS or predicted <= 0:
        return []
    value = float(np.log(clicked / predicted))
    line = CALIBRATION_LINE + 3 / np.sqrt(clicked)
    crossed = abs(value) > line
    return [{"metric": "calibration", "feature": "", "value": value, "threshold": float(line), "crossed": crossed}]
