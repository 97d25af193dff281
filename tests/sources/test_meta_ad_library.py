"""The Ad Library over real HTTP: what is stored equals what runs, whatever the platform does on the way."""

from __future__ import annotations

import json
import logging
import math
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from counterpitch import brands
from counterpitch.quality.publish import validate_and_load
from counterpitch.sandbox.platforms.accounts import META_EXPIRED, META_TOKEN, Quota
from counterpitch.sandbox.platforms.meta_library import expected
from counterpitch.sandbox.platforms.server import Sandbox, Served, serving
from counterpitch.sandbox.platforms.world import BULK_PAGE, World
from counterpitch.sources.base import Waits, Window
from counterpitch.sources.collect import CollectionFailed, CollectionInterrupted, collect_brand
from counterpitch.sources.http import Answer, Api, TooSlow
from counterpitch.sources.importing import import_ads
from counterpitch.sources.meta_ad_library import MetaAdLibrary, read, read_past
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.sources.ads import TODAY, ad, write_ads

START, LAST = date(2026, 10, 1), date(2026, 11, 20)
DAY = LAST.isoformat()
BULK = 2500


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with serving(Sandbox(World(START, LAST, seed=7, bulk_ads=BULK), LAST)) as served:
        yield served


@pytest.fixture
def served(running: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """The server without faults and without memory, and a connection to it."""
    dial = running.sandbox.dial
    dial.rate, dial.kinds, dial.hang, dial.drip = 0.0, (), 0.2, 0.05
    dial.forget()
    connect_as(monkeypatch, running, META_TOKEN)
    return running


def connect_as(monkeypatch: pytest.MonkeyPatch, served: Served, token: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_META", served.url.replace("http://", f"http://:{token}@") + "/on/{day}")


def register(conn: Connection, pages: dict[str, str], **options: object) -> list[str]:
    """Each page's brand, fed by the Ad Library."""
    with conn:
        for page, brand in pages.items():
            brands.register_brand(conn, brand, brand_id=brand)
            brands.register_page(conn, "meta", page, brand)
            told = {"reader": "meta_ad_library", "first_wait": 0.01, "limit": 25} | options
            brands.register_feed(conn, brand, "meta", options=told)
    return sorted(set(pages.values()))


def stored(conn: Connection) -> Counter[str]:
    found = Counter(row["ad_id"] for row in query.rows(conn, "select ad_id from core.ad_seen_daily"))
    conn.commit()
    return found


def truth(served: Served) -> Counter[str]:
    world = served.sandbox.world
    return Counter(expected(world, list(world.pages), LAST))


def names(served: Served) -> dict[str, str]:
    return dict(served.sandbox.world.pages)


def test_what_is_stored_is_what_runs(conn: Connection, served: Served) -> None:
    known = register(conn, names(served))
    for brand in known:
        collect_brand(brand, DAY)
    counts = validate_and_load(DAY, known)
    assert stored(conn) == truth(served)
    assert counts["quarantined"] == 0
    assert counts["rows"] == counts["ads"] == sum(truth(served).values())
    row = query.rows(conn, "select a.*, t.body from core.ad a join core.ad_text t using (text_hash) limit 1")[0]
    assert row["body"]
    assert row["public_url"] == f"https://www.facebook.com/ads/library/?id={row['ad_id']}"
    assert row["delivery_start"] <= LAST
    assert row["status"] == "active"


def test_with_every_fault_the_same_ads_are_stored(conn: Connection, served: Served) -> None:
    known = register(conn, names(served))
    for brand in known:
        collect_brand(brand, DAY)
    without = len(served.sandbox.dial.calls)
    served.sandbox.dial.forget()
    served.sandbox.dial.rate = 0.15
    query.execute(conn, "truncate raw.ad_snapshot, ops.coverage")
    conn.commit()
    for brand in known:
        for _ in range(5):  # what the scheduler does with an interrupted task
            try:
                collect_brand(brand, DAY)
                break
            except CollectionInterrupted:
                continue
    counts = validate_and_load(DAY, known)
    assert stored(conn) == truth(served)
    assert counts["rows"] == counts["ads"] + counts["merged"]
    assert served.sandbox.dial.calls != []
    assert len(served.sandbox.dial.calls) <= 1.3 * without


KILLS = 20


@pytest.fixture
def most(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A list of one number: beyond so many calls the platform answers none until the number is raised."""
    calls, most = served.sandbox.dial.calls, [math.inf]

    def held(_platform: str, _key: str) -> str:
        while len(calls) >= most[0]:
            time.sleep(0.001)
        return ""

    monkeypatch.setattr(served.sandbox.dial, "fault", held)
    yield most
    most[0] = math.inf


def test_killed_at_twenty_points_it_goes_on_and_fetches_no_page_twice(
    conn: Connection, served: Served, most: list[float]
) -> None:
    register(conn, {BULK_PAGE: "bulk"}, limit=25)
    dial, dice = served.sandbox.dial, random.Random(5)  # noqa: S311 a dice
    collect_brand("bulk", DAY)
    undisturbed, pages = swept(conn), Counter(key for key, _, _ in dial.calls)
    query.execute(conn, "truncate raw.ad_snapshot, ops.coverage")
    conn.commit()
    calls = dial.calls
    calls.clear()
    for kill in range(1, KILLS + 1):
        further = len(calls) + dice.randint(0, 3)
        most[0] = further + 1  # so it cannot come to its end, however long the kill takes
        child = begun()
        begins = time.monotonic()
        while child.is_alive() and len(calls) < further and time.monotonic() - begins < 120:
            time.sleep(0.0005)
        time.sleep(dice.uniform(0, 0.01))
        assert child.is_alive(), "it came to its end before it was killed"
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        most[0] = math.inf  # a call that is held is noted, and answered to nobody
        assert len(calls) - len({key for key, _, _ in calls}) <= kill
    child = begun()
    child.join(timeout=300)
    assert child.exitcode == 0
    assert len(calls) - len(pages) <= KILLS
    assert {key for key, _, _ in calls} == set(pages)
    assert swept(conn) == undisturbed
    assert query.scalar(conn, "select count(*) from raw.arrived_page") == 0
    conn.commit()
    validate_and_load(DAY, ["bulk"])
    assert len(stored(conn)) == BULK


def begun() -> multiprocessing.context.ForkProcess:
    """A task that collects."""
    child = multiprocessing.get_context("fork").Process(target=collect_brand, args=("bulk", DAY))
    child.start()
    return child


def swept(conn: Connection) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """What a sweep left, without when."""
    found = query.rows(conn, "select ad_id, content_hash, shape, payload, copies from raw.ad_snapshot order by 1, 2")
    ended = query.rows(conn, "select source, brand_id, partition_key, state, rows from ops.coverage")
    conn.commit()
    return found, ended


def test_two_sweeps_of_one_day_wait_for_each_other(conn: Connection, served: Served) -> None:
    register(conn, {BULK_PAGE: "bulk"}, limit=50)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(collect_brand, "bulk", DAY) for _ in range(2)]
    assert [each.result()["rows"] for each in both] == [BULK, BULK]
    calls = [key for key, _, _ in served.sandbox.dial.calls]
    assert calls[: len(calls) // 2] == calls[len(calls) // 2 :]


def test_a_page_that_is_too_much_is_halved_and_stays_halved(conn: Connection, served: Served) -> None:
    register(conn, {BULK_PAGE: "bulk"}, limit=1000)
    assert collect_brand("bulk", DAY)["rows"] == BULK
    refused = [status for _, _, status in served.sandbox.dial.calls if status == 500]
    assert len(refused) == 2
    assert len(served.sandbox.dial.calls) == 2 + BULK // 250


def test_a_page_that_is_never_whole_in_time_is_halved_until_it_is_small_and_stays_halved() -> None:
    asked: list[tuple[object, bool]] = []

    def get(_: str, params: dict[str, object], *, can_shrink: bool) -> Answer:
        asked.append((params["limit"], can_shrink))
        if params["limit"] in (250, 125):
            raise TooSlow
        more = {"next": "elsewhere", "cursors": {"after": "on"}} if "after" not in params else {}
        return Answer(200, {"data": [{"id": str(len(asked))}], "paging": more})

    source = MetaAdLibrary(cast("Api", SimpleNamespace(get=get, waits=Waits())), lambda _: ["1"], today=lambda: LAST)
    found = list(source.sweep("bulk", Window(LAST, LAST)).pages)
    assert asked == [(250, True), (125, True), (62, True), (62, True)]
    assert [json.loads(page.cursor or "{}")["limit"] for page in found] == [62, 62]
    on = json.dumps({"first": 0, "after": "on", "limit": 40})
    assert len(list(source.sweep("bulk", Window(LAST, LAST), on).pages)) == 1
    assert asked[-1] == (40, False), "so small a page is not slow for its size"


def test_the_quota_is_obeyed_and_the_waiting_is_told(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox = served.sandbox
    quota = sandbox.meta_quota
    assert isinstance(quota, Quota)
    monkeypatch.setattr(quota, "calls", 20)
    monkeypatch.setattr(quota, "_made", {})
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        sandbox.clock.advance(seconds)

    clock = SimpleNamespace(sleep=sleep, monotonic=lambda: time.monotonic() + sum(waited))
    monkeypatch.setattr("counterpitch.sources.http.time", clock)  # the reader's clock, not that of all the process
    monkeypatch.setattr("counterpitch.sources.http.LONGEST_WAIT", 4000.0)
    register(conn, {BULK_PAGE: "bulk"}, limit=50)
    with caplog.at_level(logging.WARNING):
        assert collect_brand("bulk", DAY)["rows"] == BULK
    assert quota.overdrawn == 0
    assert waited
    assert "quota is used up: waiting" in caplog.text
    told = query.scalar(conn, "select message from ops.coverage")
    assert told == f"Waited {sum(waited) / 60:.0f} min for the platform's quota in {len(waited)} pauses."


def test_a_quota_that_is_used_up_is_obeyed_by_the_next_try_and_the_next_brand(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    quota = served.sandbox.meta_quota
    assert isinstance(quota, Quota)
    monkeypatch.setattr(quota, "calls", 20)
    monkeypatch.setattr(quota, "_made", {})
    known = register(conn, names(served) | {BULK_PAGE: "bulk"}, limit=50)
    with pytest.raises(CollectionInterrupted, match=r"no call before \d\d:\d\d UTC"):
        collect_brand("bulk", DAY)
    made = len(served.sandbox.dial.calls)
    for brand in known:
        with pytest.raises(CollectionInterrupted, match=r"quota is used up for (5\d|60) more minutes"):
            collect_brand(brand, DAY)
    assert (len(served.sandbox.dial.calls), quota.overdrawn) == (made, 0)
    told = query.rows(conn, "select code, message from ops.coverage")
    assert {row["code"] for row in told} == {"quota"}
    conn.commit()
    over = "update ops.watermark set value = jsonb_build_object('until', now()) where name = 'quota:meta'"
    query.execute(conn, over)
    conn.commit()
    monkeypatch.setattr(quota, "calls", 10_000)
    assert collect_brand("bulk", DAY)["rows"] == BULK


def test_a_bad_token_fails_at_once_and_says_what_to_do(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = register(conn, names(served))
    with conn:
        brands.register_feed(conn, known[0], "google")
    connect_as(monkeypatch, served, META_EXPIRED)
    with pytest.raises(CollectionFailed, match="make a new one and put it into the connection"):
        collect_brand(known[0], DAY)
    assert len(served.sandbox.dial.calls) == 1
    states = query.rows(conn, "select source, state, code from ops.coverage order by source")
    assert [tuple(row.values()) for row in states] == [
        ("google", "not_covered", "no_file"),
        ("meta", "failed", "190/463"),
    ]


def test_no_token_is_said_plainly(conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    known = register(conn, names(served))
    monkeypatch.delenv("AIRFLOW_CONN_META")
    with pytest.raises(CollectionFailed, match="set AIRFLOW_CONN_META"):
        collect_brand(known[0], DAY)


def test_imported_files_fill_the_days_that_the_library_forgot(conn: Connection, served: Served, tmp_path: Path) -> None:
    register(conn, {"77": "acme"})
    day = "2025-01-15"
    rows = [
        ad(observed_on=day, delivery_start="2025-01-01"),
        ad(ad_id="2", observed_on=day, delivery_start="2025-01-01"),
    ]
    import_ads(write_ads(tmp_path / "ads.csv", rows), today=TODAY)
    address = served.url.replace("http://", f"http://:{META_TOKEN}@")
    with pytest.MonkeyPatch.context() as live:
        live.setenv("AIRFLOW_CONN_META", address)
        assert collect_brand("acme", day)["sources"] == {"meta": "ok"}
        assert collect_brand("acme", "2025-01-16")["sources"] == {"meta": "not_covered"}
    assert validate_and_load(day, ["acme"])["ads"] == 2
    assert query.scalar(conn, "select code from ops.coverage where state = 'not_covered'") == "too_old"


def test_a_day_swept_again_later_keeps_the_reach_that_was_known_then(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand = register(conn, names(served))[0]
    seen = f"select * from core.ad_seen_daily where partition_key = '{DAY}' order by ad_id"
    collect_brand(brand, DAY)
    validate_and_load(DAY, [brand])
    before = query.rows(conn, seen)
    conn.commit()
    assert any(row["reach"] for row in before)
    monkeypatch.setattr(
        "counterpitch.sources.readers.looking",
        lambda address, window: (address.replace("{day}", window.last.isoformat()), lambda: date(2026, 11, 25)),
    )
    for _ in range(2):
        collect_brand(brand, DAY)
        validate_and_load(DAY, [brand])
    past = "select count(*) from raw.ad_snapshot where shape = 'meta_ad_library_past'"
    assert query.scalar(conn, past) >= len(before)
    assert query.rows(conn, seen) == before


def test_an_earlier_day_brings_no_reach() -> None:
    answer = {
        "id": "1",
        "ad_creative_bodies": ["Speak now", "Speak now", "Free"],
        "ad_delivery_start_time": "2026-11-01T00:00:00+0000",
        "publisher_platforms": ["FACEBOOK", "AUDIENCE_NETWORK"],
        "eu_total_reach": 5400,
        "total_reach_by_location": [{"key": "DE", "value": 5400}],
    }
    record, problems = read(answer)
    assert (record["body"], record["reach"], problems) == ("Speak now\nFree", 5400, [])
    assert (record["delivery_start"], record["platforms"]) == (date(2026, 11, 1), ["audience_network", "facebook"])
    assert read_past(answer)[0]["reach"] is None
    record, problems = read(answer | {"eu_total_reach": "many"})
    assert (record["reach"], problems[0].expectation) == (None, "reach_is_a_count")
