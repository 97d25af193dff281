"""The market as a process over days: ads are born, run, pause, come back, change a word and stop.

Whatever happens on a day is drawn from streams named by that day or that ad, never from how long the market is
run: the market until Friday is the market until Thursday and one day more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from counterpitch.sandbox.clicks import Clicks, clicks, effect
from counterpitch.sandbox.copywriter import Copy, Draft, draft_ad, vary_ad, write_copy
from counterpitch.sandbox.library import Brand, Category, category, library
from counterpitch.sandbox.streams import number, pick, pick_weighted, stream

DAY = timedelta(days=1)
MEDIA = {"image": 0.5, "video": 0.36, "carousel": 0.14}
_PLATFORMS = (
    ["facebook", "instagram"],
    ["facebook", "instagram"],
    ["instagram"],
    ["facebook", "instagram", "messenger", "audience_network"],
    ["facebook", "instagram", "threads"],
)


@dataclass(frozen=True)
class Ad:
    """One ad's whole life, drawn when it is born. flights: (first day, last day) of each time it runs."""

    ad_id: str
    brand: Brand
    born: date
    flights: tuple[tuple[date, date], ...]
    copy: Copy
    edited: tuple[date, Copy] | None
    media_type: str
    platforms: list[str]
    countries: list[str]
    landing_url: str
    variants: int
    shown_stop: bool
    pull: float
    clicks: Clicks
    origin: str
    parent: str

    def flight(self, day: date) -> tuple[date, date] | None:
        """The flight that runs on the day, if any."""
        return next(((first, last) for first, last in self.flights if first <= day <= last), None)

    def words(self, day: date) -> Copy:
        """The words that the ad shows on the day."""
        return self.edited[1] if self.edited and day >= self.edited[0] else self.copy


@dataclass
class Market:
    """The simulated market from `start` to `last_day`. Ads are in order of birth; later days never reorder them."""

    seed: int
    start: date
    last_day: date
    category: Category = field(default_factory=category)
    ads: list[Ad] = field(default_factory=list)

    def of_brand(self, brand_id: str) -> list[Ad]:
        """The brand's ads in order of birth."""
        return [ad for ad in self.ads if ad.brand.brand_id == brand_id]

    def days(self) -> list[date]:
        """Every day of the market."""
        return [self.start + DAY * n for n in range((self.last_day - self.start).days + 1)]

    def sweeps(self) -> list[date]:
        """Days on which the competitors were looked at: ten to fourteen days apart, and the last day besides."""
        swept, day, n = [], self.start, 0
        while day < self.last_day:
            swept.append(day)
            n += 1
            day += DAY * pick(stream(self.seed, "sweep", n), [10, 11, 12, 12, 13, 14])
        return [*swept, self.last_day]

    def missed(self) -> tuple[str, date] | None:
        """A brand that could not be read on one sweep: absent for want of an answer, not stopped."""
        swept = self.sweeps()
        return ("forkmoss", swept[3]) if len(swept) > 5 else None


def simulate(seed: int, start: date, last_day: date) -> Market:
    """The market of all brands. ValueError when the last day comes before the first."""
    if last_day < start:
        raise ValueError(f"The market cannot end on {last_day}, before it starts on {start}.")
    market = Market(seed, start, last_day)
    for brand in market.category.brands.values():
        born: list[Ad] = []
        for day in market.days():
            born += _births(market, brand, day, born)
        market.ads += born
    market.ads.sort(key=lambda ad: (max(ad.born, start), ad.ad_id))
    return market


def _births(market: Market, brand: Brand, day: date, before: list[Ad]) -> list[Ad]:
    born: list[Ad] = []
    for n in range(_launches(market, brand, day)):
        rng = stream(market.seed, "ad", brand.brand_id, day, n)
        born.append(_birth(rng, market, brand, day, f"{day}/{n}", before + born))
    return born


def _launches(market: Market, brand: Brand, day: date) -> int:
    """The stock that runs when the market opens; later mostly on working days, sometimes a whole batch."""
    if day == market.start:
        return brand.stock
    busy = (1.5, 1.4, 1.3, 1.2, 1.1, 0.25, 0.25)[day.weekday()]
    return int(stream(market.seed, "launches", brand.brand_id, day).poisson(brand.launches * busy))


def _birth(rng: np.random.Generator, market: Market, brand: Brand, day: date, name: str, before: list[Ad]) -> Ad:
    draft, origin, parent = _draft(rng, market, brand, before)
    media = "image" if draft.thin else pick_weighted(rng, MEDIA)
    copy = write_copy(draft, pick(rng, _thin_bodies(draft)) if draft.thin else "")
    click = clicks(copy, media, effect(rng))
    flights = _flights(rng, market.start, day, click)
    edited = None
    if not draft.thin and rng.random() < 0.04:
        edited = (day + DAY * int(rng.integers(6, 20)), write_copy(vary_ad(rng, draft)))
    countries = market.category.languages[draft.language]
    return Ad(
        ad_id=str(10**14 + number(market.seed, brand.brand_id, name) % (9 * 10**14)),
        brand=brand,
        born=flights[0][0],
        flights=flights,
        copy=copy,
        edited=edited,
        media_type=media,
        platforms=pick(rng, _PLATFORMS),
        countries=countries if rng.random() < 0.7 else [pick(rng, countries)],
        landing_url=f"{brand.homepage}/{draft.language}/{draft.theme}?utm_source=social",
        variants=1 + int(rng.geometric(0.55)) if rng.random() < 0.3 else 1,
        shown_stop=bool(rng.random() < 0.1),
        pull=float(rng.lognormal(0.0, 0.7)),
        clicks=click,
        origin=origin,
        parent=parent,
    )


def _draft(rng: np.random.Generator, market: Market, brand: Brand, before: list[Ad]) -> tuple[Draft, str, str]:
    """New words, or an earlier ad's: varied by a line or a word, or taken up again as they were."""
    chance = rng.random()
    known = [ad for ad in before[-120:] if not ad.copy.draft.thin]
    if known and chance < 0.22:
        parent = pick(rng, known)
        return vary_ad(rng, parent.copy.draft), "variant", parent.ad_id
    if known and chance < 0.32:
        parent = pick(rng, known)
        return parent.copy.draft, "same_words", parent.ad_id
    return draft_ad(rng, brand, market.category), "new", ""


def _thin_bodies(draft: Draft) -> list[str]:
    return [line.replace("{brand}", draft.brand) for line in library(draft.language).lines("thin", "body")]


def _flights(rng: np.random.Generator, start: date, day: date, click: Clicks) -> tuple[tuple[date, date], ...]:
    """An ad that is clicked more runs longer; a few come back after a pause. The opening stock is older."""
    better = 1.9 * (click.ctr / 0.013 - 1)
    typical = 21 * math.exp(max(-1.0, min(1.2, better * 0.45)))
    first = day - DAY * int(rng.integers(0, 50)) if day == start else day
    length = 2 + int(rng.exponential(typical))
    flights = [(first, day + DAY * length)]
    if rng.random() < 0.1:
        again = flights[0][1] + DAY * int(rng.integers(8, 21))
        flights.append((again, again + DAY * (4 + int(rng.exponential(14)))))
    return tuple(flights)
