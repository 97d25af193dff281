"""Whom the words of a text speak to and what they say people want, in six languages, by lists that hold no result.

A brand that runs ads in several languages has few results in each, and no word of one stands in another. The lists
that the personas are gathered by (personas/concepts.toml: "mums", "Eltern" and "padres" are parents) join them, so
what parents clicked in English speaks for German too. They are the same for every data set and for any product; a
language that they do not hold names nobody. Only models of few results read them (variances.FEW_SHARES).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize

from counterpitch.ctr.concepts import marked
from counterpitch.ctr.words import Words
from counterpitch.personas.embed import concept_lists, concepts_of

KINDS = ("audience", "want")


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The columns: "audience=parents", ..., "want=time", ...; sorted within KINDS."""
    return tuple(f"{kind}={name}" for kind in KINDS for name in sorted(concept_lists()[kind]))


def fingerprint() -> str:
    """The sha256 of the lists, in hex: a model's weights belong to these columns and words, and to no others."""
    listed = {kind: concept_lists()[kind] for kind in KINDS}
    return hashlib.sha256(json.dumps(listed, sort_keys=True).encode("utf-8")).hexdigest()


@lru_cache(maxsize=200_000)
def of_word(word: str) -> tuple[int, ...]:
    """The numbers (in `names`) of the people and wants that a word in lower case names: "toddlers" names parents."""
    at = {name: number for number, name in enumerate(names())}
    return tuple(at[f"{kind}={name}"] for kind in KINDS for name in concepts_of(word, (kind,)))


def naming(words: np.ndarray) -> sparse.csr_array:
    """Which people and wants each word names, 1 or nothing: words x names."""
    return marked([of_word(str(word)) for word in words], len(names()))


@dataclass(frozen=True)
class People:
    """Whom and what each text names, against the corpus.

    rarity (names): 1 + ln(texts / texts that name it), of the corpus: what every ad names tells little. centre
    (names): the corpus's mean.
    """

    rarity: np.ndarray
    centre: np.ndarray

    @classmethod
    def fit(cls, words: Words) -> People:
        """Learn from a corpus; without texts everything is as rare."""
        found = _counted(words)
        rarity = 1 + np.log(max(1, words.count) / np.maximum(1, (found > 0).sum(axis=0)))
        unit = normalize(found * rarity) if words.count else found
        return cls(rarity, unit.mean(axis=0) if words.count else np.zeros(len(rarity)))

    def of(self, words: Words) -> np.ndarray:
        """Texts x names: different words that name each by their rarity, of length 1 in each text, less the centre."""
        found = _counted(words) * self.rarity
        return np.asarray((normalize(found) if words.count else found) - self.centre)

    def shares(self, words: Words, weights: np.ndarray) -> np.ndarray:
        """What each token adds to its text by whom and what it names (tokens), 0 where it stood in the text before."""
        tokens, length = words.tokens, np.linalg.norm(_counted(words) * self.rarity, axis=1)
        worth = (naming(tokens.names) @ (self.rarity * weights))[tokens.number]
        return np.asarray(worth * tokens.firsts / np.maximum(length, 1e-12)[tokens.row])


def _counted(words: Words) -> np.ndarray:
    """How many different words of each text name each: texts x names."""
    return np.asarray((words.tokens.distinct @ naming(words.tokens.names)).toarray())
