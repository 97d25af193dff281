"""Validate a day once for all brands, then load what passed: raw snapshots -> core, with an account that adds up.

Every raw row of a slice ends as a core row, merged into one (platforms repeat an ad by version and creative),
or in quarantine. When a rule of level `stop` fails, what was found is kept, nothing in core moves, and the run ends.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from counterpitch.quality import profiles, quarantine
from counterpitch.quality.check import check
from counterpitch.quality.merge import COLUMNS, merge_rows
from counterpitch.quality.outcomes import DayRefused, Judged, record, stop_on_failure
from counterpitch.quality.rows import Verdict, check_ads
from counterpitch.quality.suites import ads, core_ads, pages, results, sweeps
from counterpitch.quality.texts import Texts
from counterpitch.quality.variants import group_variants
from counterpitch.sources import records as readers
from counterpitch.sources.canonical import Problem, Record
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, connect, transaction

log = logging.getLogger(__name__)
SLICE = ("source", "brand_id", "partition_key")
NOTED = "caught-up days on their way into core"


@dataclass
class Day:
    """The rows of a partition as they were read, by position."""

    slices: list[tuple[str, str]] = field(default_factory=list)
    refs: list[tuple[str, str, str, int]] = field(default_factory=list)  # source, brand_id, content hash, copies
    payloads: list[Mapping[str, Any]] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    unreadable: dict[int, Problem] = field(default_factory=dict)


def validate_and_load(partition_key: str, brands: Sequence[str]) -> dict[str, Any]:
    """Bring the day's sweeps of `brands` into core.

    Returns {"brands": those whose slices moved, "ads", "rows", "merged", "quarantined"}, where
    rows = ads + merged + quarantined. Raises DayRefused.
    """
    with closing(connect(application="validate")) as conn:
        with conn:
            day = _read(conn, partition_key, brands)
            verdict = check_ads(day.records, day.unreadable, date.fromisoformat(partition_key))
            texts = _texts(day, verdict)
            judged = [_judged_rows(day, verdict), *_judged_sweeps(conn, partition_key, brands, day, verdict)]
            record(conn, partition_key, brands, judged)
            _hold(conn, partition_key, day, verdict)
        stop_on_failure(judged)
        return _moved(conn, partition_key, brands, day, verdict, texts)


def _moved(
    conn: Connection, partition_key: str, brands: Sequence[str], day: Day, verdict: Verdict, texts: Texts
) -> dict[str, Any]:
    """Load, and judge core as it then stands: a rule that stops undoes the load, and what was found is kept."""
    judged: list[Judged] = []
    try:
        with conn:
            counts = _load(conn, partition_key, day, verdict, texts)
            _derive(conn, sorted({brand for _, brand in day.slices}))
            judged = _judged_core(conn, partition_key, brands)
            stop_on_failure(judged)
            record(conn, partition_key, brands, judged)
    except DayRefused:
        with conn:
            record(conn, partition_key, brands, judged)
        raise
    return counts


def _judged_rows(day: Day, verdict: Verdict) -> Judged:
    sources, brands = ([ref[at] for ref in day.refs] for at in (0, 1))
    return Judged(ads.NAME, verdict.frame.assign(source=sources, brand_id=brands), verdict.outcomes)


def _judged_sweeps(
    conn: Connection, partition_key: str, brands: Sequence[str], day: Day, verdict: Verdict
) -> list[Judged]:
    counts = _counted(day, verdict)
    listed = profiles.sweeps(conn, partition_key, brands, counts)
    whole = profiles.run(listed, counts)
    return [
        Judged(sweeps.NAME, listed, check(sweeps.sweeps_suite(), listed), figures=True),
        Judged(sweeps.RUN, whole, check(sweeps.run_suite(), whole), figures=True),
    ]


def _judged_core(conn: Connection, partition_key: str, brands: Sequence[str]) -> list[Judged]:
    found = profiles.core_ads(conn, partition_key, brands)
    own = profiles.results(conn, partition_key, brands)
    tests = profiles.experiments(conn)
    looks = profiles.pages(conn, partition_key, brands)
    return [
        Judged(core_ads.NAME, found, check(core_ads.core_ads_suite(), found)),
        Judged(results.NAME, own, check(results.results_suite(), own)),
        Judged(pages.NAME, looks, check(pages.pages_suite(), looks)),
        Judged(results.EXPERIMENTS, tests, check(results.experiments_suite(), tests), figures=True),
    ]


def _texts(day: Day, verdict: Verdict) -> Texts:
    """Read the words of the good rows: `text_hash`, `words` and `language` are put on each record."""
    texts = Texts()
    for position, found in enumerate(day.records):
        if position not in verdict.bad:
            texts.take(found)
    return texts


def _counted(day: Day, verdict: Verdict) -> profiles.Counts:
    counts = profiles.Counts()
    for position, (source, brand_id, _, _) in enumerate(day.refs):
        found, slice_of = day.records[position], (source, brand_id)
        counts.rows[slice_of] += 1
        if position in verdict.bad:
            counts.bad[slice_of] += 1
            counts.reasons[verdict.bad[position].reason.split(" (")[0]] += 1
            continue
        counts.ads[slice_of].add(found["ad_id"])
        if found["text_hash"]:
            counts.languages[slice_of][found["text_hash"]] = found["language"]
    return counts


def validate_days(
    partition_key: str, brands: Sequence[str], collected: Iterable[Mapping[str, Any]], *, catch_up: bool = False
) -> dict[str, Any]:
    """Bring the day into core, and after it the earlier days that were caught up by what `collect_brand` returned.

    `catch_up` brings every earlier day that the tables hold and core does not, too: a sweep that caught a day up and
    then failed or was killed returned nothing, and a day that was refused may pass once it was mended. A try that was
    killed leaves the days that it loaded noted, so that the next tells them, too.
    Returns the account of the day as validate_and_load does, with `days`: those that moved, in order. An earlier day
    that is refused stays out and is said in the log; the day itself raises DayRefused, and the next run goes on.
    """
    earlier = {day for each in collected for day in each.get("caught_up", [])}
    noted = _noted(partition_key, brands, earlier) if catch_up else earlier
    counts = validate_and_load(partition_key, brands)
    moved, days = set(counts["brands"]), {partition_key} if counts["brands"] else set()
    for day in sorted(noted - {partition_key}):
        try:
            loaded = validate_and_load(day, brands)["brands"]
        except DayRefused as error:
            log.warning("%s was caught up and refused: %s", day, error)
            continue
        moved |= set(loaded)
        days |= {day} if loaded else set()
    if catch_up:
        with transaction(application="validate") as conn:
            query.execute(conn, query.sql(__file__, "forget_days_to_pass_on"), {"name": NOTED, "days": sorted(noted)})
    return counts | {"brands": sorted(moved), "days": sorted(days)}


def _noted(partition_key: str, brands: Sequence[str], caught_up: Collection[str]) -> set[str]:
    """The day and the earlier ones to load: those that were caught up, all that core lacks, and all noted before.

    What a run of a later day noted stays with that run, which may be at work on it.
    """
    params = {"partition_key": partition_key, "brands": list(brands)}
    with transaction(application="validate") as conn:
        unloaded = [row["day"] for row in query.rows(conn, query.sql(__file__, "list_unloaded_days"), params)]
        days = sorted({partition_key, *caught_up, *unloaded})
        noted = query.scalar(conn, query.sql(__file__, "note_days_to_pass_on"), {"name": NOTED, "days": days})
        return {day for day in noted if day <= partition_key}


def _read(conn: Connection, partition_key: str, brands: Sequence[str]) -> Day:
    params = {"partition_key": partition_key, "brands": list(brands)}
    day = Day()
    day.slices = [(s["source"], s["brand_id"]) for s in query.rows(conn, query.sql(__file__, "list_slices"), params)]
    with conn.cursor(name="snapshots") as cursor:
        cursor.itersize = 5000
        cursor.execute(query.sql(__file__, "list_snapshots"), params | {"past_shapes": list(readers.PAST)})
        for source, brand_id, ad_id, content_hash, shape, payload, copies, *on_the_day in cursor:
            record, problems = readers.read(shape, payload)
            if all(on_the_day):
                readers.keep_looked_at(record, *on_the_day)
            record |= {"source": source, "ad_id": ad_id}
            if problems:
                day.unreadable[len(day.records)] = problems[0]
            day.refs.append((source, brand_id, content_hash, copies))
            day.payloads.append(payload)
            day.records.append(record)
    return day


def _hold(conn: Connection, partition_key: str, day: Day, verdict: Verdict) -> None:
    held: dict[tuple[str, str], list[tuple[str, Problem, Mapping[str, Any]]]] = defaultdict(list)
    for position, problem in sorted(verdict.bad.items()):
        source, brand_id, content_hash, _ = day.refs[position]
        reference = f"{day.records[position]['ad_id']}:{content_hash[:12]}"
        held[source, brand_id].append((reference, problem, day.payloads[position]))
    for source, brand_id in day.slices:
        quarantine.hold(conn, source, brand_id, partition_key, held[source, brand_id])


def _load(conn: Connection, partition_key: str, day: Day, verdict: Verdict, texts: Texts) -> dict[str, Any]:
    groups: dict[tuple[str, str], dict[str, list[Record]]] = defaultdict(lambda: defaultdict(list))
    read: Counter[tuple[str, str]] = Counter()
    bad: Counter[tuple[str, str]] = Counter()
    for position, (source, brand_id, content_hash, copies) in enumerate(day.refs):
        read[source, brand_id] += copies
        if position in verdict.bad:
            bad[source, brand_id] += copies
            continue
        found = day.records[position]
        groups[source, brand_id][found["ad_id"]].append(found | {"content_hash": content_hash})
    texts.store(conn)
    accounts = []
    for source, brand_id in day.slices:
        ads = [merge_rows(rows, partition_key) for _, rows in sorted(groups[source, brand_id].items())]
        key = dict(zip(SLICE, (source, brand_id, partition_key), strict=True))
        write.replace_slice(conn, "core.ad_seen_daily", key, COLUMNS, ads)
        count, refused = read[source, brand_id], bad[source, brand_id]
        account = {"rows_read": count, "rows_core": len(ads), "rows_quarantined": refused}
        account["rows_merged"] = count - len(ads) - refused
        write.replace_slice(conn, "ops.intake", key | {"kind": "ads"}, list(account), [account])
        accounts.append(account | {"brand": brand_id})
    return _counts(accounts)


def _derive(conn: Connection, brands: Sequence[str]) -> None:
    """What follows from all days of these brands: their ads, events and variant groups."""
    # Without fresh statistics the planner joined 12,000 new rows in nested loops: 111 s instead of 0.6.
    query.execute(conn, "analyze core.ad_seen_daily")
    params = {"brands": list(brands)}
    for statement in ("derive_ads", "delete_events", "derive_events"):
        query.execute(conn, query.sql(__file__, statement), params)
    group_variants(conn, brands)


def _counts(accounts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    totals = {
        ours: sum(account[theirs] for account in accounts)
        for ours, theirs in (
            ("ads", "rows_core"),
            ("rows", "rows_read"),
            ("merged", "rows_merged"),
            ("quarantined", "rows_quarantined"),
        )
    }
    return {"brands": sorted({account["brand"] for account in accounts})} | totals
