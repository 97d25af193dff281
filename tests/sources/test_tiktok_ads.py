"""TikTok over real HTTP: every ad once with its words, in whichever spelling the platform answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest

from counterpitch import brands
from counterpitch.quality.publish import validate_and_load
from counterpitch.sandbox.platforms import tiktok
from counterpitch.sandbox.platforms.accounts import TIKTOK_KEY, TIKTOK_SECRET
from counterpitch.sandbox.platforms.server import Sandbox, Served, serving
from counterpitch.sandbox.platforms.world import World, last_flight
from counterpitch.sandbox.sightings import business_id
from counterpitch.sources.collect import CollectionFailed, collect_brand
from counterpitch.sources.tiktok_ads import people, read
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

START, LAST = date(2026, 10, 20), date(2026, 11, 20)
DAY, BRAND = LAST.isoformat(), "forkmoss"


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with serving(Sandbox(World(START, LAST, seed=7), LAST)) as served:
        yield served


@pytest.fixture
def served(running: Served, monkeypatch: pytest.MonkeyPatch, conn: Connection) -> Served:
    dial = running.sandbox.dial
    dial.rate, dial.hang, dial.drip = 0.0, 0.2, 0.05
    dial.forget()
    address = running.url.replace("http://", f"http://{TIKTOK_KEY}:{TIKTOK_SECRET}@") + "/on/{day}"
    monkeypatch.setenv("AIRFLOW_CONN_TIKTOK", address)
    with conn:
        brands.register_brand(conn, "Forkmoss", brand_id=BRAND)
        brands.register_page(conn, "tiktok", business_id(BRAND), BRAND)
        brands.register_feed(conn, BRAND, "tiktok", options={"reader": "tiktok_ads", "first_wait": 0.01})
    return running


def truth(served: Served) -> set[str]:
    world = served.sandbox.world
    shown = {tiktok.tiktok_id(ad) for ad in world.market.ads if last_flight_ends(ad) >= LAST}
    return tiktok.expected(world, BRAND, LAST) & shown


def last_flight_ends(ad: object) -> date:
    flights = [flight for flight in ad.flights if flight[0] <= LAST]  # type: ignore[attr-defined]
    return last_flight(ad, LAST)[1] if flights else date.min  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [0.0, 0.2])
def test_what_is_stored_is_what_is_shown(conn: Connection, served: Served, rate: float) -> None:
    if rate:
        collect_brand(BRAND, DAY)
        query.execute(conn, "truncate raw.ad_snapshot, ops.coverage")
        conn.commit()
    without = len(served.sandbox.dial.calls)
    served.sandbox.dial.forget()
    served.sandbox.dial.rate = rate
    swept = collect_brand(BRAND, DAY)
    assert swept["state"] == "ok"
    assert not rate or without < len(served.sandbox.dial.calls) <= 1.3 * without
    validate_and_load(DAY, [BRAND])
    rows = query.rows(conn, "select s.*, t.body from core.ad_seen_daily s left join core.ad_text t using (text_hash)")
    assert Counter(row["ad_id"] for row in rows) == Counter(truth(served))
    assert all(row["body"] and row["page_id"] == business_id(BRAND) for row in rows)
    assert all(row["delivery_start"] <= LAST and row["is_active"] for row in rows)


def test_a_wrong_secret_fails_at_once(conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    address = served.url.replace("http://", "http://someone:sw0rdfish@")
    monkeypatch.setenv("AIRFLOW_CONN_TIKTOK", address)
    with pytest.raises(CollectionFailed, match="Check client key and secret"):
        collect_brand(BRAND, DAY)
    assert "sw0rdfish" not in str(query.rows(conn, "select * from ops.coverage"))


def test_both_spellings_of_the_documentation_are_read() -> None:
    one = {
        "ad": {
            "id": 7,
            "first_shown_date": 20261101,
            "last_shown_date": 20261120,
            "reach": {"unique_users_seen": "12K"},
        },
        "advertiser": {"business_id": 69, "business_name": "Forkmoss", "paid_for_by": "Forkmoss Ltd"},
    }
    other = {
        "ad": {
            "id": "7",
            "first_shown_date": "20261101",
            "last_shown_date": "20261120",
            "reach": {"unique_user_seen": "12K"},
        },
        "advertiser": {"buisness_id": 69, "business_name": "Forkmoss", "paid_by": "Forkmoss Ltd"},
    }
    detail = {"ad": {"title": "Dinner, planned."}}
    record, problems = read({"listed": one, "detail": detail})
    assert (record, problems) == read({"listed": other, "detail": detail})
    assert (record["page_id"], record["reach"], record["delivery_start"]) == ("69", 12000, date(2026, 11, 1))
    assert problems == []


@pytest.mark.parametrize(("told", "number"), [("12K", 12000), ("1.5M", 1_500_000), ("0-1K", None), (900, 900)])
def test_reach_is_a_round_figure(told: object, number: int | None) -> None:
    assert people(told) == number


def details(served: Served) -> int:
    return sum("/ad/detail/" in key for key, _, _ in served.sandbox.dial.calls)


def test_details_that_were_fetched_are_not_asked_for_on_the_next_day(conn: Connection, served: Served) -> None:
    collect_brand(BRAND, "2026-11-19")
    first = details(served)
    asked = {row["ad_id"] for row in query.rows(conn, "select ad_id from raw.ad_snapshot")}
    conn.commit()
    served.sandbox.dial.forget()
    collect_brand(BRAND, DAY)
    assert first == len(asked)
    assert details(served) <= len(truth(served) - asked)
    validate_and_load(DAY, [BRAND])
    rows = query.rows(conn, "select s.*, t.body from core.ad_seen_daily s left join core.ad_text t using (text_hash)")
    assert {row["ad_id"] for row in rows} == truth(served)
    assert all(row["body"] for row in rows)


def test_the_list_tells_what_moves_and_an_older_detail_the_words() -> None:
    listed = {"ad": {"id": 7, "last_shown_date": 20261120, "reach": {"unique_users_seen": "12K"}}}
    detail = {"ad": {"id": 7, "title": "Dinner.", "last_shown_date": 20261101, "reach": {"unique_users_seen": "1K"}}}
    record, _ = read({"listed": listed, "detail": detail, "detail_on": "2026-11-01"})
    assert (record["body"], record["reach"], record["last_shown"]) == ("Dinner.", 12000, date(2026, 11, 20))
