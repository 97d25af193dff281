"""What each word of a text adds to its strength, given the weight of every term: exact but for runs of letters.

A phrase is shared out equally among its words; a word's meaning, concepts, sense and people are its own; a run of
letters belongs to the chunk that it stands in. Where a run stands twice in a text, each chunk gets the share of the
first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from counterpitch.ctr import concepts, sense
from counterpitch.ctr.vectors import Block, TextVectors, words_of
from counterpitch.ctr.words import Pieces, Words


@dataclass(frozen=True)
class SharesOfWords:
    """values: texts x names, what each word (lower case, sorted) adds to each text's strength, in log-odds."""

    values: sparse.csr_array
    names: np.ndarray

    def extremes(self, most: int, nameable: np.ndarray, kind: np.ndarray) -> list[tuple[list[str], list[str]]]:
        """For each text the `most` words that help and that hurt most, of those that are `nameable` (kinds x names) in
        texts of its `kind`.
        """
        held = self.values.tocoo()
        kept = nameable[kind[held.row], held.col]
        row, column, value = held.row[kept], held.col[kept], held.data[kept]
        order = np.lexsort((column, -value, row))
        row, column, value = row[order], column[order], value[order]
        border = np.searchsorted(row, np.arange(self.values.shape[0] + 1))
        place = np.arange(len(row))
        helps = (value > 0) & (place - border[row] < most)
        hurts = np.flatnonzero((value < 0) & (border[row + 1] - place <= most))[::-1]
        out: list[tuple[list[str], list[str]]] = [([], []) for _ in range(self.values.shape[0])]
        for side, here in ((0, np.flatnonzero(helps)), (1, hurts)):
            for text, name in zip(row[here].tolist(), self.names[column[here]], strict=True):
                out[text][side].append(name)
        return out


class WordShares:
    """Made once for a strength's vectors and weights."""

    def __init__(self, vectors: TextVectors, weights: dict[str, np.ndarray]) -> None:
        self._vectors = vectors
        self._weights = weights

    def of(self, words: Words, text: dict[str, Block]) -> SharesOfWords:
        """The shares of each text's words; `text` is vectors.transform(words)."""
        said = (self._phrases(words, text) + self._meanings(words)).tocoo()
        used, at = np.unique(said.col, return_inverse=True)
        spelt, named = self._letters(words, text), self._concepts(words) + self._sense(words)
        named += self._vectors.people.shares(words, self._weights["people"])
        parts = (self._vectors.lexicon.names[used], words.chunks.names, words.tokens.names)
        bare = [_bare(name) for part in parts for name in part]
        code, names = pd.factorize(np.array(bare, dtype=object), sort=True)
        row = np.concatenate([said.row, words.chunks.row, words.tokens.row])
        behind = len(used) + len(words.chunks.names)
        column = code[np.concatenate([at, len(used) + words.chunks.number, behind + words.tokens.number])]
        value = np.concatenate([said.data, spelt, named])
        wordy = (names != "")[column]  # nothing but marks is no word
        shape = (words.count, len(names))
        summed = sparse.csr_array((value[wordy], (row[wordy], column[wordy])), shape=shape)
        summed.sum_duplicates()
        return SharesOfWords(summed, names)

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

    def _concepts(self, words: Words) -> np.ndarray:
        """What each token adds by the concepts that it names, 0 where it stood in the text before."""
        tokens, naming = words.tokens, concepts.naming(words.tokens.names)
        length = np.sqrt(np.asarray((tokens.distinct @ naming).power(2).sum(axis=1)).ravel())
        worth = naming @ self._weights["concepts"]
        said = words.english[tokens.row] & tokens.firsts
        return np.asarray(worth[tokens.number] * said / np.maximum(length, 1e-12)[tokens.row])

    def _sense(self, words: Words) -> np.ndarray:
        """What each token adds by its vector in word_vectors, 0 where it stood in the text before."""
        return sense.shares(words, self._vectors.lexicon.idf(words.tokens.names), self._weights["sense"])

    def _letters(self, words: Words, text: dict[str, Block]) -> np.ndarray:
        """What each chunk adds where it stands, 0 where it stood in the text before."""
        chunks: Pieces = words.chunks
        if "char" not in self._weights or not len(chunks.names):
            return np.zeros(len(chunks.number))
        spelt, idf = self._vectors.spelt(chunks.names), self._vectors.weighing["char"].idf_
        said = sparse.csr_array((1 + np.log(spelt.data), spelt.indices, spelt.indptr), shape=spelt.shape)
        worth = said @ (idf * self._weights["char"])
        return np.asarray(worth[chunks.number] * chunks.firsts / _length(text["char"], idf)[chunks.row])


def _length(block: sparse.csr_array, idf: np.ndarray) -> np.ndarray:
    """How long each row was before it was given length 1: that of a run that stands once is its idf over its value."""
    out = np.ones(block.shape[0])
    filled = np.flatnonzero(np.diff(block.indptr))
    if len(filled):
        out[filled] = np.maximum.reduceat(idf[block.indices] / block.data, block.indptr[filled])
    return out


def _bare(name: str) -> str:
    """A chunk or token as a word: without the marks around it; "" where nothing but marks is left."""
    return name.strip("?!….,:;\"'()-*[]{}«»") if len(name) > 1 or not name.isalnum() else name
