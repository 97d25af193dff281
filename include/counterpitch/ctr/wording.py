"""What each word of a text adds to its strength, given the weight of every term: exact but for runs of letters.

A phrase is shared out equally among its words, a word's meaning is its own, and a run of letters belongs to the chunk
that it stands in. Where a chunk's run stands twice in a text its share is that of the first.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy import sparse

from counterpitch.ctr.vectors import Block, TextVectors, membership, words_of
from counterpitch.ctr.words import Pieces, Words


class WordShares:
    """Made once for a strength's vectors and weights."""

    def __init__(self, vectors: TextVectors, weights: dict[str, np.ndarray]) -> None:
        self._vectors = vectors
        self._weights = weights

    def of(self, words: Words, text: dict[str, Block]) -> list[dict[str, float]]:
        """For each text its words (lower case) with their shares in log-odds; `text` is vectors.transform(words)."""
        found: list[dict[str, float]] = [{} for _ in range(words.count)]
        self._add(found, (self._phrases(words, text) + self._meanings(words)).tocoo(), self._vectors.lexicon.names)
        self._add(found, self._letters(words).tocoo(), words.chunks.names)
        return found

    @staticmethod
    def _add(found: list[dict[str, float]], shares: sparse.coo_array, names: np.ndarray) -> None:
        spelt = [_bare(name) for name in names]
        for row, column, value in zip(shares.row.tolist(), shares.col.tolist(), shares.data.tolist(), strict=True):
            name = spelt[column]
            if name:
                here = found[row]
                here[name] = here.get(name, 0.0) + value

    @cached_property
    def _owners(self) -> dict[str, sparse.csr_array]:
        """For each shape of phrases: terms x words of the lexicon, the weight of a term shared among its words."""
        size, out = len(self._vectors.lexicon.names), {}
        for name, keys in self._vectors.phrases.items():
            members = words_of(keys, size)
            real = members >= 0
            each = self._weights[name] / real.sum(axis=1)
            term = np.repeat(np.arange(len(keys)), real.sum(axis=1))
            out[name] = sparse.csr_array((each[term], (term, members[real])), shape=(len(keys), size))
        return out

    def _phrases(self, words: Words, text: dict[str, Block]) -> sparse.csr_array:
        total = sparse.csr_array((words.count, len(self._vectors.lexicon.names)))
        for name, owners in self._owners.items():
            total = total + text[name] @ owners
        return sparse.csr_array(total)

    def _meanings(self, words: Words) -> sparse.csr_array:
        meaning, size = self._vectors.meaning, len(self._vectors.lexicon.names)
        if not meaning.dimensions:
            return sparse.csr_array((words.count, size))
        members = meaning.members(words, self._vectors.lexicon.look_up(words.tokens.names))
        length = np.linalg.norm(members @ meaning.vectors, axis=1)
        scaled = sparse.diags_array(1 / np.maximum(length, 1e-12)) @ members
        holders = np.flatnonzero(meaning.row >= 0)
        columns = np.empty(len(holders), dtype=np.int64)
        columns[meaning.row[holders]] = holders
        cells = (scaled @ sparse.diags_array(meaning.vectors @ self._weights["meaning"])).tocoo()
        return sparse.csr_array((cells.data, (cells.row, columns[cells.col])), shape=(words.count, size))

    def _letters(self, words: Words) -> sparse.csr_array:
        chunks: Pieces = words.chunks
        if "char" not in self._weights or not len(chunks.names):
            return sparse.csr_array((words.count, len(chunks.names)))
        spelt, idf, once = self._vectors.spelt(chunks.names), self._vectors.weighing["char"].idf_, membership(chunks)
        runs = once @ spelt
        runs.data = ((1 + np.log(runs.data)) * idf[runs.indices]) ** 2
        length = np.sqrt(np.maximum(np.asarray(runs.sum(axis=1)).ravel(), 1e-12))
        spelt.data, once.data[:] = 1 + np.log(spelt.data), 1.0
        worth = spelt @ (idf * self._weights["char"])
        return sparse.csr_array(sparse.diags_array(1 / length) @ once @ sparse.diags_array(worth))


def _bare(name: str) -> str:
    """A chunk or token as a word: without the marks around it; "" where nothing but marks is left."""
    return name.strip("?!….,:;\"'()-*[]{}«»") if len(name) > 1 or not name.isalnum() else name
