"""How near the client comes to the ideal: N questions at a delay of D seconds, C at once, take N * D / C seconds.

    benchmarks/llm_throughput.py [--ads 10000] [--delay 0.2] [--at-once 32]

Reads invented ads with the prompt in use through a stand-in server on loopback, with real HTTP, the real
LangChain client, and the books in a Postgres started for the run. Prints JSON: the share of the ideal
throughput, memory after the first batch of ads and after the last, and a second run's calls (other order, other run).
The server runs in a process of its own. `cpu_seconds_per_1000_ads` is what the client, the stand-in server and Postgres
each take: they share the machine's cores, so where others keep these busy the share is lower (`load`, `cores`).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import scratch
import uvicorn

from counterpitch.llm.client import Client, Limits
from counterpitch.llm.standin import StandIn, app
from counterpitch.local.postgres import Cluster
from counterpitch.pillars import prompts
from counterpitch.pillars.modelled import Modelled

BATCH = 2000


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """What a quick model would say: the ad's first words are the need."""
    ad = str(body["messages"][-1]["content"]).split("\n")[1]
    need = {"value": "something needed", "quote": ad[:30]}
    return {"target_audience": [], "customer_need": [need], "product_feature": [], "tone": "informative"}


def invented(count: int) -> list[str]:
    """Ads that all differ."""
    return [f"Tired of chore number {i}?\nTidy does it {i % 7 + 2}x faster. Try it free today." for i in range(count)]


def memory() -> float:
    """Megabytes of this process now."""
    found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text("utf-8"))
    return round(int(found[1]) / 1024, 1) if found else 0.0


def cpu(server: int, cluster: Cluster) -> dict[str, float]:
    """Seconds of processor time so far of the client (this process), the stand-in server and Postgres."""
    postgres = [process.cpu_times() for process in cluster.processes()]
    ended = sum(times.children_user + times.children_system for times in postgres)
    served = psutil.Process(server).cpu_times()
    return {
        "client": time.process_time(),
        "server": served.user + served.system,
        "postgres": ended + sum(times.user + times.system for times in postgres),
    }


def measure(url: str, used: Callable[[], dict[str, float]], count: int, delay: float, at_once: int) -> dict[str, Any]:
    """One run over fresh ads, then a second over the same."""
    ads, limits, prompt = invented(count), Limits(at_once=at_once), prompts.on_file()
    client = Client("first", model="openai:standin", base_url=f"{url}/v1", limits=limits)
    Modelled(client, prompt).read(["Warm up."])
    early, start, before = 0.0, time.perf_counter(), used()
    for i in range(0, count, BATCH):
        Modelled(client, prompt).read(ads[i : i + BATCH])
        early = early or memory()
    spent, after = time.perf_counter() - start, used()
    late, books = memory(), httpx.get(f"{url}/books").json()
    again = time.perf_counter()
    other = Client("second", model="openai:standin", base_url=f"{url}/v1", limits=limits)
    for i in range(0, count, BATCH):
        Modelled(other, prompt).read(ads[::-1][i : i + BATCH])
    return {
        "ads": count,
        "seconds": round(spent, 2),
        "ideal_seconds": round(count * delay / at_once, 2),
        "share_of_ideal": round(count * delay / at_once / spent, 3),
        "cpu_seconds_per_1000_ads": {who: round(1000 * (after[who] - before[who]) / count, 2) for who in after},
        "most_together": books["most_together"],
        "memory_mb_after_first_batch": early,
        "memory_mb_after_last_batch": late,
        "second_run_calls": httpx.get(f"{url}/books").json()["calls"] - books["calls"],
        "second_run_seconds": round(time.perf_counter() - again, 2),
        "load": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count(),
    }


def main() -> None:
    """Start the server and Postgres, measure, stop both."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--ads", type=int, default=10_000)
    cli.add_argument("--delay", type=float, default=0.2)
    cli.add_argument("--at-once", type=int, default=32)
    cli.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    args = cli.parse_args()
    if args.serve:
        uvicorn.run(app(StandIn(answer, delay=args.delay)), host="127.0.0.1", port=args.serve, log_level="error")
        return
    with scratch.server() as cluster:
        scratch.warehouse(cluster, "books")
        port = 18_431
        command = [sys.executable, __file__, "--serve", str(port), "--delay", str(args.delay)]
        server = subprocess.Popen(command)
        try:
            wait_for(f"http://127.0.0.1:{port}/books")
            used = partial(cpu, server.pid, cluster)
            figures = measure(f"http://127.0.0.1:{port}", used, args.ads, args.delay, args.at_once)
            print(json.dumps(figures, indent=1))
        finally:
            server.terminate()
            server.wait(timeout=20)


def wait_for(url: str) -> None:
    """Until the server answers; raises after a minute."""
    for _ in range(300):
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"Nothing answers at {url}")


if __name__ == "__main__":
    main()
