"""Read ads from a JSONL file (lines with ad_key and text) and write predictions for a scorer.

    benchmarks/pillars.py --ads ADS.jsonl --out predictions.jsonl [--extractor extractive|llm]

Prints JSON: ads read, ads a second on one core, quotes, and the share of quotes not found in the ad.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from counterpitch.pillars import extractive


def main() -> None:
    """Read every ad once (two lines may hold one ad), write one prediction an ad."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--ads", type=Path, required=True)
    cli.add_argument("--out", type=Path, required=True)
    cli.add_argument("--extractor", choices=["extractive", "llm"], default="extractive")
    args = cli.parse_args()
    ads = {row["ad_key"]: row["text"] for row in map(json.loads, args.ads.read_text("utf-8").splitlines()) if row}
    start = time.process_time()
    readings = {key: extractive.read(text) for key, text in ads.items()}
    spent = time.process_time() - start
    quotes = [(ads[k], e.quote) for k, r in readings.items() for e in r.evidence if e.quote is not None]
    with args.out.open("w", encoding="utf-8") as out:
        for key, reading in readings.items():
            row: dict[str, Any] = {"ad_key": key, "pillars": reading.pillars().model_dump()}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    figures = {
        "extractor": args.extractor,
        "ads": len(ads),
        "ads_per_second_one_core": round(len(ads) / spent, 1),
        "quotes": len(quotes),
        "ungrounded": sum(q not in text for text, q in quotes),
        "empty": sum(r.empty for r in readings.values()),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
