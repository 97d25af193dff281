"""Register brands and the markets they compete in, and list them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from counterpitch.commands import console
from counterpitch.commands.stack import Json
from counterpitch.errors import Permanent

if TYPE_CHECKING:
    from counterpitch.warehouse.connection import Connection

SOURCE_OF = {
    "files": None,
    "meta_ad_library": "meta",
    "tiktok_ads": "tiktok",
    "meta_insights": "meta",
    "google_transparency": "google",
    "web_pages": "web",
}
"""The readers, and the platform that each one asks; `files` reads what was imported of any source."""

KIND_OF = {"web_pages": "pages", "meta_insights": "results"}
"""What a reader brings, where it is no ads."""

WAYS_INTO_A_MARKET = "add --market NAME if it is ours, --competitor-of MARKET if it is not."

CONNECTION = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")

app = typer.Typer(no_args_is_help=True)


class BrandRefused(Permanent):
    """What a brand is to be collected from does not fit together; the message says what to add."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The brand as people write it, such as 'Acme Running'.")],
    homepage: Annotated[str | None, typer.Option(help="Its website.")] = None,
    source: Annotated[
        list[str] | None, typer.Option("--source", help="Where its ads come from: meta, google, ... Repeatable.")
    ] = None,
    page: Annotated[
        list[str] | None,
        typer.Option(
            "--page",
            metavar="SOURCE:ID",
            help="Its page or advertiser on a platform, by number: meta:1234567890. Repeatable. "
            "With --reader meta_insights our ad account: meta:act_1234567890. "
            "With --reader web_pages a page of its site: web:https://acme.example/pricing.",
        ),
    ] = None,
    reader: Annotated[
        str | None,
        typer.Option(
            help="What collects it every day: meta_ad_library, tiktok_ads and google_transparency ask for the ads of "
            "its pages, meta_insights for our own results, web_pages reads pages of its site, files what is imported. "
            "Unset: files, for each --source."
        ),
    ] = None,
    connection: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="The Airflow connection with the reader's token. Unset: the one of the platform's name."
        ),
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
    """Register a brand, what it is collected from, and the markets it competes in. Repeat it to add more.

    Examples:

        counterpitch brand add "Acme Running" --page meta:1234567890 --reader meta_ad_library --competitor-of shoes

        counterpitch brand add "Our Shoes" --market shoes --against acme-running --against globex

        counterpitch brand add "Our Shoes" --page meta:act_1234567890 --reader meta_insights --connection meta_ads

        counterpitch brand add "Acme Running" --page web:https://acme.example/pricing --reader web_pages
    """
    from counterpitch import brands
    from counterpitch.warehouse.connection import transaction

    if against and not market:
        raise typer.BadParameter("--against needs --market: it names the competitors of that market.")
    pages = [_page(text) for text in page or []]
    sources = _sources(source or [], reader, pages)
    _check_connection(reader, connection)
    with transaction(application="counterpitch brand add") as conn:
        others = [each for each in sources if reader is None or each != SOURCE_OF[reader]]
        brand_id = brands.register_brand(conn, name, homepage=homepage, feeds=others)
        _register_pages(conn, brand_id, pages)
        if reader == "files":
            for each in sources:
                brands.register_feed(conn, brand_id, each, options={"reader": reader})
        elif reader:
            _register_reader(conn, brand_id, reader, connection, pages)
        market_id = brands.register_market(conn, market, brand_id, against or [], keep=not against) if market else None
        for joined in competitor_of or []:
            brands.add_competitor(conn, joined, brand_id)
        readers, markets = brands.readers_of(conn, brand_id), brands.markets_of(conn, [brand_id])
    if as_json:
        console.emit({"brand_id": brand_id, "market_id": market_id, "readers": readers})
        return
    console.out.print(f"Registered [bold]{brand_id}[/]" + (f" in market [bold]{market_id}[/]." if market_id else "."))
    console.out.print(_next_step(brand_id, readers), soft_wrap=True)
    if not markets:
        console.out.print(
            f"It is in no market yet, so it is compared with nobody: {WAYS_INTO_A_MARKET}", soft_wrap=True
        )


def _page(text: str) -> tuple[str, str]:
    source, colon, page_id = (part.strip() for part in text.partition(":"))
    if not (source and colon and page_id):
        raise BrandRefused(f"--page {text} is not SOURCE:ID. Write it as meta:1234567890.")
    if source == "web":
        return source, _address(page_id)
    number = page_id.removeprefix("act_") if source == "meta" else page_id
    if source == "google":
        number = number.removeprefix("AR")
    if source in SOURCE_OF.values() and not re.fullmatch("[0-9]+", number):
        raise BrandRefused(f"--page {text}: {source} knows a page by its number, such as {source}:1234567890.")
    return source, page_id


def _address(text: str) -> str:
    """The address of a page as it is registered: without a fragment, which no site is told."""
    address = text.partition("#")[0]
    if not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", address) or not _is_taken(address):
        raise BrandRefused(f"--page web:{text} is no address of a page. Write it as web:https://acme.example/pricing.")
    return address


def _is_taken(address: str) -> bool:
    """Whether the client that will ask takes it: a port of letters or a name that IDNA refuses cannot be asked."""
    import httpx

    try:
        place = httpx.URL(address)
        return bool(place.host) and (place.port or 0) < 65536
    except (httpx.InvalidURL, ValueError):
        return False


def _is_account(page: tuple[str, str]) -> bool:
    return page[0] == "meta" and page[1].startswith("act_")


def _sources(sources: list[str], reader: str | None, pages: list[tuple[str, str]]) -> list[str]:
    """The sources that get a feed of imported files or the reader. Raises BrandRefused for what does not fit."""
    if reader and reader not in SOURCE_OF:
        raise BrandRefused(f"There is no reader {reader}. Choose from: {', '.join(SOURCE_OF)}.")
    asked = SOURCE_OF[reader] if reader else None
    if reader == "files" and not sources:
        raise BrandRefused("--reader files needs --source: it says whose ads the imported files hold.")
    if asked and sources and asked not in sources:
        raise BrandRefused(f"--reader {reader} asks {asked}, not {', '.join(sources)}. Leave --source out.")
    accounts = [page for page in pages if _is_account(page)]
    if reader != "meta_insights" and accounts:
        raise BrandRefused(f"{':'.join(accounts[0])} is an ad account: add --reader meta_insights for its results.")
    if reader == "meta_insights" and len(accounts) != 1:
        raise BrandRefused("--reader meta_insights needs one ad account: add --page meta:act_1234567890.")
    return sources


def _check_connection(reader: str | None, connection: str | None) -> None:
    if connection is None:
        return
    if reader in (None, "files", "web_pages"):
        raise BrandRefused("--connection needs a --reader that asks a platform, such as meta_ad_library.")
    if not CONNECTION.fullmatch(connection):
        raise BrandRefused("--connection takes the id of an Airflow connection, which holds the token; not the token.")


def _register_pages(conn: Connection, brand_id: str, pages: list[tuple[str, str]]) -> None:
    from counterpitch import brands

    for source, page_id in (page for page in pages if not _is_account(page)):
        brands.register_page(conn, source, page_id, brand_id)
        owner = brands.pages_of(conn, source)[page_id]
        if owner != brand_id:
            raise BrandRefused(f"The page {source}:{page_id} belongs to {owner} already.")


def _register_reader(
    conn: Connection, brand_id: str, reader: str, connection: str | None, pages: list[tuple[str, str]]
) -> None:
    from counterpitch import brands

    source, kind = str(SOURCE_OF[reader]), KIND_OF.get(reader, "ads")
    usual, told = {"connection": source}, {"reader": reader}
    if connection:
        told["connection"] = connection
    if kind == "pages":
        _require_page(conn, brand_id, reader, source, "https://acme.example/pricing")
        usual = {}
    elif kind == "results":
        told["account"] = next(page_id for _, page_id in filter(_is_account, pages))
    else:
        _require_page(conn, brand_id, reader, source, "1234567890")
    kept = brands.options_of(conn, brand_id, source, kind)
    mine = kept if kept.get("reader") == reader else {}  # another reader's options mean nothing to this one
    brands.register_feed(conn, brand_id, source, kind=kind, options={**usual, **mine, **told})


def _require_page(conn: Connection, brand_id: str, reader: str, source: str, such_as: str) -> None:
    from counterpitch import brands

    if brand_id not in brands.pages_of(conn, source).values():
        raise BrandRefused(f"--reader {reader} needs the brand's page on {source}: add --page {source}:{such_as}.")


def _next_step(brand_id: str, readers: list[str]) -> str:
    history = f"Its history: `counterpitch backfill --brand {brand_id} --from DAY --to DAY`."
    ways = "import files (`counterpitch import ads FILE`), or add --reader meta_ad_library --page meta:ID."
    if not readers:
        return f"It collects nothing yet: {ways}"
    if readers == ["files"]:
        return f"It reads imported files only: {ways}\n{history}"
    if readers == ["web_pages"]:
        return f"Its pages are read from the next run on; what they said before is lost. Its ads: {ways}"
    return history


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
