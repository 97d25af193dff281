"""Import files: every row is landed on the slice it speaks of, or held in quarantine with the reason.

A file is taken whole or not at all, in one transaction, and once: the same bytes again change nothing. What
a row says of its brand, page and source is registered on the way. Ads wait in `raw.landed_row` for the run
of their day; facts that carry their own date (results, experiments, transcripts) go to core at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from counterpitch import brands as registry
from counterpitch.sources import facts
from counterpitch.sources.canonical import DAY, KINDS, SLICE, Problem, Record
from counterpitch.sources.mapping import Mapping as Layout
from counterpitch.sources.mapping import MappingUnknown, check_fit, mapping, recognise
from counterpitch.sources.reading import ENDINGS, FileRow, FileUnreadable, open_rows
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, connect

Progress = Callable[[str, int], None]  # (file name, rows read so far)
BLOCK = 2000
LANDED = ["file_sha256", "row_number", "source", "brand_id", "kind", "partition_key", "item_id", "payload"]
HELD = ["stage", "kind", "source", "brand_id", "partition_key", "row_ref", "file_sha256"]
HELD += ["expectation", "column_name", "value", "reason", "row"]


@dataclass
class FileImport:
    """What became of one file. rows_read = rows_landed + rows_quarantined, always."""

    file: str
    sha256: str = ""
    kind: str = ""
    mapping: str = ""
    rows_read: int = 0
    rows_landed: int = 0
    rows_quarantined: int = 0
    already: bool = False
    skipped: str | None = None
    brands: list[str] = field(default_factory=list)
    first_day: str | None = None
    last_day: str | None = None


@dataclass
class ImportResult:
    """What became of each file, in the order of their names."""

    files: list[FileImport]

    @property
    def rows_read(self) -> int:
        """Rows of all files."""
        return sum(each.rows_read for each in self.files)

    @property
    def rows_quarantined(self) -> int:
        """Rows that belong to no slice, of all files."""
        return sum(each.rows_quarantined for each in self.files)

    @property
    def brands(self) -> list[str]:
        """The brand ids that the files speak of."""
        return sorted({brand for each in self.files for brand in each.brands})

    def to_json(self) -> dict[str, Any]:
        """The counts as plain JSON."""
        return {"files": [asdict(each) for each in self.files], "brands": self.brands}


def import_files(
    path: Path | str, *, owner: str | None = None, today: date | None = None, progress: Progress | None = None
) -> ImportResult:
    """Import whatever a file or folder holds: ads, results, experiments, transcripts, each by its layout."""
    return _import(path, tuple(KINDS), None, {"owner": owner} if owner else {}, today, progress)


def import_ads(
    path: Path | str, *, layout: str | None = None, today: date | None = None, progress: Progress | None = None
) -> ImportResult:
    """Land the ads (and sightings, and transcripts) of a file, or of every file of a folder.

    `layout` names a mapping; without it each file is recognised by its columns. Raises FileUnreadable or
    MappingUnknown for a single file; in a folder such a file is skipped, saying why.
    """
    return _import(path, ("ads", "transcripts"), layout, {}, today, progress)


def import_results(
    path: Path | str, *, layout: str | None = None, today: date | None = None, progress: Progress | None = None
) -> ImportResult:
    """Land our own daily results and upsert them into `core.ad_result_daily`; the later `as_of` wins."""
    return _import(path, ("results",), layout, {}, today, progress)


def import_experiments(
    path: Path | str,
    *,
    owner: str | None = None,
    layout: str | None = None,
    today: date | None = None,
    progress: Progress | None = None,
) -> ImportResult:
    """Land the arms of randomised tests and upsert them into `core.experiment_arm`.

    `owner` says whose audience it was: 'own', or the name of an archive. Without it, the layout's own word
    (the Upworthy layout says 'upworthy'), else 'own'.
    """
    return _import(path, ("experiments",), layout, {"owner": owner} if owner else {}, today, progress)


def partitions(conn: Connection, brands: Sequence[str] = ()) -> list[str]:
    """The days on which landed files speak of ads of `brands` (of any brand without), in order: days to run."""
    days = query.scalar(conn, query.sql(__file__, "list_landed_days"), {"brands": list(brands) or None})
    return [day.isoformat() for day in days]


def _import(
    path: Path | str,
    kinds: Sequence[str],
    layout: str | None,
    options: Mapping[str, str],
    today: date | None,
    progress: Progress | None,
) -> ImportResult:
    place = Path(path)
    if not place.exists():
        raise FileUnreadable(f"There is no file or folder {place}. Check the path.")
    with closing(connect(application="import")) as conn:
        if not place.is_dir():
            return ImportResult([_FileImport(conn, place, kinds, layout, options, today, progress).run()])
        done = []
        for file in sorted(place.iterdir()):
            if file.is_file() and Path(file.name.removesuffix(".gz")).suffix in ENDINGS:
                try:
                    done.append(_FileImport(conn, file, kinds, layout, options, today, progress).run())
                except (FileUnreadable, MappingUnknown) as error:
                    done.append(FileImport(file.name, skipped=str(error)))
    return ImportResult(done)


class _FileImport:
    """One file on its way: find the layout, land the rows in blocks, register what they name, pass facts on."""

    def __init__(
        self,
        conn: Connection,
        path: Path,
        kinds: Sequence[str],
        layout: str | None,
        options: Mapping[str, str],
        today: date | None,
        progress: Progress | None,
    ) -> None:
        self._conn, self._path, self._kinds, self._asked = conn, path, kinds, layout
        self._options, self._progress = options, progress
        self._last_day = (today or datetime.now(UTC).date()) + timedelta(days=1)  # it is tomorrow somewhere
        self._result = FileImport(path.name)
        self._named: dict[str, str] = {}
        self._feeds: set[tuple[str, str]] = set()
        self._pages: dict[tuple[str, str], tuple[str, str | None]] = {}
        self._days: set[date] = set()

    def run(self) -> FileImport:
        """Import the file in one transaction."""
        self._result.sha256 = _sha256(self._path)
        with self._conn, open_rows(self._path) as file:
            write.lock(self._conn, "import", self._result.sha256)
            layout = self._layout(file.columns)
            if layout.kind not in self._kinds:
                self._result.skipped = f"{self._path.name} holds {layout.kind}, not {' or '.join(self._kinds)}."
                return self._result
            if self._done_before():
                return self._result
            self._land(layout, file.rows)
            self._register()
            facts.load(self._conn, self._result.sha256, layout, self._options)
        self._result.brands = sorted(self._named)
        if self._days:
            self._result.first_day, self._result.last_day = (f(self._days).isoformat() for f in (min, max))
        return self._result

    def _done_before(self) -> bool:
        known = query.rows(self._conn, query.sql(__file__, "find_landed_file"), {"sha256": self._result.sha256})
        if known:
            for name, value in known[0].items():
                setattr(self._result, name, value)
            self._result.already = True
        return bool(known)

    def _layout(self, columns: list[str]) -> Layout:
        if not self._asked:
            return recognise(self._path.name, columns)
        layout = mapping(self._asked)
        check_fit(layout, self._path.name, columns)
        return layout

    def _land(self, layout: Layout, file_rows: Iterator[FileRow]) -> None:
        result = self._result
        result.kind, result.mapping = layout.kind, layout.name
        query.execute(self._conn, query.sql(__file__, "begin_landed_file"), asdict(result))
        while block := list(islice(file_rows, BLOCK)):
            landed: list[dict[str, Any]] = []
            held: list[dict[str, Any]] = []
            for row in block:
                record, problem = self._placed(layout, row)
                (held if problem else landed).append(self._row(layout, row, record, problem))
            write.copy(self._conn, "raw.landed_row", LANDED, landed)
            write.append_new(self._conn, "ops.quarantine", HELD[:6], HELD[6:], held)
            result.rows_read += len(block)
            result.rows_landed += len(landed)
            result.rows_quarantined += len(held)
            if self._progress:
                self._progress(self._path.name, result.rows_read)
        query.execute(self._conn, query.sql(__file__, "end_landed_file"), asdict(result))

    def _placed(self, layout: Layout, row: FileRow) -> tuple[Record, Problem | None]:
        """The record (of ads: only what places it) and the first reason why it belongs to no slice."""
        places = (*SLICE[layout.kind], "brand_name", "page_id", "page_name") if layout.kind == "ads" else ()
        record, problems = layout.read(row.cells, places)
        facts.complete(layout, record, row.cells, self._options)
        problem = row.problem or _unplaced(layout.kind, record, problems, self._last_day)
        if not problem and layout.kind != "ads":
            problem = facts.check(layout.kind, record, problems)
        return record, problem

    def _row(self, layout: Layout, row: FileRow, record: Record, problem: Problem | None) -> dict[str, Any]:
        brand, source = record.get("brand"), record.get("source")
        brand_id = registry.slug(brand) if brand else None
        day = record.get(DAY.get(layout.kind, "started_on"))
        common = {"source": source or "unknown", "brand_id": brand_id, "kind": layout.kind, "partition_key": day}
        common["file_sha256"] = self._result.sha256
        if problem:
            reference = f"{self._result.sha256[:12]}:{row.number}"
            held = {"stage": "import", "row_ref": reference, "row": dict(row.cells), **common}
            held |= {"expectation": problem.expectation, "column_name": problem.column}
            return held | {"value": problem.value, "reason": problem.reason}
        if brand_id and source:
            self._note(layout, brand_id, source, record)
        if day:
            self._days.add(day)
        item = record.get("ad_id") or f"{record['experiment_id']}:{record['arm_id']}"
        return {"row_number": row.number, "item_id": item, "payload": dict(row.cells), **common}

    def _note(self, layout: Layout, brand_id: str, source: str, record: Record) -> None:
        name = record.get("brand_name") or record["brand"]
        if brand_id not in self._named or self._named[brand_id] == brand_id:
            self._named[brand_id] = name.strip()
        if layout.kind == "ads":
            self._feeds.add((brand_id, source))
            if record.get("page_id"):
                page = (source, record["page_id"])
                self._pages.setdefault(page, (brand_id, record.get("page_name")))

    def _register(self) -> None:
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


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise FileUnreadable(f"{path.name} cannot be opened ({error.strerror or error}). Check the path.") from error
