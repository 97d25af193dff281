"""Rank the headlines of tests that the model has not seen, and write a prediction for every one.

    python benchmarks/ctr_ranking.py --train TRAIN.parquet --test TEST.parquet --out predictions.csv [--embeddings NAME]

TRAIN has clickability_test_id, eyecatcher_id, headline, test_week (YYYYWW), impressions, clicks; TEST the same, of
which impressions and clicks are read only for the figures that are printed. `--holdout newest` splits TRAIN itself:
its newest fifth of tests (by first week) is the test; `--holdout 0.6-0.7` takes that part of the time line instead and
learns from what is before it: choices were made on such earlier windows only.
`--drop-weeks 201325-201401` leaves out the archive's weeks of faulty randomisation. With --embeddings an encoder
("huggingface:PATH", or "minilm" for the one that requirements-embeddings.txt installs) is first taught on the training
tests, as `counterpitch ctr tune-encoder` does it, and the model reads it as `train_ctr` does. Without --embeddings the
model reads what COUNTERPITCH_EMBEDDINGS or COUNTERPITCH_CTR_ENCODER names, as it is; an encoder that was taught on
judged texts is refused.

The texts to be ranked are known before any of them runs, so the model learns from all of them, results or not, which
words there are and what company they keep ("model"); "model, new words unseen" learns words from TRAIN alone. Arms of
TRAIN that say nearly the same as one of TEST teach nothing.

Prints JSON: figures of the model beside the baselines, trained and judged in the same run. No parameter is chosen here:
priors, rounds and the encoder's schedule were chosen on earlier weeks (see docs/methods/ctr.md).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from counterpitch.ctr import encoder, evaluate, examples, features, model, splits, tune
from counterpitch.ctr.embeddings import taught
from counterpitch.ctr.refusals import ModelUnusable

KEY = ["clickability_test_id", "eyecatcher_id", "headline"]


def read(path: Path) -> pd.DataFrame:
    """Rows of the archive, with `arm` (the same for rows of one test, image and headline) and the week's `day`."""
    rows = pd.read_parquet(path).reset_index(drop=True)
    missing = [name for name in KEY if name not in rows]
    if missing:
        raise SystemExit(f"{path} has no column {', '.join(missing)}. It needs those of the Upworthy archive.")
    week = pd.to_numeric(rows.get("test_week", pd.Series(np.nan, index=rows.index)), errors="coerce")
    year = pd.to_datetime((week // 100).astype("Int64").astype("string") + "-01-01", errors="coerce")
    day = (year + pd.to_timedelta(7 * (week % 100), unit="D")).astype("datetime64[us]")
    return rows.assign(day=day, arm=rows[KEY].fillna("").astype(str).agg("|".join, axis=1))


def split(rows: pd.DataFrame, window: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tests before `window` of the time line of tests (by first week), and those in it: "0.8-1" is the newest."""
    first = rows.groupby("clickability_test_id")["test_week"].min().sort_values(kind="stable")
    begin, end = (int(np.ceil(len(first) * float(part))) for part in window.split("-"))
    place = rows["clickability_test_id"].map(pd.Series(np.arange(len(first)), index=first.index))
    before, inside = place < begin, (place >= begin) & (place < end)
    return rows[before].reset_index(drop=True), rows[inside].reset_index(drop=True)


def as_examples(rows: pd.DataFrame) -> pd.DataFrame:
    """Arms as training examples: one a test, image and headline."""
    counted = rows if {"impressions", "clicks"} <= set(rows) else rows.assign(impressions=0, clicks=0)
    sums = {"impressions": "sum", "clicks": "sum", "day": "min"}
    arms = counted.groupby("arm", as_index=False).agg(sums | dict.fromkeys(KEY, "first"))
    keys = arms[KEY].fillna("").astype(str)
    return pd.DataFrame(
        {
            "example_key": arms["arm"],
            "group_key": "test|" + keys["clickability_test_id"] + "|" + keys["eyecatcher_id"],
            "test_key": "test|" + keys["clickability_test_id"],
            "owner": "upworthy archive",
            "brand_id": None,
            "text": keys["headline"],
            "call_to_action": "",
            "language": "en",
            "media_type": "image",
            "placement": "",
            "day": arms["day"],
            "impressions": arms["impressions"],
            "clicks": arms["clicks"],
            "click": "all",
        }
    )


def run(
    train: pd.DataFrame, test: pd.DataFrame, embeddings: str | None, threads: int = 1
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Predictions for every row of `test` (KEY, score, ctr), and the figures."""
    judge = as_examples(test)
    learn = examples.usable(without_copies(as_examples(train), judge))
    known = judge[list(features.KNOWN)]
    seconds, others, more = dict[str, float](), dict[str, np.ndarray](), dict[str, Any]()
    with tempfile.TemporaryDirectory() as folder:
        params = model.Params()
        if embeddings or params.embedder:
            words = model.fit(learn, replace(params, embedder=None), unlabelled=known["text"].tolist())
            others["model, words only"] = words.margins(known)[0]
        if embeddings:
            started = time.perf_counter()
            more["encoder"] = tune.teach(learn, base(embeddings), Path(folder) / "encoder", threads)
            seconds["encoder"] = time.perf_counter() - started
            params = replace(params, embedder=f"huggingface:{folder}/encoder")
        elif params.embedder:
            more = encoder_read(params.embedder, judge)
        started = time.perf_counter()
        fitted = model.fit(learn, params, unlabelled=known["text"].tolist())
        margin, coverage = fitted.margins(known)
        seconds["model"] = time.perf_counter() - started
        others["model, new words unseen"] = model.fit(learn, params).margins(known)[0]
    said = fitted.calibration.apply(margin, coverage, known["day"], "upworthy archive")
    arms = judge.assign(score=said["score"].to_numpy(), ctr=said["ctr"].to_numpy())
    by_arm = arms.set_index("example_key")
    predictions = test[KEY].assign(score=test["arm"].map(by_arm["score"]), ctr=test["arm"].map(by_arm["ctr"]))
    return predictions, {"seconds": seconds, **more, **figures(learn, arms, others)}


def base(name: str) -> Path:
    """The folder of an encoder by name. Exits, before any training, where it or what it needs is missing."""
    try:
        encoder.libraries()
        return encoder.minilm() if name == "minilm" else Path(name.removeprefix("huggingface:"))
    except ModelUnusable as error:
        raise SystemExit(str(error)) from error


def encoder_read(embedder: str, judge: pd.DataFrame) -> dict[str, Any]:
    """The card of an encoder that is read as it is, if it has one. Exits where it was taught on texts to be judged."""
    found = taught(embedder)
    if found and found[1].taught(judge["text"].tolist()).any():
        raise SystemExit(f"{embedder} was taught on headlines of these tests, so it cannot be judged on these tests.")
    return {"encoder": found[0]} if found else {}


def without_copies(learn: pd.DataFrame, judge: pd.DataFrame) -> pd.DataFrame:
    """The arms of `learn` that neither share a test nor nearly all words with an arm of `judge`."""
    both = pd.concat([learn, judge], ignore_index=True)
    kept = splits.without_copies(both, np.arange(len(both)) >= len(learn))
    return learn[kept[: len(learn)]].reset_index(drop=True)


def figures(learn: pd.DataFrame, arms: pd.DataFrame, others: dict[str, np.ndarray]) -> dict[str, Any]:
    """The table of model and baselines on arms with 100 impressions or more; empty where outcomes are not known."""
    judged = (arms["impressions"] >= examples.LEAST_IMPRESSIONS).to_numpy()
    seen = arms[judged].reset_index(drop=True)
    if not seen["clicks"].sum():
        return {"arms": len(arms)}
    scores = {"model": seen["score"].to_numpy()} | {name: said[judged] for name, said in others.items()}
    scores |= evaluate.baselines(learn, seen)
    return {
        "arms": len(arms),
        "trained_on": {"arms": len(learn), "tests": int(learn["test_key"].nunique())},
        "table": {name: evaluate.ranking(seen, score) for name, score in scores.items()},
        "calibration": evaluate.calibration(seen, seen["ctr"].to_numpy()),
    }


def main() -> None:
    """Read, train, predict, print."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--train", type=Path, required=True)
    cli.add_argument("--test", type=Path)
    cli.add_argument("--holdout", help='take the test from TRAIN instead: "newest", or a window such as 0.6-0.7')
    cli.add_argument("--drop-weeks", help="first-last, YYYYWW-YYYYWW")
    cli.add_argument("--out", type=Path, required=True)
    cli.add_argument("--embeddings", help='"minilm" or "huggingface:PATH"')
    cli.add_argument("--threads", type=int, default=1, help="processors that teach the encoder")
    args = cli.parse_args()
    if bool(args.test) == bool(args.holdout):
        cli.error("give either --test TEST.parquet or --holdout newest")
    if args.embeddings:
        base(args.embeddings)
    train = read(args.train)
    if args.drop_weeks:
        first, last = map(int, args.drop_weeks.split("-"))
        train = train[~train["test_week"].between(first, last)].reset_index(drop=True)
    window = "0.8-1" if args.holdout == "newest" else args.holdout
    train, test = split(train, window) if window else (train, read(args.test))
    predictions, said = run(train, test, args.embeddings, args.threads)
    predictions.to_csv(args.out, index=False)
    print(json.dumps({"window": window, **said}, indent=1))


if __name__ == "__main__":
    main()
