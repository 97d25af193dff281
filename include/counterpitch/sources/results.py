"""Pull our own results from a platform and land them as a file would be: accounted for, quarantined, restated.

The first pull of a feed asks for its history, a later one for every day since the last: a report may begin long ago,
so days on which nobody asked are not lost. A pull is known by the hash of what it says, so the same answer again
changes nothing; a later answer restates it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from counterpitch.sources import facts, meta_graph, quotas, snapshots
from counterpitch.sources.base import State, SweepFailed, SweepInterrupted, Waits, Window
from counterpitch.sources.credentials import credentials
from counterpitch.sources.http import Api
from counterpitch.sources.landing import Landing
from counterpitch.sources.mapping import mapping
from counterpitch.sources.meta_insights import CONVERSIONS, MetaInsights
from counterpitch.sources.readers import META, looking
from counterpitch.sources.reading import FileRow, storable
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection

LAYOUT = "meta_insights"
HISTORY_DAYS = 90  # what the first pull asks for; `counterpitch backfill` brings older days


def pull_results(conn: Connection, feed: Mapping[str, Any], window: Window) -> tuple[State, int]:
    """Pull a `results` feed for the window -> core.ad_result_daily, ops.coverage; returns the state and the rows.

    Raises SweepFailed, SweepInterrupted; coverage then says `failed`.
    """
    observed_at, waits = datetime.now(UTC), Waits()
    slice_of = (feed["source"], feed["brand_id"], window.last.isoformat())
    with conn:
        known_to = _known_to(conn, feed, window)
    try:
        rows = _pulled(conn, feed, window, known_to, waits)
    except (SweepFailed, SweepInterrupted) as error:
        with conn:
            said = waits.told(str(error))
            snapshots.cover(
                conn, *slice_of, observed_at, state=State.FAILED, code=error.code, message=said, kind="results"
            )
        raise
    state = State.OK if rows else State.EMPTY
    with conn:
        query.execute(conn, query.sql(__file__, "forget_cursor"), {"name": _name(feed, window)})
        if rows:
            _land(conn, feed, window, rows)
        snapshots.cover(conn, *slice_of, observed_at, state=state, rows=len(rows), message=waits.told(), kind="results")
        _cover_missed(conn, feed, window, observed_at)
    return state, len(rows)


def _cover_missed(conn: Connection, feed: Mapping[str, Any], window: Window, observed_at: datetime) -> None:
    """Say of the days since the feed is asked daily, of which nothing is known, that this report had them in it."""
    message = f"Nobody asked on this day; the report of {window.last} begins before it."
    day = feed["asked_from"]
    while day < window.first:
        told = {**feed, "day": day, "state": State.OK.value, "code": "caught_up", "message": message}
        query.execute(conn, query.sql(__file__, "record_unasked"), told | {"observed_at": observed_at})
        day += timedelta(days=1)


def _known_to(conn: Connection, feed: Mapping[str, Any], window: Window) -> date:
    """The day up to which earlier pulls know the results; of a feed that was never pulled, where its history begins."""
    pulled = query.rows(conn, query.sql(__file__, "find_pulled_days"), {**feed, "first": window.first})[0]
    if not pulled["ever"]:
        return window.first - timedelta(days=int(feed["options"].get("history_days", HISTORY_DAYS)))
    return pulled["before"] or window.first


def _name(feed: Mapping[str, Any], window: Window) -> str:
    return f"report:{feed['source']}:{feed['brand_id']}:{window.last}"


def _report(conn: Connection, feed: Mapping[str, Any], window: Window, today: date) -> str | None:
    """The report that an earlier try of today began."""
    with conn:
        kept = query.scalar(conn, query.sql(__file__, "find_cursor"), {"name": _name(feed, window)})
    return str(kept["run"]) if kept and kept["begun_on"] == today.isoformat() else None


def _keep(conn: Connection, feed: Mapping[str, Any], window: Window, today: date, run: str) -> None:
    value = write.as_json({"run": run, "begun_on": today.isoformat()})
    with conn:
        query.execute(conn, query.sql(__file__, "keep_cursor"), {"name": _name(feed, window), "value": value})


def _pulled(
    conn: Connection, feed: Mapping[str, Any], window: Window, known_to: date, waits: Waits
) -> list[dict[str, Any]]:
    options = feed["options"]
    if options.get("reader") != LAYOUT:
        raise SweepFailed("no_reader", f"Results have no reader {options.get('reader')!r}. Choose from: {LAYOUT}.")
    name = options.get("connection", "meta")
    found = credentials(name)
    address, today = looking(found.address or META, window)
    with conn:
        free_in = quotas.free_in(conn, name)
    api = Api(
        address,
        meta_graph.check,
        token=found.token,
        first_wait=float(options.get("first_wait", 0.5)),
        waits=waits,
        free_in=free_in,
        used_up=partial(quotas.used_up, name),
    )
    source = MetaInsights(
        api,
        str(options.get("account", "")),
        conversions=options.get("conversions", CONVERSIONS),
        poll_every=float(options.get("poll_every", 5.0)),
    )
    try:
        day = today()
        run = _report(conn, feed, window, day)
        return list(
            source.pull(window, day, known_to, run=run, begun=lambda begun: _keep(conn, feed, window, day, begun))
        )
    finally:
        api.close()


def _land(conn: Connection, feed: Mapping[str, Any], window: Window, rows: list[dict[str, Any]]) -> None:
    layout = mapping(LAYOUT)
    cells = [storable(row | {"source": feed["source"], "brand": feed["brand_id"]}) for row in rows]
    told = sorted(write.as_json(row) for row in cells)
    sha256 = hashlib.sha256("\n".join(told).encode()).hexdigest()
    write.lock(conn, "import", sha256)
    if query.rows(conn, query.sql(__file__, "find_landed_file"), {"sha256": sha256}):
        return
    name = f"{LAYOUT} {feed['brand_id']} {window.last}"
    file = {"sha256": sha256, "file": name, "kind": "results", "mapping": LAYOUT, "options": "{}"}
    query.execute(conn, query.sql(__file__, "begin_landed_file"), file)
    landing = Landing(conn, layout, sha256, {})
    landed, held = landing.land([FileRow(number, row) for number, row in enumerate(cells, start=1)])
    counts = {"rows_read": len(cells), "rows_landed": landed, "rows_quarantined": held}
    query.execute(conn, query.sql(__file__, "end_landed_file"), file | counts)
    landing.register()
    facts.load(conn, sha256, layout, {})
