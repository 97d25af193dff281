"""The learned part of the extractive reader: logistic regressions as weights per feature, in one JSON file.

Plain numbers, so that reading needs no scikit-learn and the file can be looked at. It holds features of at
most two words of an ad, none seen in fewer than two ads, and no ad. `benchmarks/pillars_train.py` makes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import exp
from pathlib import Path
from typing import Any

from counterpitch.pillars import features
from counterpitch.pillars.schema import FIELDS

FILE = Path(__file__).with_name("extractive.json")
Vector = tuple[float, ...]


@dataclass(frozen=True)
class Cut:
    """When a stretch of words is said to carry a field: above `level` a character, in sum above `least`."""

    level: float
    least: float


@dataclass(frozen=True)
class Weights:
    """All that was learned.

    words: per feature a weight for each of FIELDS (does the word belong to a quote of the field).
    keep: per field, weights of features.of_quoted_word (does the short name keep the word).
    heads: per field, feature (of_quote and of_text) -> added word -> weight.
    implied: feature of of_text -> word of an audience that the whole ad implies -> weight.
    tone: feature of of_text -> tone -> weight.
    """

    words: Mapping[str, Vector]
    keep: Mapping[str, Mapping[str, float]]
    heads: Mapping[str, Mapping[str, Mapping[str, float]]]
    implied: Mapping[str, Mapping[str, float]]
    tone: Mapping[str, Mapping[str, float]]
    cuts: Mapping[str, Cut]
    version: str

    @cached_property
    def _zero(self) -> Vector:
        return (0.0,) * len(FIELDS)

    def chances(self, clause: features.Clause) -> list[Vector]:
        """For each word of the clause its chance to belong to each of FIELDS."""
        shared = self._sum(clause.features, self._zero)
        return [tuple(_chance(x) for x in self._sum(word.features, shared)) for word in clause.words]

    def _sum(self, names: Iterable[str], start: Vector) -> Vector:
        a, b, c, d, e, f = start
        known = self.words
        for name in names:
            weights = known.get(name)
            if weights is not None:
                a += weights[0]
                b += weights[1]
                c += weights[2]
                d += weights[3]
                e += weights[4]
                f += weights[5]
        return a, b, c, d, e, f


def chance(weights: Mapping[str, float], names: Sequence[str]) -> float:
    """The probability that one logistic regression gives to these features."""
    return _chance(sum(weights.get(name, 0.0) for name in names))


def sums(
    table: Mapping[str, Mapping[str, float]], names: Iterable[str], start: Mapping[str, float] | None = None
) -> dict[str, float]:
    """The weight that these features give to each outcome of a table feature -> outcome -> weight, on `start`."""
    found = dict(start or {})
    for name in names:
        weights = table.get(name)
        if weights is not None:
            for outcome, weight in weights.items():
                found[outcome] = found.get(outcome, 0.0) + weight
    return found


def odds(sums: Mapping[str, float]) -> dict[str, float]:
    """Sums of weights as probabilities."""
    return {outcome: _chance(total) for outcome, total in sums.items()}


def parse(model: Mapping[str, Any], version: str) -> Weights:
    """Weights from the JSON that the training script writes."""
    cuts = {field: Cut(*cut) for field, cut in model["cuts"].items()}
    words = {name: tuple(weights) for name, weights in model["words"].items()}
    return Weights(words, model["keep"], model["heads"], model["implied"], model["tone"], cuts, version)


@lru_cache(maxsize=1)
def shipped() -> Weights:
    """The weights that come with the package; their version is a hash of the file."""
    raw = FILE.read_bytes()
    return parse(json.loads(raw), hashlib.sha256(raw).hexdigest()[:12])


def _chance(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > -30 else 0.0
