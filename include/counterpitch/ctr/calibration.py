"""From a margin to a calibrated CTR with an honest interval.

A slope is fitted inside groups, on out-of-fold margins. Levels drift (a site, a season, a redesign), so each owner
has a base rate that moves with the day: near days count more, and after the last known day the last level holds.
The interval is the spread that remains between prediction and outcome after binomial noise is taken off, widened
for texts whose words training hardly knew: such a prediction rests on the average, and says so.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit, logit

Z95 = 1.959964
EVERYONE = ""
"""Name of the level of all examples together."""

MEMORY_DAYS = 90.0
"""A day this far away counts e times less. Chosen on earlier weeks of headline tests, never on reported rows."""

PSEUDO_IMPRESSIONS = 2_000
"""A thin stretch of days is pulled to the owner's overall level as if by so many impressions."""


@dataclass(frozen=True)
class Level:
    """An owner's base log-odds at knots in time; straight lines between them, flat outside."""

    days: list[int]
    log_odds: list[float]

    @classmethod
    def fit(cls, at: np.ndarray, days: np.ndarray, impressions: np.ndarray, clicks: np.ndarray) -> Level:
        """Fit to examples whose log-odds above the base are `at`, on `days` (ordinals, NaN where unknown)."""
        overall = _base(at, impressions, clicks)
        known = days[~np.isnan(days)]
        if not len(known):
            return cls([0], [overall])
        count = max(1, min(60, round((known.max() - known.min()) / 14)))
        knots = np.unique(np.linspace(known.min(), known.max(), count + 1).round()).astype(int)
        rate = expit(overall)
        levels = []
        for knot in knots:
            near = np.exp(-np.abs(np.nan_to_num(days - knot, nan=np.inf)) / MEMORY_DAYS)
            shown = np.append(impressions * near, PSEUDO_IMPRESSIONS)
            clicked = np.append(clicks * near, PSEUDO_IMPRESSIONS * rate)
            levels.append(_base(np.append(at, 0.0), shown, clicked))
        return cls([int(knot) for knot in knots], levels)

    def on(self, days: np.ndarray) -> np.ndarray:
        """Base log-odds on each day; the last known level where the day is unknown."""
        return np.asarray(np.interp(np.nan_to_num(days, nan=self.days[-1]), self.days, self.log_odds))


@dataclass(frozen=True)
class Calibration:
    """Log-odds = base of the owner on the day + slope x margin; spread is the residual sd in log-odds."""

    slope: float
    bases: dict[str, Level]
    spread: float
    blind_spread: float

    @classmethod
    def fit(cls, margin: np.ndarray, examples: pd.DataFrame) -> Calibration:
        """Fit on out-of-fold margins of `examples` (owner, group_key, day, impressions, clicks)."""
        impressions = examples["impressions"].to_numpy(float)
        clicks = examples["clicks"].to_numpy(float)
        slope = _slope(margin, pd.factorize(examples["group_key"])[0], impressions, clicks)
        at, days, owners = slope * margin, ordinals(examples["day"]), examples["owner"].to_numpy(str)
        bases = {EVERYONE: Level.fit(at, days, impressions, clicks)}
        predicted = at.copy()
        for owner in np.unique(owners):
            rows = owners == owner
            bases[str(owner)] = Level.fit(at[rows], days[rows], impressions[rows], clicks[rows])
            predicted[rows] += bases[str(owner)].on(days[rows])
        spread = _spread(predicted, impressions, clicks)
        return cls(
            slope=slope,
            bases=bases,
            spread=spread,
            blind_spread=float(np.std(at) + spread),
        )

    def apply(self, margin: np.ndarray, coverage: np.ndarray, days: pd.Series, owner: str | None) -> pd.DataFrame:
        """score (log-odds), ctr, ctr_low, ctr_high of each margin, if it ran for `owner` on that day (NaT: now)."""
        score = self.base_of(owner).on(ordinals(days)) + self.slope * margin
        sd = np.sqrt(self.spread**2 + (1 - coverage) * self.blind_spread**2)
        return pd.DataFrame(
            {
                "score": score,
                "ctr": expit(score),
                "ctr_low": expit(score - Z95 * sd),
                "ctr_high": expit(score + Z95 * sd),
            }
        )

    def base_of(self, owner: str | None) -> Level:
        """Level of an owner: its own, else that of own experiments, else of all examples."""
        return self.bases.get(owner or EVERYONE, self.bases.get("own", self.bases[EVERYONE]))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Calibration:
        """The calibration that `to_json` wrote."""
        return cls(**said | {"bases": {name: Level(**kept) for name, kept in said["bases"].items()}})


def ordinals(days: pd.Series) -> np.ndarray:
    """Days since 1970 as floats, NaN where unknown."""
    since = (days - pd.Timestamp("1970-01-01")).dt.days
    return since.to_numpy(dtype=np.float64, na_value=np.nan)


def _slope(margin: np.ndarray, groups: np.ndarray, impressions: np.ndarray, clicks: np.ndarray) -> float:
    """Slope that makes the clicks of each group likeliest, given how many the group got in all.

    Conditional on a group's clicks, arm i gets each with probability n_i exp(b m_i) / sum_j n_j exp(b m_j): the
    group's own level cancels, so a drifting or confounded level cannot pass for an effect of the words.
    """
    count = int(groups.max()) + 1
    won = np.bincount(groups, clicks, count)

    def loss(slope: float) -> float:
        share = np.bincount(groups, impressions * np.exp(slope * margin), count)
        return float((won * np.log(share)).sum() - slope * (clicks @ margin))

    return float(minimize_scalar(loss, bounds=(0.0, 3.0), method="bounded", options={"xatol": 1e-6}).x)


def _base(at: np.ndarray, impressions: np.ndarray, clicks: np.ndarray) -> float:
    """The log-odds to add to `at` so that as many clicks are predicted as there were."""
    if not 0 < clicks.sum() < impressions.sum():
        return float(logit((clicks.sum() + 0.5) / (impressions.sum() + 1)))
    return float(brentq(lambda base: (impressions * expit(base + at)).sum() - clicks.sum(), -30, 30, xtol=1e-10))


def _spread(predicted: np.ndarray, impressions: np.ndarray, clicks: np.ndarray) -> float:
    """Sd of outcome around prediction in log-odds, with the binomial noise taken off (method of moments)."""
    noise = 1 / (clicks + 0.5) + 1 / (impressions - clicks + 0.5)
    residual2 = (logit((clicks + 0.5) / (impressions + 1)) - predicted) ** 2
    worth = 1 / (noise + np.median(noise))
    return float(np.sqrt(max(1e-3, np.average(residual2 - noise, weights=worth))))
