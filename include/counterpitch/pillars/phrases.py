"""Name what a quote says in a few words: the words worth keeping, and the word that makes them a phrase.

"Perfect for busy nurses" becomes "busy nurses", "Learn Polish" becomes "polish learners": words are kept by
a learned chance, and a short list of added words (people, learning, avoiding) is learned with them. A name neither
begins nor ends on a word that only joins others, and keeps the marks that hold a word together ("24/7", "real-life"),
because a name is read in themes and briefs without its quote. To a quote in another language nothing is added: the
words were learned with English ads, and say what those ads sell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from math import log
from typing import TYPE_CHECKING

from counterpitch.pillars import features, grammar
from counterpitch.pillars.features import STOP
from counterpitch.pillars.lexicon import classes
from counterpitch.pillars.weights import Weights, chance

if TYPE_CHECKING:
    from counterpitch.pillars.weights import Row

KEEP = 0.25
ADD = 0.2
_ADD = log(ADD / (1 - ADD))
LONGEST = 7
_LINKS = STOP - {"is", "are", "be", "it", "its"}
_LOOSE = ("determiner", "preposition", "joiner", "pronoun", "auxiliary")  # what no name begins or ends on, but:
_FIRM = {"no", "not", "never", "without", "less", "more", "on", "off", "up", "out", "behind", "can't", "don't", "won't"}
_HOLDS = {"-", "/", "’", "&"}  # between two words without a space, they are one
_IN_NUMBERS = {".", ",", ":"}
_WORTH = "#$€£₹"  # before a number these belong to it,
_SHARE = "+%"  # and these after it
_DOUBLED = re.compile(r"(?:(?:be|for|re)[^aeiou]+|[^aeiou]*)[aeiou][bdgmnprt]")  # get, stop, begin: it comes twice
_IS_OWN = re.compile(r"\w*(?:ee|oe|ye)")


def name(quote: str, field: str, weights: Weights, ad: Row) -> str:
    """A short lower-case phrase for `quote` in this field; `ad` is the sum of the whole ad's features."""
    words = features.quoted_words(quote)
    content = [i for i, word in enumerate(words) if word not in STOP]
    if not content:
        return " ".join(words[:LONGEST]) or quote.strip().lower()
    chances = {i: chance(weights.keep[field], features.of_quoted_word(words, i)) for i in content}
    kept = [i for i in content if chances[i] >= KEEP] or [max(content, key=lambda i: (chances[i], -i))]
    kept = _trimmed(words, kept[:LONGEST])
    said = _linked(quote, words, kept)
    if field == "customer_need" and _asked(words, kept[0]):
        said = gerund(words[kept[0]]) + said.removeprefix(words[kept[0]])
    present = {features.stem(word) for word in words}
    more = weights.outcomes.above(field, ad, _ADD, features.of_quote(words))
    for added in more if more and _english(words) else ():
        if features.stem(added) not in present:
            said = f"{added} {said}" if added.endswith("ing") else f"{said} {added}"
    return said


def _english(words: Sequence[str]) -> bool:
    """Whether at least two thirds of the longer words are English ones: "in", "per" and "non" are also Italian."""
    said = [word for word in words if not word[0].isdigit()]
    longer = [word for word in said if len(word) > 3] or said
    return 3 * sum(map(_is_known, longer)) >= 2 * len(longer)


@lru_cache(maxsize=1 << 16)
def _is_known(word: str) -> bool:
    from counterpitch import word_vectors  # here, since DAG files that import this module are parsed all the time

    return grammar.is_common(word) or bool(classes(word)) or bool(word_vectors.known([word])[0])


def gerund(verb: str) -> str:
    """ "make" -> "making", "get" -> "getting": a need is named by what the customer wants to be doing."""
    if len(verb) > 2 and verb.endswith("e") and not _IS_OWN.fullmatch(verb):
        return f"{verb[:-1]}ing"
    return f"{verb}{verb[-1]}ing" if _DOUBLED.fullmatch(verb) else f"{verb}ing"


def _asked(words: Sequence[str], i: int) -> bool:
    """Whether the word is an order or a wish ("Save money", "to save money") and not a thing or a statement's verb."""
    if words[i] not in grammar.listed("verb") or (i and words[i - 1] not in {"to", "and"}):
        return False
    after = words[i + 1] if i + 1 < len(words) else ""
    return words[i] not in grammar.listed("noun_too") or after in grammar.listed("determiner")


def _trimmed(words: Sequence[str], kept: list[int]) -> list[int]:
    """The kept words without the small ones at both ends; one stays."""
    firm = [n for n, i in enumerate(kept) if not _loose(words[i])]
    return kept[firm[0] : firm[-1] + 1] if firm else kept[:1]


@cache
def _loose(word: str) -> bool:
    return word not in _FIRM and any(word in grammar.listed(kind) for kind in _LOOSE)


def _linked(quote: str, words: Sequence[str], kept: Sequence[int]) -> str:
    """The kept words in order, with the little words and the marks that stood between two of them."""
    text = quote.lower()
    spots = [found.span() for found in features.QUOTED.finditer(text)]
    said, last = [], kept[0]
    for i in kept:
        start, end = spots[i]
        if i != kept[0]:
            gap = text[spots[last][1] : start]
            said.append(_joint(gap, words[last], words[i]) if last == i - 1 else _little(words[last + 1 : i]))
        word = words[i].strip("'")
        if word[:1].isdigit() and start and text[start - 1] in _WORTH:
            said.append(text[start - 1])
        said.append(word)
        if word[-1:].isdigit() and text[end : end + 1] in _SHARE:
            said.append(text[end : end + 1])
        last = i
    return "".join(said).strip() or quote.strip().lower()


def _joint(gap: str, before: str, after: str) -> str:
    in_number = gap in _IN_NUMBERS and before[-1].isdigit() and after[0].isdigit()
    return gap if in_number or gap in _HOLDS else " "


def _little(between: Sequence[str]) -> str:
    return f" {' '.join(between)} " if len(between) <= 2 and _LINKS.issuperset(between) else " "
