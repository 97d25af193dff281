"""How fast a sweep of the Meta Ad Library is, against a bare httpx loop that reads the same pages and keeps nothing.

Both read the sandbox's bulk page over loopback HTTP, turn by turn in the same run, since other work on the machine
slows one minute and not the next; the ratio of each turn and their median are told. Ours also stores every page in
Postgres with the cursor after it. Claimed: at least .6 of the bare loop's ads a second, under 500 MB. The server runs
in a process of its own, so that it shares no interpreter with what is measured.

    python benchmarks/collect.py [--ads 200000] [--limit 400] [--turns 3]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from multiprocessing.connection import Connection as Pipe

import httpx
import scratch

from counterpitch import brands
from counterpitch.sandbox.platforms.accounts import META_TOKEN, Quota
from counterpitch.sandbox.platforms.server import Sandbox, serving
from counterpitch.sandbox.platforms.world import BULK_PAGE, World
from counterpitch.sources.collect import collect_brand
from counterpitch.sources.meta_ad_library import FIELDS
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import connect

START, DAY = date(2026, 11, 1), date(2026, 11, 20)


def serve(ads: int, pipe: Pipe) -> None:
    """Serve the bulk page until the pipe is closed."""
    sandbox = Sandbox(World(START, DAY, bulk_ads=ads), DAY, meta_quota=Quota(calls=10**9))
    with serving(sandbox) as served:
        pipe.send(served.url)
        try:
            pipe.recv()
        except EOFError:
            threading.Event().wait(0.1)


@contextmanager
def served(ads: int) -> Iterator[str]:
    """The address of a sandbox in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(ads, theirs), daemon=True)
    server.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()
        server.join(5)


def register(url: str, limit: int) -> None:
    """Register the brand of the bulk page, read from the sandbox at the address."""
    os.environ["AIRFLOW_CONN_META"] = url.replace("http://", f"http://:{META_TOKEN}@") + "/on/{day}"
    with connect() as conn:
        brands.register_brand(conn, "bulk")
        brands.register_page(conn, "meta", BULK_PAGE, "bulk")
        brands.register_feed(conn, "bulk", "meta", options={"reader": "meta_ad_library", "limit": limit})


def bare_loop(url: str, limit: int, pages: int | None = None) -> int:
    """Read every page (or so many) with httpx and json, keep nothing; returns the ads read."""
    asked: dict[str, str | int] = {
        "ad_reached_countries": '["ALL"]',
        "search_page_ids": f'["{BULK_PAGE}"]',
        "ad_active_status": "ALL",
        "ad_type": "ALL",
        "ad_delivery_date_min": DAY.isoformat(),
        "ad_delivery_date_max": DAY.isoformat(),
        "fields": FIELDS,
        "limit": limit,
    }
    read = asks = 0
    with httpx.Client(headers={"authorization": f"Bearer {META_TOKEN}"}, timeout=60) as client:
        while True:
            body = client.get(f"{url}/on/{DAY}/v25.0/ads_archive", params=asked).json()
            read, asks = read + len(body["data"]), asks + 1
            if "next" not in body.get("paging", {}) or asks == pages:
                return read
            asked["after"] = body["paging"]["cursors"]["after"]


def sweep() -> int:
    """Collect the brand as a task does, into tables that hold nothing of it; returns the ads stored."""
    collect_brand("bulk", DAY.isoformat())
    with connect() as conn:
        return int(query.scalar(conn, "select count(*) from raw.ad_snapshot"))


def forget() -> None:
    """Empty what a sweep wrote, so that the next one has the same work."""
    with connect() as conn:
        query.execute(conn, "truncate raw.ad_snapshot, raw.arrived_page, ops.coverage, ops.watermark")


def measured(work: Callable[[], int], ads: int) -> float:
    """Ads a second. Raises ValueError where the work did not bring every ad."""
    began = time.perf_counter()
    brought = work()
    took = time.perf_counter() - began
    if brought != ads:
        raise ValueError(f"{brought} ads of {ads} were brought")
    return ads / took


def peak_mb() -> int:
    """The most memory that this process held so far."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    """Run both by turns and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ads", type=int, default=200_000)
    parser.add_argument("--limit", type=int, default=400)
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    ads, limit = arguments.ads, arguments.limit
    bare: list[float] = []
    ours: list[float] = []
    with served(ads) as url, scratch.server() as cluster:
        scratch.warehouse(cluster, "collect")
        register(url, limit)
        bare_loop(url, limit, pages=1)  # unmeasured: the server makes its ads at the first look
        before = peak_mb()
        for _ in range(arguments.turns):
            bare.append(measured(lambda: bare_loop(url, limit), ads))
            forget()
            ours.append(measured(sweep, ads))
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    figures = {
        "ads": ads,
        "turns": arguments.turns,
        "bare_ads_a_second": [round(each) for each in bare],
        "sweep_ads_a_second": [round(each) for each in ours],
        "sweep_against_bare_loop": [round(each, 3) for each in ratios],
        "sweep_against_bare_loop_median": round(statistics.median(ratios), 3),
        "peak_memory_mb": peak_mb(),
        "memory_grown_mb": peak_mb() - before,
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
