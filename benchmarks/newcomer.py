"""A newcomer's first hour: clone, `make run`, `make run` again, `make stop`, each timed from outside.

Limits of the design, on two cores with a warm package cache: the first run within 360 s, of it the job (all but the
installation) within 180 s; a second run within 90 s. Prints one JSON object: seconds, limits and ratios.

Usage: python benchmarks/newcomer.py
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
LIMITS = {"install": 180, "job": 180, "first_run": 360, "second_run": 90, "stop": 30}


def main() -> None:
    """Clone, run, run again, stop; print the figures."""
    with tempfile.TemporaryDirectory(prefix="cp newcomer ") as folder:
        clone = Path(folder) / "counterpitch"
        subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
        seconds = {"install": timed(clone, "install")}
        try:
            seconds["job"] = timed(clone, "run")
            seconds["first_run"] = seconds["install"] + seconds["job"]
            seconds["second_run"] = timed(clone, "run")
        finally:
            seconds["stop"] = timed(clone, "stop")
            subprocess.run(["make", "clean"], cwd=clone, check=False, capture_output=True)
    ratios = {name: round(value / LIMITS[name], 2) for name, value in seconds.items()}
    load = round(os.getloadavg()[1], 1)
    print(json.dumps({"seconds": seconds, "limits": LIMITS, "ratios": ratios, "load_5min": load}, indent=1))


def timed(clone: Path, target: str) -> float:
    """Seconds that a make target takes; fails with its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERPITCH_")}
    begun = time.monotonic()
    done = subprocess.run(["make", target], cwd=clone, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"make {target}\n{done.stdout}\n{done.stderr}"
    return round(time.monotonic() - begun, 1)


if __name__ == "__main__":
    main()
