"""The market as a process: launches, pauses, edits and stops as real accounts show them."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from statistics import mean

import pytest

from counterpitch.sandbox.process import Ad, Market, simulate
from counterpitch.sandbox.sightings import sweep

START, LAST = date(2026, 9, 21), date(2026, 11, 20)


@pytest.fixture(scope="module")
def market() -> Market:
    return simulate(11, START, LAST)


def test_ad_ids_are_unique_and_flights_in_order(market: Market) -> None:
    assert len({ad.ad_id for ad in market.ads}) == len(market.ads)
    for ad in market.ads:
        days = [day for flight in ad.flights for day in flight]
        assert days == sorted(days)
        assert ad.born == days[0]


def test_ads_that_are_clicked_more_run_longer(market: Market) -> None:
    """So that running days, the market's own proxy of success, can be held against the truth."""
    launched = [ad for ad in market.ads if ad.born > START]
    ranked = sorted(launched, key=lambda ad: ad.clicks.ctr)
    third = len(ranked) // 3

    def length(ads: list[Ad]) -> float:
        return mean((ad.flights[0][1] - ad.flights[0][0]).days for ad in ads)

    assert length(ranked[-third:]) > 1.3 * length(ranked[:third])


def test_some_ads_come_back_after_a_pause_and_some_change_a_line(market: Market) -> None:
    share = mean(len(ad.flights) > 1 for ad in market.ads)
    assert 0.05 < share < 0.16
    edited = [ad for ad in market.ads if ad.edited]
    assert edited
    assert any(ad.words(ad.edited[0]).text_id != ad.copy.text_id for ad in edited if ad.edited)


def test_words_are_shared_varied_or_new(market: Market) -> None:
    origins = Counter(ad.origin for ad in market.ads)
    assert set(origins) == {"new", "variant", "same_words"}
    of_id = {ad.ad_id: ad for ad in market.ads}
    for ad in market.ads:
        if ad.origin == "same_words":
            assert ad.copy.text_id == of_id[ad.parent].copy.text_id
            assert ad.brand == of_id[ad.parent].brand


def test_launches_come_on_working_days(market: Market) -> None:
    launched = Counter(ad.born.weekday() for ad in market.ads if ad.born > START)
    assert launched[0] > 2 * launched[6]


def test_a_sweep_shows_who_runs_that_day_in_the_order_of_the_page(market: Market) -> None:
    day = market.sweeps()[2]
    rows = sweep(market, day)
    assert {row["ad_id"] for row in rows} == {ad.ad_id for ad in market.ads if ad.flight(day)}
    for brand in market.category.brands:
        ranks = [int(row["page_rank"]) for row in rows if row["brand"] == brand]
        assert ranks == list(range(1, len(ranks) + 1))


def test_a_brand_that_could_not_be_read_is_missing_from_one_sweep_and_goes_on(market: Market) -> None:
    missed = market.missed()
    assert missed
    brand, day = missed
    assert brand not in {row["brand"] for row in sweep(market, day)}
    after = market.sweeps()[market.sweeps().index(day) + 1]
    both = [ad for ad in market.of_brand(brand) if ad.flight(day) and ad.flight(after)]
    assert both, "ads that were not seen on the missed day and had not stopped"


def test_sweeps_are_uneven_and_end_on_the_last_day(market: Market) -> None:
    days = market.sweeps()
    gaps = {(later - earlier).days for earlier, later in pairwise(days)}
    assert days[0] == START
    assert days[-1] == LAST
    assert len(gaps) > 1


def test_a_market_of_one_day_is_a_market() -> None:
    market = simulate(11, START, START)
    assert market.sweeps() == [START]
    assert len(sweep(market, START)) > 400
