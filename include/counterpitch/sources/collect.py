"""Sweep one brand on one day: every feed that is switched on, each on its own.

One failing platform stops nothing else: its coverage says `failed` with the code and what to do, the rows it
brought before are kept, and the other feeds go on. The task then fails, so that a person or a retry sees it.
A page of ads is kept as it came, with the cursor after it, before the next is asked for, and merged while the platform
makes that one. So a sweep that was killed goes on where it was, and fetches again only the page that was on its way.
Two sweeps of one slice wait for each other.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from counterpitch import brands as registry
from counterpitch.errors import Permanent, Transient
from counterpitch.sources import snapshots
from counterpitch.sources.base import Page, State, Sweep, SweepFailed, SweepInterrupted, Waits, Window
from counterpitch.sources.files import FilesSource
from counterpitch.sources.missed import missed_days
from counterpitch.sources.readers import open_source
from counterpitch.sources.results import pull_results
from counterpitch.sources.web import keeping
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, connect

KEEP = {"ads": snapshots.append, "pages": keeping.append}
log = logging.getLogger(__name__)
MOST_REFUSALS = 2  # of a source, by days that were missed, in one run
BEST_FIRST = (State.OK, State.EMPTY, State.NOT_COVERED)


class CollectionFailed(Permanent):
    """A source of the brand refused for good; the others were collected."""


class CollectionInterrupted(Transient):
    """A source of the brand could not answer now; the others were collected, and a retry may do."""


def collect_brand(brand_id: str, partition_key: str, *, catch_up: bool = False) -> dict[str, Any]:
    """Ask all sources of a brand for the day -> raw.ad_snapshot, core.ad_result_daily (own results), core.web_page,
    ops.coverage.

    `catch_up` asks for earlier days too, of sources that answered for this one but were not asked on those.
    Returns {"brand", "state", "rows", "sources": {source: state}, "caught_up": [days]}; state is `ok` when any source
    brought rows. Raises BrandUnknown, CollectionFailed, CollectionInterrupted.
    """
    window = Window.day(partition_key)
    states: dict[str, State] = {}
    failures: list[SweepFailed | SweepInterrupted] = []
    rows = 0
    with closing(connect(application=f"collect {brand_id}")) as conn:
        for feed in _feeds(conn, brand_id):
            name = _name(feed)
            try:
                states[name], count = _swept(conn, feed, window)
                rows += count
            except (SweepFailed, SweepInterrupted) as error:
                states[name] = State.FAILED
                failures.append(error)
        answering = {name for name, state in states.items() if state in BEST_FIRST[:2]}
        caught_up = _catch_up(conn, brand_id, window, answering) if catch_up else []
    if failures:
        raise _summary(brand_id, failures)
    state = next((each for each in BEST_FIRST if each in states.values()), State.NOT_COVERED)
    sources = {source: each.value for source, each in states.items()}
    return {"brand": brand_id, "state": state.value, "rows": rows, "sources": sources, "caught_up": caught_up}


def _catch_up(conn: Connection, brand_id: str, window: Window, answering: set[str]) -> list[str]:
    """Ask for the days before the window that were missed; returns those of which something was learnt.

    What cannot be had now is left for the next run: the day that was asked for goes first. A day that a source
    refuses does not keep it from being asked for the next one; a source that refuses MOST_REFUSALS is left in peace.
    """
    with conn:
        missed = missed_days(conn, window.first, [brand_id])
    days: set[str] = set()
    refusals: Counter[str] = Counter()
    for each in missed:
        name = _name(each.feed)
        if name not in answering:
            continue
        try:
            _FeedSweep(conn, each.feed, Window(each.day, each.day)).run()
            days.add(each.day.isoformat())
        except (SweepFailed, SweepInterrupted) as error:
            log.warning("%s could not be asked for %s, which was missed: %s", name, each.day, error)
            refusals[name] += 1
            if isinstance(error, SweepInterrupted) or refusals[name] >= MOST_REFUSALS:
                answering.discard(name)
    if days:
        log.info("Caught up the days that were missed: %s", ", ".join(sorted(days)))
    return sorted(days)


def _name(feed: Mapping[str, Any]) -> str:
    return str(feed["source"]) if feed["kind"] == "ads" else f"{feed['source']} {feed['kind']}"


def _feeds(conn: Connection, brand_id: str) -> list[dict[str, Any]]:
    with conn:
        registry.check_registered(conn, [brand_id])
        return query.rows(conn, query.sql(__file__, "list_feeds"), {"brand_id": brand_id})


def _swept(conn: Connection, feed: Mapping[str, Any], window: Window) -> tuple[State, int]:
    return pull_results(conn, feed, window) if feed["kind"] == "results" else _FeedSweep(conn, feed, window).run()


class _FeedSweep:
    """One sweep of one feed, which may go on where an earlier try of it ended."""

    def __init__(self, conn: Connection, feed: Mapping[str, Any], window: Window) -> None:
        self._conn, self._feed, self._window = conn, feed, window
        self._slice = (feed["source"], feed["brand_id"], window.first.isoformat())
        self._name = ":".join(("sweep", *self._slice))
        self._observed_at = datetime.now(UTC)
        self._cursor: str | None = None
        self._rows = 0
        self._waits, self._waited = Waits(), Waits()  # of this try, and of those before

    def run(self) -> tuple[State, int]:
        """Sweep, store, and record how it ended."""
        with write.locked(self._conn, self._name):
            return self._swept()

    def _swept(self) -> tuple[State, int]:
        try:
            return self._run()
        except (SweepFailed, SweepInterrupted) as error:
            self._conn.rollback()
            with self._conn:
                self._merge_arrived()
                self._cover(State.FAILED, Sweep(code=error.code, message=str(error), listing="none"))
                if isinstance(error, SweepFailed):
                    self._forget()  # a cursor that the platform refuses would be refused again
                elif self._all_waits().pauses:
                    self._keep_waits()
            raise

    def _run(self) -> tuple[State, int]:
        with self._conn:
            self._resume()
            source = open_source(self._conn, self._feed, self._window)
            answer = source.sweep(self._slice[1], self._window, self._cursor)
            self._waits = answer.waits
            self._store(answer)
            if self._feed["kind"] == "ads" and not isinstance(source, FilesSource):
                answer = self._with_files(answer)
            state = State.EMPTY if answer.state is State.OK and not self._rows else answer.state
            self._cover(state, answer)
            self._forget()
        return state, self._rows

    def _store(self, answer: Sweep) -> None:
        merging: Future[None] | None = None
        with ThreadPoolExecutor(1) as pool:  # left when the merge has ended, also where the platform refuses
            for page in answer.pages:
                if merging:
                    merging.result()
                if page.cursor and self._feed["kind"] == "ads":
                    self._arrive(page, page.cursor)
                    merging = pool.submit(self._merge)
                else:
                    self._append(page)
            if merging:
                merging.result()

    def _arrive(self, page: Page, cursor: str) -> None:
        self._rows += sum(each.copies for each in page.records)
        snapshots.keep_arrived(self._conn, self._name, self._place(cursor), page.records)
        self._conn.commit()  # of an unlogged table alone: it waits for no disk

    def _merge(self) -> None:
        self._merge_arrived()
        self._commit()

    def _merge_arrived(self) -> None:
        snapshots.merge_arrived(self._conn, self._name, *self._slice)

    def _append(self, page: Page) -> None:
        self._rows += KEEP[self._feed["kind"]](self._conn, *self._slice, self._observed_at, page.records)
        if page.cursor:
            self._keep(page.cursor)
            self._commit()

    def _commit(self) -> None:
        """Commit, and do not wait for the disk: a page that Postgres loses in a crash of its own is lost with its
        cursor, and is asked for again.
        """
        query.execute(self._conn, "set local synchronous_commit = off")
        self._conn.commit()

    def _with_files(self, answer: Sweep) -> Sweep:
        """Add what imported files say of the same day: an API that forgets a year ago does not empty its slice."""
        files = FilesSource(self._conn, self._slice[0]).sweep(self._slice[1], self._window)
        if files.state is not State.OK:
            return answer
        self._store(files)
        return files if answer.state is State.NOT_COVERED else answer

    def _resume(self) -> None:
        self._observed_at = datetime.now(UTC)  # not before an earlier sweep that was waited for
        self._merge_arrived()
        kept = query.scalar(self._conn, query.sql(__file__, "find_cursor"), {"name": self._name})
        if kept:
            self._waited = Waits(**kept.get("waited", {}))
        if kept and "cursor" in kept:
            self._cursor, self._rows = kept["cursor"], kept["rows"]
            self._observed_at = datetime.fromisoformat(kept["observed_at"])

    def _place(self, cursor: str) -> dict[str, Any]:
        place = {"cursor": cursor, "rows": self._rows, "observed_at": self._observed_at.isoformat()}
        return place | {"waited": asdict(self._all_waits())}

    def _keep_waits(self) -> None:
        """For the next try to tell, also where no page came after them."""
        params = {"name": self._name, "value": write.as_json({"waited": asdict(self._all_waits())})}
        query.execute(self._conn, query.sql(__file__, "keep_waits"), params)

    def _all_waits(self) -> Waits:
        return Waits(self._waited.seconds + self._waits.seconds, self._waited.pauses + self._waits.pauses)

    def _keep(self, cursor: str) -> None:
        params = {"name": self._name, "value": write.as_json(self._place(cursor))}
        query.execute(self._conn, query.sql(__file__, "keep_cursor"), params)

    def _forget(self) -> None:
        query.execute(self._conn, query.sql(__file__, "forget_cursor"), {"name": self._name})

    def _cover(self, state: State, answer: Sweep) -> None:
        snapshots.cover(
            self._conn,
            *self._slice,
            self._observed_at,
            state=state,
            rows=self._rows,
            listing=answer.listing,
            code=answer.code,
            message=self._all_waits().told(answer.message),
            kind=self._feed["kind"],
        )


def _summary(brand_id: str, failures: list[SweepFailed | SweepInterrupted]) -> CollectionFailed | CollectionInterrupted:
    said = "; ".join(f"{error.code}: {error}" for error in failures)
    if all(isinstance(error, SweepInterrupted) for error in failures):
        return CollectionInterrupted(f"{brand_id} could not be collected now. {said}")
    return CollectionFailed(f"{brand_id} could not be collected. {said}")
