"""Our own results by ad and day, as an ad account would report them: campaigns, weekdays, and restatements.

A day is reported on the next day and sometimes restated a week later under a later `as_of`. Clicks are drawn from
the planted click model, so what can be learnt from them is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from counterpitch.sandbox.process import DAY, Ad, Market
from counterpitch.sandbox.streams import number, stream

COLUMNS = (
    "source",
    "brand",
    "account_id",
    "campaign_id",
    "campaign_name",
    "adset_id",
    "adset_name",
    "ad_id",
    "result_date",
    "as_of",
    "impressions",
    "clicks",
    "link_clicks",
    "spend",
    "currency",
    "conversions",
)
Row = dict[str, str]
_WEEKDAY = (1.0, 0.98, 1.0, 1.04, 1.12, 1.2, 1.16)
_CPM = {"en": 7.4, "de": 6.1, "es": 4.6}
_CONVERSION = 0.055


def account_id() -> str:
    """Our ad account's id: the same for every seed."""
    return "act_" + str(number(0, "account") % 10**12)


def results(market: Market) -> list[Row]:
    """One row per own ad, day and report of that day, those known by the last day; ordered by as_of, day, ad."""
    rows = [row for ad in market.of_brand(market.category.own) for row in _of_ad(market, ad)]
    return sorted(rows, key=lambda row: (row["as_of"], row["result_date"], row["ad_id"]))


def _of_ad(market: Market, ad: Ad) -> Iterator[Row]:
    for day in market.days():
        if not ad.flight(day):
            continue
        first = _reported(market, ad, day)
        if day + DAY <= market.last_day:
            yield first
        again = stream(market.seed, "restated", ad.ad_id, day)
        later = day + DAY * int(again.integers(5, 12))
        if again.random() < 0.03 and later <= market.last_day:
            yield _restated(first, later, float(again.uniform(0.92, 0.99)))


def _reported(market: Market, ad: Ad, day: date) -> Row:
    rng = stream(market.seed, "result", ad.ad_id, day)
    flight = ad.flight(day) or (day, day)
    ramp = min(1.0, 0.35 + 0.2 * (day - flight[0]).days)
    shown = int(1300 * ad.pull * _WEEKDAY[day.weekday()] * ramp * rng.lognormal(0.0, 0.25)) + 1
    mood = _mood(market.seed, day)
    clicked = int(rng.binomial(shown, min(0.5, ad.clicks.ctr * (1 + mood))))
    link = int(rng.binomial(clicked, 0.83))
    language = ad.copy.draft.language
    return {
        "source": "sandbox",
        "brand": ad.brand.brand_id,
        "account_id": account_id(),
        **_campaign(ad),
        "ad_id": ad.ad_id,
        "result_date": day.isoformat(),
        "as_of": (day + DAY).isoformat(),
        "impressions": str(shown),
        "clicks": str(clicked),
        "link_clicks": str(link),
        "spend": f"{shown / 1000 * _CPM[language] * rng.lognormal(0.0, 0.1):.2f}",
        "currency": "GBP",
        "conversions": str(int(rng.binomial(link, _CONVERSION))),
    }


@lru_cache(maxsize=4096)
def _mood(seed: int, day: date) -> float:
    """How much better or worse than usual everyone clicks on a day."""
    return float(stream(seed, "mood", day).normal(0.0, 0.05))


def _campaign(ad: Ad) -> Row:
    """A campaign a language and purpose, an ad set an audience: the way an account is laid out in practice."""
    draft = ad.copy.draft
    purpose = "Offer" if any(m.field == "offer" for m in ad.copy.mentions) else "Prospecting"
    campaign, adset = f"{draft.language.upper()} | {purpose} | App installs", f"Broad 25-65 | {ad.media_type}"
    return {
        "campaign_id": str(number(0, "campaign", campaign) % 10**13),
        "campaign_name": campaign,
        "adset_id": str(number(0, "adset", campaign, adset) % 10**13),
        "adset_name": adset,
    }


def _restated(first: Row, as_of: date, kept: float) -> Row:
    """Invalid clicks taken out, late conversions counted in."""
    clicked = int(int(first["clicks"]) * kept)
    return {
        **first,
        "as_of": as_of.isoformat(),
        "clicks": str(clicked),
        "link_clicks": str(min(int(first["link_clicks"]), clicked)),
        "conversions": str(int(first["conversions"]) + 1),
    }
