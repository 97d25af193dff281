"""How fast our writers load 1,000,000 ad rows, against a bare COPY of the same rows into the same keyed table.

Two figures: `replace` (a day's slice of core.ad_seen_daily, claimed at .8 of the bare COPY or better) and
`upsert` (core.ad_result_daily through a load table, claimed at .4). Bare COPY sends text that was encoded
before the clock started; ours encodes Python rows as they come. Each is run in turn, on a Postgres of its own.
The ratios by processor time say the same of a machine that has other work to do.

    python benchmarks/load.py [--rows 1000000] [--turns 2]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import scratch
from psycopg2 import sql as pg

from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, connect

DAY = "2026-11-20"
SLICE = {"source": "meta", "brand_id": "acme", "partition_key": DAY}
SEEN = [
    "ad_id", "text_hash", "version_hashes", "page_id", "media_type", "platforms", "countries", "landing_url",
    "public_url", "delivery_start", "delivery_stop", "page_rank", "reach", "variants", "low_impressions",
    "seen_from", "seen_until", "is_active",
]  # fmt: skip
RESULT_KEY = ["source", "brand_id", "ad_id", "result_date"]
RESULT = ["as_of", "impressions", "clicks", "link_clicks", "spend", "currency", "conversions"]


def seen_rows(count: int) -> Iterator[dict[str, Any]]:
    """Rows of core.ad_seen_daily in no order, as quality.merge makes them; cheap to make, for they are on our clock."""
    start, shuffle = date(2026, 9, 1), random.Random(7)  # noqa: S311 the same rows in every run
    kinds = [
        {
            "text_hash": f"{kind:032x}",
            "version_hashes": [f"{kind:032x}"],
            "page_id": str(100_000_000 + kind % 7),
            "media_type": "video",
            "platforms": ["facebook", "instagram"],
            "countries": ["DE", "FR"],
            "landing_url": f"https://www.example.com/try?campaign={kind % 999}",
            "delivery_start": start + timedelta(days=kind % 60),
            "delivery_stop": None,
            "page_rank": kind + 1,
            "reach": kind * 77,
            "variants": 1 + kind % 3,
            "low_impressions": kind % 5 == 0,
            "seen_from": None,
            "seen_until": None,
            "is_active": True,
        }
        for kind in range(2000)
    ]
    for number in range(count):
        ad_id = str(shuffle.getrandbits(60))
        url = "https://www.facebook.com/ads/library/?id=" + ad_id
        yield {**kinds[number % 2000], "ad_id": ad_id, "public_url": url}


def result_rows(count: int) -> Iterator[dict[str, Any]]:
    """Rows of core.ad_result_daily: 60 days of ads."""
    start = date(2026, 9, 1)
    for i in range(count):
        yield {
            "source": "meta",
            "brand_id": "acme",
            "ad_id": str(10_000_000_000 + (i // 60) * 7919 % 1_000_003),
            "result_date": start + timedelta(days=i % 60),
            "as_of": date(2026, 11, 20),
            "impressions": i % 9000,
            "clicks": i % 90,
            "link_clicks": i % 70,
            "spend": round(i % 5000 / 7, 2),
            "currency": "EUR",
            "conversions": float(i % 4),
        }


class Encoded(io.TextIOBase):
    """Keeps what a writer sends, so that the baseline can send the same bytes again."""

    def __init__(self, conn: Connection, table: str, columns: list[str], rows: Iterator[dict[str, Any]]) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 lives as long as the benchmark
        self.statement = pg.SQL("copy {} ({}) from stdin").format(
            pg.Identifier(*table.split(".")), pg.SQL(", ").join(map(pg.Identifier, columns))
        )
        with conn.cursor() as cursor:
            cursor.execute(f"create temp table plain as select {', '.join(columns)} from {table} limit 0")  # noqa: S608
            write.copy(conn, "plain", columns, rows)
            cursor.copy_expert("copy plain to stdout", self.file)
            cursor.execute("drop table plain")
        conn.commit()

    def copy(self, conn: Connection) -> None:
        """The bare COPY."""
        self.file.seek(0)
        with conn.cursor() as cursor:
            cursor.copy_expert(self.statement, self.file, size=1 << 20)


def timed(conn: Connection, table: str, load: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and of processor time here and in the server, of one load into an empty table."""
    query.execute(conn, f"truncate {table} cascade")
    conn.commit()
    query.execute(conn, "checkpoint")
    conn.commit()
    began, spent = time.perf_counter(), processor_seconds(conn)
    load()
    conn.commit()
    return time.perf_counter() - began, processor_seconds(conn) - spent


def processor_seconds(conn: Connection) -> float:
    """Processor time so far of this process and of the server process behind the connection."""
    fields = Path(f"/proc/{conn.info.backend_pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(conn: Connection, rows: int, turns: int) -> dict[str, Any]:
    """Rows a second of each load, median of the turns, and the ratios that we claim."""
    bare_seen = Encoded(conn, "core.ad_seen_daily", [*SLICE, *SEEN], ({**SLICE, **r} for r in seen_rows(rows)))
    bare_results = Encoded(conn, "core.ad_result_daily", RESULT_KEY + RESULT, result_rows(rows))
    seen, results = "core.ad_seen_daily", "core.ad_result_daily"
    loads: dict[str, tuple[str, Callable[[], object]]] = {
        "bare_copy_seen": (seen, lambda: bare_seen.copy(conn)),
        "replace_slice": (seen, lambda: write.replace_slice(conn, seen, SLICE, SEEN, seen_rows(rows))),
        "bare_copy_results": (results, lambda: bare_results.copy(conn)),
        "upsert": (results, lambda: write.upsert(conn, results, RESULT_KEY, RESULT, result_rows(rows), newer="as_of")),
    }
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in loads}
    for _ in range(turns):
        for name, (table, load) in loads.items():
            seconds[name].append(timed(conn, table, load))
    clock = {name: statistics.median(taken for taken, _ in each) for name, each in seconds.items()}
    spent = {name: statistics.median(used for _, used in each) for name, each in seconds.items()}
    return {
        "rows": rows,
        "rows_a_second": {name: round(rows / taken) for name, taken in clock.items()},
        "processor_seconds": {name: round(used, 1) for name, used in spent.items()},
        "replace_against_bare_copy": round(clock["bare_copy_seen"] / clock["replace_slice"], 3),
        "upsert_against_bare_copy": round(clock["bare_copy_results"] / clock["upsert"], 3),
        "replace_against_bare_copy_by_processor": round(spent["bare_copy_seen"] / spent["replace_slice"], 3),
        "upsert_against_bare_copy_by_processor": round(spent["bare_copy_results"] / spent["upsert"], 3),
    }


def main() -> None:
    """Run on a Postgres of its own and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=2)
    arguments = parser.parse_args()
    with scratch.server() as cluster:
        conn = connect(scratch.warehouse(cluster, "load"))
        query.execute(conn, "insert into core.brand (brand_id, name) values ('acme', 'Acme')")
        query.execute(
            conn,
            "insert into core.ad_text (text_hash, clean_text, cleaning, words, readable) "
            "select lpad(to_hex(i), 32, '0'), 'words', 'none', 1, true from generate_series(0, 2000) i",
        )
        conn.commit()
        figures = measured(conn, arguments.rows, arguments.turns)
        conn.close()
    figures["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
