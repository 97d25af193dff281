"""The market as the platforms could show it on a day: who runs what, and what our account has counted so far.

Nothing here depends on later days, as in the files of write_market: a look on a day is the same look whenever asked.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from counterpitch.sandbox import results
from counterpitch.sandbox.market import SEED
from counterpitch.sandbox.process import Ad, simulate
from counterpitch.sandbox.sightings import page_id

AHEAD = timedelta(days=14)  # of a market that runs on from day to day
BULK_PAGE = "999000999000999"


class World:
    """The market from `start` to `last_day`. bulk_ads: so many ads of one more page, for measuring volume."""

    def __init__(self, start: date, last_day: date, seed: int = SEED, bulk_ads: int = 0) -> None:
        self.seed, self.bulk_ads = seed, bulk_ads
        self._simulate(start, last_day)

    def reach(self, day: date) -> None:
        """Let the market go on until the day has come, and some days more; what was before stays as it was."""
        if day > self.market.last_day:
            self._simulate(self.market.start, day + AHEAD)

    def _simulate(self, start: date, last_day: date) -> None:
        self.market = simulate(self.seed, start, last_day)
        self.brands = self.market.category.brands
        self.pages = {page_id(brand): brand for brand in self.brands}
        self._of_page = {page: self.market.of_brand(brand) for page, brand in self.pages.items()}
        self._reports = results.results(self.market)
        self._known_on = [row["as_of"] for row in self._reports]
        self.account = results.account_id()
        self.own_ads = {ad.ad_id: ad for ad in self.market.of_brand(self.market.category.own)}

    def ads_of_page(self, page: str, day: date) -> list[Ad]:
        """Ads of a page that ran on the day or before it, newest delivery first."""
        if page == BULK_PAGE:
            return self._bulk
        shown = [ad for ad in self._of_page.get(page, []) if ad.flights[0][0] <= day]
        return sorted(shown, key=lambda ad: (-last_flight(ad, day)[0].toordinal(), ad.ad_id))

    def page_of(self, ad: Ad) -> str:
        """The page under which an ad runs."""
        return BULK_PAGE if ad.origin == "bulk" else page_id(ad.brand.brand_id)

    def reports(self, day: date) -> list[results.Row]:
        """Our account's results as they stood on the day: of each ad and day the report with the latest as_of."""
        return list(_latest(self, bisect_right(self._known_on, day.isoformat())))

    def report_rows(self, count: int) -> list[results.Row]:
        """The first `count` reports, in order of as_of."""
        return self._reports[:count]

    @property
    def _bulk(self) -> list[Ad]:
        return _bulk(self)


def last_flight(ad: Ad, day: date) -> tuple[date, date]:
    """The flight that runs on the day, else the last one that began before it."""
    return max((flight for flight in ad.flights if flight[0] <= day), key=lambda flight: flight[0])


@lru_cache(maxsize=32)
def _latest(world: World, count: int) -> tuple[results.Row, ...]:
    latest = {(row["ad_id"], row["result_date"]): row for row in world.report_rows(count)}
    return tuple(sorted(latest.values(), key=lambda row: (row["result_date"], row["ad_id"])))


@lru_cache(maxsize=2)
def _bulk(world: World) -> list[Ad]:
    """Copies of the market's ads under ids of their own, running on all days, in an order that never changes."""
    ads, always = world.market.ads, ((world.market.start, world.market.last_day),)
    return [
        replace(ads[n % len(ads)], ad_id=str(5 * 10**15 + n), origin="bulk", flights=always)
        for n in range(world.bulk_ads)
    ]
