"""`run`: from files to briefs, through the real scheduler, with progress and a summary."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from counterpitch.commands import console
from counterpitch.commands.stack import Json, started
from counterpitch.errors import Permanent

if TYPE_CHECKING:
    from counterpitch.local.airflow import Stack
    from counterpitch.local.pipeline import Outcome
    from counterpitch.sources.importing import ImportResult

Paths = list[Path] | None
EXISTING = {"exists": True, "readable": True}


class RunRefused(Permanent):
    """The arguments of a run do not fit together; the message says what to add."""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(run)


def run(
    ads: Annotated[
        Paths,
        typer.Option(help="A file of ads or a folder of them (CSV, Excel, JSON, Parquet). Repeatable.", **EXISTING),
    ] = None,
    results: Annotated[Paths, typer.Option(help="Your own results by ad and day. Repeatable.", **EXISTING)] = None,
    experiments: Annotated[Paths, typer.Option(help="Arms of randomised tests. Repeatable.", **EXISTING)] = None,
    owner: Annotated[
        str | None, typer.Option(help="Whose audience the tests were run on: own, or an archive's name.")
    ] = None,
    own_brand: Annotated[str | None, typer.Option(help="Which brand of the ads is ours.")] = None,
    against: Annotated[
        list[str] | None,
        typer.Option("--against", help="A competitor. Repeatable; unset: also every other brand of the files."),
    ] = None,
    market: Annotated[str | None, typer.Option(help="Name of the market; unset: named after our brand.")] = None,
    minutes: Annotated[float, typer.Option(help="Give up waiting after so many minutes.", min=0.1)] = 60,
    as_json: Json = False,
) -> None:
    """Run the whole pipeline once, from files to briefs, and say what was found.

    Without arguments: what was imported, or else the bundled market. Starts what is not running; days that went
    through already are not repeated. The stack keeps running, and collects again every morning, until
    `counterpitch down`.

    Examples:

        counterpitch run

        counterpitch run --ads exports/ --own-brand acme

        counterpitch run --ads ads.csv --results results.csv --own-brand acme --market "Running shoes"
    """
    from counterpitch.local.airflow import stack

    begun = datetime.now(UTC)
    if not ads and (results or experiments or own_brand or against or market):
        raise RunRefused(
            "These options describe your own ads: add --ads FILE. Without any option the bundled market runs."
        )
    local = stack()
    local.check(console.say)
    with local.state.lock(
        "run", "Another `counterpitch run` works in this folder. Watch it in the UI, or `make stop`."
    ):
        with console.err.status("Starting Postgres and migrating the warehouse"):
            local.start_postgres()
        with console.err.status("Importing") as spinner:

            def count(file: str, rows: int) -> None:
                spinner.update(f"Importing {file}: {rows:,} rows")

            if ads:
                found = _import({"ads": ads, "results": results or [], "experiments": experiments or []}, owner, count)
                _register(own_brand, against, market, found)
            asked = _asked(local, count)
        started()
        outcome = _pipeline(local, asked, minutes, quiet=as_json)
    _conclude(local, outcome, (datetime.now(UTC) - begun).total_seconds(), as_json=as_json)


def _asked(local: Stack, count: Any) -> list[str]:
    """The days that platforms are asked for: yesterday, those that were missed, and the bundled market's history.

    Where people brought data of their own the bundled market is set aside.
    """
    from counterpitch.local import market
    from counterpitch.sources.missed import missed_days
    from counterpitch.warehouse.connection import transaction

    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    with transaction(application="counterpitch run") as conn:
        own = market.holds_own_data(conn)
        if own:
            market.set_aside(conn)
        missed = [each.day.isoformat() for each in missed_days(conn, yesterday)]
        due = sorted({*missed, yesterday.isoformat()}) if market.asks_platforms(conn) else []
    if own:
        return due
    return sorted({*due, *market.set_up(local.state.home / "market", yesterday, count)})


def _import(files: dict[str, list[Path]], owner: str | None, count: Any) -> list[str]:
    """Import the files; returns the ids of the brands whose ads they hold. Raises RunRefused."""
    from counterpitch.sources import importing

    ads = _taken("ads", [importing.import_ads(path, progress=count) for path in files["ads"]])
    _taken("results", [importing.import_results(path, progress=count) for path in files["results"]])
    tests = [importing.import_experiments(path, owner=owner, progress=count) for path in files["experiments"]]
    _taken("experiments", tests)
    found = {brand for done in ads for brand in done.brands}
    if not found:
        raise RunRefused("None of the files of --ads held an ad that names its brand. See `counterpitch import ads`.")
    return sorted(found)


def _taken(option: str, imports: list[ImportResult]) -> list[ImportResult]:
    """The imports of an option as they are, once the skipped files are said. Raises RunRefused if that is all."""
    skipped = [file.skipped for done in imports for file in done.files if file.skipped]
    for reason in skipped:
        console.say(f"Skipped: {reason}")
    if imports and len(skipped) == sum(len(done.files) for done in imports):
        raise RunRefused(
            f"None of the files of --{option} could be taken; why is said above. See `counterpitch import {option}`."
        )
    return imports


def _register(own_brand: str | None, against: list[str] | None, market: str | None, found: list[str]) -> None:
    """Make the market of the imported brands, unless they have one and nothing about it was said."""
    from counterpitch import brands
    from counterpitch.warehouse.connection import transaction

    with transaction(application="counterpitch run") as conn:
        if own_brand is None:
            if brands.markets_of(conn, found):
                return
            raise RunRefused(f"Which of these brands is yours? Add --own-brand with one of: {', '.join(found)}.")
        brands.check_registered(conn, [own_brand, *(against or [])])
        others = against or [brand for brand in found if brand != own_brand]
        # These files need not hold every brand: only competitors that are named may push others out of the market.
        brands.register_market(conn, market or own_brand, own_brand, others, keep=not against)


def _pipeline(local: Stack, asked: list[str], minutes: float, *, quiet: bool) -> Outcome:
    from rich.console import Console

    from counterpitch.local.agenda import agenda
    from counterpitch.local.errors import LocalFailure
    from counterpitch.local.pipeline import Outcome, Pipeline
    from counterpitch.local.progress import Progress
    from counterpitch.local.rest import Airflow
    from counterpitch.warehouse.connection import connect

    address = local.address()
    if address is None:
        raise LocalFailure("Airflow stopped before the pipeline began. See `counterpitch status`.")
    with Airflow(address, *local.state.login()) as airflow:
        with closing(connect(application="counterpitch run")) as conn:
            todo = agenda(conn, airflow, asked)
        if todo.empty or todo.last_day is None:
            console.say("Everything went through already.")
            return Outcome()
        shown = Console(stderr=True, quiet=quiet)
        with Progress(shown) as progress:
            pipeline = Pipeline(airflow, address, progress, since=todo.since, minutes=minutes)
            return pipeline.run(todo.days, todo.last_day, learn=todo.learn, write=todo.write)


def _conclude(local: Stack, outcome: Outcome, seconds: float, *, as_json: bool) -> None:
    from counterpitch.commands.summarise import show
    from counterpitch.local.summary import summary

    found = summary(seconds=seconds, address=local.state.address(), login=local.state.login())
    found["days"] = {"done": outcome.done, "empty": outcome.empty, "failed": [f.run.key for f in outcome.failures]}
    if as_json:
        console.emit(found)
    else:
        show(found)
    for failure in outcome.failures:
        console.err.print(f"\n[bold red]Failed.[/] {failure}", highlight=False, soft_wrap=True)
    if outcome.failures:
        raise typer.Exit(1)
