"""Put the rows of a file on the slices they speak of, or in quarantine with the first reason why they fit none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from counterpitch import brands as registry
from counterpitch.sources import facts
from counterpitch.sources.canonical import DAY, SLICE, Problem, Record
from counterpitch.sources.mapping import Mapping as Layout
from counterpitch.sources.reading import FileRow
from counterpitch.warehouse import write
from counterpitch.warehouse.connection import Connection

LANDED = ["file_sha256", "row_number", "source", "brand_id", "kind", "partition_key", "item_id", "payload"]
HELD_KEY = ["stage", "kind", "source", "brand_id", "partition_key", "row_ref"]
HELD = ["file_sha256", "expectation", "column_name", "value", "reason", "row"]


class Landing:
    """The landing of one file's rows; `brands` and `days` are those that the landed rows speak of."""

    def __init__(
        self, conn: Connection, layout: Layout, file_sha256: str, options: Mapping[str, str], today: date | None = None
    ) -> None:
        self.layout = layout
        self.days: set[date] = set()
        self._conn, self._sha256, self._options = conn, file_sha256, options
        self._last_day = (today or datetime.now(UTC).date()) + timedelta(days=1)  # it is tomorrow somewhere
        self._named: dict[str, str] = {}
        self._feeds: set[tuple[str, str]] = set()
        self._pages: dict[tuple[str, str], tuple[str, str | None]] = {}

    @property
    def brands(self) -> list[str]:
        """The brand ids, in order."""
        return sorted(self._named)

    def judge(self, row: FileRow) -> Problem | None:
        """Why a row would be held, or None where it has its slice."""
        return self._placed(row)[1]

    def land(self, rows: Sequence[FileRow]) -> tuple[int, int]:
        """Write the rows; returns how many were landed and how many held."""
        landed: list[dict[str, Any]] = []
        held: list[dict[str, Any]] = []
        for row in rows:
            record, problem = self._placed(row)
            (held if problem else landed).append(self._row(row, record, problem))
        write.copy(self._conn, "raw.landed_row", LANDED, landed)
        write.append_new(self._conn, "ops.quarantine", HELD_KEY, HELD, held)
        return len(landed), len(held)

    def _placed(self, row: FileRow) -> tuple[Record, Problem | None]:
        """The record (of ads: only what places it) and the first reason why it belongs to no slice."""
        places = (*SLICE[self.layout.kind], "brand_name", "page_id", "page_name") if self.layout.kind == "ads" else ()
        record, problems = self.layout.read(row.cells, places)
        facts.complete(self.layout, record, row.cells, self._options)
        problem = row.problem or _unplaced(self.layout.kind, record, problems, self._last_day)
        if not problem and self.layout.kind != "ads":
            problem = facts.check(self.layout.kind, record, problems)
        return record, problem

    def _row(self, row: FileRow, record: Record, problem: Problem | None) -> dict[str, Any]:
        brand, source = record.get("brand"), record.get("source")
        brand_id = registry.slug(brand) if brand else None
        day = record.get(DAY.get(self.layout.kind, "started_on"))
        common = {"source": source or "unknown", "brand_id": brand_id, "kind": self.layout.kind, "partition_key": day}
        common["file_sha256"] = self._sha256
        if problem:
            reference = f"{self._sha256[:12]}:{row.number}"
            held = {"stage": "import", "row_ref": reference, "row": dict(row.cells), **common}
            held |= {"expectation": problem.expectation, "column_name": problem.column}
            return held | {"value": problem.value, "reason": problem.reason}
        if brand_id and source:
            self._note(brand_id, source, record)
        if day:
            self.days.add(day)
        item = record.get("ad_id") or f"{record['experiment_id']}:{record['arm_id']}"
        return {"row_number": row.number, "item_id": item, "payload": dict(row.cells), **common}

    def _note(self, brand_id: str, source: str, record: Record) -> None:
        name = record.get("brand_name") or record["brand"]
        if brand_id not in self._named or self._named[brand_id] == brand_id:
            self._named[brand_id] = name.strip()
        if self.layout.kind == "ads":
            self._feeds.add((brand_id, source))
            if record.get("page_id"):
                page = (source, record["page_id"])
                self._pages.setdefault(page, (brand_id, record.get("page_name")))

    def register(self) -> None:
        """Register the brands, feeds and pages that the landed rows name."""
        for brand_id, name in sorted(self._named.items()):
            registry.register_brand(self._conn, name, brand_id=brand_id)
        for brand_id, source in sorted(self._feeds):
            registry.register_feed(self._conn, brand_id, source)
        for (source, page_id), (brand_id, page_name) in sorted(self._pages.items()):
            registry.register_page(self._conn, source, page_id, brand_id, page_name)


def _unplaced(kind: str, record: Record, problems: list[Problem], last_day: date) -> Problem | None:
    unread = {problem.column: problem for problem in problems}
    for column in SLICE[kind]:
        if column in unread:
            return unread[column]
        if not record.get(column):
            return Problem("row_has_" + column, column, None, f"the row has no {column}, so it belongs to no slice")
    return _misplaced(kind, record, last_day)


def _misplaced(kind: str, record: Record, last_day: date) -> Problem | None:
    for column in ("ad_id", "source", "experiment_id", "page_id"):
        word = record.get(column)
        if word and (len(word) > 200 or not word.isprintable()):
            shown = ascii(word[:100])
            return Problem(f"{column}_is_a_word", column, shown, f"{column} {shown} is not an id that a platform gives")
    day = record.get(DAY.get(kind, "started_on"))
    if day and not date(2000, 1, 1) <= day <= last_day:
        column = DAY.get(kind, "started_on")
        return Problem("day_is_past", column, str(day), f"{column} {day} is in the future or before the year 2000")
    return None
