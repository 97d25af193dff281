"""A small recorded search for the parameters of a training, judged on the newest fifth of the data it is given.

The caller gives it only data older than what it reports on, so no reported row is ever tuned on. optuna's seeded
TPE sampler (Bergstra et al. 2011) makes the search repeatable; every trial is kept beside the model.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import optuna
import pandas as pd

from counterpitch.ctr import evaluate, features, model, splits
from counterpitch.ctr.refusals import NotEnoughData
from counterpitch.ctr.strength import Priors

LEAST_PAIRS = 100


def search(known: pd.DataFrame, trials: int = 20, seed: int = 1) -> tuple[model.Params, list[dict[str, Any]]]:
    """The best parameters found on `known` (examples.read), and the record: one {"value", "params"} a trial.

    The first trial is the defaults, so the search cannot return worse on its own rows. value is the AUC of all pairs
    of the newest fifth. Raises NotEnoughData when that fifth holds fewer than LEAST_PAIRS pairs.
    """
    held = splits.newest(known)
    older = known[splits.without_copies(known, held)].reset_index(drop=True)
    newest = known[held].reset_index(drop=True)
    judged = evaluate.ranking(newest, newest.index.to_numpy(float), bootstraps=2)["all_pairs"]["pairs"]
    if judged < LEAST_PAIRS or older.empty:
        raise NotEnoughData(
            f"A search needs {LEAST_PAIRS} pairs in the newest fifth; there are {judged}. Use the defaults."
        )
    asked = newest[list(features.KNOWN)]

    def value(trial: optuna.Trial) -> float:
        fitted = model.fit(older, _suggested(trial))
        figures = evaluate.ranking(newest, fitted.margins(asked)[0], bootstraps=2)
        return float(figures["all_pairs"]["auc"])

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    start = model.Params()
    study.enqueue_trial(
        {**{f"prior_{name}": getattr(start.priors, name) for name in _PRIORS}}
        | {"rounds": start.rounds, "leaves": start.leaves, "l2": start.l2}
    )
    study.optimize(value, n_trials=trials)
    record = [{"value": trial.value, "params": trial.params} for trial in study.trials]
    return _suggested(study.best_trial), record


_PRIORS = {
    "word": (0.005, 0.5),
    "skip": (0.001, 0.1),
    "char": (0.003, 0.3),
    "meaning": (0.002, 0.2),
    "concepts": (0.003, 0.3),
    "sense": (0.002, 0.2),
    "devices": (0.003, 0.3),
    "test": (0.03, 1.0),
    "text": (0.003, 0.3),
    "rest": (0.003, 0.1),
}


def _suggested(trial: optuna.Trial | optuna.trial.FrozenTrial) -> model.Params:
    priors = {name: trial.suggest_float(f"prior_{name}", low, high, log=True) for name, (low, high) in _PRIORS.items()}
    return replace(
        model.Params(),
        priors=Priors(**asdict(Priors()) | priors),
        rounds=trial.suggest_int("rounds", 20, 200, step=20),
        leaves=trial.suggest_int("leaves", 3, 15),
        l2=trial.suggest_float("l2", 1.0, 100.0, log=True),
    )
