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
from typing import TYPE_CHECKING, Any

from counterpitch.pillars import features
from counterpitch.pillars.schema import FIELDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Row = NDArray[np.float64]

FILE = Path(__file__).with_name("extractive.json")
PARTS = ("keep", "heads", "implied", "silent", "tone", "product")
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
    silent: feature of of_text and of_voice -> one of FIELDS -> weight (is nothing quoted for the field).
    tone: feature of of_text and of_voice -> tone -> weight.
    product: feature of product.candidates -> weight.
    """

    words: Mapping[str, Vector]
    keep: Mapping[str, Mapping[str, float]]
    heads: Mapping[str, Mapping[str, Mapping[str, float]]]
    implied: Mapping[str, Mapping[str, float]]
    silent: Mapping[str, Mapping[str, float]]
    tone: Mapping[str, Mapping[str, float]]
    product: Mapping[str, float]
    cuts: Mapping[str, Cut]
    version: str

    @cached_property
    def outcomes(self) -> Outcomes:
        """All tables feature -> outcome -> weight as one: each of FIELDS (its heads), "implied", "silent", "tone"."""
        return Outcomes({**self.heads, "implied": self.implied, "silent": self.silent, "tone": self.tone})

    @cached_property
    def _zero(self) -> Vector:
        return (0.0,) * len(FIELDS)

    def chances(self, clause: features.Clause) -> list[Vector]:
        """For each word of the clause its chance to belong to each of FIELDS."""
        shared = self._sum(clause.features, self._zero)
        return [tuple(map(_chance, self._sum(word.features, shared))) for word in clause.words]

    def _sum(self, names: Iterable[str], start: Vector) -> Vector:
        a, b, c, d, e, f = start
        for weights in map(self.words.get, names):
            if weights is not None:
                p, q, r, s, t, u = weights  # unpacked at once: this runs for each feature of each word
                a, b, c, d, e, f = a + p, b + q, c + r, d + s, e + t, f + u
        return a, b, c, d, e, f


def chance(weights: Mapping[str, float], names: Sequence[str]) -> float:
    """The probability that one logistic regression gives to these features."""
    return _chance(sum(weights.get(name, 0.0) for name in names))


class Outcomes:
    """Tables feature -> outcome -> weight as one matrix, so that an ad's features are looked up and added once for all.

    A row is a feature, a column an outcome of a table; a table's outcomes stand together, in alphabetical order.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
        import numpy as np  # here, since DAG files that import this module are parsed all the time

        self._rows = {name: i for i, name in enumerate(dict.fromkeys(name for t in tables.values() for name in t))}
        self._names: dict[str, list[str]] = {}
        self._columns: dict[str, slice] = {}
        width = 0
        for part, table in tables.items():
            self._names[part] = sorted({outcome for by in table.values() for outcome in by})
            self._columns[part] = slice(width, width := width + len(self._names[part]))
        self._weights = np.zeros((len(self._rows), width))
        for part, table in tables.items():
            column = {outcome: self._columns[part].start + i for i, outcome in enumerate(self._names[part])}
            for name, by in table.items():
                for outcome, weight in by.items():
                    self._weights[self._rows[name], column[outcome]] = weight

    def total(self, names: Iterable[str]) -> Row:
        """The sum of these features' weights for every outcome of every table."""
        total: Row = self._weights[self._known(names)].sum(axis=0)
        return total

    def above(self, part: str, total: Row, least: float, more: Iterable[str] = ()) -> list[str]:
        """A table's outcomes whose sum, with that of the features `more`, is at least `least`; alphabetical."""
        columns = self._columns[part]
        sums = total[columns]
        if rows := self._known(more):
            sums = sums + self._weights[:, columns][rows].sum(axis=0)
        return [self._names[part][i] for i in (sums >= least).nonzero()[0].tolist()]

    def best(self, part: str, total: Row) -> str | None:
        """A table's outcome of the greatest sum, the last in the alphabet of equals; None of an empty table."""
        sums = total[self._columns[part]].tolist()
        return max(zip(sums, self._names[part], strict=True))[1] if sums else None

    def _known(self, names: Iterable[str]) -> list[int]:
        rows = self._rows
        return [rows[name] for name in names if name in rows]


def parse(model: Mapping[str, Any], version: str) -> Weights:
    """Weights from the JSON that the training script writes; ValueError where a part of it is missing."""
    if missing := sorted({"words", "cuts", *PARTS} - set(model)):
        raise ValueError(
            f"the weights lack {', '.join(missing)}: write them anew with benchmarks/pillars_train.py --out"
        )
    cuts = {field: Cut(*cut) for field, cut in model["cuts"].items()}
    words = {name: tuple(weights) for name, weights in model["words"].items()}
    learned = {part: model[part] for part in PARTS}
    return Weights(words=words, cuts=cuts, version=version, **learned)


@lru_cache(maxsize=1)
def shipped() -> Weights:
    """The weights that come with the package; their version is a hash of the file."""
    raw = FILE.read_bytes()
    return parse(json.loads(raw), hashlib.sha256(raw).hexdigest()[:12])


def _chance(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > -30 else 0.0
