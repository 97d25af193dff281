"""How much words, devices and levels differ in one data set: prior variances by marginal likelihood, for few examples.

The defaults of Priors were chosen on thousands of headline tests, where tests differ far more from each other than
from arm to arm. A brand with a few hundred ads and tests of its own is another world, and a held-out search on so few
is mostly luck. The marginal likelihood (empirical Bayes, type II maximum likelihood; Rasmussen & Williams 2006, 5.4)
uses every example and holds none out: the log-odds are jointly normal with covariance
sum of variance x block block' + level variances + binomial noise, the same model that strength.py solves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from counterpitch.ctr import features, model, strength
from counterpitch.ctr import words as cut
from counterpitch.ctr.strength import Priors
from counterpitch.ctr.vectors import TextVectors

MOST_EXAMPLES = 1_500
"""The matrix has this many rows and columns, and is factored some tens of times: seconds, and tens of megabytes."""

BOUNDS = (1e-4, 3.0)
"""Of each variance: one that the data cannot tell apart from none is kept a little above it."""

FEW_ROUNDS, FEW_L2 = 5, 100.0
"""What the booster may add where examples are few: chosen on eight simulated markets, reported on others."""

FEW_SHARES = {"char": 0.03, "meaning": 0.02, "concepts": 0.01, "people": 0.02, "devices": 0.03}
"""Of Priors where examples are few: letters, company and whom a text speaks to say more before each word has been seen
often, and devices and the English lists of concepts less. The shares that suit thousands of headlines ranked worse on
simulated markets, none of them judged. People that a text names (people.py) are read by these models alone: on the
headline archive they cost ranking, on simulated markets of a few hundred ads in three languages they paid on most.
What they cost the order of competitors' ads there is in docs/methods/ctr-history.md."""

LEVELS = ("test", "image", "text", "rest")
TEXT = tuple(name for name in asdict(Priors()) if name not in LEVELS)

PULL = 1.0
"""A factor of e away from the default costs half a unit of log-likelihood: with few data the defaults stand."""


def estimate(
    examples: pd.DataFrame,
    params: model.Params | None = None,
    unlabelled: Sequence[str] = (),
    block: Sequence[str] = (),
) -> tuple[model.Params, dict[str, Any]]:
    """`params` for few examples: the priors that make them (examples.read) likeliest, a tame booster; and the record.

    What the text explains keeps its shares of words, characters and devices (those given, FEW_SHARES in them) and is
    scaled as one: few examples can tell how much words matter, not which kind of reading of them does. The record is
    {"method", "examples", "gain" (log-likelihood over the given priors), "priors"}. With more than MOST_EXAMPLES
    examples `params` come back as they are, and the record says so. `unlabelled`, `block`: as model.fit takes them.
    """
    params = params or model.Params()
    if len(examples) > MOST_EXAMPLES:
        return params, {"method": "defaults: enough examples for them", "examples": len(examples)}
    params = replace(params, priors=replace(params.priors, **FEW_SHARES), there=True)
    with threadpool_limits(1, "blas"):  # sums in one order: the same bytes whatever the number of cores
        parts, target, noise = _model_of(examples, params, unlabelled, block)
        start = np.log([1.0, *(getattr(params.priors, name) for name in LEVELS)])
        bounds = np.log([(1e-2, 1e2), *[BOUNDS] * len(LEVELS)])
        given = (start, parts, target, noise)
        found = minimize(_cost, start, given, "L-BFGS-B", jac=True, bounds=bounds, options={"maxiter": 30})
        gain = _cost(start, *given)[0] - found.fun
    # Rounded, so that the last bits of an optimiser do not make another model of the same data.
    scale, *levels = (float(f"{value:.3g}") for value in np.exp(found.x))
    text = {name: float(f"{scale * getattr(params.priors, name):.3g}") for name in TEXT}
    priors = Priors(**text | dict(zip(LEVELS, levels, strict=True)))
    record = {"method": "marginal likelihood", "examples": len(examples), "gain": round(float(gain), 2)}
    chosen = replace(params, priors=priors, rounds=FEW_ROUNDS, l2=FEW_L2)
    return chosen, record | {"priors": asdict(priors)}


def _model_of(
    examples: pd.DataFrame, params: model.Params, unlabelled: Sequence[str], block: Sequence[str]
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """The matrix that each variance multiplies (the text, then LEVELS); the log-odds and their binomial variance."""
    known = examples[[*features.KNOWN, *block]]
    vectors = TextVectors.fit(cut.read(list(dict.fromkeys([*known["text"], *unlabelled]))), params.most_terms)
    blocks = model.read(vectors, known, params.embedder, block)
    fitted = model.strength_of(vectors, blocks, examples, params)
    text = np.zeros((len(examples), len(examples)))
    for name, part in blocks.named(fitted.standard).items():
        text += getattr(params.priors, name) * _alike(part)
    parts = [text]
    for key in ("test_key", "group_key", "text"):
        codes = pd.factorize(examples[key])[0]
        parts.append((codes[:, None] == codes[None, :]).astype(float))
    parts.append(np.eye(len(examples)))
    target, noise = strength.log_odds(examples["impressions"].to_numpy(float), examples["clicks"].to_numpy(float))
    return parts, target, noise


def _alike(block: Any) -> np.ndarray:
    product = block @ block.T
    return np.asarray(product.todense() if sparse.issparse(product) else product, dtype=float)


def _cost(
    logs: np.ndarray, start: np.ndarray, parts: list[np.ndarray], target: np.ndarray, noise: np.ndarray
) -> tuple[float, np.ndarray]:
    """Minus the log-likelihood of the centred log-odds with a free mean, with the pull to `start`, and its slope."""
    variances = np.exp(logs)
    covariance = np.diag(noise)
    for variance, part in zip(variances, parts, strict=True):
        covariance += variance * part
    factor = cho_factor(covariance, lower=True, check_finite=False)
    inverse = cho_solve(factor, np.eye(len(target)), check_finite=False)
    ones = inverse.sum(axis=1)
    weighted = inverse @ (target - (ones @ target) / ones.sum())
    apart = logs - start
    value = 0.5 * float(target @ weighted) + float(np.log(np.diag(factor[0])).sum()) + 0.5 * PULL * float(apart @ apart)
    slope = [
        0.5 * variance * float((inverse * part).sum() - weighted @ part @ weighted)
        for variance, part in zip(variances, parts, strict=True)
    ]
    return value, np.array(slope) + PULL * apart
