"""`import ads|results|experiments`: Bring files into the warehouse; every row is kept or held with a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from counterpitch.commands import console
from counterpitch.commands.stack import Json

if TYPE_CHECKING:
    from counterpitch.sources.importing import ImportResult

Where = Annotated[Path, typer.Argument(help="A file, or a folder of files (CSV, Excel, JSON, Parquet; .gz too).")]
Layout = Annotated[str | None, typer.Option(help="Name of the layout; unset: recognised by the columns.")]

group = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group to the program ("import" is no name for a module)."""
    app.add_typer(group, name="import", help=__doc__.split(": ", 1)[1] if __doc__ else None)


@group.command()
def ads(path: Where, layout: Layout = None, as_json: Json = False) -> None:
    """Import ads, sightings or transcripts. They wait for the run of their day.

    Examples:

        counterpitch import ads exports/

        counterpitch import ads facebook_ads.csv.gz && counterpitch run
    """
    from counterpitch.sources import importing

    _report(lambda progress: importing.import_ads(path, layout=layout, progress=progress), as_json)


@group.command()
def results(path: Where, layout: Layout = None, as_json: Json = False) -> None:
    """Import your own results by ad and day. A later as_of replaces an earlier one.

    Example:

        counterpitch import results results.csv
    """
    from counterpitch.sources import importing

    _report(lambda progress: importing.import_results(path, layout=layout, progress=progress), as_json)


@group.command()
def experiments(
    path: Where,
    owner: Annotated[str | None, typer.Option(help="Whose audience it was: own, or the name of an archive.")] = None,
    layout: Layout = None,
    as_json: Json = False,
) -> None:
    """Import the arms of randomised tests: the best teachers of what makes people click.

    Example:

        counterpitch import experiments upworthy.parquet --owner upworthy
    """
    from counterpitch.sources import importing

    _report(lambda progress: importing.import_experiments(path, owner=owner, layout=layout, progress=progress), as_json)


def _report(work: Callable[[Callable[[str, int], None]], ImportResult], as_json: bool) -> None:
    with console.err.status("Importing") as spinner:
        done = work(lambda file, rows: spinner.update(f"Importing {file}: {rows:,} rows"))
    if as_json:
        console.emit(done.to_json())
    else:
        for file in done.files:
            console.out.print(_line(file), highlight=False, markup=False, soft_wrap=True)
        if done.rows_quarantined:
            console.out.print("Held rows, with the reason of each: `counterpitch quarantine list`")
    if done.files and all(file.skipped for file in done.files):
        raise typer.Exit(1)


def _line(file: Any) -> str:
    if file.skipped:
        return f"{file.file}: skipped. {file.skipped}"
    if file.already:
        return f"{file.file}: imported before, nothing to add."
    days = f", {file.first_day} to {file.last_day}" if file.first_day else ""
    held = f", {file.rows_quarantined:,} held" if file.rows_quarantined else ""
    return (
        f"{file.file}: {file.rows_read:,} rows of {file.kind}{held}{days}; brands: {', '.join(file.brands) or 'none'}"
    )
