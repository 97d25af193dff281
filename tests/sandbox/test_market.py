"""The bundled market: what it holds, and that a day more never changes the days before."""

from __future__ import annotations

import csv
import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from counterpitch.sandbox.market import write_market

LAST = date(2026, 11, 20)
START = date(2026, 9, 21)
MONTH = date(2026, 10, 22)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("market")
    write_market(path, seed=7, last_day=LAST)
    return path


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "truth" / "truth.json").read_text(encoding="utf-8"))
    return told


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def sightings(folder: Path) -> list[dict[str, str]]:
    return [row for path in sorted(folder.glob("ads-*.csv")) for row in rows(path)]


def test_it_is_big_enough_for_every_floor_above(folder: Path, truth: dict[str, Any]) -> None:
    counts = truth["counts"]
    assert counts["competitor_ads"] >= 600
    assert counts["own_ads"] >= 200
    assert counts["texts"] >= 400
    assert counts["active_on_last_day"] >= 300
    assert len({row["result_date"] for row in rows(folder / "results.csv")}) == 60
    assert {text["language"] for text in truth["texts"].values()} == {"en", "de", "es"}
    assert len({row["experiment_id"] for row in rows(folder / "experiments.csv")}) >= 36
    assert sum(path.stat().st_size for path in folder.glob("*.csv")) < 6_000_000


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of the market, for what holds whatever its length."""
    path = tmp_path_factory.mktemp("short")
    write_market(path, seed=7, start=MONTH, last_day=LAST)
    return path


def test_same_seed_same_bytes_another_seed_other_ones(short: Path, tmp_path: Path) -> None:
    write_market(tmp_path / "same", seed=7, start=MONTH, last_day=LAST)
    write_market(tmp_path / "other", seed=8, start=MONTH, last_day=LAST)
    files = sorted(path.relative_to(short) for path in short.rglob("*.*"))
    assert files == sorted(path.relative_to(tmp_path / "same") for path in (tmp_path / "same").rglob("*.*"))
    for name in files:
        assert (short / name).read_bytes() == (tmp_path / "same" / name).read_bytes(), name
    assert (tmp_path / "other" / "results.csv").read_bytes() != (short / "results.csv").read_bytes()


@pytest.mark.parametrize("shorter", [date(2026, 10, 30), date(2026, 11, 18), date(2026, 11, 19)])
def test_extending_the_last_day_never_changes_the_days_before(short: Path, tmp_path: Path, shorter: date) -> None:
    write_market(tmp_path, seed=7, start=MONTH, last_day=shorter)
    before = [{p.name for p in path.glob("ads-*.csv") if p.stem < f"ads-{shorter}"} for path in (tmp_path, short)]
    assert before[0] == before[1]
    for name in before[0]:
        assert (tmp_path / name).read_bytes() == (short / name).read_bytes(), name
    reports, full = rows(tmp_path / "results.csv"), rows(short / "results.csv")
    assert reports == [row for row in full if row["as_of"] <= shorter.isoformat()]
    tests = rows(tmp_path / "experiments.csv")
    assert tests == [row for row in rows(short / "experiments.csv") if row["ended_on"] <= shorter.isoformat()]


def test_the_planted_phrases_are_in_the_ads_that_were_seen(folder: Path, truth: dict[str, Any]) -> None:
    for text in truth["texts"].values():
        for mention in text.get("mentions", []):
            assert text["body"][mention["start"] : mention["end"]] == mention["quote"] != ""
    shown = {row["ad_id"] for row in sightings(folder)} - {""}
    assert shown == set(truth["ads"])


def test_every_readable_text_says_who_it_speaks_to_and_what_they_need(truth: dict[str, Any]) -> None:
    for text in truth["texts"].values():
        fields = {mention["field"] for mention in text.get("mentions", [])}
        assert text["thin"] or fields >= {"target_audience", "customer_need", "hook"}, text["body"]


def test_white_space_and_strength_are_where_they_were_planted(truth: dict[str, Any]) -> None:
    assert truth["white_space"]["our_ads"] == 0
    assert truth["white_space"]["their_share"] > 0.1
    assert truth["strength"]["our_share"] > 5 * truth["strength"]["their_share"]


def test_results_add_up_and_are_restated_later(folder: Path) -> None:
    seen: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows(folder / "results.csv"):
        assert 0 <= int(row["link_clicks"]) <= int(row["clicks"]) <= int(row["impressions"])
        assert row["as_of"] > row["result_date"]
        seen.setdefault((row["ad_id"], row["result_date"]), []).append(row)
    again = [reports for reports in seen.values() if len(reports) > 1]
    assert 50 < len(again) < len(seen) / 10
    assert all(r[0]["as_of"] < r[1]["as_of"] and int(r[0]["clicks"]) >= int(r[1]["clicks"]) for r in again)


def test_observed_rates_follow_the_planted_ones(folder: Path, truth: dict[str, Any]) -> None:
    """Over all own ads the counted clicks are what the true rates promise, within the daily moods."""
    latest = {(row["ad_id"], row["result_date"]): row for row in rows(folder / "results.csv")}
    counted = sum(int(row["clicks"]) for row in latest.values())
    promised = sum(
        int(row["impressions"]) * truth["ads"][row["ad_id"]]["ctr"]
        for row in latest.values()
        if row["ad_id"] in truth["ads"]
    )
    assert counted == pytest.approx(promised, rel=0.05)


def test_spoiled_rows_are_where_the_truth_says(folder: Path, truth: dict[str, Any]) -> None:
    assert len({spoiled["kind"] for spoiled in truth["spoiled_rows"]}) == 12
    for spoiled in truth["spoiled_rows"]:
        row = rows(folder / f"ads-{spoiled['observed_on']}.csv")[spoiled["row"] - 1]
        assert row["ad_id"] == spoiled["ad_id"]
        if spoiled["kind"] == "missing_ad_id":
            assert row["ad_id"] == ""
        if spoiled["kind"] == "scraping_residue":
            assert "0:00 / 0:38" in row["body"]
        if spoiled["kind"] == "exact_duplicate":
            assert row == rows(folder / f"ads-{spoiled['observed_on']}.csv")[spoiled["row"] - 2]


def test_market_toml_names_the_brands_and_their_pages(folder: Path) -> None:
    told = tomllib.loads((folder / "market.toml").read_text(encoding="utf-8"))
    assert [brand["role"] for brand in told["brands"]].count("own") == 1
    assert len(told["brands"]) == 5
    pages = {(row["brand"], row["page_id"]) for row in sightings(folder) if row["brand"]}
    assert pages == {(brand["brand_id"], brand["page_id"]) for brand in told["brands"]}


def test_the_input_holds_no_truth(folder: Path) -> None:
    """No column or value gives a persona or theme away but the ad's own words and landing page."""
    assert not {"persona", "theme", "ctr", "structure"} & set(sightings(folder)[0])
    assert not {"persona", "theme", "ctr", "structure"} & set(rows(folder / "results.csv")[0])


def test_a_market_that_ends_before_it_starts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="before it starts"):
        write_market(tmp_path, start=LAST, last_day=START)


def test_tomorrow_the_market_in_the_folder_goes_on(tmp_path: Path) -> None:
    write_market(tmp_path, seed=7, days=10, last_day=date(2026, 11, 18))
    first = (tmp_path / "ads-2026-11-08.csv").read_bytes()
    write_market(tmp_path, seed=7, days=10, last_day=LAST)
    assert (tmp_path / "ads-2026-11-08.csv").read_bytes() == first


def test_a_market_of_one_day_has_sightings_and_no_results_yet(tmp_path: Path) -> None:
    told = write_market(tmp_path, start=LAST, last_day=LAST)
    assert told["results"] == 0
    assert told["active_on_last_day"] > 400
    assert len(list(tmp_path.glob("ads-*.csv"))) == 1
