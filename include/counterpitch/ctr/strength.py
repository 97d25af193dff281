"""The strength of a text: a linear mixed model of log-odds, learnt inside tests and, shrunk, across them.

The empirical log-odds of an example = its test's level + its image's level + strength of its words and devices + what
else its text has (the same text under five images is not five texts) + noise. Levels are random effects (Henderson
1975), so a test of four arms compares its arms, and what its level says about its words is used only as far as levels
are alike. Weights have normal priors whose variances are parameters; noise has the binomial variance of each example
(1/k + 1/(n-k)) and a rest that no word explains. All of it is one penalised least squares, solved by LSMR (Fong &
Saunders 2011) in memory linear in the data. A pairwise model throws away by how much an arm won; this keeps it, and
was measured better on every split (docs/methods/ctr.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, lsmr

from counterpitch.ctr.vectors import Block, TextVectors, pack, unpack
from counterpitch.ctr.wording import SharesOfWords, WordShares
from counterpitch.ctr.words import Words


@dataclass(frozen=True)
class Priors:
    """Prior variances in squared log-odds: of each block's part of a strength, of the levels, and of the rest.

    For thousands of examples; few of them choose their own, around other shares of the blocks (variances.py).
    """

    word: float = 0.05
    skip: float = 0.01
    char: float = 0.015
    meaning: float = 0.01
    concepts: float = 0.03
    sense: float = 0.02
    people: float = 0.0
    devices: float = 0.05
    embedding: float = 0.1
    test: float = 0.3
    image: float = 0.03
    text: float = 0.05
    rest: float = 0.01


@dataclass(frozen=True)
class Standard:
    """How devices are read (all: devices): ln(1 + count), a count up to `most`, less `centre`, times `scale`."""

    centre: np.ndarray
    scale: np.ndarray
    most: np.ndarray

    @classmethod
    def fit(cls, devices: np.ndarray, most: np.ndarray, usual: int | None = None) -> Standard:
        """Learn from counts (examples x devices).

        usual: how many of the devices are everybody's (all by default); those behind them have the variance of the
        devices once more for themselves, so that a second block does not shrink the first.
        """
        read = squash(devices, most)
        centre = np.nan_to_num(np.nanmean(read, axis=0)) if len(read) else np.zeros(len(most))
        spread = np.nan_to_num(np.nanstd(read, axis=0))
        varied = spread > 1e-9
        scale = np.where(varied, 1 / (np.where(varied, spread, 1.0) * np.sqrt(_share(varied, usual))), 0.0)
        return cls(centre, scale, most)

    def of(self, devices: np.ndarray) -> np.ndarray:
        """Devices centred and scaled; a missing value is the average."""
        return np.asarray(np.nan_to_num((squash(devices, self.most) - self.centre) * self.scale))


@dataclass(frozen=True)
class Strength:
    """Weights of words, devices and embedding dimensions; scores, shares them out, turns to JSON and back.

    typical: the mean part of the words (and embedding) in the strength of training texts.
    """

    vectors: TextVectors
    weights: dict[str, np.ndarray]
    standard: Standard
    typical: float = 0.0
    embedder: str | None = None
    _shares: dict[str, WordShares] = field(default_factory=dict, compare=False, repr=False)

    def score(self, blocks: Blocks) -> np.ndarray:
        """Strength of each example in log-odds."""
        said = np.zeros(blocks.count)
        for name, block in blocks.named(self.standard).items():
            said += np.asarray(block @ self.weights[name]).ravel()
        return said

    def weighed(self, factor: float, more: float, mean: float) -> Strength:
        """`factor` times the strength and `more` for a unit of the embedding's one column, which had this `mean`."""
        weights = {name: factor * values for name, values in self.weights.items()}
        weights["embedding"] = weights["embedding"] + more
        return replace(self, weights=weights, typical=factor * self.typical + more * mean, _shares={})

    def devices(self, devices: np.ndarray) -> np.ndarray:
        """What each device adds to each strength, against the average example: examples x devices."""
        return np.asarray(self.standard.of(devices) * self.weights["devices"])

    def words(self, blocks: Blocks) -> SharesOfWords:
        """For each example, what each of its words adds to its strength."""
        shares = self._shares.setdefault("words", WordShares(self.vectors, self.weights))
        return shares.of(blocks.words, blocks.text)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "vectors": self.vectors.to_json(),
            "weights": {name: pack(values) for name, values in self.weights.items()},
            "centre": pack(self.standard.centre),
            "scale": pack(self.standard.scale),
            "most": pack(self.standard.most),
            "typical": self.typical,
            "embedder": self.embedder,
        }

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Strength:
        """The strength that `to_json` wrote."""
        return cls(
            TextVectors.from_json(said["vectors"]),
            {name: unpack(values) for name, values in said["weights"].items()},
            Standard(*(unpack(said[name]) for name in ("centre", "scale", "most"))),
            said["typical"],
            said["embedder"],
        )


@dataclass(frozen=True)
class Blocks:
    """What the model reads of examples, row by row: their words, vectors of these, devices, embedding or None.

    devices: examples x model.DEVICES. coverage: share of each text's words that the corpus knew.
    """

    words: Words
    text: dict[str, Block]
    devices: np.ndarray
    coverage: np.ndarray
    embedding: np.ndarray | None = None

    @property
    def count(self) -> int:
        """How many examples."""
        return len(self.devices)

    def rows(self, mask: np.ndarray) -> Blocks:
        """The blocks of some rows."""
        text = {name: block[mask] for name, block in self.text.items()}
        embedding = None if self.embedding is None else self.embedding[mask]
        return Blocks(self.words.rows(mask), text, self.devices[mask], self.coverage[mask], embedding)

    def named(self, standard: Standard) -> dict[str, Block]:
        """Each block under its name, devices standardised."""
        out: dict[str, Block] = dict(self.text)
        out["devices"] = standard.of(self.devices)
        if self.embedding is not None:
            out["embedding"] = self.embedding
        return out


def fit(
    vectors: TextVectors,
    blocks: Blocks,
    examples: pd.DataFrame,
    priors: Priors,
    standard: Standard,
    embedder: str | None = None,
) -> Strength:
    """Learn from examples (test_key, group_key, text, impressions, clicks) and their blocks, row by row the same."""
    named = blocks.named(standard)
    weights = _solve(named, examples, priors)
    wording = [np.asarray(block @ weights[name]).mean() for name, block in named.items() if name != "devices"]
    return Strength(vectors, weights, standard, float(sum(wording)), embedder)


def inside_groups(
    strength: np.ndarray, score: np.ndarray, examples: pd.DataFrame, priors: Priors
) -> tuple[float, float]:
    """What a strength and a unit of `score` beside it are worth inside groups: a factor, and log-odds.

    The mixed model learns across tests too, where an encoder that was taught inside them says little, and so trusts it
    too little. This is the within estimator: log-odds, strength and score (both out of fold) as differences from their
    group's mean, by weighted least squares; the score has the prior variance of an embedding. (1, 0) where a strength
    says nothing inside groups.
    """
    target, noise = log_odds(examples["impressions"].to_numpy(float), examples["clicks"].to_numpy(float))
    precision = 1 / (noise + priors.rest)
    group = pd.factorize(examples["group_key"])[0]
    total = np.bincount(group, precision)
    y, *x = (v - (np.bincount(group, precision * v) / total)[group] for v in (target, strength, score))
    both = np.column_stack(x)
    shrunk = both.T @ (both * precision[:, None]) + np.diag([0.0, 1 / priors.embedding])
    factor, more = np.linalg.lstsq(shrunk, both.T @ (y * precision), rcond=None)[0]
    return (float(factor), float(more)) if factor > 0 else (1.0, 0.0)


def _share(varied: np.ndarray, usual: int | None) -> np.ndarray:
    """Among how many columns each column's block shares the variance of the devices."""
    cut = len(varied) if usual is None else usual
    first, second = max(1, varied[:cut].sum()), max(1, varied[cut:].sum())
    return np.asarray(np.where(np.arange(len(varied)) < cut, first, second))


def squash(devices: np.ndarray, most: np.ndarray) -> np.ndarray:
    """ln(1 + count), of a count up to `most`: the tenth comma matters less than the first."""
    return np.asarray(np.log1p(np.clip(devices, 0.0, most)))


def log_odds(impressions: np.ndarray, clicks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Empirical log-odds and their binomial variance, with half a click added on either side (Haldane-Anscombe)."""
    clicked, not_clicked = clicks + 0.5, impressions - clicks + 0.5
    return np.log(clicked / not_clicked), 1 / clicked + 1 / not_clicked


def _solve(named: dict[str, Block], examples: pd.DataFrame, priors: Priors) -> dict[str, np.ndarray]:
    target, noise = log_odds(examples["impressions"].to_numpy(float), examples["clicks"].to_numpy(float))
    precision = 1 / np.sqrt(noise + priors.rest)
    sds = {name: np.sqrt(getattr(priors, name)) for name in named}
    levels = [
        np.sqrt(variance) * _one_hot(examples[key])
        for key, variance in (("test_key", priors.test), ("group_key", priors.image), ("text", priors.text))
    ]
    thin = {name: sds[name] * block for name, block in named.items() if sparse.issparse(block)}
    wide = {name: sds[name] * np.asarray(block) for name, block in named.items() if name not in thin}
    sparse_part = sparse.csr_array(sparse.diags_array(precision) @ sparse.hstack([*thin.values(), *levels]))
    dense_part = np.hstack(list(wide.values())) * precision[:, None]
    turned, border = sparse.csr_array(sparse_part.T), sparse_part.shape[1]
    operator = LinearOperator(
        (len(target), border + dense_part.shape[1]),
        matvec=lambda v: sparse_part @ v[:border] + dense_part @ v[border:],
        rmatvec=lambda u: np.concatenate([turned @ u, dense_part.T @ u]),
        dtype=np.float64,
    )
    aim = (target - np.average(target, weights=precision**2)) * precision
    found = lsmr(operator, aim, damp=1.0, maxiter=150, atol=1e-6, btol=1e-6)[0]
    out, start = {}, 0
    for part, begin in ((thin, 0), (wide, border)):
        start = begin
        for name, block in part.items():
            out[name] = sds[name] * found[start : start + block.shape[1]]
            start += block.shape[1]
    return out


def _one_hot(keys: pd.Series) -> sparse.csr_array:
    codes = pd.factorize(keys)[0]
    return sparse.csr_array((np.ones(len(codes)), (np.arange(len(codes)), codes)))
