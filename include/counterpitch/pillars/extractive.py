"""Read an ad without a model: the ad's own words, each put to the field that its wording and place show.

A word's chance to belong to a field is a logistic regression over what `features` sees; stretches of likely
words become quotes, so every quote is exact by construction. Only an audience may go without one, where the whole
ad implies it. Works in English well; elsewhere it says what
list marks, places and the few words shared by many languages show, and is otherwise silent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from counterpitch.pillars import features, phrases, weights
from counterpitch.pillars.ground import Evidence, Reading
from counterpitch.pillars.lexicon import classes
from counterpitch.pillars.schema import FIELDS, LISTS
from counterpitch.pillars.spans import sentences
from counterpitch.pillars.weights import Cut, Weights

NAME = "extractive"
IMPLIED = 0.25
_NAMED = re.compile(r"\b[A-Z][\w’'&-]*[A-Za-z0-9](?:\s+(?:[A-Z][\w’'&-]*|\d+))?")
_BEFORE_NAME = re.compile(
    r"(?:\b(?:try|download|get|meet|with|choose|use|join|introducing|discover|from|by)\s+|#)$", re.I
)
_AFTER_NAME = re.compile(r"^\s+(?:is|makes|helps|lets|writes|turns|works|gives|has|runs|gets|can|does|speaks|knows)\b")

Chances = Sequence[tuple[float, ...]]


def version() -> str:
    """Changes with the code's rules and with the learned weights."""
    return f"3-{weights.shipped().version}"


def read(text: str, learned: Weights | None = None) -> Reading:
    """The pillars of one ad, every quote exact. Never raises; an ad with too little text reads empty."""
    learned = learned or weights.shipped()
    clauses = features.clauses(text)
    if not clauses:
        return Reading()
    chances = [learned.chances(clause) for clause in clauses]
    whole = features.of_text(text)
    evidence: list[Evidence] = []
    for number, field in enumerate(FIELDS):
        stretches = _stretches(clauses, chances, number, learned.cuts[field])
        known = phrases.of_ad(field, learned, whole) if stretches else {}
        for position, (start, end) in enumerate(stretches):
            quote = text[start:end]
            evidence.append(Evidence(field, position, phrases.name(quote, field, learned, known), quote, start, end))
    if evidence and not any(e.field == "target_audience" for e in evidence):
        evidence = [*_implied(whole, learned), *evidence]
    return Reading(_product(text), _tone(whole, learned), tuple(evidence))


def _stretches(
    clauses: Sequence[features.Clause], chances: Sequence[Chances], number: int, cut: Cut
) -> list[tuple[int, int]]:
    """(start, end) of the likeliest stretches of words for one field, in the ad's order.

    Features end with their clause, since a list of features is one clause each; all else may run on to the
    end of the sentence.
    """
    field = FIELDS[number]
    by: Callable[[features.Clause], int] = id if field == "product_feature" else (lambda c: c.piece.sentence)
    found: list[tuple[float, int, int]] = []
    unit: list[tuple[features.Word, float]] = []
    for i, clause in enumerate(clauses):
        odds = [chance[number] for chance in chances[i]]
        unit += [(word, p) for word, p in zip(clause.words, odds, strict=True)]
        if i + 1 == len(clauses) or by(clauses[i + 1]) != by(clause):
            found += _dense(unit, cut)
            unit = []
    best = sorted(found, reverse=True)[: LISTS.get(field, 1)]
    return sorted((start, end) for _, start, end in best)


def _dense(unit: Sequence[tuple[features.Word, float]], cut: Cut) -> list[tuple[float, int, int]]:
    """Disjoint stretches whose summed chance above the level is greatest, each worth at least `cut.least`.

    A character above the level gains what its chance has over it, one below loses; the stretch of greatest
    sum is taken, then the same on both sides of it (after Ruzzo and Tompa 1999, maximal scoring subsequences).
    """
    gains = [(p - cut.level) * (word.end - word.start) for word, p in unit]
    best, bounds, total, start = 0.0, None, 0.0, 0
    for i, gain in enumerate(gains):
        if total <= 0:
            total, start = 0.0, i
        total += gain
        if total > best:
            best, bounds = total, (start, i + 1)
    if bounds is None:
        return []
    low, high = bounds
    here = [(best, unit[low][0].start, unit[high - 1][0].end)] if best >= cut.least else []
    return [*_dense(unit[:low], cut), *here, *_dense(unit[high:], cut)]


def _implied(whole: Sequence[str], learned: Weights) -> list[Evidence]:
    """An audience that only the whole ad implies, without a quote: "language learners"; or none."""
    likely = [word for word, p in sorted(weights.odds(weights.sums(learned.implied, whole)).items()) if p >= IMPLIED]
    people = [word for word in likely if "person" in classes(word)]
    others = [word for word in likely if word not in people]
    value = " ".join([*others, *people])
    return [Evidence("target_audience", 0, value, None, None, None)] if people else []


def _tone(whole: Sequence[str], learned: Weights) -> str | None:
    odds = weights.odds(weights.sums(learned.tone, whole))
    return max(odds, key=lambda tone: (odds[tone], tone), default=None)


def _product(text: str) -> str | None:
    """The name that the ad speaks of as a thing: capitalised, after "try" or before "helps", said often."""
    scores: dict[str, float] = {}
    for piece in sentences(text):
        said = text[piece.start : piece.end]
        for found in _NAMED.finditer(said):
            name = found.group()
            word = name.split()[0].lower()
            shown = 2.0 * bool(_BEFORE_NAME.search(said[: found.start()])) + 2.0 * bool(
                _AFTER_NAME.match(said[found.end() :])
            )
            shown += 0.6 * (found.start() > 0 and not said.isupper()) - 1.5 * bool(classes(word)) + 0.1
            scores[name] = scores.get(name, 0.0) + shown
    best = max(scores, key=lambda name: (scores[name], -text.find(name)), default=None)
    return best if best is not None and scores[best] >= 0.7 else None
