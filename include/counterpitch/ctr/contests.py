"""Training tests as an encoder reads them: the arms of each, and how sure it is of every pair that the first is better.

Only inside a test do two rates compare. A group of more than LARGEST arms (the ads of a brand) is cut into smaller ones
at random, once, so that the pairs grow with the arms and not with their square.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

LARGEST = 12
PART_OTHER_IMAGE = 0.4
"""What a pair under different images counts: the image moves clicks too. Chosen on earlier weeks of headline tests."""


@dataclass(frozen=True)
class Drawn:
    """Some tests at once: rows of their arms; of each pair the places of both arms in `rows`, the aim and the weight.

    aim: the probability that the first is better, Phi of the z of the difference of the two rates.
    """

    rows: np.ndarray
    first: np.ndarray
    second: np.ndarray
    aim: np.ndarray
    weight: np.ndarray


class Contests:
    """Tests of `learn` (test_key, group_key, impressions, clicks) in which arms differ in words.

    text: the number of each row's text.
    """

    def __init__(self, learn: pd.DataFrame, text: np.ndarray, seed: int) -> None:
        self.text = text
        self._image = pd.factorize(learn["group_key"])[0]
        self._n, self._k = learn["impressions"].to_numpy(float), learn["clicks"].to_numpy(float)
        rng = np.random.default_rng(seed)
        tests = (
            part
            for rows in learn.groupby("test_key", sort=True).indices.values()
            for part in _cut(np.asarray(rows), rng)
        )
        self._rows = [rows for rows in tests if len(np.unique(text[rows])) > 1]

    def __len__(self) -> int:
        return len(self._rows)

    def draw(self, tests: np.ndarray) -> Drawn:
        """The arms and pairs of some tests, by number."""
        first, second, at = [], [], 0
        for test in tests:
            left, right = np.triu_indices(len(self._rows[test]), 1)
            first.append(left + at)
            second.append(right + at)
            at += len(self._rows[test])
        rows = np.concatenate([self._rows[test] for test in tests])
        i, j = np.concatenate(first), np.concatenate(second)
        a, b = rows[i], rows[j]
        n, k = self._n, self._k
        pooled = (k[a] + k[b]) / (n[a] + n[b])
        spread = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-9) * (1 / n[a] + 1 / n[b]))
        aim = stats.norm.cdf((k[a] / n[a] - k[b] / n[b]) / spread)
        weight = np.where(self._image[a] == self._image[b], 1.0, PART_OTHER_IMAGE) * (self.text[a] != self.text[b])
        return Drawn(rows, i, j, aim, weight)


def _cut(rows: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    if len(rows) <= LARGEST:
        return [rows]
    return [np.sort(part) for part in np.array_split(rng.permutation(rows), -(-len(rows) // LARGEST))]
