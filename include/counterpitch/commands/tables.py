"""Rows as a table on the terminal, as CSV or as JSON lines.

A cell that a spreadsheet would run as a formula is written as text, because ad texts come from strangers.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from counterpitch.commands import console

UNFOLDED = 100_000  # characters
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # OWASP, "CSV injection"


def show(columns: Sequence[str], rows: Sequence[Sequence[Any]], most: int = 200) -> None:
    """Print rows as a table; at most `most`, saying how many there are."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(escape(column), overflow="fold")
    for row in rows[:most]:
        table.add_row(*(escape(text(value)) for value in row))
    # A pipe is as wide as the rows are; folding cells at 80 characters would break words for nobody's sake.
    target = console.out if console.out.is_terminal else Console(file=console.out.file, width=UNFOLDED)
    target.print(table)
    if len(rows) > most:
        console.err.print(f"The first {most} of {len(rows)} rows. --csv or --json prints all.", style="dim")


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], file: TextIO) -> int:
    """Write rows as CSV with a header and formulas disarmed; returns how many rows."""
    writer = csv.writer(file)
    writer.writerow([harmless(column) for column in columns])
    count = 0
    for row in rows:
        writer.writerow(
            [harmless(text(value)) if isinstance(value, str | list | dict) else text(value) for value in row]
        )
        count += 1
    return count


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """The same into a file, whole or not at all. UTF-8 with a mark, so that spreadsheets read it right."""
    draft = path.with_name(path.name + ".new")
    with draft.open("w", encoding="utf-8-sig", newline="") as file:
        count = as_csv(columns, rows, file)
    draft.replace(path)
    return count


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """CSV on standard output."""
    buffer = io.StringIO()
    as_csv(columns, rows, buffer)
    console.out.out(buffer.getvalue(), end="", highlight=False)


def harmless(value: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would take it for a formula."""
    return "'" + value if value.lstrip(" ").startswith(FORMULA) else value


def text(value: Any) -> str:
    """A value as a person reads it; NULL is empty, lists and objects are JSON."""
    if value is None:
        return ""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
