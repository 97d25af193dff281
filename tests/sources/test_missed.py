"""After an outage: missed days are asked for where the platform still tells of them, and said to be lost where not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from counterpitch import brands
from counterpitch.quality.outcomes import DayRefused
from counterpitch.quality.publish import validate_and_load, validate_days
from counterpitch.sandbox.platforms.accounts import META_TOKEN
from counterpitch.sandbox.platforms.server import Sandbox, Served, serving
from counterpitch.sandbox.platforms.world import World
from counterpitch.sandbox.sightings import page_id
from counterpitch.sources.base import Page, Sweep, SweepFailed, SweepInterrupted, Waits, Window
from counterpitch.sources.collect import CollectionFailed, CollectionInterrupted, collect_brand
from counterpitch.sources.meta_ad_library import MetaAdLibrary
from counterpitch.sources.missed import MOST_DAYS, missed_days
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

START, LAST = date(2026, 10, 1), date(2026, 11, 20)
BRAND = "simmerwick"


def day(back: int) -> str:
    return (LAST - timedelta(days=back)).isoformat()


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with serving(Sandbox(World(START, LAST, seed=7), LAST)) as served:
        yield served


@pytest.fixture
def served(running: Served, conn: Connection, monkeypatch: pytest.MonkeyPatch) -> Served:
    """A platform that is asked as a live one is, on LAST; the brand has been collected daily for eight days."""
    monkeypatch.setenv("AIRFLOW_CONN_META", running.url.replace("http://", f"http://:{META_TOKEN}@"))
    monkeypatch.setattr(
        "counterpitch.sources.readers.looking", lambda address, _: (address, lambda: LAST + timedelta(days=1))
    )
    running.sandbox.dial.forget()
    with conn:
        brands.register_brand(conn, "Simmerwick")
        brands.register_page(conn, "meta", page_id(BRAND), BRAND)
        brands.register_feed(conn, BRAND, "meta", options={"reader": "meta_ad_library"})
    asked_from(conn, 8)
    return running


def asked_from(conn: Connection, back: int) -> None:
    with conn:
        query.execute(conn, "update core.feed set asked_from = %(day)s", {"day": day(back)})


def states(conn: Connection, kind: str = "ads") -> dict[str, str]:
    rows = query.rows(conn, "select source, partition_key, state from ops.coverage where kind = %(kind)s",
                      {"kind": kind})  # fmt: skip
    conn.commit()
    return {f"{row['source']} {row['partition_key']}": row["state"] for row in rows}


def test_the_days_of_an_outage_are_caught_up_and_passed_on(conn: Connection, served: Served) -> None:
    for back in (8, 7, 5):  # then the machine was off
        collect_brand(BRAND, day(back))
    told = collect_brand(BRAND, day(0), catch_up=True)
    assert told["caught_up"] == [day(back) for back in (6, 4, 3, 2, 1)]
    assert states(conn) == {f"meta {day(back)}": "ok" for back in range(9)}
    loaded = validate_days(day(0), [BRAND], [told])
    assert loaded["days"] == [day(back) for back in (6, 4, 3, 2, 1, 0)]
    seen = query.rows(
        conn,
        "select partition_key::text as day, count(*) as ads, count(reach) as reached"
        " from core.ad_seen_daily group by partition_key",
    )
    assert {row["day"] for row in seen} == set(loaded["days"])
    for row in seen:  # who ran on a day is told later; how many it had reached by then is not, so it is not told
        running_then = [ad for ad in served.sandbox.world.own_ads.values() if ad.flight(date.fromisoformat(row["day"]))]
        assert (row["ads"], row["reached"]) == (len(running_then), len(running_then) if row["day"] == day(0) else 0)
    assert collect_brand(BRAND, day(0), catch_up=True)["caught_up"] == []


def test_a_day_caught_up_beside_a_source_that_failed_is_loaded_although_the_task_told_nothing(
    conn: Connection, served: Served
) -> None:
    asked_from(conn, 2)
    with conn:
        brands.register_feed(conn, BRAND, "tiktok", options={"reader": "nobody"})
    for _ in range(2):  # the retry finds nothing missed
        with pytest.raises(CollectionFailed, match="no reader 'nobody'"):
            collect_brand(BRAND, day(0), catch_up=True)
    assert validate_days(day(0), [BRAND], [], catch_up=True)["days"] == [day(2), day(1), day(0)]
    assert validate_days(day(0), [BRAND], [], catch_up=True)["days"] == [day(0)]


def test_a_day_caught_up_under_a_day_that_is_refused_is_loaded_by_the_next_run(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_from(conn, 2)
    collect_brand(BRAND, day(2))
    validate_days(day(2), [BRAND], [])
    told = collect_brand(BRAND, day(0), catch_up=True)
    with monkeypatch.context() as broken:
        broken.setattr("counterpitch.quality.publish._derive", lambda *_: None)
        with pytest.raises(DayRefused):
            validate_days(day(0), [BRAND], [told], catch_up=True)
    next_day = (LAST + timedelta(days=1)).isoformat()
    assert validate_days(next_day, [BRAND], [], catch_up=True)["days"] == [day(1), day(0)]


def test_a_day_that_a_try_loaded_before_it_was_killed_is_told_by_the_next(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_from(conn, 1)
    collect_brand(BRAND, day(0), catch_up=True)

    def killed_after(partition_key: str, known: list[str]) -> dict[str, object]:
        loaded = validate_and_load(partition_key, known)
        if partition_key == day(1):
            raise KeyboardInterrupt
        return loaded

    with monkeypatch.context() as first_try:
        first_try.setattr("counterpitch.quality.publish.validate_and_load", killed_after)
        with pytest.raises(KeyboardInterrupt):
            validate_days(day(0), [BRAND], [], catch_up=True)
    assert validate_days(day(0), [BRAND], [], catch_up=True)["days"] == [day(1), day(0)]
    assert validate_days(day(0), [BRAND], [], catch_up=True)["days"] == [day(0)]


def test_the_day_itself_is_told_by_the_next_day_where_its_try_was_killed_for_good(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect_brand(BRAND, day(0))

    def killed_after(partition_key: str, known: list[str]) -> dict[str, object]:
        validate_and_load(partition_key, known)
        raise KeyboardInterrupt

    with monkeypatch.context() as only_try:
        only_try.setattr("counterpitch.quality.publish.validate_and_load", killed_after)
        with pytest.raises(KeyboardInterrupt):
            validate_days(day(0), [BRAND], [], catch_up=True)
    next_day = (LAST + timedelta(days=1)).isoformat()
    assert validate_days(day(1), [BRAND], [], catch_up=True)["days"] == [], "a run of an earlier day leaves it alone"
    assert validate_days(next_day, [BRAND], [], catch_up=True)["days"] == [day(0)]
    assert validate_days(next_day, [BRAND], [], catch_up=True)["days"] == []


def test_each_missed_day_is_loaded_once(conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_from(conn, 2)
    told = collect_brand(BRAND, day(0), catch_up=True)
    loads: list[str] = []

    def counted(partition_key: str, known: list[str]) -> dict[str, object]:
        loads.append(partition_key)
        return validate_and_load(partition_key, known)

    monkeypatch.setattr("counterpitch.quality.publish.validate_and_load", counted)
    validate_days(day(0), [BRAND], [told], catch_up=True)
    assert loads == [day(0), day(2), day(1)]


def test_waits_of_a_try_that_was_interrupted_are_told_by_the_next(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sweep(seconds: float, *, interrupted: bool) -> Callable[..., Sweep]:
        waits = Waits()

        def pages() -> Iterator[Page]:
            waits.add(seconds)
            if interrupted:
                raise SweepInterrupted("quota", "Not now.")
            yield Page([], "the end")

        return lambda *_: Sweep(pages=pages(), waits=waits)

    for seconds in (40.0, 20.0):
        monkeypatch.setattr(MetaAdLibrary, "sweep", sweep(seconds, interrupted=True))
        with pytest.raises(CollectionInterrupted):
            collect_brand(BRAND, day(0))
    monkeypatch.setattr(MetaAdLibrary, "sweep", sweep(30.0, interrupted=False))
    for told in (
        "Waited 90 s for the platform's quota in 3 pauses.",
        "Waited 30 s for the platform's quota in 1 pause.",
    ):
        collect_brand(BRAND, day(0))
        assert (
            query.scalar(conn, "select message from ops.coverage where partition_key = %(day)s", {"day": day(0)})
            == told
        )
        conn.commit()
        monkeypatch.setattr(MetaAdLibrary, "sweep", sweep(30.0, interrupted=False))


def test_a_backfill_loads_its_own_day_only(conn: Connection, served: Served) -> None:
    asked_from(conn, 2)
    collect_brand(BRAND, day(1))
    told = collect_brand(BRAND, day(0))
    assert validate_days(day(0), [BRAND], [told])["days"] == [day(0)]


def test_what_a_platform_tells_only_of_now_is_lost_and_says_why(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("counterpitch.sources.missed.KEEPS", {})
    collect_brand(BRAND, day(8))
    told = collect_brand(BRAND, day(6), catch_up=True)
    assert told["caught_up"] == []
    lost = query.rows(
        conn, "select partition_key::text as day, state, code, message from ops.coverage where state = 'lost'"
    )
    assert [tuple(row.values()) for row in lost] == [
        (day(7), "lost", "missed", "Nobody asked on this day, and the platform tells only of now.")
    ]
    collect_brand(BRAND, day(7))  # somebody imported it, or the platform tells of it after all
    assert states(conn)[f"meta {day(7)}"] == "ok"


def test_beyond_the_year_of_the_library_a_day_is_lost(conn: Connection, served: Served) -> None:
    asked_from(conn, 400)
    with conn:
        missed = missed_days(conn, LAST, [BRAND], today=LAST)
    assert [each.day for each in missed] == [LAST - timedelta(days=back) for back in range(1, MOST_DAYS + 1)]
    found = list(states(conn).values())
    assert found == ["lost"] * 35


def test_a_run_asks_for_a_bounded_number_of_days_and_the_next_one_goes_on(conn: Connection, served: Served) -> None:
    asked_from(conn, MOST_DAYS + 3)
    assert collect_brand(BRAND, day(0), catch_up=True)["caught_up"] == [day(n) for n in range(MOST_DAYS, 0, -1)]
    assert collect_brand(BRAND, day(0), catch_up=True)["caught_up"] == [day(n) for n in (17, 16, 15)]


def test_days_that_failed_are_caught_up_once_the_platform_answers_again(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_from(conn, 2)
    with monkeypatch.context() as refused:
        refused.setenv("AIRFLOW_CONN_META", served.url.replace("http://", "http://:expired@"))
        for back in (2, 1):
            with pytest.raises(Exception, match="make a new one"):
                collect_brand(BRAND, day(back), catch_up=True)
    assert set(states(conn).values()) == {"failed"}
    assert collect_brand(BRAND, day(0), catch_up=True)["caught_up"] == [day(2), day(1)]
    assert set(states(conn).values()) == {"ok"}


def test_a_day_that_is_refused_keeps_no_older_one_from_being_asked_for(
    conn: Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_from(conn, 5)
    refused, ask = {day(1), day(3)}, MetaAdLibrary.sweep
    asked: list[str] = []

    def answer(self: MetaAdLibrary, brand_id: str, window: Window, cursor: str | None = None) -> Sweep:
        asked.append(window.first.isoformat())
        if asked[-1] in refused:
            raise SweepFailed("100", "The platform refuses this day.")
        return ask(self, brand_id, window, cursor)

    monkeypatch.setattr(MetaAdLibrary, "sweep", answer)
    assert collect_brand(BRAND, day(0), catch_up=True)["caught_up"] == [day(2)]
    assert asked == [day(n) for n in (0, 1, 2, 3)], "after two refusals the platform is left in peace"
    assert collect_brand(BRAND, day(0), catch_up=True)["caught_up"] == [day(5), day(4)]
    assert asked[4:] == [day(n) for n in (0, 4, 5, 1, 3)], "what was refused comes last"


@pytest.mark.parametrize(("reader", "missed"), [("web_pages", 0), ("meta_ad_library", 1)])
def test_a_feed_that_tells_only_of_now_missed_nothing_before_it_was_registered(
    conn: Connection, reader: str, missed: int
) -> None:
    today = datetime.now(UTC).date()
    with conn:
        brands.register_brand(conn, "Acme")
        brands.register_feed(conn, "acme", "any", kind="pages", options={"reader": reader})
        assert len(missed_days(conn, today, ["acme"])) == missed
    assert states(conn, "pages") == {}
    with conn:
        missed_days(conn, today + timedelta(days=1), ["acme"])
    lost = {} if missed else {f"any {today}": "lost"}
    assert states(conn, "pages") == lost


def test_a_report_of_results_begins_where_the_last_one_ended(conn: Connection, served: Served) -> None:
    account = {"reader": "meta_insights", "account": served.sandbox.world.account, "poll_every": 0.01}
    with conn:
        brands.register_feed(conn, BRAND, "meta", kind="results", options=account)
    asked_from(conn, 45)
    collect_brand(BRAND, day(45))
    collect_brand(BRAND, day(0))
    days = "select count(distinct result_date) from core.ad_result_daily where result_date >= %(day)s"
    stored = query.scalar(conn, days, {"day": day(45)})
    assert stored >= 45
    assert states(conn, "results") == {f"meta {day(back)}": "ok" for back in range(46)}
    message = query.scalar(conn, "select message from ops.coverage where code = 'caught_up' limit 1")
    assert message == f"Nobody asked on this day; the report of {day(0)} begins before it."
