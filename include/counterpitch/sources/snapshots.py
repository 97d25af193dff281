"""Keep what a sweep brought: `raw.ad_snapshot` by content, `ops.coverage` with how the sweep ended.

Raw is append-only by content hash. What a day shows is what its last sweep saw (`seen_at` equals the
coverage's `observed_at`), so an ad that a second sweep of the day misses is no longer of that day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from counterpitch.sources.base import Listing, Observation, State
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection

LOAD = ["ad_id", "shape", "payload", "copies"]


def append(
    conn: Connection,
    source: str,
    brand_id: str,
    partition_key: str,
    observed_at: datetime,
    records: Sequence[Observation],
) -> int:
    """Add a page of a sweep to `raw.ad_snapshot`; returns how many were given, repetitions counted.

    All pages of a sweep are given the same `observed_at`.
    """
    params = {"source": source, "brand_id": brand_id, "partition_key": partition_key, "observed_at": observed_at}
    rows = [
        {"ad_id": each.ad_id, "shape": each.shape, "payload": _text(each.payload), "copies": each.copies}
        for each in records
    ]
    query.execute(conn, query.sql(__file__, "create_load_ad_snapshot"))
    write.copy(conn, "load_ad_snapshot", LOAD, rows)
    query.execute(conn, query.sql(__file__, "merge_ad_snapshots"), params)
    query.execute(conn, "delete from load_ad_snapshot")
    return sum(each.copies for each in records)


def keep_arrived(conn: Connection, name: str, place: Mapping[str, Any], records: Sequence[Observation]) -> None:
    """Keep a page as it came, with the place after it, until `merge_arrived` puts it into `raw.ad_snapshot`."""
    rows = [
        {"ad_id": each.ad_id, "shape": each.shape, "payload": each.payload, "copies": each.copies} for each in records
    ]
    params = {"name": name, "place": write.as_json(place), "records": _text(rows)}
    query.execute(conn, query.sql(__file__, "keep_arrived_page"), params)


def merge_arrived(conn: Connection, name: str, source: str, brand_id: str, partition_key: str) -> None:
    """Do with the page in hand, if any, what `append` does with a page; its place goes to `ops.watermark`."""
    params = {"name": name, "source": source, "brand_id": brand_id, "partition_key": partition_key}
    query.execute(conn, query.sql(__file__, "merge_arrived_page"), params)


def _text(payload: Any) -> str:
    """It as JSON; what only Python's own encoder can write (whole numbers beyond 64 bits) goes through it."""
    try:
        return orjson.dumps(payload).decode()
    except TypeError:
        return write.as_json(payload)


def cover(
    conn: Connection,
    source: str,
    brand_id: str,
    partition_key: str,
    observed_at: datetime,
    *,
    state: State,
    rows: int = 0,
    listing: Listing = "brand",
    code: str | None = None,
    message: str | None = None,
    kind: str = "ads",
) -> None:
    """Record how a sweep ended. One that failed or covers nothing never hides an earlier one that went well."""
    params = {"source": source, "brand_id": brand_id, "partition_key": partition_key, "observed_at": observed_at}
    params |= {"state": state.value, "rows": rows, "listing": listing, "code": code, "message": message}
    query.execute(conn, query.sql(__file__, "record_coverage"), params | {"kind": kind})
