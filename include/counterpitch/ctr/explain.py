"""Why a score is what it is, in words that a copywriter can act on.

TreeSHAP (Lundberg et al. 2018) splits a prediction's log-odds among the features exactly; each share is told as
percentage points of CTR: what the prediction would lose without it. The wording's share names the words that
pull it up and down. Nothing here is causal: it is what the model counts on, learnt from past results.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from counterpitch.ctr import features
from counterpitch.ctr.model import COLUMNS, CtrModel

MOST_REASONS = 5
LEAST_POINTS = 0.005
"""Below this many percentage points a reason is noise to the reader."""


def reasons(model: CtrModel, known: pd.DataFrame, score: np.ndarray) -> list[list[dict[str, Any]]]:
    """For each ad of `known` (features.KNOWN) with `score` in log-odds: its strongest reasons, strongest first.

    A reason is {"feature", "what" (in words), "points" (percentage points of CTR), "text" ("what: +0.30 points")};
    the wording's reason adds "helps" and "hurts", lists of words.
    """
    if known.empty:
        return []
    shares = model.contributions(known)
    points = 100 * (expit(score)[:, None] - expit(score[:, None] - shares))
    values = np.nan_to_num(features.matrix(known))
    words = model.text.words(known["text"].tolist())
    return [_told(points[row], values[row], words[row]) for row in range(len(known))]


def _told(points: np.ndarray, values: np.ndarray, words: dict[str, float]) -> list[dict[str, Any]]:
    strongest = [int(i) for i in np.argsort(-np.abs(points), kind="stable")[:MOST_REASONS]]
    out = []
    for column in strongest:
        worth = round(float(points[column]), 3)
        if abs(worth) < LEAST_POINTS:
            continue
        name = COLUMNS[column]
        more = _wording(words) if name == "text_strength" else {}
        what = _wording_told(more) if more else features.in_words(name, float(values[column - 1]))
        out.append({"feature": name, "what": what, "points": worth, "text": f"{what}: {worth:+.2f} points", **more})
    return out


def _wording(words: dict[str, float]) -> dict[str, list[str]]:
    ordered = sorted(words.items(), key=lambda item: (-item[1], item[0]))
    return {
        "helps": [word for word, value in ordered[:3] if value > 0],
        "hurts": [word for word, value in ordered[::-1][:3] if value < 0],
    }


def _wording_told(more: dict[str, list[str]]) -> str:
    told = []
    for verb, listed in (("help", more["helps"]), ("hurt", more["hurts"])):
        if listed:
            told.append(", ".join(f"“{word}”" for word in listed) + f" {verb}{'s' if len(listed) == 1 else ''}")
    return "the wording" + (f" ({'; '.join(told)})" if told else "")
