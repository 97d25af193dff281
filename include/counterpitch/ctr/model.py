"""The model: text strength learnt from pairs, stacked under LightGBM on what is known before an ad runs.

1. A linear text member learns which words win, from pairs inside a test or brand (text.py). Its scores of
   training texts are out of fold, so LightGBM sees them as they will be for new texts.
2. LightGBM (cross-entropy, weighted by effective impressions, from each group's own rate as its start) learns
   how strength, devices, format, placement and day shift the log-odds of a click inside a group.
3. A slope and a base rate for each owner, fitted on out-of-fold margins, make the margin a calibrated CTR;
   what they leave unexplained is the width of the interval.

Training is deterministic: same examples, same parameters, same bytes. The artifact is JSON, never a pickle.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy.special import expit, logit
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from counterpitch.ctr import features, pairs, splits
from counterpitch.ctr.calibration import Calibration
from counterpitch.ctr.refusals import ModelUnusable
from counterpitch.ctr.text import TextMember

FORMAT = 1
COLUMNS: tuple[str, ...] = ("text_strength", *features.NAMES)


@dataclass(frozen=True)
class Params:
    """All that a training depends on besides the examples. Found by search.py, recorded with each model."""

    seed: int = 20261120
    folds: int = 5
    text_strength: float = 1.0
    most_terms: int = 40_000
    rounds: int = 120
    learning_rate: float = 0.05
    leaves: int = 7
    least_in_leaf: int = 30
    row_share: float = 0.8
    column_share: float = 0.6
    l2: float = 10.0
    threads: int = 1


@dataclass(frozen=True)
class CtrModel:
    """A trained model: scores, explains, and turns to JSON and back without a change in any bit."""

    params: Params
    text: TextMember
    booster: lgb.Booster
    calibration: Calibration
    data: dict[str, Any]

    def margins(self, known: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Features (ads x COLUMNS), margin in log-odds and word coverage of each ad of `known` (features.KNOWN)."""
        wide = self._wide(known)
        margin = np.asarray(self.booster.predict(wide, raw_score=True, num_threads=self.params.threads))
        return wide, margin, self.text.coverage(known["text"].tolist())

    def predict(self, known: pd.DataFrame, owner: str | None = None) -> pd.DataFrame:
        """Score of each ad if it ran for `owner`: score (log-odds), ctr, ctr_low, ctr_high (probabilities, 95%).

        An owner that training did not know is given the base rate of all examples.
        """
        if known.empty:
            return pd.DataFrame({c: pd.Series(dtype=float) for c in ("score", "ctr", "ctr_low", "ctr_high")})
        _, margin, coverage = self.margins(known)
        return self.calibration.apply(margin, coverage, owner)

    def contributions(self, known: pd.DataFrame) -> np.ndarray:
        """What each feature adds to each ad's log-odds by TreeSHAP (Lundberg et al. 2018): ads x COLUMNS."""
        said = self.booster.predict(self._wide(known), pred_contrib=True, num_threads=self.params.threads)
        return np.asarray(said)[:, :-1] * self.calibration.slope

    def _wide(self, known: pd.DataFrame) -> np.ndarray:
        return np.column_stack([self.text.score(known["text"].tolist()), features.matrix(known)])

    def to_json(self) -> str:
        """The artifact: one JSON text, keys sorted."""
        said = {
            "format": FORMAT,
            "features_version": features.VERSION,
            "columns": list(COLUMNS),
            "params": asdict(self.params),
            "text": self.text.to_json(),
            "booster": self.booster.model_to_string(),
            "calibration": self.calibration.to_json(),
            "data": self.data,
        }
        return json.dumps(said, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, artifact: str, sha256: str | None = None) -> CtrModel:
        """The model that `to_json` wrote. Raises ModelUnusable when it is cut short, altered or of other features."""
        if sha256 is not None and fingerprint(artifact) != sha256:
            raise ModelUnusable("The stored model does not match its sha256: it was altered or cut short. Train again.")
        try:
            said = json.loads(artifact)
            _refuse_other_version(said)
            return cls(
                Params(**said["params"]),
                TextMember.from_json(said["text"]),
                lgb.Booster(model_str=said["booster"]),
                Calibration.from_json(said["calibration"]),
                said["data"],
            )
        except ModelUnusable:
            raise
        except (ValueError, KeyError, TypeError, lgb.basic.LightGBMError) as error:
            raise ModelUnusable(f"The stored model cannot be read ({error}). Train again or roll back.") from error


def fingerprint(artifact: str) -> str:
    """The sha256 of an artifact, in hex."""
    return hashlib.sha256(artifact.encode("utf-8")).hexdigest()


def fit(examples: pd.DataFrame, params: Params | None = None) -> CtrModel:
    """Train on `examples` (examples.read): deterministic for the same rows and parameters."""
    params = params or Params()
    with threadpool_limits(1, "blas"):  # sums in one order: the same bytes whatever the number of cores
        return _fit(examples, params)


def _fit(examples: pd.DataFrame, params: Params) -> CtrModel:
    known = examples[list(features.KNOWN)]
    fold = splits.folds(examples, params.folds, params.seed)
    member = _member(examples, np.ones(len(examples), dtype=bool), params)
    strength = np.zeros(len(examples))
    for number in range(params.folds):
        outside = fold != number
        if outside.all():
            continue
        strength[~outside] = _member(examples, outside, params).score(known["text"][~outside].tolist())
    wide = np.column_stack([strength, features.matrix(known)])
    margin = _out_of_fold_margin(wide, examples, fold, params)
    calibration = Calibration.fit(margin, examples)
    booster = _boost(wide, examples, params)
    return CtrModel(params, member, booster, calibration, describe(examples))


def describe(examples: pd.DataFrame) -> dict[str, Any]:
    """Whose results taught: for each owner its examples, impressions, clicks and window; and what was left out."""
    owners = {}
    for owner, rows in examples.groupby("owner", sort=True):
        days = rows["day"].dropna()
        owners[str(owner)] = {
            "examples": len(rows),
            "groups": int(rows["group_key"].nunique()),
            "impressions": int(rows["impressions"].sum()),
            "clicks": int(rows["clicks"].sum()),
            "click": sorted(set(rows["click"])),
            "first_day": days.min().date().isoformat() if len(days) else None,
            "last_day": days.max().date().isoformat() if len(days) else None,
        }
    return {"owners": owners, "left_out": examples.attrs.get("left_out", {})}


def _refuse_other_version(said: dict[str, Any]) -> None:
    here = {"format": FORMAT, "features_version": features.VERSION, "columns": list(COLUMNS)}
    for name, expected in here.items():
        if said.get(name) != expected:
            raise ModelUnusable(
                f"The stored model's {name.replace('_', ' ')} differ from this version's, so its trees would read the "
                "wrong columns. Train a new one: `counterpitch ctr train`."
            )


def _member(examples: pd.DataFrame, mask: np.ndarray, params: Params) -> TextMember:
    rows = examples[mask].reset_index(drop=True)
    compared = pairs.compare(rows, params.seed)
    return TextMember.fit(rows["text"].tolist(), compared, strength=params.text_strength, most_terms=params.most_terms)


def _out_of_fold_margin(wide: np.ndarray, examples: pd.DataFrame, fold: np.ndarray, params: Params) -> np.ndarray:
    margin = np.zeros(len(examples))
    for number in range(params.folds):
        inside = fold == number
        if inside.any() and not inside.all():
            booster = _boost(wide[~inside], examples[~inside], params)
            margin[inside] = booster.predict(wide[inside], raw_score=True, num_threads=params.threads)
    return margin


def _boost(wide: np.ndarray, examples: pd.DataFrame, params: Params) -> lgb.Booster:
    compared = (examples.groupby("group_key")["text"].transform("size") > 1).to_numpy()
    wide, examples = wide[compared], examples[compared]  # alone in its group, an example starts where it ends
    impressions = examples["impressions"].to_numpy(float)
    clicks = examples["clicks"].to_numpy(float)
    start = group_start(examples)
    data = lgb.Dataset(
        wide,
        label=np.clip(clicks / impressions, 0.0, 1.0),
        weight=effective_impressions(impressions, clicks, start),
        init_score=start,
        feature_name=[name.replace("=", "_is_") for name in COLUMNS],
        params={"verbose": -1, "max_bin": 127, "min_data_in_bin": 3},
    )
    settings = {
        "objective": "cross_entropy",
        "boost_from_average": False,
        "learning_rate": params.learning_rate,
        "num_leaves": params.leaves,
        "min_data_in_leaf": min(params.least_in_leaf, max(5, len(examples) // 20)),
        "min_sum_hessian_in_leaf": 1e-3,
        "bagging_fraction": params.row_share,
        "bagging_freq": 1,
        "feature_fraction": params.column_share,
        "lambda_l2": params.l2,
        "monotone_constraints": [1] + [0] * len(features.NAMES),
        "seed": params.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": params.threads,
        "verbose": -1,
    }
    return lgb.train(settings, data, num_boost_round=params.rounds)


def group_start(examples: pd.DataFrame) -> np.ndarray:
    """Log-odds of each example's group, shrunk to all examples' by 200 impressions: where its boosting starts."""
    totals = examples.groupby("group_key")[["impressions", "clicks"]].transform("sum")
    overall = examples["clicks"].sum() / examples["impressions"].sum()
    rate = (totals["clicks"] + 200 * overall) / (totals["impressions"] + 200)
    return np.asarray(logit(np.clip(rate.to_numpy(float), 1e-6, 1 - 1e-6)))


def effective_impressions(impressions: np.ndarray, clicks: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Weight of each example: impressions, but no more than its own unexplained spread makes worth having.

    With variance pq tau^2 between equal ads on top of the binomial 1/n, an example is worth 1/(1/n + pq tau^2):
    a thin ad counts by its impressions, a huge one does not drown the others. tau^2 by moments (DerSimonian &
    Laird 1986). Scaled to a mean curvature of 1 an example, so that LightGBM's
    penalties mean the same at a CTR of 1% and of 20%.
    """
    rate = expit(start)
    spread = rate * (1 - rate)
    residual = (clicks / impressions - rate) ** 2 / spread**2
    noise = 1 / (impressions * spread)
    tau2 = max(1e-4, float(np.average(residual - noise, weights=1 / noise)))
    worth = 1 / (1 / impressions + spread * tau2)
    return np.asarray(worth / (worth * spread).mean())
