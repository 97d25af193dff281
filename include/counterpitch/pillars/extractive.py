"""Read an ad without a model: the ad's own words, each put to the field that its wording and place show.

A word's chance to belong to a field is a logistic regression over what `features` sees; stretches of likely
words become quotes, so every quote is exact by construction. Where the whole ad looks like one that says nothing
for a field, nothing is quoted for it, however likely single words are. Only an audience may go without a quote, where
the whole ad implies it. Works in English well; elsewhere it quotes by list marks, places and the few words shared by
many languages, which is often wrong, and a value is then no more than the quote's own words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log
from typing import TYPE_CHECKING

from counterpitch.pillars import features, phrases, product, weights
from counterpitch.pillars.ground import Evidence, Reading
from counterpitch.pillars.lexicon import classes
from counterpitch.pillars.schema import FIELDS, LISTS
from counterpitch.pillars.weights import Cut, Weights

if TYPE_CHECKING:
    from counterpitch.pillars.weights import Row

NAME = "extractive"
IMPLIED = 0.25
_IMPLIED = log(IMPLIED / (1 - IMPLIED))

Chances = Sequence[tuple[float, ...]]


def version() -> str:
    """Changes with the code's rules and with the learned weights."""
    return f"7-{weights.shipped().version}"


def read(text: str, learned: Weights | None = None) -> Reading:
    """The pillars of one ad, every quote exact. Never raises; an ad with too little text reads empty."""
    learned = learned or weights.shipped()
    ad = features.cut(text)
    clauses = features.clauses(ad)
    if not clauses:
        return Reading()
    chances = [learned.chances(clause) for clause in clauses]
    total = learned.outcomes.total([*features.of_text(ad), *features.of_voice(ad)])
    silent = learned.outcomes.above("silent", total, 0.0)  # where silence is as likely as a quote, or likelier
    evidence: list[Evidence] = []
    for number, field in enumerate(FIELDS):
        if field in silent:
            continue
        for position, (start, end) in enumerate(_stretches(clauses, chances, number, learned.cuts[field])):
            end = _ended(text, end)
            quote = text[start:end]
            evidence.append(Evidence(field, position, phrases.name(quote, field, learned, total), quote, start, end))
    if evidence and not any(e.field == "target_audience" for e in evidence):
        evidence = [*_implied(total, learned), *evidence]
    return Reading(product.of_ad(ad, learned.product), learned.outcomes.best("tone", total), tuple(evidence))


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


def _ended(text: str, end: int) -> int:
    """`end` after the mark that ends the sentence, which its quote holds."""
    while end < len(text) and text[end] in ".!?…":
        end += 1
    return end


def _implied(total: Row, learned: Weights) -> list[Evidence]:
    """An audience that only the whole ad implies, without a quote: "language learners"; or none."""
    likely = learned.outcomes.above("implied", total, _IMPLIED)
    people = [word for word in likely if "person" in classes(word)]
    others = [word for word in likely if word not in people]
    value = " ".join([*others, *people])
    return [Evidence("target_audience", 0, value, None, None, None)] if people else []
