"""Teach a sentence encoder which wording wins, on our own results, into a folder that the click model can read.

An encoder that is asked about texts that taught it knows their answers by heart, and a model that learns from such
scores trusts it far too much. So it is taught FOLDS times on all folds but one, by tests and near-duplicates
(splits.folds), and each taught text keeps the score of the encoder that did not see it; then once on all, for the texts
to come. It learns only from what train.py calls the older part: the newest fifth stays unseen, so that every model that
reads it can be judged there. The card says until which day it was taught, and train.py holds the model to that.

Each fold's answers are kept until the folder is whole, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
import resource
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from counterpitch.ctr import encoder, examples, pairs, splits, train, tuned
from counterpitch.ctr.contests import LARGEST, PART_OTHER_IMAGE, Contests
from counterpitch.ctr.model import MOST_EXAMPLES, newest_groups
from counterpitch.ctr.refusals import ModelUnusable, NotEnoughData
from counterpitch.ctr.vectors import pack, unpack
from counterpitch.warehouse.connection import transaction

log = logging.getLogger(__name__)

SEED = 20261120
FOLDS = 3
LEAST_TESTS = 100
"""With fewer tests nothing was measured; see docs/tune-encoder.md for how much they are worth."""

PLAN = "plan.json"

Make = Callable[[Path, list[str], int, int], encoder.Encoder]
"""base, texts, seed, threads -> an encoder."""


def tune(
    out: Path,
    base: Path | None = None,
    partition_key: str | None = None,
    threads: int = 1,
    make: Make | None = None,
) -> dict[str, Any]:
    """Teach an encoder on what is known by a day (today), but for its newest fifth; returns the card written to `out`.

    base: a sentence-transformers folder; by default the MiniLM of requirements-embeddings.txt. Run twice on the same
    examples it finds its own folder and returns at once. Raises NotEnoughData where too few tests are old enough,
    ModelUnusable where the base or torch is missing, or `out` holds something else.
    """
    base = base or encoder.minilm()
    encoder.Bert.refuse(base)  # what is not there is said before the results are read
    _refuse_other_files(out)
    day = partition_key or datetime.now(UTC).date().isoformat()
    with transaction(application="counterpitch ctr tune-encoder") as conn:
        known = examples.read(conn, day)
    split, parts = train.hold_out(known, SEED)
    held = splits.newest(known)
    if split != "newest fifth":
        raise NotEnoughData(
            f"The newest fifth of {len(known)} examples holds too few pairs to judge by, so no encoder is taught: "
            "nobody could say whether it helps. Import more results or experiments."
        )
    older = parts[0][0] & splits.without_copies(tuned.folded_openings(known), held)
    older &= (known["day"] < known.loc[held, "day"].min()).to_numpy()
    return teach(known[older].reset_index(drop=True), base, out, threads, make)


def teach(
    learn: pd.DataFrame,
    base: Path,
    out: Path,
    threads: int = 1,
    make: Make | None = None,
    folds: int = FOLDS,
) -> dict[str, Any]:
    """`tune` on given examples (examples.read), all of which teach. make: by default encoder.Bert."""
    learn = tuned.openings(newest_groups(learn, MOST_EXAMPLES))  # the encoder reads no more, so nothing else counts
    texts = sorted(set(learn["text"]))
    text = np.searchsorted(np.array(texts, dtype=object), learn["text"].to_numpy(object))
    every = Contests(learn, text, SEED)
    fold = splits.folds(tuned.folded_openings(learn), folds, SEED)
    parts = [Contests(learn[fold != number], text[fold != number], SEED) for number in range(folds)]
    _refuse_few(len(every), min(map(len, parts)))
    plan = _plan(learn, base, threads, folds)
    found = _found(out, plan)
    if found:
        return found
    work, started = _work(out, plan), time.process_time()
    log.info("Teaching on %d tests, %d texts: %d folds, then all. 0 of %d", len(every), len(texts), folds, folds + 1)
    learner = (make or encoder.Bert)(base, texts, SEED, threads)
    out_of_fold, before = np.zeros(len(texts)), 0.0
    for number, part in enumerate(parts):
        mine = np.unique(text[fold == number])  # equal texts are tied, so no fold shares one
        said, kept = _asked(learner, part, work / f"fold-{number}.json")
        out_of_fold[mine] = said[mine]
        before += kept
        log.info("%d of %d", number + 1, folds + 1)
    learner.learn(every)
    scores = _scores(texts, out_of_fold, learner)
    log.info("%d of %d", folds + 1, folds + 1)
    cost = {"processor_seconds": round(before + time.process_time() - started), "peak_mb": _peak_mb()}
    return _written(out, work, learner, scores, _card(learn, every, scores) | cost | {"plan": plan})


def _refuse_few(tests: int, in_smallest: int) -> None:
    if tests < LEAST_TESTS:
        raise NotEnoughData(
            f"{tests} tests (or dozens of a brand's ads) with different texts could teach an encoder; it needs "
            f"{LEAST_TESTS}. Import more experiments; until then the model reads words only."
        )
    if in_smallest < LEAST_TESTS // 4:
        raise NotEnoughData(
            f"Of {tests} tests most nearly say the same, so no encoder could be asked about texts that it has not seen:"
            f" one fold leaves {in_smallest} tests to learn from. Import tests of other words."
        )


def _asked(learner: encoder.Encoder, part: Contests, kept: Path) -> tuple[np.ndarray, float]:
    """Every text's score by an encoder taught on `part`, less their mean: a pairwise loss leaves the level open.

    With it the processor seconds that an earlier run spent on it; 0 where this one does.
    """
    if kept.is_file():
        held = json.loads(kept.read_text(encoding="utf-8"))
        return unpack(held["scores"]), float(held["processor_seconds"])
    started = time.process_time()
    learner.learn(part)
    said = learner.score()
    said -= said.mean()
    unfinished = kept.with_suffix(".part")
    told = {"scores": pack(said), "processor_seconds": time.process_time() - started}
    unfinished.write_text(json.dumps(told), encoding="utf-8")
    unfinished.replace(kept)
    return said, 0.0


def _scores(texts: list[str], out_of_fold: np.ndarray, learner: encoder.Encoder) -> tuned.Scores:
    scale = float(out_of_fold.std())
    if not scale > 0:
        raise NotEnoughData("The encoder says the same of every text: nothing was learnt that a model could read.")
    keys, of = np.unique(tuned.keys_of([tuned.folded(text) for text in texts]), return_inverse=True)
    kept = np.round(np.bincount(of, out_of_fold) / np.bincount(of) / scale, tuned.DECIMALS)
    return tuned.Scores(learner.head(), float(learner.score().mean()), scale, keys, kept)


def _plan(learn: pd.DataFrame, base: Path, threads: int, folds: int) -> dict[str, Any]:
    """All that the weights depend on."""
    columns = ["example_key", "test_key", "group_key", "text", "day", "impressions", "clicks"]
    rows = learn[columns].astype(str).to_csv(index=False)
    return {
        "base": base.name,
        "base_sha256": tuned.fingerprint(base),
        "examples_sha256": hashlib.sha256(rows.encode("utf-8", "surrogatepass")).hexdigest(),
        "seed": SEED,
        "folds": folds,
        "threads": threads,
        "schedule": encoder.SCHEDULE,
        "contests": {"largest": LARGEST, "part_other_image": PART_OTHER_IMAGE},
        "read": [tuned.WORDS, tuned.CHARACTERS, tuned.FOLDED],
        "versions": {name: _version(name) for name in ("torch", "transformers", "sentence-transformers")},
    }


def _found(out: Path, plan: dict[str, Any]) -> dict[str, Any] | None:
    """The card of an encoder taught before by the same plan; None where `out` is free. Raises ModelUnusable else."""
    _refuse_other_files(out)
    held = tuned.card(out) if out.exists() else None
    if held is None:
        return None
    if held["plan"] == plan:
        if _kept_plan(_folds_of(out)) == plan:  # the run that wrote it ended before it could clean up
            shutil.rmtree(_folds_of(out))
        return held
    raise ModelUnusable(
        f"{out} holds an encoder that was taught otherwise, and models may read it. Name a new folder with --out."
    )


def _refuse_other_files(out: Path) -> None:
    """Raise ModelUnusable where `out` is neither free nor a folder that holds an encoder."""
    if out.exists() and not out.is_dir():
        raise ModelUnusable(f"{out} is a file, and an encoder is a folder. Name a new folder with --out.")
    if out.exists() and any(out.iterdir()) and not tuned.has_card(out):
        raise ModelUnusable(f"{out} holds other files, and models may read it. Name a new folder with --out.")


def _folds_of(out: Path) -> Path:
    return out.with_name(f"{out.name}.unfinished")


def _kept_plan(work: Path) -> Any:
    """The plan of the finished folds in a folder; None where it holds none, or one that was cut short."""
    try:
        return json.loads((work / PLAN).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def _work(out: Path, plan: dict[str, Any]) -> Path:
    """The folder beside `out` that keeps finished folds: those of an earlier run where it had the same plan."""
    work = _folds_of(out)
    held = _kept_plan(work)
    if held is None and work.exists() and {path.name for path in work.iterdir()} - {PLAN, f"{PLAN}.part"}:
        raise ModelUnusable(f"{work} is in the way: finished folds are kept there. Name another folder with --out.")
    if held != plan:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        unfinished = work / f"{PLAN}.part"
        unfinished.write_text(json.dumps(plan), encoding="utf-8")
        unfinished.replace(work / PLAN)
    return work


def _written(
    out: Path, work: Path, learner: encoder.Encoder, scores: tuned.Scores, card: dict[str, Any]
) -> dict[str, Any]:
    whole = work / "encoder"
    shutil.rmtree(whole, ignore_errors=True)
    learner.save(whole)
    scores.write(whole)
    card |= {"format": tuned.FORMATS[-1], "sha256": tuned.fingerprint(whole)}
    (whole / tuned.CARD).write_text(json.dumps(card, indent=1, sort_keys=True), encoding="utf-8")
    if out.exists():
        out.rmdir()  # empty: _found saw to it
    whole.replace(out)
    shutil.rmtree(work)
    return card


def _card(learn: pd.DataFrame, contests: Contests, scores: tuned.Scores) -> dict[str, Any]:
    compared = pairs.compare(learn, SEED)
    said = scores.known(learn["text"].tolist())
    gap = said[compared.better] - said[compared.worse]
    return {
        "taught_from": learn["day"].min().date().isoformat(),
        "taught_until": learn["day"].max().date().isoformat(),
        "examples": len(learn),
        "tests": int(learn["test_key"].nunique()),
        "contests": len(contests),
        "texts": len(scores.keys),
        "out_of_fold_pairs": len(compared),
        "out_of_fold_accuracy": round(float(np.average((np.sign(gap) + 1) / 2, weights=compared.certainty)), 4),
        "made_on": datetime.now(UTC).date().isoformat(),
    }


def _peak_mb() -> int:
    """The most memory that this process held so far, in MB: Linux counts in kB, macOS in bytes."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
