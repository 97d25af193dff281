"""From a margin to a calibrated CTR with an honest interval.

A slope, fitted inside groups, and a base rate for each owner are fitted on out-of-fold margins.
The interval is the spread that remains between prediction and outcome after binomial noise is taken off,
widened for texts whose words training hardly knew: such a prediction rests on the average, and says so.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit, logit

Z95 = 1.959964


@dataclass(frozen=True)
class Calibration:
    """Log-odds = base of the owner + slope x margin; spread is the residual sd in log-odds."""

    slope: float
    bases: dict[str, float]
    base: float
    spread: float
    blind_spread: float

    @classmethod
    def fit(cls, margin: np.ndarray, examples: pd.DataFrame) -> Calibration:
        """Fit on out-of-fold margins of `examples` (owner, impressions, clicks)."""
        owners, codes = np.unique(examples["owner"].to_numpy(str), return_inverse=True)
        impressions = examples["impressions"].to_numpy(float)
        clicks = examples["clicks"].to_numpy(float)
        slope = _slope(margin, pd.factorize(examples["group_key"])[0], impressions, clicks)
        at = slope * margin
        bases = np.array(
            [_base(at[codes == c], impressions[codes == c], clicks[codes == c]) for c in range(len(owners))]
        )
        at = bases[codes] + at
        rate = (clicks + 0.5) / (impressions + 1)
        noise = 1 / (clicks + 0.5) + 1 / (impressions - clicks + 0.5)
        residual2 = (logit(rate) - at) ** 2
        worth = 1 / (noise + np.median(noise))
        spread = float(np.sqrt(max(1e-3, np.average(residual2 - noise, weights=worth))))
        overall = _base(slope * margin, impressions, clicks)
        return cls(
            slope=float(slope),
            bases={str(owner): float(base) for owner, base in zip(owners, bases, strict=True)},
            base=overall,
            spread=spread,
            blind_spread=float(np.std(slope * margin) + spread),
        )

    def apply(self, margin: np.ndarray, coverage: np.ndarray, owner: str | None) -> pd.DataFrame:
        """score (log-odds), ctr, ctr_low, ctr_high of each margin, if it ran for `owner`."""
        base = self.base_of(owner)
        score = base + self.slope * margin
        sd = np.sqrt(self.spread**2 + (1 - coverage) * self.blind_spread**2)
        return pd.DataFrame(
            {
                "score": score,
                "ctr": expit(score),
                "ctr_low": expit(score - Z95 * sd),
                "ctr_high": expit(score + Z95 * sd),
            }
        )

    def base_of(self, owner: str | None) -> float:
        """Base log-odds of an owner: its own, else that of own experiments, else of all examples."""
        return self.bases.get(owner or "", self.bases.get("own", self.base))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Calibration:
        """The calibration that `to_json` wrote."""
        return cls(**said)


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

    return float(minimize_scalar(loss, bounds=(0.0, 5.0), method="bounded", options={"xatol": 1e-6}).x)


def _base(at: np.ndarray, impressions: np.ndarray, clicks: np.ndarray) -> float:
    """The log-odds to add to `at` so that as many clicks are predicted as there were."""
    if not 0 < clicks.sum() < impressions.sum():
        return float(logit((clicks.sum() + 0.5) / (impressions.sum() + 1)))
    return float(brentq(lambda base: (impressions * expit(base + at)).sum() - clicks.sum(), -30, 30, xtol=1e-12))
