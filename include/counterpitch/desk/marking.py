"""Marks quotes in an ad's text: cuts it where quotes start and end, so that overlapping ones can both be seen.

The pieces always join to the whole text: marking shows the words, it never changes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Piece:
    """A stretch of text. `notes` are the numbers of the quotes that cover it, `ends` of those that end with it."""

    text: str
    notes: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()


@dataclass(frozen=True)
class Quote:
    """Quote number `note` covers text[start:end], counted in code points."""

    note: int
    start: int
    end: int


def pieces(text: str, quotes: Sequence[Quote]) -> list[Piece]:
    """Cut `text` at the quotes' edges. A quote that does not lie within the text is left out."""
    inside = [quote for quote in quotes if 0 <= quote.start < quote.end <= len(text)]
    cuts = sorted({0, len(text), *(q.start for q in inside), *(q.end for q in inside)})
    return [
        Piece(
            text[start:end],
            tuple(q.note for q in inside if q.start <= start and end <= q.end),
            tuple(q.note for q in inside if q.end == end),
        )
        for start, end in pairwise(cuts)
    ]
