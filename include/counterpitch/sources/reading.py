"""Any file that people send, as rows: CSV, TSV, JSON lines, Parquet, Excel, each also inside gzip.

A file is read by what it holds, and refused where its name says otherwise. What is wrong with one row
(bytes that are not UTF-8, a cell of megabytes, too few cells, broken JSON) is said on that row, so that
the others load; what is wrong with the file raises FileUnreadable with one sentence on what to do.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, cast

from counterpitch.errors import Permanent
from counterpitch.secrecy import without_tokens
from counterpitch.sources import meta_library_page
from counterpitch.sources.canonical import Problem

LONGEST_CELL = 100_000  # characters; the longest real ad text that we saw has 6,000
LONGEST_LINE = 256 * 1024 * 1024
PEEK = 50
ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}
_MAGIC = {b"PAR1": "parquet", b"PK\x03\x04": "xlsx", b"\xd0\xcf\x11\xe0": "xls"}
PAGE_START = 200
_PAGE = re.compile(rb'\s*\{\s*"(data|errors)"\s*:\s*[\[{n]')
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_OTHERS = {b"%PDF": "a PDF", b"\x89PNG": "a PNG image", b"\xff\xd8\xff": "a JPEG image", b"SQLi": "a SQLite database"}


class FileUnreadable(Permanent):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass(frozen=True)
class FileRow:
    """A row: its number (1 is the first below the header), its non-empty cells, and what is wrong with it."""

    number: int
    cells: Mapping[str, Any]
    problem: Problem | None = None


@dataclass(frozen=True)
class FileRows:
    """The columns a file has (of JSON lines: those of its first rows) and its rows, which stream."""

    columns: list[str]
    rows: Iterator[FileRow]


@contextmanager
def open_rows(path: Path) -> Iterator[FileRows]:
    """Open a file as rows. Raises FileUnreadable, also while the rows stream."""
    try:
        with _binary(path) as stream:
            form = _form(path, stream)
            yield {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet, "xlsx": _xlsx}[form](path, stream)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileUnreadable(
            f"{path.name} is cut off or damaged inside ({error}). Copy it again from where it came from."
        ) from error
    except UnicodeError as error:
        raise FileUnreadable(
            f"{path.name} is not text in the encoding it begins with ({error}). Save it as UTF-8."
        ) from error
    except OSError as error:
        raise FileUnreadable(f"{path.name} cannot be opened ({error.strerror or error}). Check the path.") from error


def check_ending(path: Path) -> str:
    """What the file is by its name, in any case of letters: csv, jsonl, parquet, xlsx. Raises FileUnreadable."""
    inner = Path(path.stem) if path.suffix.casefold() == ".gz" else path
    named = ENDINGS.get(inner.suffix.casefold())
    if named is None:
        raise FileUnreadable(
            f"{path.name}: files ending in {inner.suffix or 'nothing'} are not read. "
            f"Save it as one of {', '.join(ENDINGS)} (also with .gz)."
        )
    return named


def storable(value: Any) -> Any:
    """The value as we may keep it: NUL and lone surrogates become U+FFFD, and an address loses the token it carries."""
    if isinstance(value, str):
        return without_tokens(_UNSTORABLE.sub("\ufffd", value))
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    return value


@contextmanager
def _binary(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as plain:
        start = plain.read(2)
        plain.seek(0)
        named_gzip = path.suffix.casefold() == ".gz"
        if not start:
            raise FileUnreadable(f"{path.name} is empty. Export it again, or leave it out.")
        if named_gzip != (start == b"\x1f\x8b"):
            is_what = "gzip inside" if not named_gzip else "not gzip inside"
            raise FileUnreadable(f"{path.name} is {is_what}, which its name does not say. Rename it to what it is.")
        yield cast("IO[bytes]", gzip.GzipFile(fileobj=plain)) if named_gzip else plain


def _form(path: Path, stream: IO[bytes]) -> str:
    start = stream.read(4096)
    stream.seek(0)
    if not start:
        raise FileUnreadable(f"{path.name} is empty. Export it again, or leave it out.")
    named = check_ending(path)
    found = _magic(start)
    if found and found != named:
        raise FileUnreadable(f"{path.name} is {_spoken(found)} inside, not {_spoken(named)}. Rename or convert it.")
    if named in {"parquet", "xlsx"} and found != named:
        raise FileUnreadable(
            f"{path.name} is not {_spoken(named)} inside. Export it again, or rename it to what it is."
        )
    return named


def _magic(start: bytes) -> str | None:
    for mark, what in (_MAGIC | _OTHERS).items():
        if start.startswith(mark):
            return what
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "an HTML page" if text.startswith((b"<!doctype html", b"<html")) else None


def _spoken(form: str) -> str:
    names = {"csv": "CSV or TSV text", "jsonl": "JSON lines", "parquet": "Parquet", "xlsx": "an Excel workbook"}
    return names.get(form, "an old Excel workbook (save it as .xlsx)" if form == "xls" else form)


def _text(path: Path, stream: IO[bytes]) -> io.TextIOWrapper:
    start = stream.read(4)
    stream.seek(0)
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not wide and b"\0" in start[:4] and len(start) == 4:
        raise FileUnreadable(f"{path.name} is not text in UTF-8. Save it as UTF-8.")
    return io.TextIOWrapper(stream, "utf-16" if wide else "utf-8-sig", errors="surrogateescape", newline="")


def _csv(path: Path, stream: IO[bytes]) -> FileRows:
    csv.field_size_limit(LONGEST_LINE)
    text = _text(path, stream)
    first = text.readline(LONGEST_LINE)
    delimiter = max(",\t;|", key=first.count)
    reader = csv.reader(chain([first], text), delimiter=delimiter)
    try:
        columns = [name.strip() for name in next(reader, [])]
    except (csv.Error, UnicodeError) as error:
        raise FileUnreadable(f"{path.name} has no readable header ({error}). Is it a CSV file?") from error
    if len(set(columns)) < len(columns) or not all(columns):
        raise FileUnreadable(f"{path.name}: every column needs a name of its own; found: {', '.join(columns)[:500]}.")
    return FileRows(columns, _csv_rows(path, columns, reader))


def _csv_rows(path: Path, columns: list[str], reader: Iterator[list[str]]) -> Iterator[FileRow]:
    number = 0
    while True:
        try:
            values = next(reader, None)
        except (csv.Error, UnicodeError) as error:
            raise FileUnreadable(
                f"{path.name} breaks off after row {number} ({error}). Look for a quote that never closes, "
                "or save the file as UTF-8; nothing of it was taken."
            ) from error
        if values is None:
            return
        if not values:
            continue  # a blank line is no row
        number += 1
        cells = {column: value for column, value in zip(columns, values, strict=False) if value != ""}
        problem = None
        if len(values) != len(columns):
            cells |= {f"cell {i + 1}": value for i, value in enumerate(values) if i >= len(columns) and value != ""}
            problem = Problem(
                "row_has_all_cells",
                None,
                str(len(values)),
                f"the row has {len(values)} cells where the header has {len(columns)}",
            )
        yield _checked(number, cells, problem)


def _jsonl(path: Path, stream: IO[bytes]) -> FileRows:
    page = _saved_page(path, stream)
    if page is not None:
        filled = ({k: v for k, v in ad.items() if v is not None and v != ""} for ad in page)
        ads = (_checked(number, cells, None) for number, cells in enumerate(filled, start=1))
        return FileRows(list(meta_library_page.COLUMNS), ads)
    rows = _jsonl_rows(_text(path, stream))
    peeked = list(islice(rows, PEEK))
    columns = list(dict.fromkeys(name for row in peeked if not row.problem for name in row.cells))
    if not columns:
        raise FileUnreadable(f"{path.name} holds no JSON objects, one a line. Save it as JSON lines.")
    return FileRows(columns, chain(peeked, rows))


def _saved_page(path: Path, stream: IO[bytes]) -> list[dict[str, Any]] | None:
    """The ads of a saved page of the Ad Library, which is one document over many lines; None for any other file."""
    start = stream.read(PAGE_START)
    stream.seek(0)
    if not _PAGE.match(start):
        return None
    try:
        document = json.loads(stream.read(LONGEST_LINE).decode("utf-8-sig"))
    except (ValueError, RecursionError):
        stream.seek(0)
        return None
    stream.seek(0)
    try:
        return meta_library_page.ads_of(document)
    except ValueError as error:
        raise FileUnreadable(f"{path.name} holds no ads: {error}. Save the page again later.") from None


def _jsonl_rows(text: io.TextIOWrapper) -> Iterator[FileRow]:
    number = 0
    for line in iter(lambda: text.readline(LONGEST_LINE), ""):
        if not line.strip():
            continue
        number += 1
        try:
            cells = json.loads(line, parse_constant=lambda _: None)
        except (ValueError, RecursionError) as error:
            cells, reason = None, f"the line is not JSON ({error})"
        else:
            reason = "the line is JSON but not an object"
        if isinstance(cells, dict):
            yield _checked(number, {k: v for k, v in cells.items() if v is not None and v != ""}, None)
        else:
            yield _checked(number, {"line": line.rstrip("\n")}, Problem("row_is_json", None, line[:200], reason))


def _parquet(path: Path, stream: IO[bytes]) -> FileRows:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(io.BytesIO(stream.read()) if isinstance(stream, gzip.GzipFile) else stream)
    except pa.ArrowException as error:
        raise FileUnreadable(f"{path.name} is damaged Parquet ({error}). Export it again.") from error
    return FileRows(list(file.schema_arrow.names), _parquet_rows(file))


def _parquet_rows(file: Any) -> Iterator[FileRow]:
    number = 0
    for batch in file.iter_batches(batch_size=2000):
        for cells in batch.to_pylist():
            number += 1
            yield _checked(number, {k: _plain(v) for k, v in cells.items() if _plain(v) not in (None, "")}, None)


def _xlsx(path: Path, stream: IO[bytes]) -> FileRows:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(io.BytesIO(stream.read()), read_only=True, data_only=True)
        rows = book.worksheets[0].iter_rows(values_only=True)
        header = next(rows, ())
    except (InvalidFileException, zipfile.BadZipFile, KeyError, IndexError, ValueError, OSError) as error:
        raise FileUnreadable(f"{path.name} is not a readable Excel workbook ({error}). Save it again.") from error
    columns = [str(name).strip() for name in header if name is not None]
    if not columns or len(set(columns)) < len(columns):
        raise FileUnreadable(f"{path.name}: the first row of the first sheet must name each column once.")
    return FileRows(columns, _xlsx_rows(columns, rows))


def _xlsx_rows(columns: list[str], rows: Iterator[tuple[Any, ...]]) -> Iterator[FileRow]:
    number = 0
    for values in rows:
        cells = {k: _plain(v) for k, v in zip(columns, values, strict=False) if v is not None and v != ""}
        if cells:
            number += 1
            yield _checked(number, cells, None)


def _plain(value: Any) -> Any:
    """A typed cell as JSON keeps it."""
    if isinstance(value, float) and value != value:
        return None
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _checked(number: int, cells: dict[str, Any], problem: Problem | None) -> FileRow:
    for name, value in cells.items():
        if isinstance(value, str):
            problem = problem or _cell_problem(name, value)
    if problem:
        cells = {name: _shortened(value) for name, value in cells.items()}
    return FileRow(number, storable(cells), problem)


def _cell_problem(name: str, value: str) -> Problem | None:
    if len(value) > LONGEST_CELL:
        shown = f"{value[:200]}... ({len(value):,} characters)"
        reason = f"{name} has {len(value):,} characters (at most {LONGEST_CELL:,}); is a quote opened and never closed?"
        return Problem("cell_is_not_too_long", name, shown, reason)
    if not value.isascii() and any("\udc80" <= letter <= "\udcff" for letter in value):
        shown = value[:200].encode("utf-8", "backslashreplace").decode()
        return Problem("cell_is_utf8", name, shown, f"{name} holds bytes that are not UTF-8; save the file as UTF-8")
    return None


def _shortened(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    kept = value.encode("utf-8", "backslashreplace").decode() if not value.isascii() else value
    return kept if len(kept) <= LONGEST_CELL else f"{kept[:2000]}... ({len(value):,} characters; whole in the file)"
