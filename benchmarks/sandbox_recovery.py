"""How much of the sandbox's planted truth the pipeline found again, as JSON.

    benchmarks/sandbox_recovery.py MARKET_FOLDER [--market meal-planning-apps] [--day YYYY-MM-DD]

Reads the warehouse that settings().warehouse names, after the market of MARKET_FOLDER was imported and run. The
baseline for CTR is the model that knows every planted coefficient (share_of_ceiling); for clusters, chance is 0.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from counterpitch.sandbox.truth import measure, read_truth
from counterpitch.warehouse.connection import transaction


def main() -> None:
    """Measure one market on one day, the last one of the market unless said otherwise."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("folder", type=Path)
    cli.add_argument("--market", default="meal-planning-apps")
    cli.add_argument("--day")
    args = cli.parse_args()
    truth = read_truth(args.folder)
    with transaction(application="benchmark") as conn:
        figures = measure(conn, truth, args.market, args.day or truth["last_day"])
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
