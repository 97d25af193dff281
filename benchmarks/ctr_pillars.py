"""What pillars are worth to the click model: the base model beside the same model with pillars, on our own ads.

    python benchmarks/ctr_pillars.py [--seeds 7 1234 4321] [--days 60]

Each simulated market is loaded and learnt from as in ctr_sandbox.py. Every text, of ads and of test arms, is read by
the extractive reader (the copy, without the button and description that readings in use have too); the second model
reads what it found (pillars.NAMES: mentions, offer, hook, tone, concepts) beside all that the base model (`base`, the
named baseline) reads. Same examples, same five folds, no copy of a text across.

- `tau`: Kendall's tau with the planted click rate over our ads; its interval is a paired bootstrap over ads.
- `pairs`: pair accuracy over all held-out pairs (ads and test arms) by what was clicked; paired bootstrap over tests
  and ads, the rule by which a challenger beats a champion (evaluate.difference).

`wins`: the interval of the difference in pair accuracy lies above 0. Nothing was chosen on any of these markets.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
from ctr_sandbox import Market, asked, on_markets
from scipy.stats import kendalltau

from counterpitch.ctr import evaluate, features, model, pillars, splits, variances
from counterpitch.pillars import extractive

SEEDS = (7, 1234, 4321)
BOOTSTRAPS = 1000


def main() -> None:
    """Measure each seed's market and print JSON."""
    args = asked(__doc__ or "", SEEDS)
    found = [figures for days in args.days for figures in on_markets(args.seeds, days, measure)]
    wins = sum(market["wins"] for market in found)
    print(json.dumps({"baseline": "base", "markets": found, "wins": wins}, indent=1))


def measure(market: Market) -> dict[str, Any]:
    """The figures of one market."""
    known = read(market.known)
    fold = splits.folds(known, 5, 1)
    base, base_ctr = held_out(market, known, fold, ())
    more, more_ctr = held_out(market, known, fold, pillars.NAMES)
    keys = known["example_key"].str.removeprefix("sandbox:")
    own = (known["group_key"].str.startswith("ads|") & keys.isin(market.truth["ads"])).to_numpy()
    true = np.array([market.truth["ads"][key]["ctr"] for key in keys[own]])
    judged = evaluate.difference(known, more, base)
    return {
        "examples": {"own_ads": int(own.sum()), "test_arms": int((~own).sum())},
        "columns_that_vary": int((known[list(pillars.NAMES)].nunique() > 1).sum()),
        "tau": taus(true, base_ctr[own], more_ctr[own]),
        "pairs": {
            "pairs": judged["pairs"],
            "base": round(judged["champion_accuracy"], 4),
            "with_pillars": round(judged["accuracy"], 4),
            "difference": round(judged["difference"], 4),
            "difference_95": [round(value, 4) for value in judged["difference_95"]],
        },
        "wins": judged["difference_95"][0] > 0,
    }


def read(known: pd.DataFrame) -> pd.DataFrame:
    """The examples with what the extractive reader finds in each."""
    readings = []
    for text in known["text"].unique():
        found = extractive.read(text)
        mentions = [(each.field, each.value) for each in found.evidence if each.quote is not None]
        readings.append({"clean_text": text, "tone": found.tone, "mentions": mentions})
    return pd.concat([known, pillars.of_texts(known["text"], readings)], axis=1)


def held_out(
    market: Market, known: pd.DataFrame, fold: np.ndarray, block: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds and CTR of each example by a model that saw neither it nor a copy of its words."""
    margin, ctr = np.zeros(len(known)), np.zeros(len(known))
    for number in np.unique(fold):
        inside = fold == number
        rest, asked = known[~inside].reset_index(drop=True), known.loc[inside, [*features.KNOWN, *block]]
        params = variances.estimate(rest, unlabelled=market.texts, block=block)[0]
        fitted = model.fit(rest, params, market.texts, block)
        margin[inside] = fitted.margins(asked)[0]
        ctr[inside] = fitted.predict(asked, market.truth["own_brand"])["ctr"]
    return margin, ctr


def taus(true: np.ndarray, base: np.ndarray, more: np.ndarray) -> dict[str, Any]:
    """Both taus with the planted rate, and the 95% interval of their difference: the same ads drawn for both."""
    rng = np.random.default_rng(1)
    draws = rng.integers(len(true), size=(BOOTSTRAPS, len(true)))
    differences = [tau(more[drawn], true[drawn]) - tau(base[drawn], true[drawn]) for drawn in draws]
    first, second = tau(base, true), tau(more, true)
    return {
        "ads": len(true),
        "base": round(first, 4),
        "with_pillars": round(second, 4),
        "difference": round(second - first, 4),
        "difference_95": [round(float(value), 4) for value in np.quantile(differences, [0.025, 0.975])],
    }


def tau(predicted: np.ndarray, true: np.ndarray) -> float:
    """Kendall's tau-b."""
    return float(kendalltau(predicted, true).statistic)


if __name__ == "__main__":
    main()
