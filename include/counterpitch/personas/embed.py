"""Words to unit vectors. By default TF-IDF + SVD fitted on the texts at hand: no download, no account.

With `settings().embeddings` set ("huggingface:PATH", "openai:text-embedding-3-small"), any LangChain
embeddings model takes its place; nothing else changes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import hstack
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from counterpitch.settings import settings

Vectors = NDArray[np.float64]

DIMENSIONS = 100
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_JUNK = re.compile(r"https?://\S+|www\.\S+|\S+@\S+")


def embed(documents: Sequence[str], leave_out: Iterable[str] = ()) -> Vectors:
    """Unit rows (n, d) of the documents, in their order; a document without words is a row of zeros.

    `leave_out`: names (of brands) whose words must not draw documents together.
    """
    names = {word for name in leave_out for word in tokens(name)}
    cleaned = [" ".join(word for word in tokens(document) if word not in names) for document in documents]
    if not any(cleaned):
        return np.zeros((len(cleaned), 1))
    model = settings().embeddings
    return _by_model(model, cleaned) if model else _by_words(cleaned)


def in_company(own: Vectors, company: Vectors, part: float) -> Vectors:
    """Unit rows (n, d + e): each document by its own words and, for `part` of the length, by the words beside it.

    "Mums" and "parents of toddlers" share no word, but what ads say to them is alike.
    """
    both = np.hstack([np.sqrt(1 - part) * own, np.sqrt(part) * company])
    length = np.linalg.norm(both, axis=1, keepdims=True)
    return np.asarray(both / np.maximum(length, 1e-12), np.float64)


def tokens(text: str) -> list[str]:
    """The words of a text, case folded, without addresses."""
    plain = unicodedata.normalize("NFKC", _JUNK.sub(" ", text)).casefold()
    return _WORD.findall(plain)


@lru_cache(maxsize=1)
def stopwords() -> frozenset[str]:
    """Words that carry no theme, of the languages that the file beside this module lists."""
    lines = (Path(__file__).parent / "stopwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _by_words(cleaned: Sequence[str]) -> Vectors:
    """Word and letter n-grams, sublinear TF-IDF, SVD to at most 100 dimensions, unit length.

    Letter n-grams join the forms of a word in languages that inflect, and cut scripts without spaces.
    """
    content = [" ".join(word for word in text.split() if word not in stopwords()) or text for text in cleaned]
    words = TfidfVectorizer(sublinear_tf=True, analyzer=_words_and_pairs)
    letters = TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(3, 5), lowercase=False)
    both = normalize(hstack([words.fit_transform(content), 0.7 * letters.fit_transform(content)]).tocsr())
    rank = min(DIMENSIONS, min(both.shape) - 1)
    if rank < 2 or len(cleaned) <= DIMENSIONS // 2:
        return np.asarray(both.toarray(), np.float64)
    reduced = TruncatedSVD(rank, algorithm="randomized", n_iter=5, random_state=0).fit_transform(both)
    return np.asarray(normalize(reduced), np.float64)


def _words_and_pairs(text: str) -> list[str]:
    words = text.split()
    return words + [f"{one} {other}" for one, other in pairwise(words)]


def _by_model(name: str, cleaned: Sequence[str]) -> Vectors:
    from langchain.embeddings import init_embeddings

    distinct = sorted(set(cleaned) - {""})
    found = np.asarray(init_embeddings(name).embed_documents(distinct), np.float64)
    place = {text: i for i, text in enumerate(distinct)}
    vectors = np.zeros((len(cleaned), found.shape[1]))
    for row, text in enumerate(cleaned):
        if text:
            vectors[row] = found[place[text]]
    return np.asarray(normalize(vectors), np.float64)
