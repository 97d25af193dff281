"""What the words of a text mean, by vectors that come with the project, so that a word without results has some.

The vectors (counterpitch.word_vectors) know that "grandma" is near "pregnant" where no list says so and the corpus is
too small to tell. A text is the sum of its words' vectors, rarer words counting more. They hold no result, are the same
for every data set and are English: a text that is known to be in another language has no sense here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize

from counterpitch import word_vectors
from counterpitch.ctr.words import Words

DIMENSIONS = 48
"""The first columns of word_vectors: more of them taught less on every split (docs/methods/ctr.md)."""


def of_names(names: np.ndarray, rarity: np.ndarray) -> np.ndarray:
    """The vector of each token name, as long as it is rare: names x DIMENSIONS, zeros where nothing is known of it."""
    return np.asarray(word_vectors.of(names.tolist())[:, :DIMENSIONS].astype(np.float64) * rarity[:, None])


@dataclass(frozen=True)
class Sense:
    """What each text means, against the corpus; `centre` (DIMENSIONS) is the corpus's mean."""

    centre: np.ndarray

    @classmethod
    def fit(cls, words: Words, rarity: np.ndarray) -> Sense:
        """Learn the centre of a corpus; `rarity` is that of its token names."""
        return cls(_unit(words, rarity).mean(axis=0) if words.count else np.zeros(DIMENSIONS))

    def of(self, words: Words, rarity: np.ndarray) -> np.ndarray:
        """Texts x DIMENSIONS: unit vectors less the centre; `rarity` is that of the token names."""
        return np.asarray(_unit(words, rarity) - self.centre)


def shares(words: Words, rarity: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What each token adds to its text by its vector (tokens), 0 where it stood in the text before."""
    tokens, vectors = words.tokens, of_names(words.tokens.names, rarity)
    length = np.linalg.norm(tokens.distinct @ vectors, axis=1)
    said = words.english[tokens.row] & tokens.firsts
    return np.asarray((vectors @ weights)[tokens.number] * said / np.maximum(length, 1e-12)[tokens.row])


def _unit(words: Words, rarity: np.ndarray) -> np.ndarray:
    summed = sparse.csr_array(words.tokens.distinct) @ of_names(words.tokens.names, rarity)
    return np.asarray(normalize(summed) * words.english[:, None])
