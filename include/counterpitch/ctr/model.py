"""The model: the strength of words and devices, stacked under LightGBM on all that is known before an ad runs.

1. A linear mixed model learns the strength of each word and device inside tests and brands (strength.py). Its
   scores of training examples are out of fold, so LightGBM sees them as they will be for new ads. The score of an
   encoder that was taught on results is weighed against it once more, inside groups alone.
2. LightGBM (cross-entropy, weighted by effective impressions) starts from each group's own rate and that strength,
   and learns what they miss: how devices, format, placement and day bend the log-odds of a click.
3. A slope fitted inside groups and a base rate for each owner make the margin a calibrated CTR; what they leave
   unexplained is the width of the interval.

A model with pillars reads more columns (pillars.NAMES) in step 1, only when it is told to; the base model never does.
Training is deterministic: same examples, same parameters, same bytes. The artifact is JSON, never a pickle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy.special import expit, logit
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from counterpitch import word_vectors
from counterpitch.ctr import concepts, embeddings, features, people, pillars, splits, strength, surprise
from counterpitch.ctr import words as cut
from counterpitch.ctr.calibration import Calibration
from counterpitch.ctr.refusals import ModelNewer, ModelOutdated, ModelUnusable
from counterpitch.ctr.strength import Blocks, Priors, Standard, Strength
from counterpitch.ctr.vectors import RARITY, TextVectors

FORMAT, FORMAT_TAUGHT = 9, 10
"""An artifact names the second where the model reads a taught encoder, which a version that knows only the first would
read as vectors. All else is the same in both."""

DEVICES: tuple[str, ...] = (*features.NAMES, *RARITY, surprise.NAME)
COLUMNS: tuple[str, ...] = ("strength", *DEVICES)
CHUNK = 5_000

MOST_EXAMPLES = 60_000
"""Training takes the newest groups up to here; more would cost memory and hardly teach."""


@dataclass(frozen=True)
class Params:
    """All that a training depends on besides the examples. Found by search.py, recorded with each model.

    embedder: the configured one (embeddings.configured); None reads words only. there: the strength reads devices as
    there or not, however often they are (features.MOST_TOLD).
    """

    seed: int = 20261120
    folds: int = 5
    priors: Priors = field(default_factory=Priors)
    there: bool = False
    most_terms: int = 60_000
    embedder: str | None = field(default_factory=embeddings.configured)
    rounds: int = 60
    learning_rate: float = 0.05
    leaves: int = 4
    least_in_leaf: int = 30
    row_share: float = 0.8
    column_share: float = 0.6
    l2: float = 10.0
    threads: int = 1


@dataclass(frozen=True)
class CtrModel:
    """A trained model: scores, explains, and turns to JSON and back without a change in any bit.

    pillars: the columns of the optional block, pillars.NAMES or none; `known` must hold them where there are any.
    encoder: the sha256 of the embedder's folder, where there is one; scoring with another is refused.
    """

    params: Params
    strength: Strength
    booster: lgb.Booster
    calibration: Calibration
    data: dict[str, Any]
    pillars: tuple[str, ...] = ()
    encoder: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Every feature by name: COLUMNS, then the optional block."""
        return (*COLUMNS, *self.pillars)

    @property
    def reads_taught(self) -> bool:
        """Whether it reads the one score of an encoder that tune.py taught, and not the vectors of any other."""
        return len(self.strength.weights.get("embedding", ())) == 1

    def margins(self, known: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Margin in log-odds and word coverage of each ad of `known` (features.KNOWN)."""
        margin, coverage = np.zeros(len(known)), np.zeros(len(known))
        for here, blocks in self.parts(known):
            margin[here] = self.margin(self.columns(blocks))
            coverage[here] = blocks.coverage
        return margin, coverage

    def parts(self, known: pd.DataFrame) -> Iterator[tuple[slice, Blocks]]:
        """What the model reads of ads, CHUNK ads at a time, so that memory stays flat however many there are."""
        for start in range(0, len(known), CHUNK):
            here = slice(start, min(start + CHUNK, len(known)))
            yield here, self.blocks(known.iloc[here])

    def predict(self, known: pd.DataFrame, owner: str | None = None) -> pd.DataFrame:
        """Score of each ad if it ran for `owner`: score (log-odds), ctr, ctr_low, ctr_high (probabilities, 95%).

        An owner that training did not know is given the base rate of all examples.
        """
        return self.calibration.apply(*self.margins(known), known["day"], owner)

    def refuse_other_encoder(self) -> None:
        """Raise EncoderUnusable where the folder of the encoder that it reads is missing or another; loads nothing."""
        if self.strength.embedder:
            embeddings.refuse_other(self.strength.embedder, self.encoder)

    def blocks(self, known: pd.DataFrame) -> Blocks:
        """What the model reads of ads."""
        return read(self.strength.vectors, known, self.strength.embedder, self.pillars, self._reads)

    @cached_property
    def _reads(self) -> str | None:
        """The sha256 of its encoder; of a model that keeps none that of the folder, made once: it takes a while."""
        return self.encoder or (embeddings.identity(self.strength.embedder) if self.strength.embedder else None)

    def columns(self, blocks: Blocks) -> np.ndarray:
        """The booster's features: ads x COLUMNS."""
        return _wide(self.strength.score(blocks), blocks)

    def margin(self, wide: np.ndarray) -> np.ndarray:
        """Strength and what the booster adds to it, in log-odds, of ads as `columns` gives them."""
        added = self.booster.predict(wide, raw_score=True, num_threads=self.params.threads)
        return np.asarray(wide[:, 0] + added)

    def to_json(self) -> str:
        """The artifact: one JSON text, keys sorted."""
        said = {
            "format": FORMAT_TAUGHT if self.reads_taught else FORMAT,
            "features_version": features.VERSION,
            "columns": list(self.names),
            "params": asdict(self.params),
            "strength": self.strength.to_json(),
            "booster": self.booster.model_to_string(),
            "calibration": self.calibration.to_json(),
            "data": self.data,
        }
        said |= _tables()
        if self.pillars:
            said["pillars"] = list(self.pillars)
        if self.encoder:
            said["encoder"] = self.encoder
        return json.dumps(said, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, artifact: str, sha256: str | None = None) -> CtrModel:
        """The model that `to_json` wrote.

        Raises ModelUnusable when it is cut short or altered, ModelOutdated when an older version wrote it (or one that
        has other columns under the same numbers), ModelNewer when a newer one did.
        """
        if sha256 is not None and fingerprint(artifact) != sha256:
            raise ModelUnusable("The stored model does not match its sha256: it was altered or cut short. Train again.")
        try:
            said = json.loads(artifact)
            _refuse_other_version(said)
            return cls(
                Params(**said["params"] | {"priors": Priors(**said["params"]["priors"])}),
                Strength.from_json(said["strength"]),
                lgb.Booster(model_str=said["booster"]),
                Calibration.from_json(said["calibration"]),
                said["data"],
                tuple(said.get("pillars", ())),
                said.get("encoder"),
            )
        except ModelUnusable:
            raise
        except (ValueError, KeyError, TypeError, lgb.basic.LightGBMError) as error:
            raise ModelUnusable(f"The stored model cannot be read ({error}). Train again or roll back.") from error


def fingerprint(artifact: str) -> str:
    """The sha256 of an artifact, in hex."""
    return hashlib.sha256(artifact.encode("utf-8")).hexdigest()


def fit(
    examples: pd.DataFrame,
    params: Params | None = None,
    unlabelled: Sequence[str] = (),
    block: Sequence[str] = (),
) -> CtrModel:
    """Train on `examples` (examples.read): deterministic for the same rows, texts and parameters.

    unlabelled: texts of ads without results. Which words there are, how rare they are and what company they keep is
    learnt from these too; nothing else is. block: columns of `examples` that the model may read besides features.KNOWN
    (pillars.NAMES); without it, nothing else is read, whatever columns there are.
    """
    params = params or Params()
    with threadpool_limits(1, "blas"):  # sums in one order: the same bytes whatever the number of cores
        return _fit(examples, params, unlabelled, tuple(block))


def _fit(examples: pd.DataFrame, params: Params, unlabelled: Sequence[str], block: tuple[str, ...]) -> CtrModel:
    data = describe(examples)
    examples = newest_groups(examples, MOST_EXAMPLES)
    known = examples[[*features.KNOWN, *block]]
    corpus = dict.fromkeys(unlabelled, "") | dict(zip(known["text"], known["language"], strict=True))
    corpus = {text: corpus[text] for text in [*known["text"], *unlabelled]}  # in this order
    vectors = TextVectors.fit(cut.read(list(corpus), list(corpus.values())), params.most_terms)
    blocks = read(vectors, known, params.embedder, block)
    fold = splits.folds(examples, params.folds, params.seed)
    out_of_fold = np.zeros(len(examples))
    for number in range(params.folds):
        inside = fold == number
        if inside.any() and not inside.all():
            part = strength_of(vectors, blocks.rows(~inside), examples[~inside], params)
            out_of_fold[inside] = part.score(blocks.rows(inside))
    whole = strength_of(vectors, blocks, examples, params)
    if blocks.embedding is not None and blocks.embedding.shape[1] == 1:  # the score of an encoder that was taught
        score = blocks.embedding[:, 0]
        factor, more = strength.inside_groups(out_of_fold, score, examples, params.priors)
        out_of_fold, whole = factor * out_of_fold + more * score, whole.weighed(factor, more, float(score.mean()))
    wide = _wide(out_of_fold, blocks)
    own = examples["brand_id"].notna().to_numpy()
    looks = profile(wide[own if own.any() else ~own])
    calibration = Calibration.fit(_out_of_fold_margin(wide, examples, fold, params), examples)
    encoder = embeddings.identity(params.embedder) if params.embedder else None
    booster = _boost(wide, examples, params)
    return CtrModel(params, whole, booster, calibration, data | {"profile": looks}, block, encoder)


def strength_of(vectors: TextVectors, blocks: Blocks, examples: pd.DataFrame, params: Params) -> Strength:
    """The strength that examples and their blocks, row by row the same, teach with these parameters."""
    most = np.full(blocks.devices.shape[1], np.inf)
    if params.there:
        most[: len(DEVICES)] = [features.MOST_TOLD.get(name, np.inf) for name in DEVICES]
    standard = Standard.fit(blocks.devices, most, len(DEVICES))
    return strength.fit(vectors, blocks, examples, params.priors, standard, params.embedder)


def read(
    vectors: TextVectors,
    known: pd.DataFrame,
    embedder: str | None,
    block: Sequence[str] = (),
    encoder: str | None = None,
) -> Blocks:
    """What a model reads of ads (features.KNOWN): their words, cut once, counted by whatever counts them.

    block: columns of `known` that stand behind DEVICES. encoder: the sha256 that the embedder's folder must have.
    """
    texts = known["text"].tolist()
    words = cut.read(texts, known["language"].tolist())
    devices = np.hstack(
        [
            features.devices(texts, words),
            features.context(known),
            vectors.lexicon.rarity(words),
            surprise.measure(words, vectors)[:, None],
        ]
    )
    if block:
        devices = np.hstack([devices, known[list(block)].to_numpy(float)])
    embedded = embeddings.embed(texts, embedder, encoder) if embedder else None
    return Blocks(words, vectors.transform(words), devices, vectors.coverage(words), embedded)


def _wide(strength_of: np.ndarray, blocks: Blocks) -> np.ndarray:
    """COLUMNS of each ad. Pillars stay out: a tree would learn from whether an ad was read, which its score decided."""
    return np.column_stack([strength_of, blocks.devices[:, : len(DEVICES)]])


def newest_groups(examples: pd.DataFrame, most: int) -> pd.DataFrame:
    """The examples of the newest tests, whole tests, until there are `most`; all of them where there are fewer."""
    if len(examples) <= most:
        return examples
    first = examples.groupby("test_key")["day"].transform("min").fillna(pd.Timestamp("1970-01-01"))
    order = examples.assign(first=first).sort_values(["first", "example_key"], ascending=[False, True]).index[:most]
    return examples.loc[order].sort_values("example_key", kind="stable").reset_index(drop=True)


def profile(wide: np.ndarray) -> dict[str, dict[str, list[float]]]:
    """What own ads (else all examples) looked like in training: for each of COLUMNS bin edges (tenths) and shares."""
    out = {}
    for column, name in enumerate(COLUMNS):
        values = np.nan_to_num(wide[:, column])
        edges = np.unique(np.quantile(values, np.linspace(0.1, 0.9, 9)))
        out[name] = {"edges": [float(e) for e in edges], "shares": shares(values, edges).tolist()}
    return out


def shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Share of the values in each bin between `edges` and outside them."""
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    return np.asarray(counts / max(1, len(values)))


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


def _tables() -> dict[str, str]:
    """What comes with the project and weights belong to, by its sha256: lists and vectors of words."""
    return {
        "concepts": concepts.fingerprint(),
        "word_vectors": word_vectors.fingerprint(),
        "people": people.fingerprint(),
    }


def _refuse_other_version(said: dict[str, Any]) -> None:
    block = pillars.NAMES if said.get("pillars") else ()
    numbers = {"format": FORMAT_TAUGHT, "features_version": features.VERSION}
    if any(isinstance(said.get(name), int) and said[name] > number for name, number in numbers.items()):
        raise ModelNewer(
            "A newer version of Counterpitch stored this model, and two versions share this warehouse. Upgrade this "
            "one; the model stays as it is."
        )
    if said.get("format") == FORMAT:
        numbers["format"] = FORMAT
    here = numbers | {"columns": [*COLUMNS, *block]} | _tables()
    for name, expected in here.items():
        if said.get(name) != expected:
            raise ModelOutdated(
                f"Another version of Counterpitch stored this model: its {name.replace('_', ' ')} differ from this "
                "version's, so it would read the wrong columns. A new training (the DAG train_ctr) replaces it."
            )


def _out_of_fold_margin(wide: np.ndarray, examples: pd.DataFrame, fold: np.ndarray, params: Params) -> np.ndarray:
    margin = np.zeros(len(examples))
    for number in range(params.folds):
        inside = fold == number
        if inside.any() and not inside.all():
            booster = _boost(wide[~inside], examples[~inside], params)
            corrected = booster.predict(wide[inside], raw_score=True, num_threads=params.threads)
            margin[inside] = wide[inside, 0] + corrected
    return margin


def _boost(wide: np.ndarray, examples: pd.DataFrame, params: Params) -> lgb.Booster:
    compared = (examples.groupby("group_key")["text"].transform("size") > 1).to_numpy()
    wide, examples = wide[compared], examples[compared]  # alone in its group, an example starts where it ends
    impressions = examples["impressions"].to_numpy(float)
    clicks = examples["clicks"].to_numpy(float)
    start = group_start(examples, wide[:, 0])
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
        "seed": params.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": params.threads,
        "verbose": -1,
    }
    return lgb.train(settings, data, num_boost_round=params.rounds)


def group_start(examples: pd.DataFrame, strength: np.ndarray) -> np.ndarray:
    """Where each example's boosting starts: its group's log-odds, moved by how its strength differs from the group's.

    A group's rate is shrunk to that of all examples by 200 impressions.
    """
    impressions = examples["impressions"].to_numpy(float)
    parts = pd.DataFrame({"n": impressions, "k": examples["clicks"].to_numpy(float), "s": impressions * strength})
    totals = parts.groupby(examples["group_key"].to_numpy()).transform("sum")
    overall = parts["k"].sum() / impressions.sum()
    rate = np.clip((totals["k"] + 200 * overall) / (totals["n"] + 200), 1e-6, 1 - 1e-6)
    return np.asarray(logit(rate) + strength - totals["s"] / totals["n"])


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
