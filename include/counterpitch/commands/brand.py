"""Register brands and the markets they compete in, and list them."""

from __future__ import annotations

from typing import Annotated

import typer

from counterpitch.commands import console
from counterpitch.commands.stack import Json

app = typer.Typer(no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The brand as people write it, such as 'Acme Running'.")],
    homepage: Annotated[str | None, typer.Option(help="Its website.")] = None,
    source: Annotated[
        list[str] | None, typer.Option("--source", help="Where to collect its ads: meta, google, ... Repeatable.")
    ] = None,
    market: Annotated[
        str | None, typer.Option(help="Also make a market of this name, with the brand as our own.")
    ] = None,
    against: Annotated[
        list[str] | None, typer.Option("--against", help="A competitor in that market, by brand id. Repeatable.")
    ] = None,
    competitor_of: Annotated[
        list[str] | None, typer.Option("--competitor-of", help="A market it competes in, by market id. Repeatable.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Register a brand, and the markets it competes in.

    Examples:

        counterpitch brand add "Acme Running" --source meta --competitor-of shoes

        counterpitch brand add "Our Shoes" --market shoes --against acme-running --against globex
    """
    from counterpitch import brands
    from counterpitch.warehouse.connection import transaction

    if against and not market:
        raise typer.BadParameter("--against needs --market: it names the competitors of that market.")
    with transaction(application="counterpitch brand add") as conn:
        brand_id = brands.register_brand(conn, name, homepage=homepage, feeds=source or [])
        market_id = brands.register_market(conn, market, brand_id, against or []) if market else None
        for joined in competitor_of or []:
            brands.add_competitor(conn, joined, brand_id)
    if as_json:
        console.emit({"brand_id": brand_id, "market_id": market_id})
        return
    console.out.print(f"Registered [bold]{brand_id}[/]" + (f" in market [bold]{market_id}[/]." if market_id else "."))
    console.out.print(f"Its history: `counterpitch backfill --brand {brand_id} --from DAY --to DAY`.")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List brands with their markets, sources, ads and the days they were seen."""
    from counterpitch import brands
    from counterpitch.warehouse.connection import transaction

    with transaction(application="counterpitch brand list") as conn:
        found = brands.list_brands(conn)
    if as_json:
        console.emit(found)
        return
    if not found:
        console.out.print("No brand is registered yet. Add one with `counterpitch brand add NAME`.")
        return
    from counterpitch.commands.tables import show

    show(list(found[0]), [list(row.values()) for row in found])
