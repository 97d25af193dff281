"""Look at the rows that were held back, and put them back once a rule or a mapping is mended."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from counterpitch.commands import console
from counterpitch.commands.stack import Json
from counterpitch.errors import Permanent

MOST_REASONS = 10  # are shown; --json gives them all

app = typer.Typer(no_args_is_help=True)

Brands = Annotated[list[str] | None, typer.Option("--brand", help="A brand id. Repeatable; unset: every brand.")]


class NoSuchRow(Permanent):
    """No row of this number is held."""


@app.command("list")
def list_(
    brand: Brands = None,
    limit: Annotated[int, typer.Option(help="How many rows at most, newest first.", min=1)] = 50,
    as_json: Json = False,
) -> None:
    """List held rows with the rule they broke and the reason.

    Example:

        counterpitch quarantine list --brand acme
    """
    from counterpitch.quality import quarantine
    from counterpitch.warehouse.connection import transaction

    with transaction(application="counterpitch quarantine") as conn:
        found = quarantine.listed(conn, brands=brand or [], limit=limit)
    if as_json:
        console.emit(found)
        return
    if not found:
        console.out.print(f"No row of {', '.join(brand)} is held." if brand else "No row is held.")
        return
    from counterpitch.commands.tables import show

    show(list(found[0]), [list(row.values()) for row in found])


@app.command()
def show(
    quarantine_id: Annotated[int, typer.Argument(help="The row's number, as `quarantine list` prints it.")],
    as_json: Json = False,
) -> None:
    """Show one held row whole: the rule, the value, the reason, and every cell as it came."""
    from counterpitch.quality import quarantine
    from counterpitch.warehouse.connection import transaction

    with transaction(application="counterpitch quarantine") as conn:
        found = quarantine.shown(conn, quarantine_id)
    if found is None:
        raise NoSuchRow(f"No row {quarantine_id} is held. See `counterpitch quarantine list`.")
    if as_json:
        console.emit(found)
        return
    from counterpitch.commands.tables import show as show_table

    show_table(["column", "value"], [[name, value] for name, value in found.items()])


@app.command()
def replay(
    brand: Brands = None,
    row: Annotated[list[int] | None, typer.Option("--row", help="A row's number. Repeatable; unset: all.")] = None,
    as_json: Json = False,
) -> None:
    """Try held rows again: those that are good now land on their days, which the next run collects.

    Example:

        counterpitch quarantine replay --brand acme && counterpitch run
    """
    from counterpitch.quality import quarantine
    from counterpitch.sources.replaying import replay as try_again
    from counterpitch.warehouse.connection import transaction

    with transaction(application="counterpitch quarantine replay") as conn:
        for number in row or []:
            _check_held(number, quarantine.shown(conn, number))
        done = try_again(conn, brands=brand or [], ids=row or [])
        left = quarantine.reasons(conn, brands=brand or [], ids=row or [])
    if as_json:
        console.emit(done | {"left": left})
        return
    if not done["landed"] and not left:
        console.out.print(f"No row of {', '.join(brand)} is held: nothing to try." if brand else "No row is held.")
        return
    console.out.print(f"{done['landed']} rows landed, {sum(each['rows'] for each in left)} are still held.")
    for each in left[:MOST_REASONS]:
        console.out.print(f"  {each['rows']} x {each['reason']}", markup=False, highlight=False, soft_wrap=True)
        console.out.print(f"    {each['advice']}", markup=False, highlight=False, soft_wrap=True)
    if len(left) > MOST_REASONS:
        console.out.print(f"  ... and {len(left) - MOST_REASONS} more reasons: counterpitch quarantine replay --json")
    if done["days"]:
        named = " ".join(f"--brand {name}" for name in done["brands"])
        days = f"--from {done['days'][0]} --to {done['days'][-1]}"
        console.out.print(f"Bring their days up to date: counterpitch backfill {named} {days}", soft_wrap=True)


def _check_held(number: int, found: dict[str, Any] | None) -> None:
    if found is None:
        raise NoSuchRow(f"No row {number} is held. See `counterpitch quarantine list`.")
    if found["status"] != "held":
        raise NoSuchRow(f"Row {number} was replayed already: it is no longer held.")
