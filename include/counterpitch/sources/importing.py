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
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from counterpitch.sources import facts
from counterpitch.sources.canonical import KINDS
from counterpitch.sources.landing import Landing
from counterpitch.sources.mapping import Mapping as Layout
from counterpitch.sources.mapping import MappingUnknown, check_fit, mapping, recognise
from counterpitch.sources.reading import FileRow, FileUnreadable, check_ending, open_rows
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, connect

Progress = Callable[[str, int], None]  # (file name, rows read so far)
BLOCK = 2000


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
    MappingUnknown for a single file; in a folder such a file is skipped, saying why;
    hidden files are passed over.
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
            if not file.is_file() or file.name.startswith("."):
                continue
            try:
                check_ending(file)
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
        self._today = today
        self._result = FileImport(path.name)

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
            landing = Landing(self._conn, layout, self._result.sha256, self._options, self._today)
            self._land(landing, file.rows)
            landing.register()
            facts.load(self._conn, self._result.sha256, layout, self._options)
        self._result.brands = landing.brands
        if landing.days:
            self._result.first_day, self._result.last_day = (f(landing.days).isoformat() for f in (min, max))
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

    def _land(self, landing: Landing, file_rows: Iterator[FileRow]) -> None:
        result = self._result
        result.kind, result.mapping = landing.layout.kind, landing.layout.name
        query.execute(
            self._conn,
            query.sql(__file__, "begin_landed_file"),
            asdict(result) | {"options": write.as_json(self._options)},
        )
        while block := list(islice(file_rows, BLOCK)):
            landed, held = landing.land(block)
            result.rows_read += len(block)
            result.rows_landed += landed
            result.rows_quarantined += held
            if self._progress:
                self._progress(self._path.name, result.rows_read)
        query.execute(self._conn, query.sql(__file__, "end_landed_file"), asdict(result))


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise FileUnreadable(f"{path.name} cannot be opened ({error.strerror or error}). Check the path.") from error
