"""The bundled market on this machine: invented brands, shown by the sandbox platforms and collected over HTTP.

Its feeds, pages and tasks are those of any brand; only the connections that its feeds name lead to this machine.
Randomised tests come as a file, because no platform publishes them. The first day is kept in the warehouse: the
market must go on where it began, also when the state folder is new and the warehouse is not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, transaction

META, TIKTOK = "sandbox_meta", "sandbox_tiktok"  # the Airflow connections
ON_TIKTOK = ("platelark", "dishwren")  # whose videos are looked up there too; the words are those that Meta shows
_FEEDS = (("meta", "meta_ad_library", META), ("tiktok", "tiktok_ads", TIKTOK))
FIRST_DAY = "bundled market's first day"


def holds_own_data(conn: Connection) -> bool:
    """Whether anything but the bundled market was imported, or is collected from a platform."""
    from counterpitch.sandbox.library import category

    return bool(query.scalar(conn, query.sql(__file__, "has_own_data"), {"bundled": sorted(category().brands)}))


def is_collected(conn: Connection) -> bool:
    """Whether a feed that is switched on asks the sandbox platforms."""
    return bool(query.scalar(conn, query.sql(__file__, "is_collected"), {"connections": [META, TIKTOK]}))


def asks_platforms(conn: Connection) -> bool:
    """Whether a feed that is switched on asks any platform."""
    return bool(query.scalar(conn, query.sql(__file__, "asks_platforms")))


def first_day(conn: Connection) -> date | None:
    """The day on which the market began here; None before it did."""
    told = query.scalar(conn, query.sql(__file__, "find_first_day"), {"name": FIRST_DAY})
    return date.fromisoformat(told) if told else None


def set_up(folder: Path, yesterday: date, progress: Callable[[str, int], None] | None = None) -> list[str]:
    """Register the market and its feeds, import its tests, and return the days ('YYYY-MM-DD') to look at it.

    Writes what it needs into `folder`, the planted truth among it. Repeating it changes nothing.
    """
    import tomllib

    from counterpitch.sandbox.market import DAYS, SEED, write_market
    from counterpitch.sandbox.process import Market
    from counterpitch.sources import importing

    with transaction(application="bundled market") as conn:
        start = first_day(conn) or yesterday - timedelta(days=DAYS)
        last = max(yesterday, start)
        write_market(folder, last_day=last, start=start, collected=True)
        _register(conn, tomllib.loads((folder / "market.toml").read_text(encoding="utf-8")))
        kept = {"name": FIRST_DAY, "value": write.as_json(start.isoformat())}
        query.execute(conn, query.sql(__file__, "keep_first_day"), kept)
    importing.import_experiments(folder / "experiments.csv", owner="own", progress=progress)
    return [day.isoformat() for day in Market(SEED, start, last).sweeps()]


def set_aside(conn: Connection) -> None:
    """Collect the bundled market no more: somebody brought ads of their own. What it showed stays."""
    query.execute(conn, query.sql(__file__, "set_aside"), {"connections": [META, TIKTOK]})


def _register(conn: Connection, told: dict[str, Any]) -> None:
    from counterpitch import brands

    for brand in told["brands"]:
        brand_id = brand["brand_id"]
        brands.register_brand(conn, brand["name"], brand_id=brand_id, homepage=brand["homepage"])
        for source, reader, connection in _FEEDS[: 1 + (brand_id in ON_TIKTOK)]:
            brands.register_page(conn, source, brand["pages"][source], brand_id, brand["page_name"])
            brands.register_feed(conn, brand_id, source, options={"reader": reader, "connection": connection})
    market = told["market"]
    account = {"reader": "meta_insights", "connection": META, "account": market["account"], "poll_every": 0.1}
    brands.register_feed(conn, market["own_brand"], "meta", kind="results", options=account)
    brands.register_market(
        conn,
        market["name"],
        market["own_brand"],
        [brand["brand_id"] for brand in told["brands"] if brand["role"] == "competitor"],
        countries=market["countries"],
        languages=market["languages"],
    )
