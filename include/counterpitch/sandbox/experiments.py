"""Our own randomised headline tests: the same ad under several openings, shown to people drawn at random.

The picture is the same in all arms of a test, so its effect is shared; what differs is the opening, and a small
effect of each arm's own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from counterpitch.sandbox.clicks import Clicks, clicks, effect
from counterpitch.sandbox.copywriter import STRUCTURES, Draft, draft_ad, openings, write_copy
from counterpitch.sandbox.library import library
from counterpitch.sandbox.process import DAY, Market
from counterpitch.sandbox.streams import stream

COLUMNS = (
    "source",
    "owner",
    "experiment_id",
    "arm_id",
    "headline",
    "body",
    "image_id",
    "impressions",
    "clicks",
    "started_on",
    "ended_on",
)
Row = dict[str, str]
ARM_SD = 0.05
DAYS_BEFORE = 150
RUNS = 6
_OPENED_BY = {"question": "question", "pain": "problem", "change": "change", "quote": "testimonial"}


def experiments(market: Market) -> tuple[list[Row], list[dict[str, Any]]]:
    """Arms of the tests that ended by the last day, some from before the market's start; and each arm's true rate."""
    rows: list[Row] = []
    truth: list[dict[str, Any]] = []
    day = market.start - DAY * DAYS_BEFORE
    while day + DAY * RUNS <= market.last_day:
        if stream(market.seed, "test day", day).random() < 0.4:
            arms = _test(market, day)
            rows += [row for row, _ in arms]
            truth += [{"experiment_id": row["experiment_id"], "arm_id": row["arm_id"], "ctr": c.ctr} for row, c in arms]
        day += DAY
    return rows, truth


def _test(market: Market, day: date) -> list[tuple[Row, Clicks]]:
    rng = stream(market.seed, "test", day)
    brand = market.category.brands[market.category.own]
    draft = replace(draft_ad(rng, brand, market.category), thin=False)
    tried = _openings(rng, market, draft)
    shared, shown = effect(rng), int(rng.integers(2500, 7000))
    arms = []
    for n, (kind, opening) in enumerate(tried):
        arm = replace(draft, opening=opening, structure=_OPENED_BY[kind], emoji="", swap=("", ""))
        copy = write_copy(arm)
        click = clicks(copy, "image", shared + float(rng.normal(0.0, ARM_SD)))
        headline, _, rest = copy.body.partition("\n\n")
        impressions = shown + int(rng.normal(0, 40))
        row = {
            "source": "sandbox",
            "owner": "own",
            "experiment_id": f"headline-{day.isoformat()}",
            "arm_id": "abcdef"[n],
            "headline": headline,
            "body": rest,
            "image_id": f"img-{day.isoformat()}",
            "impressions": str(impressions),
            "clicks": str(int(rng.binomial(impressions, click.ctr))),
            "started_on": day.isoformat(),
            "ended_on": (day + DAY * RUNS).isoformat(),
        }
        arms.append((row, click))
    return arms


def _openings(rng: np.random.Generator, market: Market, draft: Draft) -> list[tuple[str, str]]:
    """Three to five openings for the same people and need."""
    own, lines = market.category.own, library(draft.language)
    known = [
        (kind, line)
        for kind in _OPENED_BY
        for line in openings(lines, market.category, own, draft.persona, draft.theme, (kind,))
    ]
    order = rng.permutation(len(known))[: int(rng.integers(3, 6))]
    return [known[n] for n in order]


assert set(_OPENED_BY.values()) <= set(STRUCTURES)  # noqa: S101 a kind of opening without a structure cannot be tested
