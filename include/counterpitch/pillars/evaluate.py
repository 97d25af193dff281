"""Score readings against annotated ads: do the quotes cover the same characters, do the values say the same words.

Two figures a field, each an F1, each a mean over distinct ad texts: `span` over the characters of the ad that
the quotes cover (white space aside), `value` over the stemmed words of the values. Nothing against nothing
counts 1: silence about a silent ad is right. A reading is scored against each annotator and averaged.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import mean
from typing import TypeVar

from counterpitch.pillars import features
from counterpitch.pillars.schema import FIELDS, LISTS, Mention, Pillars

T = TypeVar("T")
Scores = dict[str, dict[str, float]]


def score(read: Iterable[tuple[str, Pillars, Sequence[Pillars]]]) -> Scores:
    """Scores of (text, reading, annotations): field -> {"span", "value"}, and "all" -> {"pillar_score"}.

    pillar_score is the mean of both figures over audience, need and feature. Raises ValueError without ads.
    """
    groups: dict[str, list[dict[tuple[str, str], float]]] = defaultdict(list)
    for text, ours, annotated in read:
        figures = [_compare(text, ours, gold) for gold in annotated]
        groups[template(text)].append({key: mean(f[key] for f in figures) for key in figures[0]})
    if not groups:
        raise ValueError("There are no annotated ads to score against; give a gold file with at least one.")
    found: Scores = defaultdict(dict)
    for field, figure in next(iter(groups.values()))[0]:
        found[field][figure] = mean(mean(one[field, figure] for one in group) for group in groups.values())
    found["all"] = {"pillar_score": mean(found[field][figure] for field in LISTS for figure in ("span", "value"))}
    return {field: {name: round(value, 4) for name, value in figures.items()} for field, figures in found.items()}


def template(text: str) -> str:
    """What near-identical ads share: the first letters, without digits and marks."""
    return re.sub(r"\W+|\d+", " ", text.lower())[:80]


def characters(text: str, pillars: Pillars, field: str) -> set[int]:
    """Places in `text` that the quotes of a field cover, white space left out."""
    covered: set[int] = set()
    for mention in _of(pillars, field):
        start = text.find(mention.quote) if mention.quote else -1
        if mention.quote and start >= 0:
            covered.update(i for i in range(start, start + len(mention.quote)) if not text[i].isspace())
    return covered


def _compare(text: str, ours: Pillars, gold: Pillars) -> dict[tuple[str, str], float]:
    found = {}
    for field in FIELDS:
        found[field, "span"] = _f1(characters(text, ours, field), characters(text, gold, field))
        found[field, "value"] = _f1(_words(ours, field), _words(gold, field))
    found["tone", "accuracy"] = float(ours.tone == gold.tone)
    return found


def _words(pillars: Pillars, field: str) -> set[str]:
    said = (word for m in _of(pillars, field) for word in features.quoted_words(m.value))
    return {features.stem(word) for word in said if word not in features.STOP}


def _of(pillars: Pillars, field: str) -> list[Mention]:
    value = getattr(pillars, field)
    return value if isinstance(value, list) else [value] if value else []


def _f1(a: set[T], b: set[T]) -> float:
    if not a and not b:
        return 1.0
    hit = len(a & b)
    return 2 * hit / (len(a) + len(b)) if hit else 0.0
