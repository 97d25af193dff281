"""Name what a quote says in a few words: the words worth keeping, and the word that makes them a phrase.

"Perfect for busy nurses" becomes "busy nurses", "Learn Polish" becomes "polish learners": words are kept by
a learned chance, and a short list of added words (people, learning, avoiding) is learned with them.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from counterpitch.pillars import features
from counterpitch.pillars.features import STOP
from counterpitch.pillars.weights import Weights, chance

if TYPE_CHECKING:
    from counterpitch.pillars.weights import Row

KEEP = 0.25
ADD = 0.2
_ADD = log(ADD / (1 - ADD))
LONGEST = 7
_LINKS = STOP - {"a", "an", "the", "is", "are", "be", "it", "its", "or"}


def name(quote: str, field: str, weights: Weights, ad: Row) -> str:
    """A short lower-case phrase for `quote` in this field; `ad` is the sum of the whole ad's features."""
    words = features.quoted_words(quote)
    content = [i for i, word in enumerate(words) if word not in STOP]
    if not content:
        return " ".join(words[:LONGEST]) or quote.strip().lower()
    chances = {i: chance(weights.keep[field], features.of_quoted_word(words, i)) for i in content}
    kept = [i for i in content if chances[i] >= KEEP] or [max(content, key=lambda i: (chances[i], -i))]
    said = _linked(words, kept)
    present = {features.stem(word) for word in words}
    for added in weights.outcomes.above(field, ad, _ADD, features.of_quote(words)):
        if features.stem(added) not in present:
            said = [added, *said] if added.endswith("ing") else [*said, added]
    return " ".join(said)


def _linked(words: list[str], kept: list[int]) -> list[str]:
    """The kept words in order, with the little words that stood between two of them."""
    said: list[str] = []
    for before, i in zip([None, *kept], kept[:LONGEST], strict=False):
        between = words[before + 1 : i] if before is not None else []
        if between and len(between) <= 2 and all(word in _LINKS for word in between):
            said += between
        said.append(words[i])
    return said
