"""Ad files in our own layout, for tests that need one."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from counterpitch.quality.publish import validate_and_load
from counterpitch.sources.collect import collect_brand

COLUMNS = [
    "source", "brand", "page_id", "page_name", "ad_id", "observed_on", "body", "title", "description",
    "call_to_action", "media_type", "platforms", "countries", "landing_url", "public_url", "delivery_start",
    "delivery_stop", "page_rank", "reach", "variants", "low_impressions",
]  # fmt: skip
TODAY = date(2026, 11, 21)
DAY = "2026-11-20"


def ad(**changes: str) -> dict[str, str]:
    """A good row, with changes."""
    row = dict.fromkeys(COLUMNS, "")
    row |= {"source": "meta", "brand": "Acme", "page_id": "77", "ad_id": "1", "observed_on": DAY}
    return row | {"body": "Learn Spanish on your way to work.", "delivery_start": "2026-11-01"} | changes


def write_ads(path: Path, rows: Sequence[Mapping[str, str]], columns: Sequence[str] = COLUMNS) -> Path:
    """Write rows as CSV and return the path."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def run_day(day: str = DAY, brands: Sequence[str] = ("acme",)) -> dict[str, object]:
    """What the DAG does for a day: collect each brand, then validate once."""
    for brand in brands:
        collect_brand(brand, day)
    return validate_and_load(day, list(brands))
