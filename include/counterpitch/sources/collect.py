"""Sweep one brand on one day: every feed that is switched on, each in its own transaction.

One failing platform stops nothing else: its coverage says `failed` with the code and what to do, the rows it
brought before are kept, and the other feeds go on. The task then fails, so that a person or a retry sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from counterpitch import brands as registry
from counterpitch.errors import Permanent, Transient
from counterpitch.sources import snapshots
from counterpitch.sources.base import Source, State, SweepFailed, SweepInterrupted, Window
from counterpitch.sources.files import FilesSource
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection, connect

WORST_FIRST = (State.OK, State.EMPTY, State.NOT_COVERED)


class CollectionFailed(Permanent):
    """A source of the brand refused for good; the others were collected."""


class CollectionInterrupted(Transient):
    """A source of the brand could not answer now; the others were collected, and a retry may do."""


def collect_brand(brand_id: str, partition_key: str) -> dict[str, Any]:
    """Ask all sources of a brand for the day -> raw.ad_snapshot and ops.coverage.

    Returns {"brand", "state", "rows", "sources": {source: state}}; state is `ok` when any source brought rows.
    Raises BrandUnknown, CollectionFailed, CollectionInterrupted.
    """
    window = Window.day(partition_key)
    states: dict[str, State] = {}
    failures: list[SweepFailed | SweepInterrupted] = []
    rows = 0
    with closing(connect(application=f"collect {brand_id}")) as conn:
        with conn:
            registry.check_registered(conn, [brand_id])
            feeds = query.rows(conn, query.sql(__file__, "list_feeds"), {"brand_id": brand_id})
        for feed in feeds:
            try:
                states[feed["source"]], count = _sweep(conn, feed, brand_id, window)
                rows += count
            except (SweepFailed, SweepInterrupted) as error:
                states[feed["source"]] = State.FAILED
                failures.append(error)
    if failures:
        raise _summary(brand_id, failures)
    state = next((each for each in WORST_FIRST if each in states.values()), State.NOT_COVERED)
    sources = {source: each.value for source, each in states.items()}
    return {"brand": brand_id, "state": state.value, "rows": rows, "sources": sources}


def _sweep(conn: Connection, feed: Mapping[str, Any], brand_id: str, window: Window) -> tuple[State, int]:
    observed_at, day, source = datetime.now(UTC), window.first.isoformat(), feed["source"]
    try:
        with conn:
            answer = _source(conn, feed).sweep(brand_id, window)
            rows = snapshots.append(conn, source, brand_id, day, observed_at, list(answer.records))
            state = State.EMPTY if answer.state is State.OK and not rows else answer.state
            snapshots.cover(
                conn,
                source,
                brand_id,
                day,
                observed_at,
                state=state,
                rows=rows,
                listing=answer.listing,
                code=answer.code,
                message=answer.message,
            )
    except (SweepFailed, SweepInterrupted) as error:
        with conn:
            snapshots.cover(
                conn, source, brand_id, day, observed_at, state=State.FAILED, code=error.code, message=str(error)
            )
        raise
    return state, rows


def _source(conn: Connection, feed: Mapping[str, Any]) -> Source:
    return FilesSource(conn, feed["source"])


def _summary(brand_id: str, failures: list[SweepFailed | SweepInterrupted]) -> CollectionFailed | CollectionInterrupted:
    said = "; ".join(f"{error.code}: {error}" for error in failures)
    if all(isinstance(error, SweepInterrupted) for error in failures):
        return CollectionInterrupted(f"{brand_id} could not be collected now. {said}")
    return CollectionFailed(f"{brand_id} could not be collected. {said}")
