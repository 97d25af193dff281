"""The bundled market: brands like any other, whose feeds ask the sandbox; set aside once people bring their own."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from counterpitch import brands
from counterpitch.local import market
from counterpitch.sandbox.market import DAYS
from counterpitch.sources import importing
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

YESTERDAY = date(2026, 11, 20)


@pytest.fixture
def days(conn: Connection, tmp_path: Path) -> list[str]:
    found = market.set_up(tmp_path / "market", YESTERDAY)
    conn.rollback()
    return found


def feeds(conn: Connection) -> set[tuple[str, str, str, str | None]]:
    rows = query.rows(conn, "select brand_id, kind, options->>'reader' as r, options->>'connection' as c "
                            "from core.feed where enabled")  # fmt: skip
    return {(row["brand_id"], row["kind"], row["r"], row["c"]) for row in rows}


def test_every_brand_is_collected_over_http_and_our_results_too(conn: Connection, days: list[str]) -> None:
    found = feeds(conn)
    assert {brand for brand, kind, reader, _ in found if (kind, reader) == ("ads", "meta_ad_library")} == {
        "simmerwick", "platelark", "dishwren", "suppercove", "forkmoss",
    }  # fmt: skip
    assert ("simmerwick", "results", "meta_insights", market.META) in found
    assert ("platelark", "ads", "tiktok_ads", market.TIKTOK) in found
    assert not query.scalar(conn, "select count(*) from raw.landed_row where kind <> 'experiments'")
    assert query.scalar(conn, "select count(*) from core.experiment_arm") > 100
    assert market.is_collected(conn)
    assert market.asks_platforms(conn)
    assert not market.holds_own_data(conn)
    assert days[-1] == YESTERDAY.isoformat()
    assert days[0] == (YESTERDAY - timedelta(days=DAYS)).isoformat()


def test_it_goes_on_where_it_began_and_the_earlier_days_stay(conn: Connection, days: list[str], tmp_path: Path) -> None:
    again = market.set_up(tmp_path / "another folder", YESTERDAY + timedelta(days=3))
    assert market.first_day(conn) == YESTERDAY - timedelta(days=DAYS)
    assert again[: len(days) - 1] == days[:-1]
    assert again[-1] == "2026-11-23"


def test_ads_of_your_own_set_it_aside(conn: Connection, days: list[str], tmp_path: Path) -> None:
    ads = tmp_path / "ads.csv"
    ads.write_text("source,brand,ad_id,observed_on,body\nmeta,Acme,1,2026-11-19,Good shoes\n")
    importing.import_ads(ads)
    assert market.holds_own_data(conn)
    market.set_aside(conn)
    assert not market.is_collected(conn)
    assert feeds(conn) == {("acme", "ads", "files", None)}
    assert not market.asks_platforms(conn)


def test_a_platform_asked_for_a_brand_of_your_own_is_own_data_a_mere_name_is_not(
    conn: Connection, days: list[str]
) -> None:
    brands.register_brand(conn, "Acme", feeds=["meta"])
    assert not market.holds_own_data(conn)
    brands.register_feed(conn, "acme", "meta", options={"reader": "meta_ad_library"})
    assert market.holds_own_data(conn)


@pytest.mark.parametrize(("kind", "reader"), [("pages", "web_pages"), ("results", "meta_insights")])
def test_pages_or_results_alone_are_asked_for_too(conn: Connection, kind: str, reader: str) -> None:
    brands.register_brand(conn, "Acme", feeds=["meta"])
    assert not market.asks_platforms(conn)
    brands.register_feed(conn, "acme", "any", kind=kind, options={"reader": reader})
    assert market.asks_platforms(conn)
