"""Texts cut into words and pieces once, for everything that reads them: phrases, letters, devices, rarity.

All texts of a batch are numbers in a few arrays, so that what counts them runs in numpy and not text by text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import chain

import numpy as np
import pandas as pd
from scipy import sparse

MOST_CHARACTERS = 600
"""Longer ads are read up to here: what stands behind "see more" is seen by few."""

_ODD = np.uint64(0x9E3779B97F4A7C15)  # any large odd number tells the places of equal words apart
_DIGITS = re.compile(r"\d")
_QUOTES = (("’", "'"), ("“", '"'), ("”", '"'))
_TOKEN = re.compile(r"\w+(?:'\w+)*|\.\.\.|[?!…]")


def plain(text: str) -> str:
    """The text as it is read: cut, digits as 0, curly quotes straightened, lower case."""
    cut = text[:MOST_CHARACTERS]
    for curly, straight in _QUOTES:
        cut = cut.replace(curly, straight)
    return _DIGITS.sub("0", cut).lower()


@dataclass(frozen=True)
class Pieces:
    """Texts as numbers: piece i is names[number[i]] and belongs to text row[i]; pieces stand in reading order."""

    names: np.ndarray
    number: np.ndarray
    row: np.ndarray
    texts: int

    @classmethod
    def of(cls, pieces: Sequence[Sequence[str]]) -> Pieces:
        """Number the pieces of each text; names are sorted, so equal texts give equal numbers."""
        row = np.repeat(np.arange(len(pieces)), [len(each) for each in pieces])
        flat = np.array(list(chain.from_iterable(pieces)), dtype=object)
        number, names = pd.factorize(flat, sort=True)
        return cls(np.asarray(names, dtype=object), number.astype(np.int64), row, len(pieces))

    def cut(self, parts_of: Callable[[str], Sequence[str]]) -> Pieces:
        """The parts of every piece; each name is cut once, however often it stands."""
        parts = Pieces.of([parts_of(name) for name in self.names])
        each = np.bincount(parts.row, minlength=len(self.names))
        length, begin = each[self.number], (np.cumsum(each) - each)[self.number]
        number = parts.number[np.repeat(begin - (np.cumsum(length) - length), length) + np.arange(length.sum())]
        return Pieces(parts.names, number, np.repeat(self.row, length), self.texts)

    def per_text(self, values: np.ndarray) -> np.ndarray:
        """Sum over each text of a value for every piece."""
        return np.bincount(self.row, values, self.texts)

    def rows(self, mask: np.ndarray) -> Pieces:
        """The pieces of some texts."""
        kept = mask[self.row]
        return Pieces(self.names, self.number[kept], (np.cumsum(mask) - 1)[self.row[kept]], int(mask.sum()))

    @cached_property
    def distinct(self) -> sparse.csr_array:
        """Which names stand in which text, 1 or nothing: texts x names."""
        here = self.firsts
        cells = (np.ones(int(here.sum())), (self.row[here], self.number[here]))
        return sparse.csr_array(cells, shape=(self.texts, len(self.names)))

    @cached_property
    def firsts(self) -> np.ndarray:
        """Mask of the pieces that are the first of that name in their text."""
        said_before = pd.Series(self.row * len(self.names) + self.number).duplicated()
        return np.asarray(~said_before.to_numpy())

    @cached_property
    def place(self) -> np.ndarray:
        """The place of each piece in its text, from 0."""
        begin = np.searchsorted(self.row, np.arange(self.texts))
        return np.asarray(np.arange(len(self.row)) - begin[self.row])


@dataclass(frozen=True)
class Words:
    """A batch of texts: their tokens (words with their apostrophes, and marks) and their chunks between spaces."""

    tokens: Pieces
    chunks: Pieces
    english: np.ndarray
    """Mask over the texts: those that are, or may be, in English."""

    @property
    def count(self) -> int:
        """How many texts."""
        return self.tokens.texts

    def rows(self, mask: np.ndarray) -> Words:
        """The words of some texts."""
        return Words(self.tokens.rows(mask), self.chunks.rows(mask), self.english[mask])

    def keys(self) -> np.ndarray:
        """A number for each text, the same wherever the same tokens stand in the same order (texts, int64)."""
        tokens = self.tokens
        hashed = [blake2b(str(name).encode("utf-8", "surrogatepass"), digest_size=8).digest() for name in tokens.names]
        named = np.frombuffer(b"".join(hashed), dtype="<u8").astype(np.uint64)
        out = np.zeros(self.count, dtype=np.uint64)
        np.add.at(out, tokens.row, named[tokens.number] * np.power(_ODD, tokens.place.astype(np.uint64)))
        return out.view(np.int64)

    @cached_property
    def wordy(self) -> np.ndarray:
        """Mask over token names: those that are words, not marks."""
        return np.array([name[0].isalnum() or name[0] == "_" for name in self.tokens.names], dtype=bool)


def read(texts: Sequence[str], languages: Sequence[str] | None = None) -> Words:
    """Cut texts into tokens and chunks. `languages`: of each text its code ("en", "pt-BR"), "" or "und" if unknown."""
    cleaned = [plain(text) for text in texts]
    spoken = [""] * len(cleaned) if languages is None else [language.lower() for language in languages]
    english = np.array([said in ("", "und") or said.startswith("en") for said in spoken], dtype=bool)
    chunks = Pieces.of([text.split() for text in cleaned])
    return Words(chunks.cut(_TOKEN.findall), chunks, english)  # no token holds a space
