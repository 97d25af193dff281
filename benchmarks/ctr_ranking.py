"""Rank the headlines of tests that the model has not seen, and write a prediction for every one.

    python benchmarks/ctr_ranking.py --train TRAIN.parquet --test TEST.parquet --out predictions.csv [--embeddings NAME]

TRAIN has clickability_test_id, eyecatcher_id, headline, test_week (YYYYWW), impressions, clicks; TEST the same, of
which impressions and clicks are read only for the figures that are printed. `--holdout newest` splits TRAIN itself:
its newest fifth of tests (by first week) is the test; `--holdout 0.6-0.7` takes that part of the time line instead and
learns from what is before it: choices were made on such earlier windows only.
`--drop-weeks 201325-201401` leaves out the archive's weeks of faulty randomisation. With --embeddings a MiniLM encoder
("huggingface:PATH", or "minilm" for the one that requirements-embeddings.txt installs) is fine-tuned on the training
tests and joined to the model. That encoder is in this benchmark only: no DAG trains or asks it. What `train_ctr` does
with an embedder is measured without --embeddings: with COUNTERPITCH_EMBEDDINGS=huggingface:PATH, as in the pipeline,
the model reads its vectors as they are.

The texts to be ranked are known before any of them runs, so the model learns from all of them, results or not, which
words there are and what company they keep ("model"); "model, new words unseen" learns words from TRAIN alone. Arms of
TRAIN that say nearly the same as one of TEST teach nothing.

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

from counterpitch.ctr import evaluate, examples, features, model, splits

KEY = ["clickability_test_id", "eyecatcher_id", "headline"]

ENCODER_WEIGHT = 1.5
"""Chosen on earlier weeks of the training part, like the encoder's schedule."""


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


def run(train: pd.DataFrame, test: pd.DataFrame, embeddings: str | None) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Predictions for every row of `test` (KEY, score, ctr), and the figures."""
    judge = as_examples(test)
    learn = examples.usable(without_copies(as_examples(train), judge))
    known = judge[list(features.KNOWN)]
    started = time.perf_counter()
    fitted = model.fit(learn, unlabelled=known["text"].tolist())
    margin, coverage = fitted.margins(known)
    seconds = {"model": time.perf_counter() - started}
    unseen = model.fit(learn)
    others = {"model, new words unseen": unseen.margins(known)[0]}
    if embeddings:
        others["model, words only"] = margin
        started = time.perf_counter()
        encoder = encoder_installed().score(learn, [*learn["text"], *known["text"]], embeddings)
        seconds["encoder"] = time.perf_counter() - started
        encoded = (encoder[: len(learn)], encoder[len(learn) :])
        taught = learn[list(features.KNOWN)]
        margin = joined((fitted.margins(taught)[0], margin), encoded)
        unheard = (unseen.margins(taught)[0], others["model, new words unseen"])
        others["model, new words unseen"] = joined(unheard, encoded)
    said = fitted.calibration.apply(margin, coverage, known["day"], "upworthy archive")
    arms = judge.assign(score=said["score"].to_numpy(), ctr=said["ctr"].to_numpy())
    by_arm = arms.set_index("example_key")
    predictions = test[KEY].assign(score=test["arm"].map(by_arm["score"]), ctr=test["arm"].map(by_arm["ctr"]))
    return predictions, {"seconds": seconds, **figures(learn, arms, others)}


def joined(margin: tuple[np.ndarray, np.ndarray], encoded: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Margins of the judged rows with the encoder's score added, on the model's scale.

    Each pair is (of the training arms, of the judged rows). Each is counted in standard deviations from the mean of
    the training arms, so that what a row gets does not depend on the rows that are judged with it.
    """

    def both(which: int) -> np.ndarray:
        parts = [(each[which] - each[0].mean()) / each[0].std() for each in (margin, encoded)]
        return np.asarray(parts[0] + ENCODER_WEIGHT * parts[1])

    return np.asarray(margin[0].mean() + both(1) * margin[0].std() / both(0).std())


def encoder_installed() -> Any:
    """The module ctr_encoder; a clear word, before any training, where what it needs is not installed."""
    try:
        import ctr_encoder
    except ImportError as error:
        raise SystemExit(
            f"--embeddings needs {error.name}, which is not installed: pip install -r requirements-embeddings.txt"
        ) from error
    return ctr_encoder


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
    args = cli.parse_args()
    if bool(args.test) == bool(args.holdout):
        cli.error("give either --test TEST.parquet or --holdout newest")
    if args.embeddings:
        encoder_installed()
    train = read(args.train)
    if args.drop_weeks:
        first, last = map(int, args.drop_weeks.split("-"))
        train = train[~train["test_week"].between(first, last)].reset_index(drop=True)
    window = "0.8-1" if args.holdout == "newest" else args.holdout
    train, test = split(train, window) if window else (train, read(args.test))
    predictions, said = run(train, test, args.embeddings)
    predictions.to_csv(args.out, index=False)
    print(json.dumps({"window": window, **said}, indent=1))


if __name__ == "__main__":
    main()
