"""Kendall's tau of predicted and planted click rates on simulated markets, beside what the noise allows.

    python benchmarks/ctr_sandbox.py [--seeds 20260 99 7 1234 4321] [--days 60 [120 240 ...]]

Each market is written, imported and validated into a Postgres of its own, then learnt from as the pipeline does it.
--days: how long the brand has run ads whose results are known (60 is what a new install is shown); several make a
learning curve. Three questions, each with its ceiling from the truth file:

- `own_held_out`: our ads by a model that never saw them nor a copy of their words (five folds). `ceiling` is the tau of
  the planted coefficients themselves: what no words tell is noise to any model. Aimed at: a share of .8. `told` is the
  share of a regression that need not read: it is told the planted persona, theme and devices and learns what they are
  worth from the same results in the same folds. What it lacks to 1 is lost to few clicks and few ads; what lies between
  it and `share` is lost in reading.
- `own_held_out.fixed_variances`: the same with the defaults of Priors, the baseline. `own_held_out.without_people`: the
  same without the lists of people and wants in six languages (ctr/people.py), the baseline of what those are worth;
  `competitors.without_people` is its share there, where they cost something.
- `competitors`: ads that never had results, "as if they ran for us". `learnable` is the tau of a regression that is
  told the planted persona, theme and devices of every ad and learns their worth from our results: below `ceiling`,
  because a persona that we never spoke to (the planted white space) has no results to learn from.

Parameters were chosen on the markets 20260, 99 and 11 to 16; `judged` marks those that nothing was chosen on.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import scratch
from scipy.special import logit
from sklearn.linear_model import Ridge

from counterpitch.ctr import examples, features, model, score, splits, variances
from counterpitch.local.postgres import Cluster
from counterpitch.sandbox.clicks import kendall_tau
from counterpitch.sandbox.truth import Truth, read_truth
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import transaction

LAST_DAY = date(2026, 11, 20)
MARKET_ID = "meal-planning-apps"
CHOSEN_ON = (20260, 99, *range(11, 17))
SEEDS = (20260, 99, 7, 1234, 4321)
Tau = dict[str, float]


@dataclass(frozen=True)
class Market:
    """Training examples, the texts of all ads seen, the last day's ads (select_market_ads), and what was planted."""

    known: pd.DataFrame
    texts: list[str]
    ads: list[dict[str, Any]]
    truth: Truth


def main() -> None:
    """Measure each seed's market and print JSON."""
    args = asked(__doc__ or "", SEEDS)
    found = [figures for days in args.days for figures in on_markets(args.seeds, days, measure)]
    for figures in found:
        figures["judged"] = figures["seed"] not in CHOSEN_ON
    means = {days: _means([figures for figures in found if figures["days"] == days]) for days in args.days}
    print(json.dumps({"markets": found, "mean_of_judged_by_days": means}, indent=1))


def asked(said: str, seeds: Sequence[int]) -> argparse.Namespace:
    """The seeds and days on the command line."""
    cli = argparse.ArgumentParser(description=said, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--seeds", type=int, nargs="+", default=list(seeds))
    cli.add_argument("--days", type=int, nargs="+", default=[60])
    return cli.parse_args()


def on_markets(seeds: Sequence[int], days: int, measure: Callable[[Market], dict[str, Any]]) -> list[dict[str, Any]]:
    """The figures of each seed's market, in a Postgres that is gone afterwards; `seed` and `days` are added to them."""
    with scratch.server(durable=False) as cluster:
        return [{"seed": seed, "days": days, **measure(fill(cluster, seed, days))} for seed in seeds]


def fill(cluster: Cluster, seed: int, days: int) -> Market:
    """Take a market into a warehouse of its own."""
    from counterpitch import brands
    from counterpitch.quality.publish import validate_and_load
    from counterpitch.sandbox.market import write_market
    from counterpitch.sources.collect import collect_brand
    from counterpitch.sources.importing import partitions

    market = cluster.home.parent / str(seed)
    os.environ["COUNTERPITCH_HOME"] = str(cluster.home.parent / "home")
    scratch.warehouse(cluster, f"m{seed}")
    write_market(market, seed, LAST_DAY, days=days)
    _import(market)
    with transaction(application="benchmark") as conn:
        names = brands.registered(conn)
        keys = partitions(conn, names)
    for key in keys:
        for brand in names:
            collect_brand(brand, key)
        validate_and_load(key, names)
    with transaction(application="benchmark") as conn:
        known, texts = examples.read(conn, keys[-1]), examples.corpus(conn, keys[-1])
        asked = {"market_id": MARKET_ID, "partition_key": keys[-1]}
        ads = query.rows(conn, query.sql(score.__file__, "select_market_ads"), asked)
    print(f"{seed}: {len(known)} examples, {len(ads)} ads", file=sys.stderr)
    return Market(known, texts, ads, read_truth(market))


def _import(folder: Path) -> None:
    """Register the market of a folder and import its files."""
    from counterpitch import brands
    from counterpitch.sources import importing

    told = tomllib.loads((folder / "market.toml").read_text(encoding="utf-8"))
    market = told["market"]
    others = [brand["brand_id"] for brand in told["brands"] if brand["role"] == "competitor"]
    with transaction(application="benchmark") as conn:
        for brand in told["brands"]:
            brands.register_brand(conn, brand["name"], brand_id=brand["brand_id"], homepage=brand["homepage"])
            brands.register_page(conn, brand["source"], brand["page_id"], brand["brand_id"], brand["page_name"])
    for path in sorted(folder.glob("ads-*.csv")):
        importing.import_ads(path)
    importing.import_results(folder / "results.csv")
    importing.import_experiments(folder / "experiments.csv", owner="own")
    with transaction(application="benchmark") as conn:
        brands.register_market(
            conn,
            market["name"],
            market["own_brand"],
            others,
            countries=market["countries"],
            languages=market["languages"],
        )


def measure(market: Market) -> dict[str, Any]:
    """The figures of one market."""
    known, ads, truth = market.known, market.ads, market.truth
    keys = known["example_key"].str.removeprefix("sandbox:")
    own = (known["group_key"].str.startswith("ads|") & keys.isin(truth["ads"])).to_numpy()
    theirs = [ad for ad in ads if ad["brand_id"] != truth["own_brand"]]
    theirs = [ad for ad in theirs if ad["ad_key"].removeprefix("sandbox:") in truth["ads"]]
    predicted, record = _as_if_ours(market, theirs)
    asked = [ad["ad_key"].removeprefix("sandbox:") for ad in theirs]
    fold = splits.folds(known, 5, 1)
    fixed = _tau(truth, keys[own], _held_out(market, fold, model.Params())[own])
    with mock.patch.dict(variances.FEW_SHARES, people=0.0):
        without = _tau(truth, keys[own], _held_out(market, fold)[own])
        theirs_without = _tau(truth, asked, _as_if_ours(market, theirs)[0])["share"]
    told = _told_all(truth, keys[own], known[own], asked)
    ours = _told_held_out(truth, keys[own], known[own], fold[own])
    return {
        "examples": {"own_ads": int(own.sum()), "test_arms": int((~own).sum()), "clicks": int(known["clicks"].sum())},
        "variances": record,
        "own_held_out": _tau(truth, keys[own], _held_out(market, fold)[own])
        | {"told": _tau(truth, keys[own], ours)["share"]}
        | {"fixed_variances": fixed, "without_people": without},
        "competitors": _tau(truth, asked, predicted)
        | {"learnable": _tau(truth, asked, told)["tau"], "without_people": theirs_without},
    }


def _as_if_ours(market: Market, theirs: list[dict[str, Any]]) -> tuple[np.ndarray, dict[str, Any]]:
    """CTR of competitors' ads by what all our results taught, and the record of the variances."""
    params, record = variances.estimate(market.known, unlabelled=market.texts)
    fitted = model.fit(market.known, params, market.texts)
    return fitted.predict(examples.known(theirs), market.truth["own_brand"])["ctr"].to_numpy(), record


def _held_out(market: Market, fold: np.ndarray, params: model.Params | None = None) -> np.ndarray:
    known, texts = market.known, market.texts
    out = np.zeros(len(known))
    for number in np.unique(fold):
        inside = fold == number
        rest = known[~inside].reset_index(drop=True)
        fitted = model.fit(rest, params or variances.estimate(rest, unlabelled=texts)[0], texts)
        out[inside] = fitted.predict(known.loc[inside, list(features.KNOWN)], market.truth["own_brand"])["ctr"]
    return out


def _told_held_out(truth: Truth, ours: pd.Series, results: pd.DataFrame, fold: np.ndarray) -> np.ndarray:
    """`_told_all` of each of our ads, by what the other folds taught."""
    out = np.zeros(len(ours))
    for number in np.unique(fold):
        inside = fold == number
        out[inside] = _told_all(truth, ours[~inside], results[~inside], list(ours[inside]))
    return out


def _told_all(truth: Truth, ours: pd.Series, results: pd.DataFrame, asked: list[str]) -> np.ndarray:
    """Predictions of a ridge regression that is told what was planted, and learns only what it is worth."""
    columns = pd.DataFrame([_planted(truth, key) for key in ours]).fillna(0.0)
    odds = logit((results["clicks"] + 0.5) / (results["impressions"] + 1))
    weight = 1 / (1 / (results["clicks"] + 0.5) + truth["click_model"]["effect_variance"])
    fitted = Ridge(alpha=30.0).fit(columns, odds, sample_weight=weight)
    wanted = pd.DataFrame([_planted(truth, key) for key in asked]).reindex(columns=columns.columns).fillna(0.0)
    return np.asarray(fitted.predict(wanted))


def _planted(truth: Truth, key: str) -> dict[str, float]:
    ad = truth["ads"][key]
    text = truth["texts"][ad["text"]]
    kinds = {} if text["thin"] else {f"persona {text['persona']}": 1.0, f"theme {text['theme']}": 1.0}
    return {**ad["devices"], **kinds}


def _tau(truth: Truth, keys: Any, predicted: np.ndarray) -> Tau:
    true = [truth["ads"][key]["ctr"] for key in keys]
    ceiling = kendall_tau([truth["ads"][key]["explained"] for key in keys], true)
    tau = kendall_tau(list(predicted), true)
    return {"ads": len(true), "tau": round(tau, 4), "ceiling": round(ceiling, 4), "share": round(tau / ceiling, 4)}


def _means(found: list[dict[str, Any]]) -> dict[str, float]:
    judged = [figures for figures in found if figures["judged"]]
    if not judged:
        return {}
    out = {what: float(np.mean([m[what]["share"] for m in judged])) for what in ("own_held_out", "competitors")}
    out["own_told"] = float(np.mean([m["own_held_out"]["told"] for m in judged]))
    out["own_ads"] = float(np.mean([m["examples"]["own_ads"] for m in judged]))
    out["test_arms"] = float(np.mean([m["examples"]["test_arms"] for m in judged]))
    for baseline in ("fixed_variances", "without_people"):
        out[baseline] = float(np.mean([m["own_held_out"][baseline]["share"] for m in judged]))
    of_learnable = [m["competitors"]["tau"] / m["competitors"]["learnable"] for m in judged]
    return {name: round(value, 4) for name, value in out.items()} | {
        "competitors_of_learnable": round(float(np.mean(of_learnable)), 4)
    }


if __name__ == "__main__":
    main()
