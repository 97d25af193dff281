"""Rank the headlines of tests that the model has not seen, and write a prediction for every one.

    python benchmarks/ctr_ranking.py --train TRAIN.parquet --test TEST.parquet --out predictions.csv [--embeddings NAME]

TRAIN has clickability_test_id, eyecatcher_id, headline, test_week (YYYYWW), impressions, clicks; TEST the same, of
which impressions and clicks are read only for the figures that are printed. `--holdout newest` splits TRAIN itself:
its newest fifth of tests (by first week) is the test. `--drop-weeks 201325-201401` leaves out the archive's weeks of
faulty randomisation. With --embeddings a MiniLM encoder ("huggingface:PATH", or "minilm" for the one that
requirements-embeddings.txt installs) is fine-tuned on the training tests and joined to the model.

Prints JSON: figures of the model beside the baselines, trained and judged in the same run. Nothing is tuned here:
priors, rounds and the encoder's schedule were chosen on earlier weeks (see docs/methods/ctr.md).
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from counterpitch.ctr import evaluate, examples, features, model

KEY = ["clickability_test_id", "eyecatcher_id", "headline"]


def read(path: Path) -> pd.DataFrame:
    """Rows of the archive with a headline; weeks as the Monday-ish day `day`."""
    rows = pd.read_parquet(path).dropna(subset=["headline"]).reset_index(drop=True)
    week = rows["test_week"].astype(int)
    day = pd.to_datetime((week // 100).astype(str) + "-01-01") + pd.to_timedelta(7 * (week % 100), unit="D")
    return rows.assign(day=day.astype("datetime64[us]"))


def split(rows: pd.DataFrame, share: float = 0.2) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The older tests, and the newest `share` of them by first week."""
    first = rows.groupby("clickability_test_id")["test_week"].min().sort_values(kind="stable")
    held = rows["clickability_test_id"].isin(first.index[int(np.ceil(len(first) * (1 - share))) :])
    return rows[~held].reset_index(drop=True), rows[held].reset_index(drop=True)


def as_examples(rows: pd.DataFrame) -> pd.DataFrame:
    """Arms as training examples: one a test, image and headline."""
    counted = rows if {"impressions", "clicks"} <= set(rows) else rows.assign(impressions=0, clicks=0)
    arms = counted.groupby(KEY, as_index=False).agg({"impressions": "sum", "clicks": "sum", "day": "min"})
    return pd.DataFrame(
        {
            "example_key": arms[KEY].agg("|".join, axis=1),
            "group_key": "test|" + arms["clickability_test_id"] + "|" + arms["eyecatcher_id"],
            "test_key": "test|" + arms["clickability_test_id"],
            "owner": "upworthy archive",
            "brand_id": None,
            "text": arms["headline"],
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


def run(train: pd.DataFrame, test: pd.DataFrame, embeddings: str | None) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Predictions for every row of `test` (KEY, score, ctr), and the figures."""
    started = time.perf_counter()
    learn = examples.usable(as_examples(train))
    judge = as_examples(test)
    known = judge[list(features.KNOWN)]
    fitted = model.fit(learn)
    margin, coverage = fitted.margins(known)
    seconds = {"train": time.perf_counter() - started}
    if embeddings:
        from ctr_encoder import joined  # needs torch: requirements-embeddings.txt

        margin = joined(learn, judge, margin, fitted, embeddings)
        seconds["encoder"] = time.perf_counter() - started - seconds["train"]
    said = fitted.calibration.apply(margin, coverage, known["day"], "upworthy archive")
    arms = judge.assign(score=said["score"].to_numpy(), ctr=said["ctr"].to_numpy())
    keys = arms["example_key"].str.split("|", n=2, expand=True).set_axis(KEY, axis=1)
    predictions = test[KEY].merge(pd.concat([keys, arms[["score", "ctr"]]], axis=1), on=KEY, how="left")
    return predictions, {"seconds": seconds, **figures(learn, arms)}


def figures(learn: pd.DataFrame, arms: pd.DataFrame) -> dict[str, Any]:
    """The table of model and baselines on arms with 100 impressions or more; empty where outcomes are not known."""
    seen = arms[arms["impressions"] >= examples.LEAST_IMPRESSIONS].reset_index(drop=True)
    if not seen["clicks"].sum():
        return {"arms": len(arms)}
    scores = {"model": seen["score"].to_numpy(), **evaluate.baselines(learn, seen)}
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
    cli.add_argument("--holdout", choices=["newest"], help="take the test from TRAIN instead")
    cli.add_argument("--drop-weeks", help="first-last, YYYYWW-YYYYWW")
    cli.add_argument("--out", type=Path, required=True)
    cli.add_argument("--embeddings", help='"minilm" or "huggingface:PATH"')
    args = cli.parse_args()
    train = read(args.train)
    if args.drop_weeks:
        first, last = map(int, args.drop_weeks.split("-"))
        train = train[~train["test_week"].between(first, last)].reset_index(drop=True)
    train, test = split(train) if args.holdout else (train, read(args.test))
    predictions, said = run(train, test, args.embeddings)
    predictions.to_csv(args.out, index=False)
    print(json.dumps(said, indent=1))


if __name__ == "__main__":
    main()
