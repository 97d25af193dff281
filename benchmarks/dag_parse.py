"""How long each DAG file takes to parse, and what it loads: JSON on stdout.

Each file is parsed in a process of its own that has `airflow.sdk` loaded, as the dag-processor's children have;
the named baseline is an empty DAG parsed the same way in the same run. Limit of the design: 0.5 s a file.

Usage: python benchmarks/dag_parse.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
HEAVY = ("pandas", "numpy", "sklearn", "lightgbm", "langchain", "great_expectations")
EMPTY = "from airflow.sdk import DAG\nwith DAG('empty', schedule=None):\n    pass\n"
CHILD = """
import importlib.util, json, sys, time
import airflow.sdk
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG, dag, task, Asset, Param
start = time.perf_counter()
spec = importlib.util.spec_from_file_location("dag_file", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
seconds = time.perf_counter() - start
print("\\x1e" + json.dumps({"seconds": seconds, "loaded": [m for m in sys.argv[2:] if m in sys.modules]}))
"""


def parse(path: Path, home: str) -> dict[str, object]:
    """Seconds to execute the file, and the heavy modules it loaded."""
    environment = os.environ | {"AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path), *HEAVY], env=environment, capture_output=True, text=True, check=True
    )
    result: dict[str, object] = json.loads(done.stdout.split("\x1e")[-1])
    return result


def main() -> None:
    """Parse every DAG file and the baseline, print the figures."""
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--rounds", type=int, default=5)
    rounds = cli.parse_args().rounds
    with tempfile.TemporaryDirectory() as home:
        empty = Path(home) / "empty.py"
        empty.write_text(EMPTY)
        files = [empty, *sorted((PROJECT / "dags").glob("*.py"))]
        runs = {path: [parse(path, home) for _ in range(rounds)] for path in files}
    medians = {path.stem: statistics.median(float(str(run["seconds"])) for run in got) for path, got in runs.items()}
    heavy = sorted({str(m) for got in runs.values() for run in got for m in list(run["loaded"])})  # type: ignore[call-overload]
    slowest = max((name for name in medians if name != "empty"), key=medians.__getitem__)
    print(
        json.dumps(
            {
                "baseline_empty_dag_s": round(medians.pop("empty"), 4),
                "median_s": {name: round(seconds, 4) for name, seconds in medians.items()},
                "slowest": slowest,
                "limit_s": 0.5,
                "within_limit": medians[slowest] < 0.5,
                "heavy_modules_loaded": heavy,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
