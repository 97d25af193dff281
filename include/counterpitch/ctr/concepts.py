"""What a text is about: which of the concepts of concepts.toml its words name, so that a rare word borrows strength.

Thousands of headlines are too few to learn what "grandma", "stepmom" and "pregnant" have in common; a list of words can
say so. The lists hold no result and are the same for every data set. They are English, and German "die" is no death: a
text that is known to be in another language names no concept. One whose language nobody knows is read as English.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize

from counterpitch.ctr.words import Words

_FILE = Path(__file__).with_name("concepts.toml")
ANY_ENDING = "*"
SHORT = 4
"""A listed beginning of up to so many letters takes inflections only: "star*" names stars and starring, not start."""

_VOWELS = frozenset("aeiou")


@lru_cache(maxsize=1)
def lists() -> dict[str, tuple[str, ...]]:
    """The words of each concept as they are listed, by the concept's name; both sorted."""
    told = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: tuple(sorted(set(str(told[name]).split()))) for name in sorted(told)}


def names() -> tuple[str, ...]:
    """The concepts, sorted."""
    return tuple(lists())


def fingerprint() -> str:
    """The sha256 of the lists, in hex: a model's weights belong to these concepts, in this order, and to no others."""
    return hashlib.sha256(json.dumps(lists(), sort_keys=True).encode("utf-8")).hexdigest()


@lru_cache(maxsize=1)
def _listed() -> tuple[dict[str, set[int]], dict[str, set[int]]]:
    """The numbers of the concepts of each whole word, and of each beginning of words."""
    whole: dict[str, set[int]] = defaultdict(set)
    begun: dict[str, set[int]] = defaultdict(set)
    for number, listed in enumerate(lists().values()):
        for word in listed:
            stem = word.removesuffix(ANY_ENDING)
            if word != stem and len(stem) > SHORT:
                begun[stem].add(number)
            else:
                for form in inflected(stem) if word != stem else (stem,):
                    whole[form].add(number)
    return whole, begun


def inflected(word: str) -> set[str]:
    """The forms of an English word as noun, verb or adjective by the rules of spelling, whether they are used or not.

    plan: plans, planned, planning, planner; cry: cries, cried; face: faced, facing; box: boxes.
    """
    last, before = word[-1], word[-2:-1]
    if last == "y" and before not in _VOWELS:
        return {word, f"{word}ing"} | {word[:-1] + ending for ending in ("ies", "ied", "ier", "iers", "iest")}
    hissed = last in "osxz" or word.endswith(("ch", "sh"))
    syllables = sum(a in _VOWELS and b not in _VOWELS for a, b in zip(word, f"{word[1:]}.", strict=True))
    doubles = syllables == 1 and last not in "aeiouwxy" and before in _VOWELS and word[-3:-2] not in _VOWELS
    stem = word[:-1] if last == "e" else word + last if doubles else word
    endings = ("ed", "ing", "ings", "er", "ers", "est")
    return {word, f"{word}s"} | ({f"{word}es"} if hissed else set()) | {stem + ending for ending in endings}


@lru_cache(maxsize=200_000)
def of_word(word: str) -> tuple[int, ...]:
    """The numbers (in `names`) of the concepts that a word in lower case names; "king's" names those of "king" too."""
    whole, begun = _listed()
    found = whole.get(word, set()) | whole.get(word.removesuffix("'s"), set())
    for end in range(1, len(word) + 1):
        found |= begun.get(word[:end], set())
    return tuple(sorted(found))


def naming(words: np.ndarray) -> sparse.csr_array:
    """Which concepts each word names, 1 or nothing: words x concepts."""
    return marked([of_word(str(word)) for word in words], len(names()))


def marked(found: Sequence[tuple[int, ...]], columns: int) -> sparse.csr_array:
    """1 in the columns that each row names, nothing elsewhere: rows x columns."""
    row = np.repeat(np.arange(len(found)), [len(each) for each in found])
    column = np.array([number for each in found for number in each], dtype=np.int64)
    return sparse.csr_array((np.ones(len(row)), (row, column)), shape=(len(found), columns))


@dataclass(frozen=True)
class Concepts:
    """How much each text is about each concept, against the corpus; `centre` (concepts) is the corpus's mean."""

    centre: np.ndarray

    @classmethod
    def fit(cls, words: Words) -> Concepts:
        """Learn the centre of a corpus."""
        return cls(_unit(words).mean(axis=0) if words.count else np.zeros(len(names())))

    def of(self, words: Words) -> np.ndarray:
        """Texts x concepts: words that name each concept, scaled to length 1 in each text, less the centre."""
        return np.asarray(_unit(words) - self.centre)


def _unit(words: Words) -> np.ndarray:
    counted = words.tokens.distinct @ naming(words.tokens.names)
    return np.asarray(normalize(counted).toarray() * words.english[:, None])
