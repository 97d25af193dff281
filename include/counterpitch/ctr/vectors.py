"""Texts to sparse vectors that can be kept: TF-IDF of phrases, of words with a gap, and of letters inside words.

Each shape's row has length 1. Phrases are numbers made of word numbers, so a batch is counted in numpy; letters are
counted once a distinct word (letters.py) and added up by a sparse product. Restored from JSON they give the same
numbers to the last bit, so a stored model scores the same after an upgrade; nothing is ever pickled.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn import config_context
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer, TfidfTransformer

from counterpitch.ctr.concepts import Concepts
from counterpitch.ctr.letters import LetterRuns
from counterpitch.ctr.meaning import Meaning
from counterpitch.ctr.people import People
from counterpitch.ctr.sense import Sense
from counterpitch.ctr.words import Pieces, Words

SHAPES: dict[str, tuple[tuple[int, ...], ...]] = {
    "word": ((0,), (0, 1), (0, 1, 2)),
    "skip": ((0, 2), (0, 3)),
}
"""Phrases by the places of their words: one to three in a row; two with one or two others between them."""

LEAST_TEXTS = {"word": 2, "skip": 3, "char": 3}
LETTERS = (2, 5)
LONG = 8
MOST_TOKENS = 200_000
"""Above this number of different words three of them would no longer fit one int64."""

Block: TypeAlias = sparse.csr_array | np.ndarray

RARITY = ("rarity", "rarest", "three_rarest", "rare_words", "uncommon_words", "function_words", "long_words", "repeats")
RARE, UNCOMMON = 3, 20
"""A word is rare or uncommon that no more texts of the corpus hold."""


@dataclass(frozen=True)
class Lexicon:
    """The words of the corpus, sorted, with how many of its texts hold each; `keys`: its texts (Words.keys), sorted."""

    names: np.ndarray
    held_by: np.ndarray
    texts: int
    keys: np.ndarray

    @classmethod
    def fit(cls, words: Words) -> Lexicon:
        """Every token of the corpus; the commonest MOST_TOKENS where there are more."""
        tokens = words.tokens
        held_by = np.bincount(tokens.number[tokens.firsts], minlength=len(tokens.names))
        kept = np.sort(np.argsort(-held_by, kind="stable")[:MOST_TOKENS])
        return cls(tokens.names[kept], held_by[kept], words.count, np.unique(words.keys()))

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names)}

    def look_up(self, names: np.ndarray) -> np.ndarray:
        """The number of each name here, -1 where it is not known."""
        index = self._index
        return np.array([index.get(name, -1) for name in names], dtype=np.int64)

    def holding(self, names: np.ndarray) -> np.ndarray:
        """How many texts of the corpus hold each name."""
        at = self.look_up(names)
        return np.where(at >= 0, self.held_by[at], 0) if len(self.held_by) else np.zeros(len(at), dtype=np.int64)

    def idf(self, names: np.ndarray) -> np.ndarray:
        """ln(texts / texts that hold it) of each name; one that no text holds is as rare as one that one text holds."""
        return np.asarray(np.log(max(1, self.texts) / np.maximum(1, self.holding(names))))

    def own(self, words: Words) -> np.ndarray:
        """Mask over texts: those that are in the corpus, so that its counts hold them (texts)."""
        return np.isin(words.keys(), self.keys)

    def rarity(self, words: Words) -> np.ndarray:
        """How unusual each text's words are: texts x RARITY. A rarity is ln(texts / (1 + texts that hold the word)).

        Mean, largest and mean of the three largest rarities; shares of rare and of uncommon words, of function words
        (sklearn's English list), of words of LONG letters or more, and of words that were said before in the text.
        """
        wordy = words.wordy
        keep = wordy[words.tokens.number]
        tokens = Pieces(words.tokens.names, words.tokens.number[keep], words.tokens.row[keep], words.count)
        holding = self.holding(tokens.names)
        rare = np.log(max(1, self.texts) / (1 + holding))[tokens.number]
        count = np.maximum(1, np.bincount(tokens.row, minlength=words.count))
        order = np.lexsort((-rare, tokens.row))
        top = [tokens.per_text(rare[order] * (tokens.place < most)) for most in (1, 3)]
        shares = [
            holding <= RARE,
            holding <= UNCOMMON,
            np.array([name in ENGLISH_STOP_WORDS for name in tokens.names], dtype=bool),
            np.array([len(name) >= LONG for name in tokens.names], dtype=bool),
        ]
        return np.column_stack(
            [tokens.per_text(rare) / count, top[0], top[1] / np.minimum(count, 3)]
            + [tokens.per_text(share[tokens.number].astype(float)) / count for share in shares]
            + [tokens.per_text((~tokens.firsts).astype(float)) / count]
        )


class TextVectors:
    """What a corpus taught of texts: its lexicon, the TF-IDF of each shape, the meanings of words. Then immutable."""

    def __init__(
        self,
        lexicon: Lexicon,
        phrases: dict[str, np.ndarray],
        letters: list[str],
        weighing: dict[str, TfidfTransformer],
        meaning: Meaning,
        concepts: Concepts,
        sense: Sense,
        people: People,
    ) -> None:
        self.lexicon = lexicon
        self.phrases = phrases
        self.letters = letters
        self.weighing = weighing
        self.meaning = meaning
        self.concepts = concepts
        self.sense = sense
        self.people = people
        self._phrases = {name: pd.Index(keys) for name, keys in phrases.items()}
        self._letters = LetterRuns(letters)
        self._spelt: tuple[np.ndarray, sparse.csr_array] | None = None

    @classmethod
    def fit(cls, words: Words, most_terms: int = 60_000) -> TextVectors:
        """Learn from a corpus. A shape in which no term is frequent enough is left out."""
        lexicon = Lexicon.fit(words)
        phrases, weighing = {}, {}
        for name, places in SHAPES.items():
            found = phrase_keys(words.tokens, lexicon.look_up(words.tokens.names), len(lexicon.names), places)
            keys, counted = _tabulated(*found, words.count)
            kept = _frequent(counted, LEAST_TEXTS[name], most_terms)
            if len(kept):
                phrases[name] = keys[kept]
                weighing[name] = TfidfTransformer(sublinear_tf=True).fit(counted[:, kept])
        letters = cls._fit_letters(words.chunks, most_terms, weighing)
        meaning = Meaning.fit(words, lexicon.look_up(words.tokens.names))
        sense = Sense.fit(words, lexicon.idf(words.tokens.names))
        return cls(lexicon, phrases, letters, weighing, meaning, Concepts.fit(words), sense, People.fit(words))

    @staticmethod
    def _fit_letters(chunks: Pieces, most_terms: int, weighing: dict[str, TfidfTransformer]) -> list[str]:
        if not len(chunks.names):
            return []
        vectoriser = CountVectorizer(analyzer="char_wb", ngram_range=LETTERS)
        counted = sparse.csr_array(membership(chunks) @ sparse.csr_array(vectoriser.fit_transform(chunks.names)))
        kept = _frequent(counted, LEAST_TEXTS["char"], most_terms)
        if not len(kept):
            return []
        weighing["char"] = TfidfTransformer(sublinear_tf=True).fit(counted[:, kept])
        return [str(term) for term in vectoriser.get_feature_names_out()[kept]]

    def transform(self, words: Words) -> dict[str, Block]:
        """Per shape its vectors of length 1 (texts x terms), and `meaning`, `concepts`, `sense`, `people` (dense)."""
        out: dict[str, Block] = {name: self.phrase_block(name, words) for name in self.phrases}
        if self.letters:
            out["char"] = self._weighed("char", membership(words.chunks) @ self.spelt(words.chunks.names))
        if self.meaning.dimensions:
            out["meaning"] = self.meaning.of(words, self.lexicon.look_up(words.tokens.names))
        out["concepts"] = self.concepts.of(words)
        out["sense"] = self.sense.of(words, self.lexicon.idf(words.tokens.names))
        out["people"] = self.people.of(words)
        return out

    def phrase_block(self, name: str, words: Words) -> sparse.csr_array:
        """The vectors of one shape of SHAPES."""
        at = self.lexicon.look_up(words.tokens.names)
        found, row = phrase_keys(words.tokens, at, len(self.lexicon.names), SHAPES[name])
        column = self.find(name, found)
        here = column >= 0
        cells = (np.ones(int(here.sum())), (row[here], column[here]))
        return self._weighed(name, sparse.csr_array(cells, shape=(words.count, len(self.phrases[name]))))

    def find(self, name: str, keys: np.ndarray) -> np.ndarray:
        """The column of each phrase (phrase_keys) among those of a shape, -1 where it is not known."""
        return np.asarray(self._phrases[name].get_indexer(keys))

    def spelt(self, chunks: np.ndarray) -> sparse.csr_array:
        """How often each known run of letters stands in each chunk; not to be changed: the last answer is kept."""
        if self._spelt is None or self._spelt[0] is not chunks:  # a score and its reasons ask for the same chunks
            self._spelt = chunks, self._letters.counted(chunks.tolist())
        return self._spelt[1]

    def coverage(self, words: Words) -> np.ndarray:
        """Share of each text's words that the corpus held at least twice; 0 where there are no words."""
        wordy = words.wordy[words.tokens.number]
        known = wordy & (self.lexicon.holding(words.tokens.names) >= LEAST_TEXTS["word"])[words.tokens.number]
        counted = np.maximum(1, words.tokens.per_text(wordy.astype(float)))
        return np.asarray(words.tokens.per_text(known.astype(float)) / counted)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; numbers packed, terms in column order."""
        return {
            "names": list(map(str, self.lexicon.names)),
            "held_by": pack_whole(self.lexicon.held_by),
            "texts": self.lexicon.texts,
            "keys": pack_whole(self.lexicon.keys),
            "phrases": {name: pack_whole(keys) for name, keys in self.phrases.items()},
            "letters": self.letters,
            "idf": {name: pack(each.idf_) for name, each in self.weighing.items()},
            "meaning": self.meaning.to_json(),
            "concepts": pack(self.concepts.centre),
            "sense": pack(self.sense.centre),
            "people": {"rarity": pack(self.people.rarity), "centre": pack(self.people.centre)},
        }

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> TextVectors:
        """The vectors that `to_json` wrote."""
        names = np.array(said["names"], dtype=object)
        weighing = {}
        for name, packed in said["idf"].items():
            weighing[name] = TfidfTransformer(sublinear_tf=True)
            weighing[name].idf_ = unpack(packed)
        return cls(
            Lexicon(names, unpack_whole(said["held_by"]), said["texts"], unpack_whole(said["keys"])),
            {name: unpack_whole(packed) for name, packed in said["phrases"].items()},
            said["letters"],
            weighing,
            Meaning.from_json(said["meaning"]),
            Concepts(unpack(said["concepts"])),
            Sense(unpack(said["sense"])),
            People(unpack(said["people"]["rarity"]), unpack(said["people"]["centre"])),
        )

    def _weighed(self, name: str, counted: sparse.csr_array) -> sparse.csr_array:
        counted.sort_indices()
        with config_context(assume_finite=True):  # counts are: looking for infinities took longer than the weighing
            return sparse.csr_array(self.weighing[name].transform(counted, copy=False))


def phrase_keys(
    tokens: Pieces, at: np.ndarray, size: int, places: Sequence[tuple[int, ...]]
) -> tuple[np.ndarray, np.ndarray]:
    """The number of every phrase and the text it stands in. A phrase of words a, b, c is a + b (size+1) + c (size+1)^2.

    `at`: for each token name its number in a lexicon of `size` words, from 1 on in a key; -1 makes no phrase.
    """
    number, row, base = at[tokens.number] + 1, tokens.row, size + 1
    keys, rows = [], []
    for offsets in places:
        reach = len(number) - offsets[-1]
        if reach <= 0:
            continue
        parts = [number[offset : offset + reach] for offset in offsets]
        whole = row[:reach] == row[offsets[-1] : offsets[-1] + reach]
        whole &= np.all([part > 0 for part in parts], axis=0)
        keys.append(sum(part[whole] * base**power for power, part in enumerate(parts)))
        rows.append(row[:reach][whole])
    empty = np.empty(0, dtype=np.int64)
    return (np.concatenate(keys), np.concatenate(rows)) if keys else (empty, empty)


def words_of(keys: np.ndarray, size: int) -> np.ndarray:
    """The lexicon numbers behind phrase keys: keys x 3, -1 where a phrase is shorter."""
    base = size + 1
    return np.column_stack([keys % base, keys // base % base, keys // base**2]) - 1


def membership(pieces: Pieces) -> sparse.csr_array:
    """How often each name stands in each text: texts x names."""
    ones, cells = np.ones(len(pieces.number)), (pieces.row.astype(np.int32), pieces.number.astype(np.int32))
    return sparse.csr_array((ones, cells), shape=(pieces.texts, len(pieces.names)))  # small indices: less to move


def pack(values: np.ndarray) -> str:
    """Floats as base64 of little-endian float64."""
    return _packed(values, "<f8")


def unpack(said: str) -> np.ndarray:
    """The floats that `pack` wrote."""
    return np.frombuffer(base64.b64decode(said, validate=True), dtype="<f8").astype(np.float64)


def pack_whole(values: np.ndarray) -> str:
    """Whole numbers as base64 of little-endian int64."""
    return _packed(values, "<i8")


def unpack_whole(said: str) -> np.ndarray:
    """The whole numbers that `pack_whole` wrote."""
    return np.frombuffer(base64.b64decode(said, validate=True), dtype="<i8").astype(np.int64)


def _packed(values: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode("ascii")


def _tabulated(keys: np.ndarray, row: np.ndarray, texts: int) -> tuple[np.ndarray, sparse.csr_array]:
    distinct, column = np.unique(keys, return_inverse=True)
    return distinct, sparse.csr_array((np.ones(len(keys)), (row, column)), shape=(texts, len(distinct)))


def _frequent(counted: sparse.csr_array, least: int, most: int) -> np.ndarray:
    """Columns held by at least `least` texts; of them the `most` commonest, in order."""
    held_by = np.bincount(counted.indices, minlength=counted.shape[1])
    enough = np.flatnonzero(held_by >= least)
    if len(enough) <= most:
        return enough
    often = np.asarray(counted.sum(axis=0)).ravel()[enough]
    return np.sort(enough[np.argsort(-often, kind="stable")[:most]])
