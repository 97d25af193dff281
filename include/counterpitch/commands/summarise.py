"""`summary`: what the pipeline found, as a marketer reads it."""

from __future__ import annotations

from typing import Any

import typer
from rich.markup import escape

from counterpitch.commands import console
from counterpitch.commands.stack import Json


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(summary)


def summary(as_json: Json = False) -> None:
    """Say again what the pipeline found: ads, personas, gaps, briefs, and how good the model is.

    Example:

        counterpitch summary --json | jq '.markets[0].briefs'
    """
    from counterpitch.local.airflow import stack
    from counterpitch.local.summary import summary as read

    local = stack()
    address = local.address()
    found = read(address=address, login=local.state.login() if address else None)
    if as_json:
        console.emit(found)
    else:
        show(found)


def show(found: dict[str, Any]) -> None:
    """Print a summary for people."""
    for market in found["markets"]:
        _market(market)
        left = [row for row in found["left_out"] if row["market_id"] == market["market_id"]]
        if left:
            told = ", ".join(f"{row['texts']:,} ({row['why']})" for row in left)
            _line("Left out", f"texts not read for pillars yet: {told}; the next run goes on with the best of them")
    if not found["markets"]:
        _line("Markets", f"none yet. {_first_market(found['brands'])}")
    _rows(found["rows"], found["rejections"])
    _model(found["model"])
    for sweep in found["unread"]:
        _line(
            "Not read", f"{sweep['brand_id']} on {sweep['source']}, {sweep['day']}: {sweep['message'] or sweep['code']}"
        )
    for gap in found["lost"]:
        days = f"{gap['days']} days, {gap['first_day']} to {gap['last_day']}"
        _line("Lost", f"{gap['brands']} brands on {gap['source']}, {days}: {gap['message']}")
    if "seconds" in found:
        _line("Time", f"{int(found['seconds']) // 60} min {int(found['seconds']) % 60} s")
    if "ui" in found:
        login = found["ui"]
        console.out.print()
        _line(
            "Open",
            f"[bold]{login['address']}[/]  user [bold]{login['user']}[/]  password [bold]{login['password']}[/]",
            raw=True,
        )


def _first_market(brands: list[str]) -> str:
    if not brands:
        return "`counterpitch run` makes the first one."
    named = f'`counterpitch brand add "Our Brand" --market "Our Market" --against {brands[0]}`'
    return f"Nothing is compared or scored until there is one: {named} (if {brands[0]} is ours, name a competitor)."


def _market(market: dict[str, Any]) -> None:
    m = {name: f"{value:,}" if isinstance(value, int) else value for name, value in market.items()}
    console.out.print(f"\n[bold]{escape(m['name'])}[/]" + (f" as of {m['day']}" if m["day"] else ""))
    _line("Brands", f"{m['own_brand']} against {m['competitors']} competitors")
    _line("Ads", f"{m['competitor_ads']} of competitors, {m['own_ads']} of ours, {m['texts']} distinct texts")
    _line("Scored", f"{m['scored']} ads by predicted click-through")
    _line("Read", f"{m['pillars']} audiences, needs, features and offers; {m['quoted']} with the words that prove them")
    _line("Market", f"{m['themes']} themes, {m['personas']} personas")
    _line("Gaps", f"{m['white_space']} white spaces, {m['behind']} where competitors say more")
    _line("Briefs", m["briefs"] + (f", the first: {m['first_brief']}" if m["first_brief"] else ""))


def _rows(rows: dict[str, Any], rejections: list[dict[str, Any]]) -> None:
    console.out.print("\n[bold]Data[/]")
    account = (
        f"{rows['read']:,} read = {rows['kept']:,} kept + {rows['merged']:,} merged + {rows['rejected']:,} rejected"
    )
    _line("Rows", account)
    if rows["held"]:
        _line("Rejected", f"{rows['held']:,} rows are held with their reason:")
    for reason in rejections:
        _line("", f"{reason['rows']:,} x {reason['example']}")


def _model(model: dict[str, Any] | None) -> None:
    if model is None:
        _line("Model", "none: nothing to learn from yet. Import results or experiments.")
        return
    _line("Model", model["quality"])
    _line("", f"taught by {model['taught_by']}")


def _line(name: str, text: str, *, raw: bool = False) -> None:
    console.out.print(f"  [dim]{name:<10}[/]{text if raw else escape(text)}", highlight=False, soft_wrap=True)
