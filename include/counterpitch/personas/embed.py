"""Words to unit vectors. By default TF-IDF + SVD fitted on the texts at hand: no download, no account.

With `settings().embeddings` set ("huggingface:PATH", "ollama:NAME"), any LangChain
embeddings model takes its place; nothing else changes. What a paid API charges passes no budget and no ledger.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from counterpitch.personas.meaning import meanings
from counterpitch.settings import settings

Vectors = NDArray[np.float64]

Lens = Literal["audience", "want"]
Lists = dict[str, dict[str, set[str]]]

DIMENSIONS = 50
LETTERS = 0.5  # weight beside the words' 1
# Who is spoken to is a few hundred words, which the lists hold; what people want is said in words without end.
CONCEPTS: dict[Lens | None, float] = {"audience": 1.0, "want": 0.7, None: 1.0}
MEANINGS: dict[Lens | None, float] = {"audience": 0.0, "want": 1.0, None: 0.0}
_HEADINGS = {"en": "English", "es": "Spanish", "de": "German", "fr": "French", "pt": "Portuguese", "it": "Italian"}
LISTED = set(_HEADINGS)  # languages of concepts.toml and stopwords.txt
_WHO = {"who", "whoever", "quien", "quienes", "wer", "qui", "quem", "chi"}
_PEOPLE = re.compile(r"\w{3}(?:ers|ors|ists|ians|eers)$")
THINGS = {
    "answers", "burgers", "colors", "computers", "containers", "corners", "covers", "dinners", "doors", "errors",
    "filters", "fingers", "flavors", "floors", "flowers", "indoors", "layers", "leftovers", "letters", "mirrors",
    "newsletters", "numbers", "offers", "orders", "others", "outdoors", "papers", "posters", "powders", "powers",
    "printers", "reminders", "rollers", "stickers", "suppers", "timers", "trackers", "vouchers",
}  # fmt: skip
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_JUNK = re.compile(r"https?://\S+|www\.\S+|\S+@\S+")


def embed(
    documents: Sequence[str],
    leave_out: Iterable[str] = (),
    lens: Lens | None = None,
    languages: Sequence[str] | None = None,
) -> Vectors:
    """Unit rows (n, d) of the documents, in their order; a document without words is a row of zeros.

    `leave_out`: names (of brands) whose words must not draw documents together. `lens`: what the documents are
    compared for, who is spoken to ("audience") or what people want ("want"); an embeddings model needs none.
    `languages`: the code of each document's language, None where all are English.
    """
    names = {word for name in leave_out for word in tokens(name)}
    cleaned = [" ".join(word for word in tokens(document) if word not in names) for document in documents]
    if not any(cleaned):
        return np.zeros((len(cleaned), 1))
    model = settings().embeddings
    return _by_model(model, cleaned) if model else _by_words(cleaned, lens, languages or ["en"] * len(cleaned))


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


@lru_cache(maxsize=32)
def stopwords(language: str | None = None) -> frozenset[str]:
    """Words that carry no theme: of a language of LISTED, else of all that the file beside this module lists.

    German "die" and "war" are function words, English ones are not.
    """
    heading, listed, inside = _HEADINGS.get(language or ""), set[str](), True
    for line in (Path(__file__).parent / "stopwords.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            inside = heading is None or line.removeprefix("# ") == heading
        elif inside:
            listed.update(line.split())
    return frozenset(listed)


def _by_words(cleaned: Sequence[str], lens: Lens | None, languages: Sequence[str]) -> Vectors:
    """Concepts, words, letter n-grams and word meanings, sublinear TF-IDF, SVD to at most 50 dimensions, unit length.

    Concepts join words that mean one thing, across languages; meanings join wants that no list holds; letter n-grams
    join the forms of a word that neither knows, and cut scripts without spaces.
    """
    lists = (lens,) if lens else ("audience", "want")
    concepts = [[name for word in text.split() for name in concepts_of(word, lists)] for text in cleaned]
    content = [_content(text, lens) or text for text in cleaned]
    many = 2 if len(set(content)) > DIMENSIONS else 1  # what only one of many documents says joins it to none
    words = TfidfVectorizer(sublinear_tf=True, analyzer=_words_and_pairs)
    letters = TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(3, 5), lowercase=False, min_df=many)
    blocks = [words.fit_transform(content), LETTERS * letters.fit_transform(content)]
    if any(concepts):
        blocks.append(CONCEPTS[lens] * TfidfVectorizer(sublinear_tf=True, analyzer=list).fit_transform(concepts))
    if MEANINGS[lens]:
        said = [text.split() for text in content]
        rows = meanings(said, languages, lambda word: concepts_of(word, lists))
        blocks.append(MEANINGS[lens] * csr_matrix(rows))
    both = normalize(hstack(blocks).tocsr())
    rank = min(DIMENSIONS, min(both.shape) - 1)
    if rank < 2 or len(cleaned) <= DIMENSIONS // 2:
        return np.asarray(both.toarray(), np.float64)
    reduced = TruncatedSVD(rank, algorithm="randomized", n_iter=4, random_state=0).fit_transform(both)
    return np.asarray(normalize(reduced), np.float64)


def _content(text: str, lens: Lens | None) -> str:
    """The words that count under a lens: no function words, and who is spoken to is no part of what they want."""
    return " ".join(
        word
        for word in text.split()
        if word not in stopwords() and not (lens == "want" and concepts_of(word, ("audience",)))
    )


@lru_cache(maxsize=65536)
def concepts_of(word: str, lists: tuple[str, ...]) -> tuple[str, ...]:
    """The concepts of a folded word, from concepts.toml: "toddlers" -> ("parents",)."""
    exact, starts = _concepts()
    found = {name for kind in lists for name in exact[kind].get(word, ())}
    for length in range(3, len(word) + 1):
        found |= {name for kind in lists for name in starts[kind].get(word[:length], ())}
    return tuple(sorted(found))


def concept_names(kind: str) -> tuple[str, ...]:
    """The names of all concepts of a list ("audience", "want"), sorted."""
    return tuple(sorted(concept_lists()[kind]))


@lru_cache(maxsize=1)
def concept_lists() -> dict[str, dict[str, list[str]]]:
    """The words of each concept of each kind as concepts.toml lists them; not to be changed."""
    told = tomllib.loads((Path(__file__).parent / "concepts.toml").read_text(encoding="utf-8"))
    return {kind: {name: words.split() for name, words in concepts.items()} for kind, concepts in told.items()}


@lru_cache(maxsize=256)
def concept_words(name: str) -> tuple[str, ...]:
    """The words and beginnings of words that concepts.toml lists for a concept, sorted."""
    exact, starts = _concepts()
    listed = [told for kinds in (exact, starts) for told in kinds.values()]
    return tuple(sorted({word for told in listed for word, names in told.items() if name in names}))


def names_people(value: str, language: str) -> bool:
    """Whether a value can be an audience: it holds a word for people. True in languages that the lists do not know."""
    if language.split("-")[0] not in LISTED:
        return True
    words = tokens(value)
    return any(is_person(word) for word in words) or not _WHO.isdisjoint(words)


def is_person(word: str) -> bool:
    """Whether a folded word is one for people, by the lists or by its ending ("dentists")."""
    return bool(concepts_of(word, ("audience",))) or (_PEOPLE.search(word) is not None and word not in THINGS)


@lru_cache(maxsize=1)
def _concepts() -> tuple[Lists, Lists]:
    """Word -> concepts and beginning -> concepts, by kind."""
    told = concept_lists()
    exact: Lists = {kind: defaultdict(set) for kind in told}
    starts: Lists = {kind: defaultdict(set) for kind in told}
    for kind, concepts in told.items():
        for name, words in concepts.items():
            for word in words:
                (starts if word.endswith("*") else exact)[kind][word.rstrip("*")].add(name)
    return exact, starts


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
