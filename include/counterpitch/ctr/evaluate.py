"""How good a ranking is on examples that it was not trained on, always beside the baselines it must beat.

Figures follow the protocols in use on headline tests: a pair is two examples of one test and image; it is
significant when a two-proportion z-test gives p < 0.10. Intervals, of the figures and of what decides by itself
(`difference`), are one bootstrap: over tests, not pairs, because the pairs of one test stand or fall together, and
among a brand's ads over both ads of a pair, because it depends on both.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse, stats
from scipy.special import xlog1py, xlogy
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score, ndcg_score, roc_auc_score

from counterpitch.ctr import features, pairs
from counterpitch.ctr.bradley_terry import fit_differences

SIGNIFICANT_Z = float(stats.norm.isf(0.05))
LARGEST_TEST = 40
F1_THRESHOLD = 0.5
BOOTSTRAPS = 400

LEAST_PAIRS = 30
LEAST_UNITS = 20
"""Fewer pairs, or pairs among fewer tests and ads, decide nothing: an interval drawn from a handful is too narrow."""

DRAWS, DRAWS_AT_ONCE = 2000, 100


def ranking(
    examples: pd.DataFrame, score: np.ndarray, *, bootstraps: int = BOOTSTRAPS, seed: int = 1
) -> dict[str, Any]:
    """Figures of `score` (higher is better) on `examples` (group_key, impressions, clicks).

    significant_pairs and all_pairs: pairs, accuracy (ties count half), accuracy_95, auc; f1 of "the first wins"
    at probability F1_THRESHOLD, every pair both ways round; and over groups of 2 to LARGEST_TEST: top1, top1_random,
    ctr_lift of the picked over the mean arm, kendall_tau, ndcg_at_3. A figure without data is None.
    """
    compared = pairs.compare(examples, seed, most_per_example=LARGEST_TEST)
    units = _units(examples)
    sides = units[compared.better], units[compared.worse]
    gap = score[compared.better] - score[compared.worse]
    strong = compared.z > SIGNIFICANT_Z
    return {
        "significant_pairs": _pairwise(gap[strong], (sides[0][strong], sides[1][strong]), bootstraps, seed),
        "all_pairs": _pairwise(gap, sides, bootstraps, seed),
        **_picks(examples, score),
    }


def calibration(examples: pd.DataFrame, ctr: np.ndarray) -> dict[str, Any]:
    """log_loss_vs_constant (below 1 is better), ece over tenths of predictions, reliability rows, mean_ctr.

    The constant is the mean CTR of the same examples, known only afterwards: a hard opponent.
    """
    n, k = examples["impressions"].to_numpy(float), examples["clicks"].to_numpy(float)
    q = np.clip(ctr, 1e-6, 1 - 1e-6)
    mean = k.sum() / n.sum()
    tenth = pd.qcut(pd.Series(q), 10, labels=False, duplicates="drop").fillna(0).to_numpy(int)
    rows = []
    for number in np.unique(tenth):
        here = tenth == number
        rows.append(
            {
                "predicted": float(np.average(q[here], weights=n[here])),
                "observed": float(k[here].sum() / n[here].sum()),
                "impressions": int(n[here].sum()),
            }
        )
    ece = sum(row["impressions"] / n.sum() * abs(row["predicted"] - row["observed"]) for row in rows)
    return {
        "log_loss_vs_constant": float(_log_loss(k, n, q) / _log_loss(k, n, np.full(len(q), mean))),
        "ece": float(ece),
        "mean_ctr": float(mean),
        "reliability": rows,
    }


def baselines(train: pd.DataFrame, test: pd.DataFrame, seed: int = 1) -> dict[str, np.ndarray]:
    """Scores of `test` by the opponents: campaign mean, longer text wins, hand features LR, TF-IDF LR.

    The campaign mean knows the group's CTR and nothing of the ad, so inside a group it can only guess.
    """
    compared = pairs.compare(train, seed)
    known, asked = train[list(features.KNOWN)], test[list(features.KNOWN)]
    hand, wide = np.nan_to_num(features.matrix(known)), np.nan_to_num(features.matrix(asked))
    scale = np.where(hand.std(axis=0) > 0, hand.std(axis=0), 1.0)
    weights = fit_differences(hand / scale, compared, 0.1)
    return {
        "campaign mean": np.zeros(len(test)),
        "longer text wins": asked["text"].str.len().to_numpy(float),
        "hand features LR": (wide / scale) @ weights,
        "TF-IDF LR": _by_words(known["text"], asked["text"], compared),
    }


def _by_words(known: pd.Series, asked: pd.Series, compared: pairs.Pairs) -> np.ndarray:
    """TF-IDF LR; all equal where no word stands in two texts, as in languages that put no space between words."""
    vectoriser = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 3), min_df=2)
    try:
        seen = sparse.csr_array(vectoriser.fit_transform(known))
    except ValueError:  # sklearn: no term remains, or there is none
        return np.zeros(len(asked))
    return np.asarray(vectoriser.transform(asked) @ fit_differences(seen, compared, 1.0))


def beats(figures: dict[str, Any]) -> tuple[bool, str]:
    """Whether the model in `figures` (train.evaluation) beats every baseline's pair accuracy, and a sentence."""
    table = figures["table"]
    mine = table["model"]["all_pairs"]["accuracy"]
    best, name = max((table[n]["all_pairs"]["accuracy"] or 0.5, n) for n in ("campaign mean", "longer text wins"))
    if mine is None:
        return False, "No held-out pairs to judge by."
    said = f"Held-out pair accuracy {mine:.3f} against {best:.3f} of {name!r}"
    return mine > best, said + (": better." if mine > best else ": not better.")


def judgeable(examples: pd.DataFrame, seed: int = 1) -> tuple[int, int]:
    """(pairs, tests and ads among which they are) that `difference` has to judge by; see LEAST_PAIRS, LEAST_UNITS."""
    if not len(examples):
        return 0, 0
    compared, units = pairs.compare(examples, seed), _units(examples)
    return len(compared), len(np.union1d(units[compared.better], units[compared.worse]))


def is_enough(count: int, units: int) -> bool:
    """Whether what `judgeable` counted may decide."""
    return count >= LEAST_PAIRS and units >= LEAST_UNITS


def difference(examples: pd.DataFrame, mine: np.ndarray, theirs: np.ndarray, seed: int = 1) -> dict[str, Any]:
    """Pair accuracy of two scores on the same pairs, weighted by certainty, and the 95% interval of their difference.

    The bootstrap (`_interval`) draws the same tests and ads for both scores, so what they share cancels.
    """
    compared = pairs.compare(examples, seed)
    units = _units(examples)
    weight = compared.certainty
    first, second = (_right(score[compared.better] - score[compared.worse]) * weight for score in (mine, theirs))
    sides = units[compared.better], units[compared.worse]
    found, low, high = _interval(first - second, weight, sides, DRAWS, seed)
    every = weight.sum()
    return {
        "pairs": len(compared),
        "accuracy": float(first.sum() / every),
        "champion_accuracy": float(second.sum() / every),
        "difference": found,
        "difference_95": [low, high],
    }


Sides: TypeAlias = tuple[np.ndarray, np.ndarray]
"""The test or ad (`_units`) that each pair's better and worse example belong to."""


def _interval(gain: np.ndarray, weight: np.ndarray, sides: Sides, draws: int, seed: int) -> tuple[float, float, float]:
    """The sum of `gain` over that of `weight` (both by pair), and its 95% interval over tests and ads.

    A pair of ads counts as often as its one ad was drawn times its other (pigeonhole bootstrap; Owen 2007, Annals of
    Applied Statistics 1), because it depends on both; a pair within a test as often as the test. Drawn from n units an
    interval is too narrow by about sqrt((n - 1) / n), and by the normal's quantile for Student's: it is widened so.
    """
    found = float(gain.sum() / weight.sum())
    drawn = np.quantile(_drawn(*sides, gain, weight, draws, seed), [0.025, 0.975])
    low, high = found + (drawn - found) * _widened(len(np.union1d(*sides)))
    return found, float(low), float(high)


def _widened(units: int) -> float:
    """By how much a bootstrap interval of few units is too narrow (Hesterberg 2015, The American Statistician 69)."""
    if units < 2:
        return 1.0
    return float(stats.t.ppf(0.975, units - 1) / stats.norm.ppf(0.975) * np.sqrt(units / (units - 1)))


def _drawn(
    one: np.ndarray, other: np.ndarray, gain: np.ndarray, weight: np.ndarray, draws: int, seed: int
) -> np.ndarray:
    """The sum of `gain` over that of `weight` in each draw of the units that stand on the two sides of the pairs."""
    drawn, numbers = np.unique(np.stack([one, other]), return_inverse=True)
    (one, other), count = numbers.reshape(2, -1), len(drawn)
    inside = one == other
    alone = [np.bincount(one[inside], values[inside], count) for values in (gain, weight)]
    across = [
        sparse.csr_array((values[~inside], (one[~inside], other[~inside])), shape=(count, count))
        for values in (gain, weight)
    ]
    rng = np.random.default_rng(seed)
    out = []
    for start in range(0, draws, DRAWS_AT_ONCE):
        size = min(DRAWS_AT_ONCE, draws - start)
        times = rng.multinomial(count, np.full(count, 1 / count), size=size).astype(float)
        top, bottom = (
            times @ within + ((times @ between) * times).sum(axis=1)
            for within, between in zip(alone, across, strict=True)
        )
        out.append(np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0))
    return np.concatenate(out)


def _right(gap: np.ndarray) -> np.ndarray:
    return np.where(gap == 0, 0.5, (gap > 0).astype(float))


def _units(examples: pd.DataFrame) -> np.ndarray:
    """What a bootstrap draws: a test, or one ad of a brand."""
    own = examples["group_key"].str.startswith("ads|")
    return np.asarray(pd.factorize(examples["test_key"].where(~own, examples["example_key"]))[0])


def _pairwise(gap: np.ndarray, sides: Sides, bootstraps: int, seed: int) -> dict[str, Any]:
    if not len(gap):
        return {"pairs": 0, "accuracy": None, "auc": None, "accuracy_95": None, "f1": None}
    both, truth = np.concatenate([gap, -gap]), np.repeat([1, 0], len(gap))
    accuracy, low, high = _interval(_right(gap), np.ones(len(gap)), sides, bootstraps, seed)
    return {
        "pairs": len(gap),
        "accuracy": accuracy,
        "accuracy_95": [max(0.0, low), min(1.0, high)],
        "auc": float(roc_auc_score(truth, both)),
        "f1": float(f1_score(truth, both > 0)),
    }


def _picks(examples: pd.DataFrame, score: np.ndarray) -> dict[str, Any]:
    rate = (examples["clicks"] / examples["impressions"]).to_numpy()
    rows = []
    for positions in examples.groupby("group_key", sort=True).indices.values():
        r, s = rate[positions], score[positions]
        if not 2 <= len(r) <= LARGEST_TEST or r.max() == r.min():
            continue
        picked = s == s.max()
        tau = stats.kendalltau(s, r).statistic
        rows.append(
            (
                (r[picked] == r.max()).mean(),
                (r == r.max()).mean(),
                r[picked].mean() / r.mean() - 1,
                0.0 if np.isnan(tau) else tau,
                ndcg_score([r], [s], k=3),
            )
        )
    names = ("top1", "top1_random", "ctr_lift", "kendall_tau", "ndcg_at_3")
    means: list[float | None] = list(np.mean(rows, axis=0)) if rows else [None] * len(names)
    return {"groups": len(rows)} | {n: None if v is None else float(v) for n, v in zip(names, means, strict=True)}


def _log_loss(k: np.ndarray, n: np.ndarray, q: np.ndarray) -> float:
    return float(-(xlogy(k, q) + xlog1py(n - k, -q)).sum() / n.sum())
