"""Facts that carry their own date: daily results, experiment arms, transcripts. They need no sweep of their day.

They go from the landed rows to core at import. Results are restated by the platforms for weeks, so the
row with the later `as_of` wins in whatever order the files come.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from counterpitch.brands import slug
from counterpitch.sources.canonical import Problem, Record
from counterpitch.sources.mapping import Mapping as Layout
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection

RESULT = ["as_of", "impressions", "clicks", "link_clicks", "spend", "currency", "conversions"]
ARM = ["headline", "body", "image_id", "impressions", "clicks", "started_on", "owner"]
TRANSCRIPT = ["made_on", "language", "spoken", "on_screen", "summary"]
WRITTEN: Mapping[str, tuple[str, list[str], list[str], str | None]] = {
    "results": ("core.ad_result_daily", ["source", "brand_id", "ad_id", "result_date"], RESULT, "as_of"),
    "experiments": ("core.experiment_arm", ["source", "experiment_id", "arm_id"], ARM, None),
    "transcripts": ("core.ad_transcript", ["source", "brand_id", "ad_id", "made_by"], TRANSCRIPT, "made_on"),
}
TEXTS = {"body", "spoken", "on_screen", "summary"}  # never null in core
BLOCK = 10_000
NEEDED = {"results": ("impressions", "clicks"), "experiments": ("headline", "impressions", "clicks")}
COUNTS = ("impressions", "clicks", "link_clicks", "spend", "conversions")


def complete(layout: Layout, record: Record, cells: Mapping[str, Any], options: Mapping[str, str]) -> None:
    """Fill in what a layout leaves unsaid: when a result was read, whose an experiment is, the id of an arm.

    An arm without an id is named by the hash of its row, so that the same row is the same arm in any file.
    """
    if layout.kind == "results":
        record["as_of"] = record["as_of"] or record["result_date"]
        record["currency"] = record["currency"] and record["currency"].upper()
    elif layout.kind == "experiments":
        record["owner"] = options.get("owner") or record["owner"] or layout.constants.get("source") or "own"
        record["source"] = record["source"] or record["owner"]
        record["arm_id"] = record["arm_id"] or hashlib.sha256(write.as_json(cells).encode()).hexdigest()[:16]
    elif layout.kind == "transcripts":
        record["made_by"] = record["made_by"] or "unknown"


def check(kind: str, record: Record, problems: list[Problem]) -> Problem | None:
    """The first reason why a fact cannot be stored, or None."""
    if problems:
        return problems[0]
    for column in NEEDED.get(kind, ()):
        if record[column] is None:
            return Problem("row_has_" + column, column, None, f"the row has no {column}")
    for column in COUNTS:
        if (record.get(column) or 0) < 0:
            value = str(record[column])
            return Problem(f"{column}_is_not_negative", column, value, f"{column} {value} is negative")
    return _impossible(kind, record)


def _impossible(kind: str, record: Record) -> Problem | None:
    if kind in NEEDED and record["clicks"] > record["impressions"]:
        shown = f"{record['clicks']} of {record['impressions']}"
        return Problem("clicks_within_impressions", "clicks", shown, f"more clicks than impressions ({shown})")
    if kind == "results" and record["as_of"] < record["result_date"]:
        shown = f"{record['as_of']} for {record['result_date']}"
        return Problem("as_of_not_before_its_day", "as_of", shown, f"a result known before its day ({shown})")
    if kind == "results" and record["currency"] and not (len(record["currency"]) == 3 and record["currency"].isalpha()):
        shown = record["currency"][:50]
        return Problem("currency_is_iso", "currency", shown, f"currency {shown!r} is not a three-letter code")
    return None


def load(conn: Connection, file_sha256: str, layout: Layout, options: Mapping[str, str]) -> None:
    """Upsert the landed rows of a file into core, and account for the slices they touch. Ads are left to collect."""
    if layout.kind not in WRITTEN:
        return
    table, key, columns, newer = WRITTEN[layout.kind]
    for records in _blocks(conn, file_sha256, layout, options):
        write.upsert(conn, table, key, columns, records, newer=newer)
    query.execute(conn, query.sql(__file__, "account_for_facts"), {"sha256": file_sha256})


def _blocks(conn: Connection, file_sha256: str, layout: Layout, options: Mapping[str, str]) -> Iterator[list[Record]]:
    with conn.cursor(name="landed") as cursor:
        cursor.execute(query.sql(__file__, "list_landed_payloads"), {"sha256": file_sha256})
        while block := cursor.fetchmany(BLOCK):
            yield [_record(layout, cells, options) for (cells,) in block]


def _record(layout: Layout, cells: Mapping[str, Any], options: Mapping[str, str]) -> Record:
    record, _ = layout.read(cells)
    complete(layout, record, cells, options)
    if record.get("brand"):
        record["brand_id"] = slug(record["brand"])
    for column in TEXTS & record.keys():
        record[column] = record[column] or ""
    return record
