"""Mapping files: how the columns of a foreign layout become ours.

A mapping is a TOML file in `mappings/`, so a new export is a new file and no new code. `identifies` names
the columns by which a file is recognised; `columns` gives for each of our columns one of theirs, or several
of which the first filled one counts; `values` translates words; `drop` blanks cells that match a pattern.
`max days.last_shown` is the greatest `last_shown` in the list that the cell `days` holds (also as JSON text).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from counterpitch.errors import Permanent
from counterpitch.sources.base import Listing
from counterpitch.sources.canonical import KINDS, Problem, Record, Unreadable, read_cell

MAPPINGS = Path(__file__).parent / "mappings"
GREATEST = "max "


class MappingUnknown(Permanent):
    """No mapping fits the file, or the one asked for does not exist or does not fit."""


@dataclass(frozen=True)
class Mapping:
    """One layout. `read` turns its cells into a record of our columns (see `canonical`)."""

    name: str
    title: str
    kind: str
    identifies: tuple[str, ...]
    columns: Dict[str, tuple[str, ...]]
    listing: Listing = "none"
    constants: Dict[str, Any] = field(default_factory=dict)
    values: Dict[str, Dict[str, str]] = field(default_factory=dict)
    drop: Dict[str, str] = field(default_factory=dict)
    dates: tuple[str, ...] = ()

    def fits(self, columns: Sequence[str]) -> bool:
        """Whether a file with these columns has this layout."""
        return not self.missing(columns)

    def missing(self, columns: Sequence[str]) -> list[str]:
        """The columns this layout needs and the file lacks."""
        return [column for column in self.identifies if column not in columns]

    def read(self, cells: Dict[str, Any], only: Sequence[str] = ()) -> tuple[Record, list[Problem]]:
        """The record a row stands for (all columns of the kind, or `only` those), and what could not be read."""
        record: Record = {}
        problems: list[Problem] = []
        for column, kind in KINDS[self.kind].items():
            if only and column not in only:
                continue
            record[column] = None
            value = self._cell(column, cells)
            if value is None:
                continue
            try:
                record[column] = self._translated(column, read_cell(kind, value, self.dates))
            except Unreadable as error:
                shown = str(value)[:200]
                problems.append(Problem(f"{column}_is_a_{kind}", column, shown, f"{column} {shown!r} {error}"))
        return record, problems

    def _cell(self, column: str, cells: Dict[str, Any]) -> Any:
        for name in self.columns.get(column, ()):
            value = _greatest(cells, name) if name.startswith(GREATEST) else cells.get(name)
            if value is not None and value != "":
                pattern = self.drop.get(column)
                if not (pattern and isinstance(value, str) and re.search(pattern, value)):
                    return value
        return self.constants.get(column)

    def _translated(self, column: str, value: Any) -> Any:
        words = self.values.get(column)
        if not words:
            return value
        if isinstance(value, list):
            return sorted({words.get(item, item) for item in value})
        return words.get(str(value), value)


def _greatest(cells: Dict[str, Any], name: str) -> str | None:
    """`max list.field` of the cells; None where the cell holds no such list."""
    cell, _, field_name = name.removeprefix(GREATEST).partition(".")
    items = cells.get(cell)
    try:
        items = json.loads(items) if isinstance(items, str) else items
    except ValueError:
        return None
    found = [each.get(field_name) for each in items or [] if isinstance(each, dict)] if isinstance(items, list) else []
    return max((str(value) for value in found if value), default=None)


@lru_cache(maxsize=1)
def mappings() -> dict[str, Mapping]:
    """Every mapping that is shipped, by name."""
    return {path.stem: _load(path) for path in sorted(MAPPINGS.glob("*.toml"))}


def mapping(name: str) -> Mapping:
    """The mapping of this name. Raises MappingUnknown."""
    if name not in mappings():
        raise MappingUnknown(f"There is no mapping {name!r}. Choose from: {', '.join(sorted(mappings()))}.")
    return mappings()[name]


def recognise(file_name: str, columns: Sequence[str]) -> Mapping:
    """The mapping that fits these columns; the one that asks for most where several do.

    Raises MappingUnknown, saying which columns the nearest layout misses and which were found.
    """
    known = list(mappings().values())
    fitting = [each for each in known if each.fits(columns)]
    if fitting:
        return max(fitting, key=lambda each: len(each.identifies))
    nearest = min(known, key=lambda each: len(each.missing(columns)) / len(each.identifies))
    raise MappingUnknown(
        f"{file_name} has no layout we know. The nearest, {nearest.title} (mapping {nearest.name}), needs the "
        f"columns {', '.join(nearest.missing(columns))}, which are missing; found: {', '.join(columns) or 'none'}. "
        "Rename the columns, or describe the layout in a mapping file."
    )


def check_fit(asked: Mapping, file_name: str, columns: Sequence[str]) -> None:
    """Raises MappingUnknown when the file lacks columns that the mapping asked for needs."""
    if missing := asked.missing(columns):
        raise MappingUnknown(
            f"{file_name} lacks the columns {', '.join(missing)}, which {asked.title} (mapping {asked.name}) "
            f"needs; found: {', '.join(columns) or 'none'}."
        )


def _load(path: Path) -> Mapping:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    kind = table["kind"]
    columns = {
        ours: tuple([theirs] if isinstance(theirs, str) else theirs) for ours, theirs in table["columns"].items()
    }
    unknown = (set(columns) | set(table.get("constants", {}))) - set(KINDS[kind])
    if unknown:
        raise MappingUnknown(f"The mapping {path.name} names columns that {kind} do not have: {', '.join(unknown)}.")
    return Mapping(
        name=path.stem,
        title=table["title"],
        kind=kind,
        identifies=tuple(table["identifies"]),
        columns=columns,
        listing=table.get("listing", "none"),
        constants=table.get("constants", {}),
        values=table.get("values", {}),
        drop=table.get("drop", {}),
        dates=tuple(table.get("dates", ())),
    )
