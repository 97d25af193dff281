"""What words mean by the company they keep: vectors of words from the corpus at hand, with no download.

Words that stand near the same words get near vectors: positive pointwise mutual information of words within five
places, contexts smoothed by the power 0.75, compressed by SVD with square-rooted singular values (Levy, Goldberg &
Dagan 2015, https://doi.org/10.1162/tacl_a_00134). A text is the sum of its words' vectors, rarer words counting more.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from counterpitch.ctr.words import Words

DIMENSIONS = 100
WINDOW = 5
LEAST_TEXTS = 3
LEAST_WORDS = 300
"""With fewer words the company that they keep says nothing yet."""


@dataclass(frozen=True)
class Meaning:
    """For each word of the lexicon its row in `vectors`, -1 where it has none; vectors are scaled by ln(rarity)."""

    row: np.ndarray
    vectors: np.ndarray
    centre: np.ndarray

    @property
    def dimensions(self) -> int:
        """Columns of `vectors`; 0 where the corpus was too small."""
        return int(self.vectors.shape[1])

    @classmethod
    def fit(cls, words: Words, at: np.ndarray) -> Meaning:
        """Learn from a corpus; `at` numbers its token names in the lexicon."""
        tokens = words.tokens
        firsts = tokens.firsts
        held_by = np.bincount(tokens.number[firsts], minlength=len(tokens.names))
        frequent = np.flatnonzero((held_by >= LEAST_TEXTS) & words.wordy & (at >= 0))
        size = len(frequent)
        row = np.full(int(at.max(initial=-1)) + 1, -1, dtype=np.int64)
        if size < LEAST_WORDS:
            return cls(row, np.empty((0, 0), dtype=np.float32), np.empty(0))
        row[at[frequent]] = np.arange(size)
        place = np.full(len(tokens.names), -1, dtype=np.int64)
        place[frequent] = np.arange(size)
        seen = place[tokens.number] >= 0
        svd = TruncatedSVD(DIMENSIONS, random_state=0)
        found = svd.fit_transform(_information(place[tokens.number][seen], tokens.row[seen], size))
        rarity = np.log(words.count / held_by[frequent])
        vectors = normalize(found / np.sqrt(svd.singular_values_)) * rarity[:, None]
        rough = cls(row, vectors.astype(np.float32), np.zeros(DIMENSIONS))
        return cls(row, rough.vectors, rough.of(words, at).mean(axis=0))

    def of(self, words: Words, at: np.ndarray) -> np.ndarray:
        """Texts x dimensions: unit vectors less the corpus's centre; `at` numbers the token names in the lexicon."""
        summed = self.members(words, at) @ self.vectors.astype(np.float64)
        return np.asarray(normalize(summed) - self.centre)

    def members(self, words: Words, at: np.ndarray) -> sparse.csr_array:
        """Which words with a vector stand in which text (1 or nothing): texts x rows of `vectors`."""
        tokens = words.tokens
        known = np.where(at >= 0, self.row[np.minimum(at, len(self.row) - 1)], -1) if len(self.row) else at
        number = known[tokens.number]
        here = (number >= 0) & tokens.firsts
        ones = np.ones(int(here.sum()))
        return sparse.csr_array((ones, (tokens.row[here], number[here])), shape=(words.count, len(self.vectors)))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; vectors as base64 of little-endian float32."""
        return {
            "row": self.row.tolist(),
            "vectors": base64.b64encode(np.ascontiguousarray(self.vectors, dtype="<f4").tobytes()).decode("ascii"),
            "dimensions": self.dimensions,
            "centre": [float(value) for value in self.centre],
        }

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Meaning:
        """The meanings that `to_json` wrote."""
        flat = np.frombuffer(base64.b64decode(said["vectors"], validate=True), dtype="<f4").astype(np.float32)
        width = said["dimensions"]
        vectors = flat.reshape(-1, width) if width else np.empty((0, 0), dtype=np.float32)
        return cls(np.array(said["row"], dtype=np.int64), vectors, np.array(said["centre"]))


def _information(number: np.ndarray, row: np.ndarray, size: int) -> sparse.csr_array:
    """Positive pointwise mutual information of words (numbers) within WINDOW places of each other in a text."""
    first, second, weight = [], [], []
    for gap in range(1, WINDOW + 1):
        near = row[:-gap] == row[gap:]
        left, right = number[:-gap][near], number[gap:][near]
        first += [left, right]
        second += [right, left]
        weight += [np.full(2 * len(left), 1 / gap)]
    together = sparse.csr_array(
        (np.concatenate(weight), (np.concatenate(first), np.concatenate(second))), shape=(size, size)
    )
    often = np.asarray(together.sum(axis=1)).ravel()
    context = often**0.75
    context *= often.sum() / context.sum()
    cells = together.tocoo()
    information = np.log(cells.data * often.sum() / (often[cells.row] * context[cells.col]))
    kept = information > 0
    return sparse.csr_array((information[kept], (cells.row[kept], cells.col[kept])), shape=(size, size))
