"""Memory of the idle stack: proportional set size (PSS) of every process, with four workers that have worked.

PSS counts a page shared by n processes as 1/n to each, so the sum is what the machine gives (Linux,
/proc/PID/smaps_rollup). Starts a stack of its own in a temporary folder, lets the scheduler run a few tasks so
that workers and the preloaded libraries are there, waits, measures, stops. Prints one JSON object.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from pathlib import Path

import psutil

from counterpitch.local.airflow import Stack
from counterpitch.local.checks import free_port
from counterpitch.local.pipeline import CHAIN, LEARN, WRITE
from counterpitch.local.rest import Airflow
from counterpitch.local.state import State
from counterpitch.settings import Settings

WORKERS = 4
LIMIT_MB = 1500
KEYS = ("2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08")
SETTLE_SECONDS = 30


def main() -> None:
    """Start, warm up, measure, stop."""
    folder = Path(tempfile.mkdtemp(prefix="cp-memory-"))
    stack = Stack(State(folder), Settings(home=folder, workers=WORKERS, ui_port=free_port(19080)))
    try:
        address = stack.start(lambda _: None)
        with Airflow(address, *stack.state.login()) as airflow:
            warm_up(airflow)
        time.sleep(SETTLE_SECONDS)
        print(json.dumps(measured(stack), indent=1))
    finally:
        stack.stop()
        stack.remove()
        shutil.rmtree(folder, ignore_errors=True)


def warm_up(airflow: Airflow) -> None:
    """Run enough tasks at once that every worker is there."""
    while not {CHAIN[0], LEARN, WRITE} <= set(airflow.dags()):
        time.sleep(1)
    for dag_id in (CHAIN[0], LEARN, WRITE):
        airflow.unpause(dag_id)
        for key in KEYS:
            airflow.trigger(dag_id, key)
    while not all(run.over for run in airflow.runs()):
        time.sleep(1)


def measured(stack: Stack) -> dict[str, object]:
    """PSS in MB of each process and in all, beside the limit."""
    parts = []
    for process in stack.processes():
        name = " ".join(process.cmdline())[:80].strip()
        parts.append({"process": name, "pss_mb": round(pss(process) / 1e6, 1)})
    total = sum(float(str(part["pss_mb"])) for part in parts)
    workers = sum("LocalExecutor" in str(part["process"]) for part in parts)
    return {
        "total_mb": round(total, 1),
        "limit_mb": LIMIT_MB,
        "ratio": round(total / LIMIT_MB, 3),
        "workers": workers,
        "sandbox_counted": stack.platforms.program.alive(),  # its processes are among those below only while it runs
        "processes": sorted(parts, key=lambda part: -float(str(part["pss_mb"]))),
    }


def pss(process: psutil.Process) -> int:
    """Proportional set size in bytes."""
    lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024


if __name__ == "__main__":
    main()
