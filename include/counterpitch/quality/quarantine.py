"""Where bad rows wait: with the expectation they failed, the value, the reason in words and the whole raw row.

A slice's quarantine is replaced with the slice, so running a day again never doubles it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from counterpitch.sources.canonical import DAMAGED, Problem
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection

SLICE = ("source", "brand_id", "kind", "partition_key", "stage")
COLUMNS = ["row_ref", "expectation", "column_name", "value", "reason", "row"]


def hold(
    conn: Connection,
    source: str,
    brand_id: str,
    partition_key: str,
    rows: Sequence[tuple[str, Problem, Mapping[str, Any]]],
    *,
    kind: str = "ads",
) -> int:
    """Replace the quarantined rows of a validated slice; `rows` are (row_ref, problem, raw row)."""
    key = dict(zip(SLICE, (source, brand_id, kind, partition_key, "validate"), strict=True))
    return write.replace_slice(
        conn,
        "ops.quarantine",
        key,
        COLUMNS,
        (
            {
                "row_ref": reference,
                "expectation": problem.expectation,
                "column_name": problem.column,
                "value": problem.value,
                "reason": problem.reason,
                "row": dict(row),
            }
            for reference, problem, row in rows
        ),
    )


def listed(conn: Connection, *, brands: Sequence[str] = (), limit: int = 100) -> list[dict[str, Any]]:
    """The held rows, newest first: quarantine_id, source, brand_id, kind, partition_key, stage, expectation, reason."""
    params = {"brands": list(brands) or None, "limit": limit}
    return query.rows(conn, query.sql(__file__, "list_quarantine"), params)


def reasons(conn: Connection, *, brands: Sequence[str] = (), ids: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Why rows are still held, the most frequent first: reason (of one of them), rows, advice (what would help)."""
    params = {"brands": list(brands) or None, "ids": list(ids) or None, "damaged": list(DAMAGED)}
    return query.rows(conn, query.sql(__file__, "summarise_held"), params)


def shown(conn: Connection, quarantine_id: int) -> dict[str, Any] | None:
    """One held row with everything, or None."""
    found = query.rows(conn, query.sql(__file__, "show_quarantined"), {"quarantine_id": quarantine_id})
    return found[0] if found else None
