"""Validate a day once for all brands, then load what passed: raw snapshots -> core, with an account that adds up.

Every raw row of a slice ends as a core row, merged into one (platforms repeat an ad by version and creative),
or in quarantine. When too many rows are bad, the quarantine is kept, nothing in core moves, and the run stops.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from counterpitch.errors import Permanent
from counterpitch.quality import quarantine
from counterpitch.quality.check import Verdict, check_ads
from counterpitch.quality.merge import COLUMNS, merge_rows
from counterpitch.quality.suites import ADS, SUITE_VERSION
from counterpitch.quality.texts import Texts
from counterpitch.quality.variants import group_variants
from counterpitch.sources import records as readers
from counterpitch.sources.canonical import Problem, Record
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, connect

MOST_BAD = 0.2  # share of a run's rows
FEW = 10  # fewer bad rows than this never stop a run
SLICE = ("source", "brand_id", "partition_key")


class TooManyBadRows(Permanent):
    """So many rows failed validation that the source itself is likely broken; core was left as it was."""


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
    rows = ads + merged + quarantined. Raises TooManyBadRows.
    """
    with closing(connect(application="validate")) as conn:
        with conn:
            day = _read(conn, partition_key, brands)
            verdict = check_ads(day.records, day.unreadable, date.fromisoformat(partition_key))
            _record_outcomes(conn, partition_key, verdict)
            _hold(conn, partition_key, day, verdict)
        _stop_if_too_many(day, verdict)
        with conn:
            counts = _load(conn, partition_key, day, verdict)
            _derive(conn, sorted({brand for _, brand in day.slices}))
    return counts


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


def _record_outcomes(conn: Connection, partition_key: str, verdict: Verdict) -> None:
    rows = [
        {
            "expectation": each.expectation,
            "column_name": each.column,
            "suite_version": SUITE_VERSION,
            "success": each.success,
            "rows_checked": each.rows_checked,
            "rows_failed": each.rows_failed,
            "detail": {"severity": each.severity},
        }
        for each in verdict.outcomes
    ]
    columns = ["expectation", "column_name", "suite_version", "success", "rows_checked", "rows_failed", "detail"]
    write.replace_slice(conn, "ops.validation_result", {"partition_key": partition_key, "suite": ADS}, columns, rows)


def _hold(conn: Connection, partition_key: str, day: Day, verdict: Verdict) -> None:
    held: dict[tuple[str, str], list[tuple[str, Problem, Mapping[str, Any]]]] = defaultdict(list)
    for position, problem in sorted(verdict.bad.items()):
        source, brand_id, content_hash, _ = day.refs[position]
        reference = f"{day.records[position]['ad_id']}:{content_hash[:12]}"
        held[source, brand_id].append((reference, problem, day.payloads[position]))
    for source, brand_id in day.slices:
        quarantine.hold(conn, source, brand_id, partition_key, held[source, brand_id])


def _stop_if_too_many(day: Day, verdict: Verdict) -> None:
    rows, bad = len(day.records), len(verdict.bad)
    if bad >= FEW and bad > MOST_BAD * rows:
        worst, times = Counter(problem.reason.split(" (")[0] for problem in verdict.bad.values()).most_common(1)[0]
        raise TooManyBadRows(
            f"{bad:,} of {rows:,} rows failed validation (most of them: {worst}, {times:,} rows). Nothing was loaded. "
            "Look with `counterpitch quarantine list`, mend the source or its mapping, and run the day again."
        )


def _load(conn: Connection, partition_key: str, day: Day, verdict: Verdict) -> dict[str, Any]:
    texts = Texts()
    groups: dict[tuple[str, str], dict[str, list[Record]]] = defaultdict(lambda: defaultdict(list))
    read: Counter[tuple[str, str]] = Counter()
    bad: Counter[tuple[str, str]] = Counter()
    for position, (source, brand_id, content_hash, copies) in enumerate(day.refs):
        read[source, brand_id] += copies
        if position in verdict.bad:
            bad[source, brand_id] += copies
            continue
        record = day.records[position]
        texts.take(record)
        groups[source, brand_id][record["ad_id"]].append(record | {"content_hash": content_hash})
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
