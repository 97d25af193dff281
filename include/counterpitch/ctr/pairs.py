"""Comparisons inside a group: which of two ads of one test, or of one brand, was clicked more often.

Only within a group are two rates comparable (same audience, same days), so only there are pairs made. Each
pair carries how sure the counts are of its direction, Phi(|z|) of a two-proportion z-test; a coin flip teaches
next to nothing and weighs so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

MOST_PER_EXAMPLE = 12


@dataclass(frozen=True)
class Pairs:
    """Row numbers of the better and the worse example (int64), the z of their difference (float64, > 0)."""

    better: np.ndarray
    worse: np.ndarray
    z: np.ndarray

    def __len__(self) -> int:
        return len(self.z)

    @property
    def certainty(self) -> np.ndarray:
        """2 Phi(z) - 1: 0 for a coin flip, 1 for a sure winner."""
        return np.asarray(2 * stats.norm.cdf(self.z) - 1)


def compare(frame: pd.DataFrame, seed: int, most_per_example: int = MOST_PER_EXAMPLE) -> Pairs:
    """Pairs of `frame` (group_key, impressions, clicks) inside each group, by position.

    A group of m gives all its pairs up to m * most_per_example; a larger one gives that many, drawn with `seed`.
    """
    rng = np.random.default_rng(seed)
    lefts, rights = [], []
    for positions in frame.groupby("group_key", sort=True).indices.values():
        left, right = np.triu_indices(len(positions), k=1)
        if len(left) > len(positions) * most_per_example:
            drawn = np.sort(rng.choice(len(left), size=len(positions) * most_per_example, replace=False))
            left, right = left[drawn], right[drawn]
        lefts.append(positions[left])
        rights.append(positions[right])
    a = np.concatenate(lefts) if lefts else np.empty(0, dtype=np.int64)
    b = np.concatenate(rights) if rights else np.empty(0, dtype=np.int64)
    return _directed(a, b, frame["impressions"].to_numpy(float), frame["clicks"].to_numpy(float))


def _directed(a: np.ndarray, b: np.ndarray, impressions: np.ndarray, clicks: np.ndarray) -> Pairs:
    rate = clicks / impressions
    pooled = (clicks[a] + clicks[b]) / (impressions[a] + impressions[b])
    spread = np.sqrt(pooled * (1 - pooled) * (1 / impressions[a] + 1 / impressions[b]))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(spread > 0, (rate[a] - rate[b]) / spread, 0.0)
    differ = z != 0
    a, b, z = a[differ], b[differ], z[differ]
    return Pairs(np.where(z > 0, a, b), np.where(z > 0, b, a), np.abs(z))
