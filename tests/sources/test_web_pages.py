"""A brand's pages over real HTTP: read politely, once a content, and never from inside our network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from counterpitch import brands
from counterpitch.sandbox.library import category
from counterpitch.sandbox.platforms.server import Sandbox, Served, serving
from counterpitch.sandbox.platforms.sites import landing_paths, price
from counterpitch.sandbox.platforms.world import World
from counterpitch.settings import settings
from counterpitch.sources.collect import CollectionFailed, CollectionInterrupted, collect_brand
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

START, LAST = date(2026, 10, 20), date(2026, 11, 20)
DAY, BRAND = LAST.isoformat(), "forkmoss"
TODAY = datetime.now(UTC).date().isoformat()  # yesterday, where midnight came since: that can be read too


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with serving(Sandbox(World(START, LAST, seed=7), LAST)) as served:
        yield served


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between requests, told instead of slept."""
    told: list[float] = []
    clock = SimpleNamespace(sleep=told.append, monotonic=time.monotonic)
    monkeypatch.setattr("counterpitch.sources.web.manners.time", clock)
    return told


@pytest.fixture
def served(running: Served, monkeypatch: pytest.MonkeyPatch, conn: Connection, waits: list[float]) -> Served:
    """The sites without faults; loopback may be read, and no other private address."""
    dial = running.sandbox.dial
    dial.rate, dial.kinds, dial.hang, dial.drip = 0.0, (), 0.2, 0.05
    dial.forget()
    allow(monkeypatch, "127.0.0.0/8")
    with conn:
        brands.register_brand(conn, "Forkmoss", brand_id=BRAND)
    return running


def allow(monkeypatch: pytest.MonkeyPatch, networks: str) -> None:
    monkeypatch.setenv("COUNTERPITCH_PRIVATE_NETWORKS", networks)
    settings.cache_clear()


def register(conn: Connection, *urls: str, **options: Any) -> None:
    with conn:
        for url in urls:
            brands.register_page(conn, "web", url, BRAND)
        told = {"reader": "web_pages", "first_wait": 0.01} | options
        brands.register_feed(conn, BRAND, "web", kind="pages", options=told)


def landing(served: Served) -> list[str]:
    brand = category().brands[BRAND]
    return [f"{served.sites[BRAND]}/on/{{day}}{path}" for path in landing_paths(category(), brand)]


def looks(conn: Connection) -> list[dict[str, Any]]:
    found = query.rows(conn, "select * from core.web_page order by partition_key, url")
    conn.commit()
    return found


def statuses(served: Served, word: str) -> list[int]:
    """The statuses of the requests for addresses with this word."""
    return [status for key, _, status in served.sandbox.dial.calls if word in key]


def coverage(conn: Connection) -> dict[str, Any]:
    found = query.rows(conn, "select kind, state, code, message, rows, listing from ops.coverage")
    conn.commit()
    assert len(found) == 1
    return found[0]


def test_every_page_is_kept_with_its_product_price_and_claims(conn: Connection, served: Served) -> None:
    urls = landing(served)
    register(conn, *urls)
    swept = collect_brand(BRAND, DAY)
    assert (swept["state"], swept["rows"], swept["sources"]) == ("ok", len(urls), {"web pages": "ok"})
    rows = looks(conn)
    assert [row["url"] for row in rows] == sorted(urls)
    for row in rows:
        assert row["state"] == "read"
        assert row["claims"][1:] == list(dict.fromkeys(row["claims"][1:]))
        assert all(claim in row["text"] for claim in row["claims"])
        assert row["language"] == row["url"].split("{day}/")[1][:2]
        product = row["products"][0]
        assert (product["name"], product["currency"]) == ("Forkmoss", "GBP")
        assert product["price"] == round(price(category().brands[BRAND]), 2)
    english = next(row for row in rows if row["url"].endswith("/en/time"))
    assert english["title"] == "Dinner in 20 minutes"
    assert "Over 70,000 people eat by Forkmoss." in english["claims"]
    assert "Sign in" not in english["text"]
    assert coverage(conn)["listing"] == "none"


def test_a_page_that_did_not_change_costs_no_body_and_is_seen_again(conn: Connection, served: Served) -> None:
    register(conn, landing(served)[0])
    collect_brand(BRAND, "2026-11-19")
    served.sandbox.dial.forget()
    collect_brand(BRAND, DAY)
    assert statuses(served, landing(served)[0].split("{day}")[1]) == [304]
    first, second = looks(conn)
    assert (first["state"], second["state"]) == ("read", "unchanged")
    assert {**first, **dict.fromkeys(("state", "partition_key", "observed_at", "final_url"))} == {
        **second, **dict.fromkeys(("state", "partition_key", "observed_at", "final_url"))
    }  # fmt: skip
    kept = query.rows(conn, "select count(*) as n, bool_and(seen_at > observed_at) as again from raw.web_page")
    assert dict(kept[0]) == {"n": 1, "again": True}
    assert coverage_of(conn, DAY) == ("ok", 1)


def coverage_of(conn: Connection, day: str) -> tuple[str, int]:
    row = query.rows(conn, "select state, rows from ops.coverage where partition_key = %(day)s", {"day": day})[0]
    return row["state"], row["rows"]


def test_the_same_day_again_changes_nothing(conn: Connection, served: Served) -> None:
    register(conn, *landing(served)[:2])
    collect_brand(BRAND, DAY)
    before = [{**row, "observed_at": None} for row in looks(conn)]
    collect_brand(BRAND, DAY)
    assert [{**row, "observed_at": None} for row in looks(conn)] == before
    assert query.scalar(conn, "select count(*) from raw.web_page") == 2


def test_what_robots_txt_forbids_is_never_asked_for(conn: Connection, served: Served) -> None:
    site = served.sites[BRAND]
    register(conn, f"{site}/account/", f"{site}/pricing")
    collect_brand(BRAND, TODAY)
    assert not any("/account/" in key for key, _, _ in served.sandbox.dial.calls)
    told = {row["url"].removeprefix(site): (row["state"], row["code"]) for row in looks(conn)}
    assert told == {"/account/": ("forbidden", "robots"), "/pricing": ("read", None)}
    cover = coverage(conn)
    assert (cover["state"], cover["rows"]) == ("ok", 1)
    assert "1 of 2 pages could not be read" in cover["message"]


def test_a_site_that_forbids_all_of_it_is_not_covered(conn: Connection, served: Served) -> None:
    register(conn, f"{served.sites[BRAND]}/account/")
    assert collect_brand(BRAND, TODAY)["state"] == "not_covered"
    assert coverage(conn)["code"] == "robots"


def test_the_crawl_delay_is_kept_between_requests_of_a_site(
    conn: Connection, served: Served, waits: list[float]
) -> None:
    register(conn, *landing(served)[:3], every=0.2)
    collect_brand(BRAND, DAY)
    assert len(waits) == 3  # after robots.txt, and between three pages
    assert all(0.5 < wait <= 1.0 for wait in waits)  # the site asks for one second


def test_a_private_address_is_read_only_where_it_is_allowed(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, "")
    register(conn, landing(served)[0])
    with pytest.raises(CollectionFailed, match="COUNTERPITCH_PRIVATE_NETWORKS"):
        collect_brand(BRAND, DAY)
    assert served.sandbox.dial.calls == []
    assert coverage(conn)["code"] == "private_address"


FAULTS = {
    "redirect_private": "private_address",
    "wrong_content_type": "content_type",
    "server_error": "http_500",
    "throttle_429": "http_429",
    "dropped": "network",
}


def always(monkeypatch: pytest.MonkeyPatch, served: Served, fault: str, *, robots: bool = False) -> None:
    """Every request meets the fault; those for robots.txt only where `robots` says so."""

    def fault_of(_platform: str, key: str) -> str:
        return fault if robots or "robots" not in key else ""

    monkeypatch.setattr(served.sandbox.dial, "fault", fault_of)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_page_that_cannot_be_read_says_why(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    register(conn, landing(served)[0])
    collect_brand(BRAND, "2026-11-19")
    kept = looks(conn)
    query.execute(conn, "truncate raw.web_page")  # so that the page is asked for whole
    conn.commit()
    always(monkeypatch, served, fault)
    with pytest.raises((CollectionFailed, CollectionInterrupted), match=FAULTS[fault]):
        collect_brand(BRAND, DAY)
    before, row = looks(conn)
    assert (row["state"], row["code"], row["text"]) == ("failed", FAULTS[fault], "")
    assert coverage_of(conn, DAY) == ("failed", 0)
    assert before == kept[0]


def test_with_every_fault_each_page_is_read_whole_or_named(conn: Connection, served: Served) -> None:
    urls = landing(served)
    register(conn, *urls)
    collect_brand(BRAND, DAY)
    truth = {row["url"]: row["text"] for row in looks(conn)}
    query.execute(conn, "truncate core.web_page, raw.web_page, ops.coverage")
    conn.commit()
    served.sandbox.dial.rate = 0.4
    for _ in range(5):
        try:
            collect_brand(BRAND, DAY)
            break
        except CollectionInterrupted:
            continue
    rows = looks(conn)
    assert {row["url"] for row in rows} == set(urls)
    read = [row for row in rows if row["state"] == "read"]
    assert len(read) >= len(urls) / 2
    assert all(row["text"] == truth[row["url"]] for row in read)
    assert all(row["code"] and row["message"] for row in rows if row["state"] != "read")


def test_a_drip_ends_at_the_time_limit(conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    register(conn, landing(served)[0], page_seconds=1.5)
    served.sandbox.dial.drip = 4.0
    always(monkeypatch, served, "slow_drip")
    with pytest.raises(CollectionInterrupted, match="was not whole after"):
        collect_brand(BRAND, DAY)
    assert coverage(conn)["code"] == "too_slow"


def test_what_failed_for_now_is_asked_again_and_what_was_read_is_not(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(conn, *landing(served)[:3])
    with monkeypatch.context() as down:
        always(down, served, "server_error", robots=True)
        with pytest.raises(CollectionInterrupted, match="cannot be had now"):
            collect_brand(BRAND, DAY)
    assert statuses(served, "robots.txt") == [500, 500, 500]
    assert [row["code"] for row in looks(conn)] == ["robots_500"] * 3
    collect_brand(BRAND, DAY)
    assert [row["state"] for row in looks(conn)] == ["read"] * 3


def test_an_earlier_day_is_lost_and_what_it_said_is_kept(conn: Connection, served: Served) -> None:
    register(conn, f"{served.sites[BRAND]}/pricing")
    assert collect_brand(BRAND, "2026-01-05")["state"] == "not_covered"
    assert coverage(conn)["code"] == "past"
    assert served.sandbox.dial.calls == []


def test_a_brand_without_pages_is_not_covered_and_says_what_to_add(conn: Connection, served: Served) -> None:
    register(conn)
    assert collect_brand(BRAND, TODAY)["state"] == "not_covered"
    assert "--page web:https://" in coverage(conn)["message"]
