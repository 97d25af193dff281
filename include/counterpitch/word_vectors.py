"""What English words mean, as vectors that come with the project: no download, numpy alone.

word_vectors.npz holds one unit vector for each of some 42,000 words, made by benchmarks/word_vectors.py from the
sentence encoder all-MiniLM-L6-v2: each word read alone, then principal components (Model2Vec, van
Dongen & Tulkens 2024, https://github.com/MinishLab/model2vec, without its weights). The columns stand in the order of
the components, so the first k are the best k. Words of other languages are unknown here or, spelt like an English one,
mean something else: ask for English text only.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_suffix(".npz")
DIMENSIONS = 96
LEAST_STEM = 3

_PART = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_POSSESSIVE = re.compile(r"'s?$")
_ENDINGS = [
    *(("ies", "y"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e")),
    *(("ly", ""), ("er", ""), ("er", "e"), ("est", ""), ("ier", "y"), ("iest", "y"), ("ness", "")),
]


def of(words: Sequence[str]) -> NDArray[np.float32]:
    """The vector of each word: words x DIMENSIONS, unit rows; zeros where nothing is known of a word.

    Case is folded; a form that is not listed has the vector of its simpler form ("dietitians": "dietitian"), and what
    is joined by marks ("gluten-free") the direction of its parts' mean. Contractions are unknown: "can't" is not "can".
    """
    row = rows(words)
    out = np.zeros((len(words), DIMENSIONS), dtype=np.float32)
    out[row >= 0] = _vectors()[row[row >= 0]]
    for at in np.flatnonzero(row < 0).tolist():
        out[at] = _joined(words[at])
    return out


def known(words: Sequence[str]) -> NDArray[np.bool_]:
    """Which words have a vector that is not zero; to tell, no vector is loaded."""
    return np.array([_row(word) >= 0 or bool((_parts(word) >= 0).any()) for word in words], dtype=bool)


def rows(words: Sequence[str]) -> NDArray[np.int64]:
    """The row of each word in the table, by itself or by its simpler form; -1 where it has none of its own."""
    return np.array([_row(word) for word in words], dtype=np.int64)


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """The sha256 of the table: what was learnt from one table cannot be read with another."""
    return hashlib.sha256(FILE.read_bytes()).hexdigest()


@lru_cache(maxsize=1 << 16)
def _row(word: str) -> int:
    listed = _numbers()
    for form in _forms(_POSSESSIVE.sub("", _folded(word))):
        if form in listed:
            return listed[form]
    return -1


def _folded(word: str) -> str:
    """Lower case, without accents, apostrophes straight: "Résumé’s" is "resume's"."""
    apart = unicodedata.normalize("NFKD", word.replace("’", "'"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).lower()


def _forms(word: str) -> list[str]:
    """A word, then what it may be a form of: "planning": planning, plann, plan, planne."""
    found = [word]
    for ending, instead in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= LEAST_STEM:
            found.append(stem + instead)
            if not instead and stem[-1] == stem[-2]:
                found.append(stem[:-1])
    return found


def _parts(word: str) -> NDArray[np.int64]:
    """The rows of what marks join ("gluten-free"); none where nothing is joined."""
    parts = _PART.findall(_folded(word))
    return rows(parts) if len(parts) > 1 else np.empty(0, dtype=np.int64)


def _joined(word: str) -> NDArray[np.float32]:
    here = _parts(word)
    total = _vectors()[here[here >= 0]].sum(axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-12), dtype=np.float32)


@lru_cache(maxsize=1)
def _numbers() -> dict[str, int]:
    with np.load(FILE) as held:
        return {word: row for row, word in enumerate(bytes(held["words"]).decode("ascii").split("\n"))}


@lru_cache(maxsize=1)
def _vectors() -> NDArray[np.float32]:
    with np.load(FILE) as held:
        wide = held["vectors"] * held["scale"]
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True), dtype=np.float32)
