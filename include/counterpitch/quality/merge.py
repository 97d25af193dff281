"""Rows of one ad on one day become one: the fullest words first, every field from the first row that has it.

Platforms repeat an ad by version and creative, and a ranking repeats it without words. All words are kept as
`version_hashes`; the order of the rows never matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from counterpitch.sources.canonical import Record

FIRST = [
    "text_hash",
    "page_id",
    "media_type",
    "landing_url",
    "public_url",
    "delivery_start",
    "delivery_stop",
    "page_rank",
    "reach",
    "variants",
    "low_impressions",
]
UNITED = ["platforms", "countries"]
COLUMNS = ["ad_id", *FIRST, *UNITED, "version_hashes", "seen_from", "seen_until", "is_active"]
STILL_SHOWN = timedelta(days=7)  # Google reports the day of the last impression some days late


def merge_rows(rows: Sequence[Record], partition_key: str) -> dict[str, Any]:
    """The `core.ad_seen_daily` row of one ad (without its slice key)."""
    ordered = sorted(rows, key=lambda row: (-row["words"], row["content_hash"]))
    merged: dict[str, Any] = {"ad_id": ordered[0]["ad_id"]}
    for column in FIRST:
        merged[column] = next((row[column] for row in ordered if row.get(column) is not None), None)
    for column in UNITED:
        merged[column] = sorted({item for row in ordered for item in row.get(column) or ()})
    merged["version_hashes"] = sorted({row["text_hash"] for row in ordered if row["text_hash"]})
    merged["seen_from"] = min((row["seen_from"] for row in ordered if row.get("seen_from")), default=None)
    merged["seen_until"] = max((row["seen_until"] for row in ordered if row.get("seen_until")), default=None)
    _end(merged, ordered, date.fromisoformat(partition_key))
    return merged


def _end(merged: dict[str, Any], rows: Sequence[Record], day: date) -> None:
    """Whether the platform itself says that the ad runs no more."""
    shown = max((row["last_shown"] for row in rows if row.get("last_shown")), default=None)
    if shown and merged["delivery_stop"] is None and shown < day - STILL_SHOWN:
        merged["delivery_stop"] = shown
    merged["is_active"] = merged["delivery_stop"] is None or merged["delivery_stop"] >= day
