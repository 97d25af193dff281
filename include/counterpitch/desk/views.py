"""The Desk's pages, one function each: ask the warehouse, hand the rows to a template."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from counterpitch.desk import intake, links, markdown, marking, matrix, quality, queries, what_if
from counterpitch.desk.pages import HERE, page
from counterpitch.warehouse.connection import Connection

router = APIRouter()

PAGE = 40  # ads on one page of the list
BRIEFS = 200  # briefs of one slice on a page: more than a week's gaps, so that none that was decided is missing
HELD = 50  # held rows on the page of data quality
STATIC = {path.name: path for path in (HERE / "static").iterdir()} if (HERE / "static").exists() else {}


def _snapshot() -> Iterator[Connection]:
    with queries.snapshot() as conn:
        yield conn


Warehouse = Annotated[Connection, Depends(_snapshot)]


@dataclass(frozen=True)
class Place:
    """The market and day that the address names, and what the reader can choose instead."""

    request: Request
    conn: Connection
    market: queries.Row
    markets: list[queries.Row]
    days: list[date]
    day: date

    def ask(self, name: str, **params: Any) -> list[queries.Row]:
        """The rows of a question about this market and day."""
        return queries.ask(self.conn, name, market_id=self.market["market_id"], day=self.day, **params)

    def ask_one(self, name: str, **params: Any) -> queries.Row | None:
        """The first of those rows, or None."""
        return next(iter(self.ask(name, **params)), None)

    @property
    def to(self) -> links.Links:
        """Addresses within this market and day."""
        return links.Links(links.root(self.request), self.market["market_id"], self.day)

    def model(self) -> quality.Verdict | None:
        """The model behind the predictions, in words."""
        return quality.verdict(self.ask_one("read_model"), self.market)

    def page(self, view: str, template: str, **facts: Any) -> Response:
        """A page of this market and day."""
        return page(
            self.request,
            template,
            view=view,
            to=self.to,
            market=self.market,
            markets=self.markets,
            today=self.day,
            days=self.days,
            **facts,
        )


def _place(request: Request, conn: Warehouse, market_id: str, day: date) -> Place:
    markets = queries.ask(conn, "list_markets")
    market = next((row for row in markets if row["market_id"] == market_id), None)
    if not market:
        raise HTTPException(404)
    days = [row["day"] for row in queries.ask(conn, "list_days", market_id=market_id)]
    return Place(request, conn, market, markets, days, day)


At = Annotated[Place, Depends(_place)]


@router.get("/")
@router.get("/go")
def go(request: Request, conn: Warehouse, market: str = "", day: str = "", view: str = "") -> Response:
    """Send the reader to a market's newest day, or to the day that was asked for."""
    markets = queries.ask(conn, "list_markets")
    if not markets:
        return page(request, "no_market.html")
    chosen = next((row for row in markets if row["market_id"] == market), markets[0])
    days = [row["day"] for row in queries.ask(conn, "list_days", market_id=chosen["market_id"])]
    if not days:
        return page(request, "no_day.html", market=chosen, markets=markets, view="", today=None, days=[])
    wanted = _date(day)
    newest = next((found for found in days if wanted is None or found <= wanted), days[0])
    known = view if view in {"ads", "personas", "gaps", "briefs", "what-if", "data-quality"} else ""
    address = links.Links(links.root(request), chosen["market_id"], newest)(known)
    return RedirectResponse(address, status_code=303)


@router.get("/m/{market_id}/{day}")
def overview(at: At) -> Response:
    """The market at a glance."""
    theirs = {"state": "running", "brand": None, "side": "competitor", "words": None, "each": False, "with_words": True}
    brands = at.ask("read_brands")
    gaps = at.ask("list_gaps")
    return at.page(
        "",
        "overview.html",
        brands=brands,
        own=next((brand for brand in brands if brand["role"] == "own"), None),
        model=at.model(),
        predicted=at.ask("list_ads", sort="ctr", scored_only=True, limit=5, offset=0, **theirs),
        longest=at.ask("list_ads", sort="longest", scored_only=False, limit=5, offset=0, **theirs),
        gaps=[gap for gap in gaps if gap["kind"] in {"white_space", "behind"}][:4],
        cells=len(gaps),
        briefs=at.ask("read_briefs", brief_id=None, limit=4),
    )


@router.get("/m/{market_id}/{day}/ads")
def ads(
    at: At,
    brand: str = "",
    state: Literal["running", "new", "stopped", "all"] = "running",
    sort: Literal["ctr", "longest", "newest", "reach"] = "ctr",
    words: Annotated[str, Query(max_length=200)] = "",
    each: bool = False,
    number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
) -> Response:
    """The ads, a page of them, filtered and sorted in the warehouse."""
    found = at.ask(
        "list_ads",
        brand=brand or None,
        side=None,
        state=state,
        sort=sort,
        words=words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") or None,
        scored_only=False,
        with_words=False,
        each=each,
        limit=PAGE,
        offset=(number - 1) * PAGE,
    )
    total = found[0]["total"] if found else 0
    return at.page(
        "ads",
        "ads.html",
        brands=at.ask("read_brands"),
        ads=found,
        total=total,
        total_ads=found[0]["total_ads"] if found else 0,
        each=each,
        number=number,
        pages=-(-total // PAGE),
        first=(number - 1) * PAGE + 1,
        brand=brand,
        state=state,
        sort=sort,
        words=words,
        model=at.model(),
    )


@router.get("/m/{market_id}/{day}/ads/{ad_key:path}")
def ad(at: At, ad_key: str) -> Response:
    """One ad: its words with the quotes marked, what it was read as, the prediction and the proxies."""
    found = at.ask_one("read_ad", ad_key=ad_key)
    if not found:
        raise HTTPException(404)
    pillars = at.ask("list_pillars", text_hash=found["text_hash"])
    text = found["clean_text"] or ""
    noted = [pillar | {"note": number} for number, pillar in enumerate(pillars, 1)]
    quotes = [
        marking.Quote(pillar["note"], pillar["quote_start"], pillar["quote_end"])
        for pillar in noted
        if pillar["quote"] is not None
    ]
    return at.page(
        "ads",
        "ad.html",
        ad=found,
        pillars=noted,
        pieces=marking.pieces(text, quotes),
        model=at.model(),
    )


@router.get("/m/{market_id}/{day}/personas")
def personas(at: At) -> Response:
    """Who the market speaks to, and what it speaks about."""
    return at.page(
        "personas", "personas.html", personas=at.ask("list_personas", limit=60), themes=at.ask("list_themes", limit=60)
    )


@router.get("/m/{market_id}/{day}/gaps")
def gaps(at: At) -> Response:
    """The matrix of personas and themes, us against them."""
    found = at.ask("list_gaps")
    ranked = [gap for gap in found if gap["kind"] in {"white_space", "behind"}]
    return at.page("gaps", "gaps.html", gaps=found, matrix=matrix.lay_out(found), ranked=ranked[:12])


@router.get("/m/{market_id}/{day}/gaps/{persona_id}/{theme_id}")
def gap(at: At, persona_id: str, theme_id: str) -> Response:
    """One cell: the counts brand by brand, and who says what."""
    found = at.ask_one("read_gap", persona_id=persona_id, theme_id=theme_id)
    if not found:
        raise HTTPException(404)
    said = queries.ask(
        at.conn,
        "list_gap_ads",
        market_id=at.market["market_id"],
        day=found["day"],
        persona_id=persona_id,
        theme_id=theme_id,
        limit=12,
    )
    names = {brand["brand_id"]: brand for brand in at.ask("read_brands")}
    known = at.ask("read_briefs", brief_id=None, limit=BRIEFS)
    briefs = [b for b in known if (b["persona_id"], b["theme_id"]) == (persona_id, theme_id)]
    return at.page(
        "gaps", "gap.html", gap=found, said=said, breakdown=matrix.breakdown(found["by_brand"], names), briefs=briefs
    )


@router.get("/m/{market_id}/{day}/briefs")
def briefs(at: At) -> Response:
    """The briefs and what was decided of them."""
    earlier = at.ask("list_earlier_briefs", limit=50)
    written = at.ask("read_briefs", brief_id=None, limit=BRIEFS)
    return at.page("briefs", "briefs.html", briefs=written, earlier=earlier)


@router.get("/m/{market_id}/{day}/briefs/{brief_id}")
def brief(at: At, brief_id: str) -> Response:
    """One brief, as it would be handed to a creative."""
    found = at.ask_one("read_briefs", brief_id=brief_id, limit=1)
    if not found:
        raise HTTPException(404)
    keys = {row["ad_key"] for row in at.ask("list_brief_ads", body=found["body_md"])}
    body = markdown.render(
        found["body_md"], without_title=True, link=lambda key: at.to("ads", key) if key in keys else None
    )
    then = links.Links(at.to.root, at.market["market_id"], found["day"])  # the gap of that day may have closed since
    counts = then("gaps", found["persona_id"], found["theme_id"])
    return at.page("briefs", "brief.html", brief=found, body=body, counts=counts)


@router.get("/m/{market_id}/{day}/data-quality")
def data_quality(at: At) -> Response:
    """How the day's data came in: what was read, checked, held back, and what to do about it."""
    sweeps, checks, held = at.ask("list_sweeps"), at.ask("list_checks"), at.ask("list_held", limit=HELD)
    order = list(intake.SUITES)
    known = sorted({check["suite"] for check in checks}, key=lambda name: order.index(name) if name in order else 99)
    return at.page(
        "data-quality",
        "data_quality.html",
        sweeps=sweeps,
        checks=checks,
        failed=[check for check in checks if not check["success"]],
        suites=[(name, [check for check in checks if check["suite"] == name]) for name in known],
        held=held,
        readings=at.ask("list_readings"),
        intake=intake.intake(sweeps, checks, held[0]["total"] if held else 0),
        STATES=intake.STATES,
        LEVELS=intake.LEVELS,
        SUITES=intake.SUITES,
    )


Words = Annotated[str, Query(max_length=2000)]
Label = Annotated[str, Query(max_length=60)]
Format = Literal["", "image", "video", "carousel"]


@router.get("/m/{market_id}/{day}/what-if")
def ask_what_if(
    at: At,
    text: Words = "",
    button: Label = "",
    medium: Annotated[Format, Query(alias="format")] = "",
    language: Label = "",
    before: Words = "",
    before_button: Label = "",
    before_format: Format = "",
    before_language: Label = "",
) -> Response:
    """What the model expects of words that nobody has shown yet, beside the words of the question before."""
    now = what_if.Asked(text, button, medium, language)
    earlier = what_if.Asked(before, before_button, before_format, before_language)
    return at.page("what-if", "what_if.html", **what_if.answer(at.conn, at.market, now, earlier))


@router.get("/static/{name}")
def static(name: str) -> Response:
    """A style sheet or script of our own. Behind the login like the pages."""
    path: Path | None = STATIC.get(name)
    if not path:
        raise HTTPException(404)
    return FileResponse(path, headers={"Cache-Control": "private, max-age=300"})


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
