"""The linear text member: word and character TF-IDF, learnt from which of two texts won (Bradley-Terry).

A pair's evidence is the difference of its two vectors; a logistic regression without intercept on differences
is the Bradley-Terry model (Bradley & Terry 1952) with linear strengths. It is kept as vocabulary, idf and
weights in plain JSON, so that it scores the same to the last bit after an upgrade of anything.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from counterpitch.ctr.pairs import Pairs

MOST_CHARACTERS = 600
"""Longer ads are read up to here: what stands behind "see more" is seen by few."""

FEW = 1_200
"""Up to so many texts the weights are sought in the span of the texts."""

SHAPES: dict[str, dict[str, Any]] = {
    "word": {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b|[?!…]|\.\.\."},
    "char": {"analyzer": "char_wb", "ngram_range": (2, 5)},
}
_DIGITS = re.compile(r"\d")
_WORD = re.compile(r"\w+")


def plain(text: str) -> str:
    """The text as the vectorisers see it: cut, digits as 0, curly quotes straightened."""
    cut = text[:MOST_CHARACTERS].replace("’", "'").replace("“", '"').replace("”", '"')
    return _DIGITS.sub("0", cut)


class TextMember:
    """Scores texts by weighted word and character n-grams. Fit once, then immutable."""

    def __init__(self, vectorisers: dict[str, TfidfVectorizer], weights: dict[str, np.ndarray]) -> None:
        self.vectorisers = vectorisers
        self.weights = weights
        self._by_word: dict[str, float] = {}

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        pairs: Pairs,
        *,
        strength: float = 1.0,
        most_terms: int = 40_000,
        least: int = 2,
        shapes: Sequence[str] = tuple(SHAPES),
    ) -> TextMember:
        """Learn from `pairs` of `texts`. `strength` is the inverse of the L2 penalty.

        A member that finds no n-gram twice knows nothing: it scores everything 0 with coverage 0.
        """
        cleaned = [plain(text) for text in texts]
        vectorisers, blocks = {}, []
        for name in shapes:
            vectoriser = _vectoriser(name, min_df=least, max_features=most_terms)
            try:
                block = vectoriser.fit_transform(cleaned)
            except ValueError:  # no n-gram occurs twice: this shape has nothing to say
                continue
            blocks.append(normalize(block))
            vectorisers[name] = vectoriser
        if not blocks:
            return cls({}, {})
        flat = fit_differences(sparse.hstack(blocks).tocsr(), pairs, strength)
        borders = np.cumsum([block.shape[1] for block in blocks])[:-1]
        return cls(vectorisers, dict(zip(vectorisers, np.split(flat, borders), strict=True)))

    def score(self, texts: Sequence[str]) -> np.ndarray:
        """Each text's strength: its log-odds of winning against a text of strength 0."""
        return self._read(texts)[0]

    def coverage(self, texts: Sequence[str]) -> np.ndarray:
        """Share of each text's words that stood in the training vocabulary; 0 where there are no words."""
        word = self.vectorisers.get("word")
        known = word.vocabulary_ if word is not None else {}
        out = np.zeros(len(texts))
        for row, text in enumerate(texts):
            tokens = _WORD.findall(plain(text).lower())
            out[row] = sum(token in known for token in tokens) / len(tokens) if tokens else 0.0
        return out

    def words(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """For each text, what each of its words adds to its strength (words in lower case, as first seen).

        A character n-gram lies inside one word and is that word's; a phrase is halved between its two words.
        """
        norms = self._read(texts)[1]
        return [self._words(plain(text), {s: norms[s][row] for s in norms}) for row, text in enumerate(texts)]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; floats as base64 of little-endian float64, terms in column order."""
        return {
            name: {
                "terms": list(map(str, vectoriser.get_feature_names_out())),
                "idf": pack(vectoriser.idf_),
                "weights": pack(self.weights[name]),
            }
            for name, vectoriser in self.vectorisers.items()
        }

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> TextMember:
        """The member that `to_json` wrote."""
        vectorisers = {}
        for name, kept in said.items():
            vectoriser = _vectoriser(name, vocabulary={term: column for column, term in enumerate(kept["terms"])})
            vectoriser.idf_ = unpack(kept["idf"])
            vectorisers[name] = vectoriser
        return cls(vectorisers, {name: unpack(kept["weights"]) for name, kept in said.items()})

    def _read(self, texts: Sequence[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        strength, norms = np.zeros(len(texts)), {}
        cleaned = [plain(text) for text in texts]
        for name, vectoriser in self.vectorisers.items():
            block = vectoriser.transform(cleaned)
            norm = np.sqrt(np.asarray(block.multiply(block).sum(axis=1)).ravel())
            norms[name] = np.where(norm > 0, norm, 1.0)
            strength += np.asarray(block @ self.weights[name]).ravel() / norms[name]
        return strength, norms

    def _words(self, cleaned: str, norms: dict[str, float]) -> dict[str, float]:
        out: dict[str, float] = {}
        lowered = cleaned.lower()
        if "char" in norms:
            for chunk in dict.fromkeys(lowered.split()):
                name = "".join(_WORD.findall(chunk)) or chunk
                out[name] = out.get(name, 0.0) + self._chunk(chunk) / norms["char"]
        if "word" in norms:
            self._add_phrases(out, _WORD.findall(lowered), norms["word"])
        return out

    def _add_phrases(self, out: dict[str, float], tokens: list[str], norm: float) -> None:
        vectoriser, weights = self.vectorisers["word"], self.weights["word"]
        phrases = [(token,) for token in tokens] + list(pairwise(tokens))
        for phrase in dict.fromkeys(phrases):
            column = vectoriser.vocabulary_.get(" ".join(phrase))
            if column is not None:
                value = weights[column] * vectoriser.idf_[column] / norm
                for token in phrase:
                    out[token] = out.get(token, 0.0) + value / len(phrase)

    def _chunk(self, chunk: str) -> float:
        """Sum of weight x idf over the character n-grams of one word, remembered from word to word."""
        held = self._by_word.get(chunk)
        if held is None:
            row = self.vectorisers["char"].transform([chunk])
            held = float((row @ self.weights["char"])[0])
            self._by_word[chunk] = held
        return held


def _vectoriser(name: str, **more: Any) -> TfidfVectorizer:
    return TfidfVectorizer(sublinear_tf=True, lowercase=True, norm=None, dtype=np.float64, **SHAPES[name], **more)


def fit_differences(vectors: sparse.csr_matrix | np.ndarray, pairs: Pairs, strength: float) -> np.ndarray:
    """Weights of a Bradley-Terry model with linear strengths: logistic regression on differences, no intercept.

    Every second pair is turned round so that both classes exist; a pair weighs its certainty. With fewer texts
    than FEW, the weights are sought in the span of the texts, where the penalised optimum lies (representer
    theorem, Kimeldorf & Wahba 1971): the same answer from a matrix of texts x texts.
    """
    if not len(pairs):
        return np.zeros(vectors.shape[1])
    if sparse.issparse(vectors) and vectors.shape[0] <= FEW:
        gram = np.asarray((vectors @ vectors.T).todense())
        values, bases = np.linalg.eigh(gram)
        keep = values > values.max(initial=0.0) * 1e-10
        axes = bases[:, keep] / np.sqrt(values[keep])
        inside = _logistic(gram @ axes, pairs, strength)
        return np.asarray(vectors.T @ (axes @ inside)).ravel()
    return _logistic(vectors, pairs, strength)


def _logistic(vectors: sparse.csr_matrix | np.ndarray, pairs: Pairs, strength: float) -> np.ndarray:
    difference = vectors[pairs.better] - vectors[pairs.worse]
    turn = np.where(np.arange(len(pairs)) % 2, -1.0, 1.0)
    turned = sparse.diags_array(turn) @ difference if sparse.issparse(difference) else difference * turn[:, None]
    model = LogisticRegression(C=strength, fit_intercept=False, solver="lbfgs", max_iter=200, tol=1e-4)
    model.fit(turned, (turn > 0).astype(int), sample_weight=pairs.certainty)
    return np.asarray(model.coef_).ravel()


def pack(values: np.ndarray) -> str:
    """Floats as base64 of little-endian float64."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode("ascii")


def unpack(said: str) -> np.ndarray:
    """The floats that `pack` wrote."""
    return np.frombuffer(base64.b64decode(said, validate=True), dtype="<f8").astype(np.float64)
