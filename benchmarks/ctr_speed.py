"""How long training and scoring take, and how much memory; prints JSON.

    python benchmarks/ctr_speed.py --train TRAIN.parquet [--ads 100000]

Trains on all arms of TRAIN (columns as in ctr_ranking.py), then scores `--ads` different texts made from its headlines
by joining two. Run it with --ads 1000000 for the memory of a million. `cpu_seconds` leaves out waiting for others.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ctr_ranking import as_examples, read

from counterpitch.ctr import examples, features, model


def measured(started: tuple[float, float]) -> dict[str, float]:
    """Seconds since `started`, by the wall and by the processor, and the most memory held so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
    return {"seconds": round(wall, 2), "cpu_seconds": round(cpu, 2), "peak_mb": round(most)}


def now() -> tuple[float, float]:
    """Wall and processor clocks."""
    return time.perf_counter(), time.process_time()


def main() -> None:
    """Train, score, print."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--train", type=Path, required=True)
    cli.add_argument("--ads", type=int, default=100_000)
    args = cli.parse_args()
    learn = examples.usable(as_examples(read(args.train)))
    started = now()
    fitted = model.fit(learn)
    said: dict[str, Any] = {"arms": len(learn), "train": measured(started)}
    texts = learn["text"].unique()
    drawn = np.random.default_rng(1).integers(len(texts), size=(args.ads, 2))
    known = pd.DataFrame({"text": texts[drawn[:, 0]] + "\n" + texts[drawn[:, 1]]})
    known = known.assign(call_to_action="", language="en", media_type="image", placement="facebook")
    known["day"] = pd.Series(pd.Timestamp("2026-11-20"), index=known.index).astype("datetime64[us]")
    started = now()
    fitted.predict(known[list(features.KNOWN)])
    print(json.dumps(said | {"ads": args.ads, "score": measured(started)}, indent=1))


if __name__ == "__main__":
    main()
