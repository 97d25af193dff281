"""Our own results over real HTTP: the report that counts for each ad and day, whatever was told before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace

import pytest

from counterpitch import brands
from counterpitch.sandbox.platforms import meta_insights as platform
from counterpitch.sandbox.platforms.accounts import META_TOKEN
from counterpitch.sandbox.platforms.server import Sandbox, Served, serving
from counterpitch.sandbox.platforms.world import World
from counterpitch.sources.collect import CollectionFailed, CollectionInterrupted, collect_brand
from counterpitch.sources.meta_insights import RESTATED, months_before
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

START, LAST = date(2026, 10, 20), date(2026, 11, 20)


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with serving(Sandbox(World(START, LAST, seed=7), LAST)) as served:
        yield served


@pytest.fixture
def served(running: Served, monkeypatch: pytest.MonkeyPatch, conn: Connection) -> Served:
    running.sandbox.dial.rate, running.sandbox.dial.hang, running.sandbox.dial.drip = 0.0, 0.2, 0.05
    running.sandbox.dial.forget()
    monkeypatch.setenv("AIRFLOW_CONN_META", running.url.replace("http://", f"http://:{META_TOKEN}@") + "/on/{day}")
    register(conn, running.sandbox.world.account)
    return running


def register(conn: Connection, account: str) -> None:
    options = {"reader": "meta_insights", "account": account, "poll_every": 0.01, "first_wait": 0.01}
    with conn:
        brands.register_brand(conn, "Us", brand_id="us")
        brands.register_feed(conn, "us", "meta", kind="results", options=options)


def stored(conn: Connection) -> dict[tuple[str, str], tuple[int, int]]:
    rows = query.rows(conn, "select ad_id, result_date, impressions, clicks from core.ad_result_daily")
    conn.commit()
    return {(row["ad_id"], row["result_date"].isoformat()): (row["impressions"], row["clicks"]) for row in rows}


def truth(served: Served, day: date) -> dict[tuple[str, str], tuple[int, int]]:
    since = (day - RESTATED).isoformat()
    return {
        key: (int(row["impressions"]), int(row["clicks"]))
        for key, row in platform.expected(served.sandbox.world, day).items()
        if since <= key[1] <= day.isoformat()
    }


@pytest.mark.parametrize("rate", [0.0, 0.2])
def test_what_is_stored_is_the_report_that_counts(conn: Connection, served: Served, rate: float) -> None:
    served.sandbox.dial.rate = rate
    for day in (date(2026, 11, 10), LAST, date(2026, 11, 10)):  # an earlier look again restates nothing
        for _ in range(5):
            try:
                collect_brand("us", day.isoformat())
                break
            except CollectionInterrupted:
                continue
    expected = truth(served, date(2026, 11, 10)) | truth(served, LAST)
    assert stored(conn) == expected
    account = query.rows(conn, "select sum(rows_read) as r, sum(rows_core + rows_merged) as k from ops.intake")[0]
    assert account["r"] == account["k"]
    one = query.rows(
        conn, "select conversions, spend, currency from core.ad_result_daily where conversions > 0 limit 1"
    )[0]
    assert one["currency"] == "GBP"


def test_a_stranger_s_account_fails_and_says_what_to_do(conn: Connection, served: Served) -> None:
    register(conn, "act_1")
    with pytest.raises(CollectionFailed, match="give the app the permission it lacks"):
        collect_brand("us", LAST.isoformat())
    states = query.rows(conn, "select kind, state, code from ops.coverage")
    assert [tuple(row.values()) for row in states] == [("results", "failed", "200")]


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 11, 20), date(2023, 10, 21)),
        (date(2026, 3, 31), date(2023, 3, 1)),
        (date(2026, 1, 15), date(2022, 12, 16)),
    ],
)
def test_the_start_is_clamped_to_what_meta_keeps(day: date, first: date) -> None:
    assert months_before(day, 37) == first


def test_a_killed_task_goes_on_with_the_report_it_began(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        clock = SimpleNamespace(sleep=killed, monotonic=time.monotonic)
        patched.setattr("counterpitch.sources.meta_insights.time", clock)
        with pytest.raises(KeyboardInterrupt):
            collect_brand("us", LAST.isoformat())
    assert collect_brand("us", LAST.isoformat())["state"] == "ok"
    assert stored(conn).items() >= truth(served, LAST).items()
    begun = [key for key, _, _ in served.sandbox.dial.calls if key.startswith("POST")]
    assert len(begun) == 1
    assert query.rows(conn, "select * from ops.watermark") == []


def test_a_report_that_meta_forgot_is_begun_anew(conn: Connection, served: Served) -> None:
    value = f'{{"run": "42", "begun_on": "{LAST}"}}'
    told = {"name": f"report:meta:us:{LAST}", "value": value}
    query.execute(conn, "insert into ops.watermark (name, value) values (%(name)s, %(value)s)", told)
    conn.commit()
    collect_brand("us", LAST.isoformat())
    assert stored(conn).items() >= truth(served, LAST).items()
