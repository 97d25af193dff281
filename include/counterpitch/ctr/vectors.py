"""Texts to sparse vectors that can be kept: word and character TF-IDF as vocabulary and idf in plain JSON.

Each shape's row has length 1. A vocabulary restored from JSON gives the same numbers to the last bit, so a
stored model scores the same after an upgrade; nothing is ever pickled.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

MOST_CHARACTERS = 600
"""Longer ads are read up to here: what stands behind "see more" is seen by few."""

SHAPES: dict[str, dict[str, Any]] = {
    "word": {"ngram_range": (1, 3), "token_pattern": r"(?u)\b\w+\b|[?!…]|\.\.\.", "min_df": 2},
    "char": {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 3},
}
_DIGITS = re.compile(r"\d")
_WORD = re.compile(r"\w+")


def plain(text: str) -> str:
    """The text as the vectorisers see it: cut, digits as 0, curly quotes straightened."""
    cut = text[:MOST_CHARACTERS].replace("’", "'").replace("“", '"').replace("”", '"')
    return _DIGITS.sub("0", cut)


class TextVectors:
    """Word and character TF-IDF of one corpus. Fit once, then immutable."""

    def __init__(self, vectorisers: dict[str, TfidfVectorizer]) -> None:
        self.vectorisers = vectorisers

    @classmethod
    def fit(cls, texts: Sequence[str], most_terms: int = 60_000, shapes: Sequence[str] = tuple(SHAPES)) -> TextVectors:
        """Learn the vocabulary. A shape in which no n-gram is frequent enough is left out."""
        cleaned = [plain(text) for text in texts]
        fitted = {}
        for name in shapes:
            vectoriser = _vectoriser(name, max_features=most_terms, min_df=SHAPES[name]["min_df"])
            try:
                fitted[name] = vectoriser.fit(cleaned)
            except ValueError:  # an empty vocabulary: this shape has nothing to say
                continue
        return cls(fitted)

    def transform(self, texts: Sequence[str]) -> tuple[dict[str, sparse.csr_array], dict[str, np.ndarray]]:
        """Per shape: vectors of length 1 (texts x terms), and the length each had before."""
        cleaned = [plain(text) for text in texts]
        vectors, lengths = {}, {}
        for name, vectoriser in self.vectorisers.items():
            block = sparse.csr_array(vectoriser.transform(cleaned))
            length = np.sqrt(np.asarray(block.multiply(block).sum(axis=1)).ravel())
            lengths[name] = np.where(length > 0, length, 1.0)
            block.data /= np.repeat(lengths[name], np.diff(block.indptr))
            vectors[name] = block
        return vectors, lengths

    def coverage(self, texts: Sequence[str]) -> np.ndarray:
        """Share of each text's words that stood in the training vocabulary; 0 where there are no words."""
        word = self.vectorisers.get("word")
        known = word.vocabulary_ if word is not None else {}
        out = np.zeros(len(texts))
        for row, text in enumerate(texts):
            tokens = _WORD.findall(plain(text).lower())
            out[row] = sum(token in known for token in tokens) / len(tokens) if tokens else 0.0
        return out

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; floats packed, terms in column order."""
        return {
            name: {"terms": list(map(str, vectoriser.get_feature_names_out())), "idf": pack(vectoriser.idf_)}
            for name, vectoriser in self.vectorisers.items()
        }

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> TextVectors:
        """The vectors that `to_json` wrote."""
        vectorisers = {}
        for name, kept in said.items():
            vectoriser = _vectoriser(name, vocabulary={term: column for column, term in enumerate(kept["terms"])})
            vectoriser.idf_ = unpack(kept["idf"])
            vectorisers[name] = vectoriser
        return cls(vectorisers)


class WordShares:
    """What each word of a text adds to its strength, given the weight of every n-gram.

    A character n-gram lies inside one word and is that word's; a phrase is shared out among its words.
    """

    def __init__(self, vectors: TextVectors, weights: dict[str, np.ndarray]) -> None:
        self._vectors = vectors
        self._weights = weights
        self._by_word: dict[str, float] = {}

    def of(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """For each text its words (lower case, as first seen) with their shares in log-odds."""
        lengths = self._vectors.transform(texts)[1]
        return [self._words(plain(t).lower(), {s: lengths[s][row] for s in lengths}) for row, t in enumerate(texts)]

    def _words(self, lowered: str, lengths: dict[str, float]) -> dict[str, float]:
        out: dict[str, float] = {}
        if "char" in lengths:
            for chunk in dict.fromkeys(lowered.split()):
                name = "".join(_WORD.findall(chunk)) or chunk
                out[name] = out.get(name, 0.0) + self._chunk(chunk) / lengths["char"]
        if "word" in lengths:
            self._add_phrases(out, _WORD.findall(lowered), lengths["word"])
        return out

    def _add_phrases(self, out: dict[str, float], tokens: list[str], length: float) -> None:
        vectoriser, weights = self._vectors.vectorisers["word"], self._weights["word"]
        phrases = [tuple(tokens[at : at + n]) for n in (1, 2, 3) for at in range(len(tokens) - n + 1)]
        for phrase in dict.fromkeys(phrases):
            column = vectoriser.vocabulary_.get(" ".join(phrase))
            if column is not None:
                value = weights[column] * vectoriser.idf_[column] / length
                for token in phrase:
                    out[token] = out.get(token, 0.0) + value / len(phrase)

    def _chunk(self, chunk: str) -> float:
        held = self._by_word.get(chunk)
        if held is None:
            row = self._vectors.vectorisers["char"].transform([chunk])
            held = self._by_word[chunk] = float((row @ self._weights["char"])[0])
        return held


def pack(values: np.ndarray) -> str:
    """Floats as base64 of little-endian float64."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode("ascii")


def unpack(said: str) -> np.ndarray:
    """The floats that `pack` wrote."""
    return np.frombuffer(base64.b64decode(said, validate=True), dtype="<f8").astype(np.float64)


def _vectoriser(name: str, **more: Any) -> TfidfVectorizer:
    shape = {key: value for key, value in SHAPES[name].items() if key != "min_df"}
    return TfidfVectorizer(sublinear_tf=True, lowercase=True, norm=None, dtype=np.float64, **shape, **more)
