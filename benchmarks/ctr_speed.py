"""How long training and scoring take, and how much memory; prints JSON.

    python benchmarks/ctr_speed.py --train TRAIN.parquet [--ads 100000] [--most 1000000]

Trains on the arms of TRAIN (columns as in ctr_ranking.py), then scores `--ads` different texts made from its headlines
by joining two: as scores alone, and with the reasons that `score_ads` writes for each. `ratio` is time an ad over that
of scikit-learn's own TF-IDF of the same words and letters (the baseline: no features, no model, no reasons), measured
in the same run. Then `--most` ads in a process of its own, whose peak memory shows whether it stays bounded (0: skip).
`what_if` is what a change of words costs somebody who waits: the milliseconds from two texts to both predictions, with
reasons, of a model that is loaded, over WHAT_IFS texts (`target_ms` at most); the one question to the warehouse which
model that is comes on top. `cpu_seconds` leaves out waiting for others. Memory is read from /proc: this runs on Linux.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ctr_ranking import as_examples, read
from sklearn.feature_extraction.text import TfidfVectorizer

from counterpitch.ctr import examples, explain, features, model

BASELINE_ADS = 10_000
WHAT_IFS = 200
WHAT_IF_TARGET_MS = 100


def measured(work: Callable[[], Any]) -> dict[str, float]:
    """Seconds of `work`, by the wall and by the processor, and the most memory held in it."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # Linux: the high-water mark begins anew
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"seconds": round(wall, 2), "cpu_seconds": round(cpu, 2), "peak_mb": round(megabytes("VmHWM"))}


def megabytes(what: str) -> float:
    """Resident memory of this process, now (VmRSS) or at most since the mark was reset (VmHWM).

    Not getrusage's ru_maxrss: a process that another one started inherits that one's peak.
    """
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines())
    return int(status[what].split()[0]) / 1024


def ads(texts: np.ndarray, count: int) -> pd.DataFrame:
    """`count` ads (features.KNOWN), each of two headlines."""
    drawn = np.random.default_rng(1).integers(len(texts), size=(count, 2))
    known = pd.DataFrame({"text": texts[drawn[:, 0]] + "\n" + texts[drawn[:, 1]]})
    known = known.assign(call_to_action="", language="en", media_type="image", placement="facebook")
    known["day"] = pd.Series(pd.Timestamp("2026-11-20"), index=known.index).astype("datetime64[us]")
    return known[list(features.KNOWN)]


def baseline(texts: np.ndarray, asked: list[str]) -> dict[str, float]:
    """scikit-learn's vectorisers of words and letters over `asked`."""
    shapes = [
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 3), min_df=2, max_features=60_000),
        TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 5), min_df=3, max_features=60_000),
    ]
    for shape in shapes:
        shape.fit(texts)
    return measured(lambda: [shape.transform(asked) for shape in shapes])


def what_if(fitted: model.CtrModel, texts: list[str]) -> dict[str, float]:
    """Median and 95th percentile of the milliseconds of an answer to each text, changed from the one before it."""
    took = []
    explain.answer(fitted, texts[-1])
    for before, text in pairwise(texts):
        started = time.perf_counter()
        explain.answer(fitted, text, before)
        took.append(1000 * (time.perf_counter() - started))
    said = {"median_ms": np.median(took), "p95_ms": np.quantile(took, 0.95)}
    return {"asked": len(took), **{name: round(float(value), 1) for name, value in said.items()}}


def million(artifact: str, texts: np.ndarray, count: int) -> dict[str, Any]:
    """Score `count` ads in a new process; what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        stored, words = Path(folder) / "model.json", Path(folder) / "texts.json"
        stored.write_text(artifact, encoding="utf-8")
        words.write_text(json.dumps(list(texts)), encoding="utf-8")
        command = [sys.executable, __file__, "--stored", str(stored), "--texts", str(words), "--most", str(count)]
        return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def score_stored(stored: Path, words: Path, count: int) -> dict[str, Any]:
    """Load a model and score `count` ads with it; the memory before is that of the ads and the loaded libraries."""
    fitted = model.CtrModel.from_json(stored.read_text(encoding="utf-8"))
    known = ads(np.array(json.loads(words.read_text(encoding="utf-8")), dtype=object), count)
    before = megabytes("VmRSS")
    return {"ads": count, "held_before_mb": round(before), **measured(lambda: fitted.predict(known))}


def main() -> None:
    """Train, score, print."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--train", type=Path)
    cli.add_argument("--ads", type=int, default=100_000)
    cli.add_argument("--most", type=int, default=1_000_000)
    cli.add_argument("--stored", type=Path, help=argparse.SUPPRESS)
    cli.add_argument("--texts", type=Path, help=argparse.SUPPRESS)
    args = cli.parse_args()
    if args.stored:
        print(json.dumps(score_stored(args.stored, args.texts, args.most)))
        return
    if not args.train:
        cli.error("--train is needed")
    learn = examples.usable(as_examples(read(args.train)))
    fitted: list[model.CtrModel] = []
    said: dict[str, Any] = {"arms": len(learn), "train": measured(lambda: fitted.append(model.fit(learn)))}
    texts = learn["text"].unique().astype(object)
    known = ads(texts, args.ads)
    said |= {"ads": args.ads, "score": measured(lambda: fitted[0].predict(known))}
    said["score_with_reasons"] = measured(lambda: explain.predictions(fitted[0], known))
    said["what_if"] = {"target_ms": WHAT_IF_TARGET_MS, **what_if(fitted[0], known["text"].tolist()[: WHAT_IFS + 1])}
    said["baseline"] = {"ads": BASELINE_ADS, **baseline(texts, known["text"].tolist()[:BASELINE_ADS])}
    each = said["baseline"]["cpu_seconds"] / BASELINE_ADS
    said["ratio"] = {n: round(said[n]["cpu_seconds"] / args.ads / each, 2) for n in ("score", "score_with_reasons")}
    if args.most:
        said["most"] = million(fitted[0].to_json(), texts, args.most)
    print(json.dumps(said, indent=1))


if __name__ == "__main__":
    main()
