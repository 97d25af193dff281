"""Writes the market as files: those that the pipeline reads, and apart from them the truth that it never does.

A market that is collected from the sandbox platforms needs no files of ads and results: they show them themselves.

The same seed and start day give the same market, byte for byte. A later last day adds sweeps, results and tests and
changes nothing of the days before; only the look on the last day itself belongs to that run alone.

Files in `folder` (all CSV are UTF-8 with a header; empty means unknown):

- `ads-YYYY-MM-DD.csv`, one a sweep: a row per ad seen. Columns: sightings.COLUMNS (text; dates YYYY-MM-DD;
  platforms and countries separated by commas; reach in people; low_impressions true or false).
- `results.csv`: own results by ad, day and as_of. Columns: results.COLUMNS (spend in `currency`).
- `experiments.csv`: arms of own randomised headline tests. Columns: experiments.COLUMNS.
- `market.toml`: the market, its brands and pages, and the facts our brand can back a claim with.
- `truth/truth.json`: what was planted. See truth.py.
"""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from counterpitch.sandbox import experiments, results, sightings
from counterpitch.sandbox.library import Brand
from counterpitch.sandbox.planted import planted
from counterpitch.sandbox.process import Market, simulate

SEED = 20260
DAYS = 60


def write_market(
    folder: Path,
    seed: int = SEED,
    last_day: date | None = None,
    days: int = DAYS,
    start: date | None = None,
    *,
    collected: bool = False,
) -> dict[str, Any]:
    """Write the market's files into `folder` (made if missing) and return counts: ads, rows, results, arms, texts.

    start: the market's first day; unset, that of the same seed's market already in the folder, so that tomorrow's
    market is today's and a day more; else `days` before the last one, so that `days` days of results are known.
    last_day: the last sweep; unset, today. ValueError when it comes before the start.
    collected: ads and results come from the platforms, so no file of them is written, no row spoiled, no sweep missed.
    """
    last_day = last_day or date.today()  # noqa: DTZ011 a newcomer's market ends today; every other caller says the day
    start = start or _begun(folder, seed, last_day) or last_day - timedelta(days=days)
    market = simulate(seed, start, last_day)
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("ads-*.csv"):
        stale.unlink()
    rows, spoiled = 0, []
    for day in () if collected else market.sweeps():
        seen, account = sightings.spoil(market, day, sightings.sweep(market, day))
        _write(folder / f"ads-{day.isoformat()}.csv", sightings.COLUMNS, seen)
        rows += len(seen)
        spoiled += account
    own = results.results(market)
    arms, arm_truth = experiments.experiments(market)
    if not collected:
        _write(folder / "results.csv", results.COLUMNS, own)
    _write(folder / "experiments.csv", experiments.COLUMNS, arms)
    (folder / "market.toml").write_text(_market_toml(market), encoding="utf-8")
    truth = planted(market, spoiled, arm_truth, own, missed=None if collected else market.missed())
    (folder / "truth").mkdir(exist_ok=True)
    (folder / "truth" / "truth.json").write_text(
        json.dumps(truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    return {**truth["counts"], "rows": rows, "spoiled": len(spoiled), "results": len(own), "arms": len(arms)}


def _begun(folder: Path, seed: int, last_day: date) -> date | None:
    """The start of the market in the folder, if it is this seed's and began before the last day."""
    try:
        told = tomllib.loads((folder / "market.toml").read_text(encoding="utf-8"))["simulation"]
    except (FileNotFoundError, KeyError):
        return None
    start = date.fromisoformat(told["start"])
    return start if told["seed"] == seed and start < last_day else None


def _write(path: Path, columns: Sequence[str], rows: Iterable[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _market_toml(market: Market) -> str:
    told = market.category
    head = {
        "market_id": told.market,
        "name": told.name,
        "own_brand": told.own,
        "countries": told.countries,
        "languages": list(told.languages),
        "account": results.account_id(),
    }
    parts = [
        "# The market that these files describe. Brands, people and figures are invented.",
        "[market]",
        *_pairs(head),
    ]
    parts += ["", "[simulation]", *_pairs({"seed": market.seed, "start": market.start.isoformat()})]
    for brand in told.brands.values():
        parts += ["", "[[brands]]", *_pairs(_brand(brand, told.own))]
    for fact in told.facts:
        parts += ["", "[[facts]]", *_pairs({"brand_id": told.own, **fact})]
    return "\n".join(parts) + "\n"


def _brand(brand: Brand, own: str) -> dict[str, Any]:
    return {
        "brand_id": brand.brand_id,
        "name": brand.name,
        "role": "own" if brand.brand_id == own else "competitor",
        "homepage": brand.homepage,
        "source": "sandbox",
        "page_id": sightings.page_id(brand.brand_id),
        "page_name": brand.page,
        "pages": {"meta": sightings.page_id(brand.brand_id), "tiktok": sightings.business_id(brand.brand_id)},
    }


def _pairs(values: dict[str, Any]) -> list[str]:
    """TOML's strings and arrays of strings are JSON's."""
    return [f"{key} = {_toml(value)}" for key, value in values.items()]


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
