"""Train a model on what was known by a partition day, judge it on the newest fifth, and store it.

The figures come from a twin that saw only the older part, cleaned of copies of held-out texts; the stored
model then learns from everything. Its held-out predictions are kept (ml.held_out), so that a later comparison
can be recomputed from rows instead of believed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast

import numpy as np
import pandas as pd

from counterpitch.ctr import embeddings, evaluate, examples, features, model, splits, tuned, variances
from counterpitch.ctr.examples import records
from counterpitch.ctr.refusals import ModelUnusable, NotEnoughData
from counterpitch.warehouse import write
from counterpitch.warehouse.connection import Connection, transaction

log = logging.getLogger(__name__)

BASE = "base"
"""The name under which the model without pillars competes for the champion's place."""

SECOND = "pillars"
"""The name of the models that read pillars too (second.py): they score again what was read, and are never champion."""

LEAST_HELD_PAIRS = 30


def train(partition_key: str, params: model.Params | None = None, trials: int = 0) -> str:
    """Train on everything known by `partition_key`, store model and held-out predictions; returns the model_id.

    With `trials`, parameters are searched for first, on the older part only; every trial is kept in metrics.search.
    Without `params` and `trials`, few examples choose their own variances (metrics.variances).

    Nothing is promoted. Raises NotEnoughData when there is too little to learn from, ModelUnusable when the encoder was
    taught on what the model would be judged by. Run twice, the same data give the same model_id and no new row.
    """
    with transaction(application="counterpitch ctr train") as conn:
        return train_on(conn, partition_key, params, trials)


def train_on(conn: Connection, partition_key: str, params: model.Params | None = None, trials: int = 0) -> str:
    """`train` on an open connection, inside the caller's transaction."""
    known = examples.read(conn, partition_key)
    record: list[dict[str, Any]] = []
    if trials:
        from counterpitch.ctr.search import search  # optuna takes a second to load, and a bootstrap searches nothing

        older = splits.without_copies(known, splits.newest(known))
        params, record = search(known[older].reset_index(drop=True), trials)
    texts = examples.corpus(conn, partition_key)
    figures, held = evaluation(known, params, earlier_texts(conn, known, partition_key))
    chosen, said = (params, {"method": "given"}) if params else variances.estimate(known, unlabelled=texts)
    figures |= {"search": record, "variances": said}
    if held_by := embeddings.taught(chosen.embedder) if chosen.embedder else None:
        figures["encoder"] = held_by[0]
    fitted = model.fit(known, chosen, texts)
    return store(conn, fitted, partition_key, figures, held)


def evaluation(
    known: pd.DataFrame, params: model.Params | None = None, texts: Sequence[str] = ()
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Figures of a twin (see `twin`) beside the baselines, and its predictions of the held-out rows.

    texts: of ads seen before the held-out rows, results or not (examples.corpus). The champion that they are compared
    with knew no later words either.

    Held out is the newest fifth by day; where that holds fewer than LEAST_HELD_PAIRS pairs (or days are
    unknown), the folds of splits.folds, one at a time. `figures["split"]` says which.
    """
    given = params or model.Params()
    split, parts = hold_out(known, given.seed, given.embedder)
    ctr, scores = np.zeros(len(known)), cast("dict[str, np.ndarray]", {})
    for learnt, held in parts:
        older, test = known[learnt].reset_index(drop=True), known[held].reset_index(drop=True)
        margin, ctr[held] = asked(twin(older, known, params, texts), test)
        for name, values in {"model": margin, **evaluate.baselines(older, test)}.items():
            scores.setdefault(name, np.zeros(len(known)))[held] = values
    judged = np.any([held for _, held in parts], axis=0)
    test, ctr = known[judged].reset_index(drop=True), ctr[judged]
    scores = {name: values[judged] for name, values in scores.items()}
    return {"split": split, **table(test, scores, ctr)}, predictions(test, scores["model"], ctr)


def twin(
    older: pd.DataFrame,
    known: pd.DataFrame,
    params: model.Params | None,
    texts: Sequence[str],
    block: Sequence[str] = (),
    start: model.Params | None = None,
) -> model.CtrModel:
    """The model that stands in for the one of all `known` and saw only `older`, a part of them.

    Without `params` it finds its own on the rows that it may see (variances.estimate), as the stored model does on
    all, from `start` (the defaults); where `known` are enough for the defaults, the twin has `start` too, so that the
    figures are of the method that is stored. `texts`, `block`: as model.fit takes them.
    """
    if params is None and len(known) > variances.MOST_EXAMPLES:
        params = start or model.Params()
    params = params or variances.estimate(older, start, texts, block)[0]
    return model.fit(older, params, texts, block)


def hold_out(
    known: pd.DataFrame, seed: int, embedder: str | None = None
) -> tuple[str, list[tuple[np.ndarray, np.ndarray]]]:
    """What the split is called, and the masks (learnt from, held out) of each part of it: see `evaluation`.

    embedder: where tune.py taught it, only rows are held out that it may judge (tuned.judges). Raises ModelUnusable
    where these are too few: a model is not judged on rows that its encoder was taught on, so there are no five folds;
    NotEnoughData where the rest is too little to learn from.
    """
    held = splits.newest(known)
    older = splits.without_copies(known, held)
    encoder = embeddings.taught(embedder) if embedder else None
    if encoder:
        card, scores = encoder
        _refuse_other_texts(known, embedder, card["taught_until"], scores.ads)
        held = tuned.judges(known, held, scores, card["taught_until"])
        _refuse_too_few(_pairs(known[held]), embedder, card["taught_until"])
        _refuse_too_few_to_learn(_pairs(known[older]))
    if _pairs(known[held]) >= LEAST_HELD_PAIRS and _pairs(known[older]) >= LEAST_HELD_PAIRS:
        return "newest fifth", [(older, held)]
    fold = splits.folds(known, 5, seed)
    return "five folds", [(fold != number, fold == number) for number in np.unique(fold)]


def _refuse_other_texts(known: pd.DataFrame, embedder: str | None, until: str, ads: str) -> None:
    """An own ad whose text is another now would count as one that the encoder never saw."""
    if ads != tuned.COPY and (known["brand_id"].notna() & (known["day"] <= pd.Timestamp(until))).any():
        raise ModelUnusable(
            f"The encoder {embedder} was taught when an ad's text held its button and description. The model reads the "
            "copy alone now, so nobody could tell which of your ads taught it. " + tuned.AGAIN + " Or unset "
            "COUNTERPITCH_CTR_ENCODER."
        )


def _refuse_too_few(pairs: int, embedder: str | None, until: str) -> None:
    if pairs < LEAST_HELD_PAIRS:
        raise ModelUnusable(
            f"The encoder {embedder} was taught on results up to {until}. Of the newest fifth {pairs} pairs are later "
            f"and said otherwise; {LEAST_HELD_PAIRS} are needed, since a model is not judged on what its encoder was "
            "taught. Train for a later day, once there are later results; or teach an encoder that leaves the newest "
            "fifth out, `counterpitch ctr tune-encoder --out NEW_FOLDER`; or unset COUNTERPITCH_CTR_ENCODER."
        )


def _refuse_too_few_to_learn(pairs: int) -> None:
    if pairs < LEAST_HELD_PAIRS:
        raise NotEnoughData(
            f"Older than the newest fifth, and no copies of it, are {pairs} pairs; a model that reads a taught encoder "
            f"learns from {LEAST_HELD_PAIRS} or more. Import more results or experiments, or unset "
            "COUNTERPITCH_CTR_ENCODER."
        )


def asked(fitted: model.CtrModel, test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """What a twin says of held-out rows: the margin, and the CTR of each for its own owner."""
    margin, coverage = fitted.margins(test[[*features.KNOWN, *fitted.pillars]])
    ctr = np.zeros(len(test))
    for owner, here in test.groupby("owner").indices.items():
        said = fitted.calibration.apply(margin[here], coverage[here], test["day"].iloc[here], str(owner))
        ctr[here] = said["ctr"]
    return margin, ctr


def store(
    conn: Connection, fitted: model.CtrModel, partition_key: str, figures: dict[str, Any], held: pd.DataFrame
) -> str:
    """Write a model and its held-out predictions; returns the model_id, made of name, day and sha256.

    The name is BASE, or SECOND for a model that reads pillars.
    """
    artifact = fitted.to_json()
    sha256 = model.fingerprint(artifact)
    name = SECOND if fitted.pillars else BASE
    model_id = f"{name}-{partition_key}-{sha256[:12]}"
    row = {
        "model_id": model_id,
        "name": name,
        "partition_key": partition_key,
        "trained_on": {name: said for name, said in fitted.data.items() if name != "profile"},
        "params": asdict(fitted.params),
        "features": {"version": features.VERSION, "columns": list(fitted.names)},
        "metrics": figures,
        "artifact": artifact,
        "sha256": sha256,
    }
    new = write.append_new(conn, "ml.model", ["model_id"], [c for c in row if c != "model_id"], [row])
    if new:
        columns = ["example_key", "group_key", "day", "impressions", "clicks", "score", "ctr"]
        write.replace_slice(conn, "ml.held_out", {"model_id": model_id}, columns, records(held[columns]))
    log.info("Model %s: %s", model_id, figures["table"]["model"]["all_pairs"])
    return model_id


def earlier_texts(conn: Connection, known: pd.DataFrame, partition_key: str) -> list[str]:
    """The corpus of the day before the first held-out row."""
    border = known.loc[splits.newest(known), "day"].min()
    day = partition_key if pd.isna(border) else (border - pd.Timedelta(days=1)).date().isoformat()
    return examples.corpus(conn, day)


def table(test: pd.DataFrame, scores: dict[str, np.ndarray], ctr: np.ndarray) -> dict[str, Any]:
    """held_out_examples, table (figures of each score) and calibration (of `ctr`) of held-out rows."""
    return {
        "held_out_examples": len(test),
        "table": {name: evaluate.ranking(test, values) for name, values in scores.items()},
        "calibration": evaluate.calibration(test, ctr),
    }


def predictions(test: pd.DataFrame, score: np.ndarray, ctr: np.ndarray) -> pd.DataFrame:
    """Held-out rows as ml.held_out keeps them."""
    days = pd.Series([None if pd.isna(day) else day.date().isoformat() for day in test["day"]], dtype=object)
    return test[["example_key", "group_key", "impressions", "clicks"]].assign(day=days, score=score, ctr=ctr)


def _pairs(rows: pd.DataFrame) -> int:
    sizes = rows.groupby("group_key").size()
    return int((sizes * (sizes - 1) // 2).sum())
