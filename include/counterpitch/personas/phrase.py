"""A pillar value against the words of its ad: as it is said there, and whether it can stand by itself.

Readers shorten: "households allergies" for "households with food allergies", or a piece of a longer phrase. A
name or a sentence made of such a value is what gives a machine away, so both are told apart here.
"""

from __future__ import annotations

import re

MOST_WORDS = 9
_WORD = re.compile(r"\w+(?:['’]\w+)*")
# What may stand before a phrase and after it without being a part of it.
_LEADS_IN = """a an the your our my with for get gets enjoy find try has have offers includes and or into of see use
    learn build make makes el la los las un una tu tus con para der die das ein eine dein deine mit für le les des une
    avec pour"""
_GOES_ON = "and or with without for in on at from by so when while y o con para en und oder mit für et ou avec"


def between(value: str, quote: str) -> str | None:
    """The shortest piece of the quote, lower case, that holds the value's words in order; None where there is none.

    Pieces of more than MOST_WORDS words, or over several lines, are none.
    """
    wanted = [word.casefold() for word in _WORD.findall(value)]
    words = list(_WORD.finditer(quote))
    found = [
        (last - first, first, last)
        for first in range(len(words))
        if (last := _last([word[0].casefold() for word in words], first, wanted)) is not None
    ]
    if not found or min(found)[0] >= MOST_WORDS:
        return None
    _, first, last = min(found)
    piece = quote[words[first].start() : words[last].end()]
    return None if "\n" in piece else " ".join(piece.lower().split())


def overlap(value: str, quote: str) -> float:
    """Share of the value's words that the quote holds."""
    words = [word.casefold() for word in _WORD.findall(value)]
    quoted = {word.casefold() for word in _WORD.findall(quote)}
    return sum(word in quoted for word in words) / len(words) if words else 0.0


def stands_alone(phrase: str, text: str) -> bool | None:
    """Whether the phrase begins and ends where a phrase of the text does; None where the text does not hold it."""
    words = r"[^\S\n]+".join(re.escape(word) for word in phrase.split())
    found = re.search(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE)
    if not phrase.strip() or found is None:
        return None
    before, after = text[: found.start()].rpartition("\n")[2], text[found.end() :].partition("\n")[0]
    return _opens(before) and _closes(after)


def _last(words: list[str], first: int, wanted: list[str]) -> int | None:
    """Where the wanted words end if they begin at `first` and follow in order; None where they do not."""
    if not wanted or words[first] != wanted[0]:
        return None
    place = first
    for word in wanted[1:]:
        try:
            place = words.index(word, place + 1)
        except ValueError:
            return None
    return place


def _opens(before: str) -> bool:
    """A phrase may begin at the start of a line, after a mark, or after words such as "get your"."""
    last = before.rstrip().rpartition(" ")[2].casefold()
    return not last or (not last[-1].isalnum() and last[-1] not in ",'’-") or last in _LEADS_IN.split()


def _closes(after: str) -> bool:
    """A phrase may end at the end of a line, at a mark, or before words such as "and" or "with"."""
    first = after.lstrip().partition(" ")[0].casefold()
    return not first or (not first[0].isalnum() and first[0] not in "'’-") or first in _GOES_ON.split()
