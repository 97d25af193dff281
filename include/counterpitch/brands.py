"""Brands, the markets they compete in, and the feeds they are collected from.

A brand_id is a slug of the brand's name and never changes; a name may hold any characters. Registering is
safe to repeat: what is known stays, what is new is added, and no other brand's rows are touched.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from slugify import slugify

from counterpitch.errors import Permanent
from counterpitch.warehouse.connection import Connection
from counterpitch.warehouse.query import execute, rows, scalar, sql

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class BrandUnknown(Permanent):
    """A brand is named that nobody registered; the message lists those that are."""


class MarketRefused(Permanent):
    """A market cannot be made as asked; the message says why."""


def slug(name: str) -> str:
    """The id of a brand or market of this name: 'Praktika AI' is 'praktika-ai'. Raises ValueError for a blank name."""
    word = name.strip().casefold()
    if not word:
        raise ValueError("A brand needs a name.")
    if SLUG.fullmatch(word):
        return word
    short = slugify(name, max_length=60).strip("-_")
    return short or "brand-" + hashlib.sha256(word.encode()).hexdigest()[:8]


def register_brand(
    conn: Connection, name: str, *, brand_id: str | None = None, homepage: str | None = None, feeds: Sequence[str] = ()
) -> str:
    """Register a brand, and a feed for each source of `feeds` ('meta', 'google'); returns its brand_id.

    A brand that is known keeps its name, unless that was only its id; a homepage is filled in where it was missing.
    """
    identity = brand_id or slug(name)
    execute(conn, sql(__file__, "register_brand"), {"brand_id": identity, "name": name.strip(), "homepage": homepage})
    for source in feeds:
        register_feed(conn, identity, source)
    return identity


def register_feed(
    conn: Connection, brand_id: str, source: str, kind: str = "ads", options: Mapping[str, Any] | None = None
) -> None:
    """Collect `kind` ('ads', 'results', 'pages') of a brand from `source` from now on.

    Without `options` an existing feed stays as it is, and a new one reads imported files only.
    Options never hold a secret: they name the Airflow connection that does.
    """
    from counterpitch.sources.readers import KEEPS
    from counterpitch.warehouse.write import as_json

    given, read_by = options is not None, dict(options or {"reader": "files"})
    values = {"brand_id": brand_id, "source": source, "kind": kind, "given": given, "options": as_json(read_by)}
    only_now = kind != "results" and read_by.get("reader") not in KEEPS
    execute(conn, sql(__file__, "register_feed"), values | {"only_now": only_now})


def options_of(conn: Connection, brand_id: str, source: str, kind: str = "ads") -> dict[str, Any]:
    """The options of a feed; {} where there is none."""
    return dict(
        scalar(conn, sql(__file__, "find_options"), {"brand_id": brand_id, "source": source, "kind": kind}) or {}
    )


def register_page(conn: Connection, source: str, page_id: str, brand_id: str, page_name: str | None = None) -> None:
    """Say under which page or account of a platform a brand advertises. The first brand that claims it keeps it."""
    values = {"source": source, "page_id": page_id, "brand_id": brand_id, "page_name": page_name}
    execute(conn, sql(__file__, "register_page"), values)


def pages_of(conn: Connection, source: str) -> dict[str, str]:
    """The pages that are known on a platform, each with the brand that holds it."""
    return {row["page_id"]: row["brand_id"] for row in rows(conn, sql(__file__, "list_pages"), {"source": source})}


def readers_of(conn: Connection, brand_id: str) -> list[str]:
    """The readers that collect a brand, of its feeds that are switched on, in order."""
    return list(scalar(conn, sql(__file__, "list_readers_of"), {"brand_id": brand_id}))


def register_market(
    conn: Connection,
    name: str,
    own_brand: str,
    competitors: Sequence[str],
    *,
    countries: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
    keep: bool = False,
) -> str:
    """Create the market, or change it to exactly these brands; returns its market_id.

    `keep` leaves the competitors that it has already in it. Countries and languages that are None stay as they are.
    Raises BrandUnknown when a brand is not registered, MarketRefused when the own brand is its own competitor.
    """
    check_registered(conn, [own_brand, *competitors])
    if own_brand in competitors:
        raise MarketRefused(f"{own_brand} cannot compete with itself. Leave it out of the competitors.")
    identity = slug(name)
    market = {"market_id": identity, "name": name.strip(), "own": own_brand, "competitors": sorted(set(competitors))}
    execute(conn, sql(__file__, "leave_market"), market | {"keep": keep})
    said = {
        "countries": None if countries is None else list(countries),
        "languages": None if languages is None else list(languages),
    }
    execute(conn, sql(__file__, "register_market"), market | said)
    return identity


def add_competitor(conn: Connection, market_id: str, brand_id: str) -> None:
    """Put a registered brand into a market as one more competitor. Safe to repeat.

    Raises MarketRefused when there is no such market, or the brand is its own brand.
    """
    roles = rows(conn, sql(__file__, "add_competitor"), {"market_id": market_id, "brand_id": brand_id})
    if not roles:
        known = ", ".join(row["market_id"] for row in rows(conn, sql(__file__, "list_market_ids"))) or "none yet"
        raise MarketRefused(f"No market is called {market_id}. There are: {known}.")
    if roles[0]["role"] == "own":
        raise MarketRefused(f"{brand_id} is the own brand of {market_id}: it cannot compete with itself.")


def check_registered(conn: Connection, brands: Sequence[str]) -> None:
    """Raises BrandUnknown when one of `brands` is not registered."""
    known = registered(conn)
    unknown = sorted(set(brands) - set(known))
    if unknown:
        raise BrandUnknown(
            f"Not registered: {', '.join(unknown)}. Add them with `counterpitch brand add`, "
            f"or choose from: {', '.join(known) or 'none yet'}."
        )


def registered(conn: Connection) -> list[str]:
    """The ids of all brands, in order."""
    return list(scalar(conn, sql(__file__, "list_brand_ids")))


def markets_of(conn: Connection, brands: Sequence[str]) -> list[str]:
    """The ids of the markets that hold any of `brands`, in order."""
    return list(scalar(conn, sql(__file__, "list_markets_of"), {"brands": list(brands)}))


def list_brands(conn: Connection) -> list[dict[str, Any]]:
    """One dict a brand: brand_id, name, homepage, sources, pages, ads, first_seen, last_seen, markets."""
    return rows(conn, sql(__file__, "list_brands"))
