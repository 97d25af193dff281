"""Cut an ad into the pieces that may carry a pillar: lines, sentences, clauses, each by its offsets.

Ads are written in lines, check marks and fragments rather than in prose, so the cuts follow what people who
write ads use: line breaks, emoji, list marks, sentence ends, dashes, and only then commas and "and".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from counterpitch.pillars import residue

# Pictographs, dingbats, arrows, flags and their joiners: they separate, and mark list items.
_PICTURE = (
    "[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2b00-\u2bff\ufe0f\u200d\u20e3"
    "\u2022\u00b7\u25cf\u25aa\u2605\u2606]"
)
_PICTURED = re.compile(_PICTURE)
_MARK = re.compile(rf"^\s*(?:{_PICTURE}+|[-*+>»–—]\s|\d{{1,2}}[.)]\s|[✓✔✅☑])")
_BREAK = re.compile(
    rf"(?:{_PICTURE}|\s)*{_PICTURE}(?:{_PICTURE}|\s)*|(?<=[.!?])[\"'”’)]*\s+|[。！？]+|\s*[|]\s*|\s{{3,}}"
)
_CLAUSE = re.compile(
    r"\s+[-–—+&]\s+|—|\s*[;:,]\s+|[、，；：·]|\s+(?:and|but|so|while|without|with|that|which|then)\s+", re.I
)
_TRIM = " \t\r\n\"'“”‘’«»,;:-–—*>#•"


@dataclass(frozen=True)
class Piece:
    """A cut of the ad, `text[start:end]`, in its line. `marked`: the line is a list item (check mark, bullet)."""

    start: int
    end: int
    line: int
    sentence: int
    clause: int
    marked: bool


def sentences(text: str, masked: str | None = None) -> list[Piece]:
    """The sentences and fragments of `text`, residue left out, trimmed of marks and white space.

    `masked` is `residue.mask(text)`, where the caller has it.
    """
    masked = residue.mask(text) if masked is None else masked
    found: list[Piece] = []
    offset = 0
    for number, line in enumerate(masked.split("\n")):
        if line.strip():
            marked = bool(_MARK.match(line))
            at = 0
            for cut in [*_BREAK.finditer(line), None]:
                end = cut.start() if cut else len(line)
                piece = _trimmed(text, offset + at, offset + end)
                if piece:
                    found.append(Piece(*piece, number, len(found), 0, marked))
                at = cut.end() if cut else end
        offset += len(line) + 1
    return found


def clauses(text: str, sentence: Piece) -> list[Piece]:
    """The clauses of one sentence, in order; the sentence itself when it has no inner cut."""
    found: list[Piece] = []
    at = sentence.start
    body = text[sentence.start : sentence.end]
    for cut in [*_CLAUSE.finditer(body), None]:
        end = sentence.start + cut.start() if cut else sentence.end
        piece = _trimmed(text, at, end)
        if piece:
            found.append(Piece(*piece, sentence.line, sentence.sentence, len(found), sentence.marked))
        at = sentence.start + cut.end() if cut else end
    return found


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and (text[start] in _TRIM or _PICTURED.match(text, start)):
        start += 1
    while end > start and (text[end - 1] in _TRIM or _PICTURED.match(text, end - 1)):
        end -= 1
    return (start, end) if any(map(str.isalnum, text[start:end])) else None
