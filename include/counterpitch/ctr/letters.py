"""Runs of letters inside words, counted for all words of a batch at once: what CountVectorizer(char_wb) counts.

The known runs stand in a tree, letter by letter. Every place of every word walks down it together with the others, and
drops out where no known run goes on; so the work is a few passes in numpy, however many words there are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

_ALPHABET = 0x110000
"""Above every code point: a node and a letter make one number that no other two make."""


class LetterRuns:
    """Known runs of letters, in column order; a word is read with a space on either side. Immutable."""

    def __init__(self, runs: Sequence[str]) -> None:
        self.count = len(runs)
        codes, length = _spelled(runs)
        start = np.cumsum(length) - length
        node = np.zeros(len(runs), dtype=np.int64)
        self._levels: list[tuple[pd.Index, np.ndarray]] = []
        """For each depth its branches (node above and letter, as one number), and the column of the run ending there,
        -1 where none does."""
        for depth in range(int(length.max(initial=0))):
            deep = np.flatnonzero(length > depth)
            branches, node[deep] = np.unique(node[deep] * _ALPHABET + codes[start[deep] + depth], return_inverse=True)
            column = np.full(len(branches), -1, dtype=np.int64)
            ending = np.flatnonzero(length == depth + 1)
            column[node[ending]] = ending
            self._levels.append((pd.Index(branches), column))

    def counted(self, words: Sequence[str]) -> sparse.csr_array:
        """How often each run stands in each word (lower case, no space in it): words x runs, indices sorted."""
        codes, length = _spelled([f" {word} " for word in words])
        word = np.repeat(np.arange(len(words)), length)
        left = np.repeat(np.cumsum(length), length) - np.arange(len(codes))
        place, node = np.arange(len(codes)), np.zeros(len(codes), dtype=np.int64)
        rows, columns = [word[:0]], [node[:0]]
        for depth, (branches, column) in enumerate(self._levels):
            inside = left[place] > depth
            place, node = place[inside], node[inside]
            node = branches.get_indexer(node * _ALPHABET + codes[place + depth])
            place, node = place[node >= 0], node[node >= 0]
            ends = column[node] >= 0
            rows.append(word[place[ends]])
            columns.append(column[node[ends]])
        row, run = np.concatenate(rows), np.concatenate(columns)
        return sparse.csr_array((np.ones(len(row)), (row, run)), shape=(len(words), self.count))


def _spelled(words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The code points of all words one after the other, and how many each has."""
    codes = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)
    return codes, np.fromiter(map(len, words), dtype=np.int64, count=len(words))
