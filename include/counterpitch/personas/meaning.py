"""What documents mean beyond the words they share, from the word vectors that come with the project.

Those know English alone. A word of another language stands for the middle of its concept's English words, where it
has one, so that documents of two languages meet in one space. Each language group is then centred by itself: what
differs between them as groups is how they were looked up, not what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from counterpitch import word_vectors

Vectors = NDArray[np.float64]
Concepts = Callable[[str], Sequence[str]]

ENGLISH = {"en", "und"}
FEWEST_TO_CENTRE = 4
_NEAR = 0.4  # of the words of a concept, those nearest to their middle; the rest are spelt like other English words


def meanings(documents: Sequence[Sequence[str]], languages: Sequence[str], concepts: Concepts) -> Vectors:
    """Rows (n, word_vectors.DIMENSIONS) of documents, given as folded words; unit length, then centred by group.

    The mean of the words' vectors by TF-IDF. languages: code of each document. concepts: of a word, those that stand
    for it where it has no vector. A document of which no word is known is a row of zeros.
    """
    told = [list(words) for words in documents]
    if not any(told):
        return np.zeros((len(told), word_vectors.DIMENSIONS))
    counter = TfidfVectorizer(sublinear_tf=True, analyzer=list)
    counts = counter.fit_transform(told)
    words = counter.get_feature_names_out().tolist()
    by_concept = np.array([_of_concepts(tuple(concepts(word))) for word in words])
    by_word = word_vectors.of(words).astype(np.float64)
    by_word = np.where(by_word.any(axis=1, keepdims=True), by_word, by_concept)
    english = np.array([language.split("-")[0] in ENGLISH for language in languages])
    rows = np.asarray(normalize(np.where(english[:, None], counts @ by_word, counts @ by_concept)), np.float64)
    for group in (english, ~english):
        some = group & rows.any(axis=1)
        if some.sum() >= FEWEST_TO_CENTRE:
            rows[some] -= rows[some].mean(axis=0)
    return rows


def middle(words: Sequence[str]) -> NDArray[np.float64]:
    """The unit vector in the middle of English words, of those of them that lie nearest to it."""
    known = word_vectors.of(words).astype(np.float64)
    known = known[known.any(axis=1)]
    if not len(known):
        return np.zeros(word_vectors.DIMENSIONS)
    nearest = np.argsort(-(known @ known.mean(axis=0)), kind="stable")[: max(3, int(_NEAR * len(known)))]
    return np.asarray(normalize(known[nearest].mean(axis=0, keepdims=True))[0], np.float64)


@lru_cache(maxsize=4096)
def _of_concepts(names: tuple[str, ...]) -> NDArray[np.float64]:
    found = [_of_concept(name) for name in names]
    return np.asarray(np.mean(found, axis=0), np.float64) if found else np.zeros(word_vectors.DIMENSIONS)


@lru_cache(maxsize=256)
def _of_concept(name: str) -> NDArray[np.float64]:
    from counterpitch.personas.embed import concept_words

    return middle([word for word in concept_words(name) if len(word) > 2])
