"""How fast a sweep of the Meta Ad Library is, against a bare httpx loop that reads the same pages and keeps nothing.

Both read the sandbox's bulk page over loopback HTTP in the same run; ours also stores every page in Postgres with the
cursor after it. Claimed: at least .6 of the bare loop's ads a second, under 500 MB. The server runs in a process of
its own, so that it shares no interpreter with what is measured.

    python benchmarks/collect.py [--ads 200000] [--limit 400]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import tempfile
import threading
import time
from datetime import date
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import httpx

from counterpitch import brands
from counterpitch.local.postgres import Cluster
from counterpitch.sandbox.platforms.accounts import META_TOKEN, Quota
from counterpitch.sandbox.platforms.server import Sandbox, serving
from counterpitch.sandbox.platforms.world import BULK_PAGE, World
from counterpitch.settings import settings
from counterpitch.sources.collect import collect_brand
from counterpitch.sources.meta_ad_library import FIELDS
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import connect
from counterpitch.warehouse.migrate import migrate

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


def bare_loop(url: str, limit: int) -> int:
    """Read every page with httpx and json, keep nothing; returns the ads read."""
    asked: dict[str, str | int] = {
        "ad_reached_countries": '["ALL"]',
        "search_page_ids": f'["{BULK_PAGE}"]',
        "ad_active_status": "ALL",
        "ad_delivery_date_min": DAY.isoformat(),
        "ad_delivery_date_max": DAY.isoformat(),
        "fields": FIELDS,
        "limit": limit,
    }
    read = 0
    with httpx.Client(headers={"authorization": f"Bearer {META_TOKEN}"}, timeout=60) as client:
        while True:
            body = client.get(f"{url}/v25.0/ads_archive", params=asked).json()
            read += len(body["data"])
            if "next" not in body.get("paging", {}):
                return read
            asked["after"] = body["paging"]["cursors"]["after"]


def main() -> None:
    """Run both and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ads", type=int, default=200_000)
    parser.add_argument("--limit", type=int, default=400)
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(arguments.ads, theirs), daemon=True)
    server.start()
    theirs.close()
    url = ours.recv()
    folder = Path(tempfile.mkdtemp(prefix="cp-collect-"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "pg", folder / "s")
    cluster.start()
    try:
        cluster.create_database("collect")
        migrate(cluster.url("collect"))
        os.environ["COUNTERPITCH_WAREHOUSE_URL"] = cluster.url("collect")
        os.environ["AIRFLOW_CONN_META"] = url.replace("http://", f"http://:{META_TOKEN}@") + "/on/{day}"
        settings.cache_clear()
        with connect() as conn:
            brands.register_brand(conn, "bulk")
            brands.register_page(conn, "meta", BULK_PAGE, "bulk")
            options = {"reader": "meta_ad_library", "limit": arguments.limit}
            brands.register_feed(conn, "bulk", "meta", options=options)
        bare_loop(url, arguments.limit)  # once unmeasured: the server makes its ads at the first look
        began = time.perf_counter()
        read = bare_loop(url, arguments.limit)
        bare = time.perf_counter() - began
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        collect_brand("bulk", DAY.isoformat())
        swept = time.perf_counter() - began
        with connect() as conn:
            stored = query.scalar(conn, "select count(*) from raw.ad_snapshot")
    finally:
        ours.close()
        server.join(5)
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
    figures = {
        "ads": arguments.ads,
        "stored": stored,
        "bare_ads_a_second": round(read / bare),
        "sweep_ads_a_second": round(stored / swept),
        "sweep_against_bare_loop": round(bare / swept, 3),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "memory_grown_mb": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
