"""`backfill`: take past days through the pipeline, for some brands or all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from counterpitch.commands import console
from counterpitch.commands.stack import Json, started
from counterpitch.errors import Permanent


class BackfillRefused(Permanent):
    """The days asked for make no sense; the message says why."""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(backfill)


def backfill(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")],
    brand: Annotated[list[str] | None, typer.Option(help="A brand id. Repeatable; unset: every brand.")] = None,
    at_once: Annotated[int, typer.Option(help="Days collected at the same time.", min=1, max=16)] = 2,
    missing_only: Annotated[bool, typer.Option("--missing-only", help="Leave out days that ran already.")] = False,
    minutes: Annotated[float, typer.Option(help="Give up waiting after so many minutes.", min=0.1)] = 240,
    as_json: Json = False,
) -> None:
    """Collect past days and let the days downstream follow: one run a day, and no other brand's rows are touched.

    What a platform shows only today (reach, rank) cannot be brought back; running days and texts can.

    Examples:

        counterpitch backfill --brand acme --from 2026-10-01 --to 2026-10-31

        counterpitch backfill --from 2026-11-01 --to 2026-11-07 --missing-only
    """
    from counterpitch.local.backfill import backfill as run
    from counterpitch.local.progress import Progress

    start, end = first.date(), last.date()
    _check(start, end, brand or [])
    address, user, password = started()
    from rich.console import Console

    with Progress(Console(stderr=True, quiet=as_json)) as progress:
        outcome = run(
            address,
            (user, password),
            start,
            end,
            brand or [],
            progress,
            at_once=at_once,
            missing_only=missing_only,
            minutes=minutes,
        )
    failed = [failure.run.key for failure in outcome.failures]
    if as_json:
        console.emit({"done": outcome.done, "empty": outcome.empty, "failed": failed, "seconds": outcome.seconds})
    else:
        empty = f"; {len(outcome.empty)} days that no source covers" if outcome.empty else ""
        console.out.print(f"{len(outcome.done)} days done{empty}.")
    for failure in outcome.failures:
        console.err.print(f"[bold red]Failed.[/] {failure}", highlight=False, soft_wrap=True)
    if failed:
        raise typer.Exit(1)


def _check(first: date, last: date, brands: list[str]) -> None:
    from counterpitch import brands as registry
    from counterpitch.local.airflow import stack
    from counterpitch.warehouse.connection import transaction

    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    if first > last:
        raise BackfillRefused(f"--from {first} comes after --to {last}.")
    if last > yesterday:
        raise BackfillRefused(f"--to {last} is not over yet. The last whole day is {yesterday}.")
    stack().check(console.say)
    stack().start_postgres()
    with transaction(application="counterpitch backfill") as conn:
        registry.check_registered(conn, brands)
