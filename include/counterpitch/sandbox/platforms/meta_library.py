"""`GET /{version}/ads_archive`: the Meta Ad Library API over the simulated market.

Parameters, fields and limits: https://developers.facebook.com/docs/graph-api/reference/ads_archive/ . As there, no
field tells clicks, spend or impressions of commercial ads, the button or the landing page; ad_snapshot_url carries
the caller's token; and a page that asks for too much is refused with code 1 and HTTP 500.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from counterpitch.sandbox.platforms import graph
from counterpitch.sandbox.platforms.accounts import Quota
from counterpitch.sandbox.platforms.graph import GraphError
from counterpitch.sandbox.platforms.world import World, last_flight
from counterpitch.sandbox.process import Ad
from counterpitch.sandbox.sightings import reach

THROTTLED = (613, 0)
DEFAULT_FIELDS = ["id", "ad_delivery_start_time", "ad_delivery_stop_time", "ad_snapshot_url", "page_id"]
MOST_CELLS = 6000  # fields x limit; the real bound is not published
MOST_PAGES = 10
PAGING = ("access_token", "after", "limit", "fields")
STATUSES = ("ACTIVE", "INACTIVE", "ALL")
Field = Callable[["_Shown"], Any]


class _Shown:
    """An ad as it is shown on a day to the holder of a token."""

    def __init__(self, world: World, ad: Ad, day: date, token: str) -> None:
        self.world, self.ad, self.day, self.token = world, ad, day, token
        self.words, self.flight = ad.words(day), last_flight(ad, day)
        self.cards = 3 if ad.media_type == "carousel" else 1

    def texts(self, text: str) -> list[str]:
        """One text a card; absent where there is none."""
        return [text] * self.cards if text else []

    @property
    def stop(self) -> str | None:
        """Known once delivery ended, or where an end was planned and is near."""
        planned = self.ad.shown_stop and self.flight[1] - self.day < timedelta(days=14)
        return self.flight[1].isoformat() if planned or self.flight[1] < self.day else None

    @property
    def reach(self) -> int:
        """People reached so far."""
        return reach(self.ad, self.day)

    def by_age(self) -> list[dict[str, Any]]:
        """Reach by country, age and gender; the parts need not add up to the whole, as on the platform."""
        share = self.reach // (4 * len(self.ad.countries))
        ages = ("25-34", "35-44", "45-54", "55-64")
        return [
            {
                "country": country,
                "age_gender_breakdowns": [
                    {"age_range": age, "male": share * 4 // 10, "female": share * 6 // 10} for age in ages
                ],
            }
            for country in self.ad.countries
        ]


FIELDS: Mapping[str, Field] = {
    "id": lambda s: s.ad.ad_id,
    "ad_creation_time": lambda s: (s.ad.flights[0][0] - timedelta(days=1)).isoformat(),
    "ad_creative_bodies": lambda s: s.texts(s.words.body),
    "ad_creative_link_titles": lambda s: s.texts(s.words.title),
    "ad_creative_link_descriptions": lambda s: s.texts(s.words.description),
    "ad_creative_link_captions": lambda s: s.texts(urlsplit(s.ad.landing_url).hostname or ""),
    "ad_delivery_start_time": lambda s: s.flight[0].isoformat(),
    "ad_delivery_stop_time": lambda s: s.stop,
    "ad_snapshot_url": lambda s: (
        f"https://www.facebook.com/ads/archive/render_ad/?id={s.ad.ad_id}&access_token={s.token}"
    ),
    "page_id": lambda s: s.world.page_of(s.ad),
    "page_name": lambda s: s.ad.brand.page,
    "languages": lambda s: [s.ad.copy.draft.language],
    "publisher_platforms": lambda s: s.ad.platforms,
    "eu_total_reach": lambda s: s.reach,
    "total_reach_by_location": lambda s: [
        {"key": country, "value": s.reach // len(s.ad.countries)} for country in s.ad.countries
    ],
    "age_country_gender_reach_breakdown": lambda s: s.by_age(),
    "target_ages": lambda _: ["25", "65+"],
    "target_gender": lambda _: "All",
    "target_locations": lambda s: [
        {"name": country, "num_obfuscated": 0, "type": "COUNTRY", "excluded": False} for country in s.ad.countries
    ],
    "beneficiary_payers": lambda s: [
        {"beneficiary": f"{s.ad.brand.name} Ltd", "payer": f"{s.ad.brand.name} Ltd", "current": True}
    ],
}
POLITICAL_ONLY = {
    "bylines", "currency", "delivery_by_region", "demographic_distribution", "estimated_audience_size",
    "impressions", "spend", "br_total_reach",
}  # fmt: skip


def router(world: World, quota: Quota) -> APIRouter:
    """The edge, over a world and with a quota for each token."""
    routes = APIRouter()
    late: dict[str, list[Ad]] = {}

    @lru_cache(maxsize=64)  # a listing is asked for page by page
    def found(question: tuple[tuple[str, str], ...], day: date) -> list[Ad]:
        return _found(world, dict(question), day)

    @routes.get("/{version}/ads_archive")
    async def ads_archive(request: Request) -> JSONResponse:
        asked = await graph.parameters(request)
        usage = graph.admit(asked, quota, request.state.fault, THROTTLED)
        day, fields = request.state.day, _fields(asked)
        if graph.whole(asked, "limit", 25) * len(fields) > MOST_CELLS:
            raise GraphError(1, graph.TOO_MUCH, status=500)
        question = tuple(sorted((name, value) for name, value in asked.items() if name not in PAGING))
        ads, token = found(question, day), asked["access_token"]

        def show(ad: Ad) -> dict[str, Any]:
            shown = _Shown(world, ad, day, token)
            told = {name: FIELDS[name](shown) for name in fields if name in FIELDS}
            return {name: value for name, value in told.items() if value not in (None, [], "")}

        body = graph.page(request, asked, ads, lambda ad: ad.ad_id, show, late=late)
        return JSONResponse(body, headers=graph.usage_headers(usage, "ads_archive"))

    return routes


def expected(world: World, pages: list[str], day: date) -> set[str]:
    """Ids of the ads that a faultless sweep of the pages on the day brings (ad_active_status ACTIVE)."""
    return {ad.ad_id for page in pages for ad in world.ads_of_page(page, day) if ad.flight(day)}


def _fields(asked: Mapping[str, str]) -> list[str]:
    fields = graph.listed(asked, "fields") or DEFAULT_FIELDS
    for name in fields:
        if name not in FIELDS and name not in POLITICAL_ONLY:
            raise GraphError(100, f"(#100) Tried accessing nonexisting field ({name})")
    return fields


def _found(world: World, asked: Mapping[str, str], day: date) -> list[Ad]:
    pages, terms = graph.listed(asked, "search_page_ids"), asked.get("search_terms", "").casefold().split()
    _check(asked, pages, terms)
    wanted = [ad for page in (pages or world.pages) for ad in world.ads_of_page(page, day)]
    tests = [_status(asked, day), _window(asked), _listing(asked)]
    if terms:
        tests.append(lambda ad: all(term in f"{ad.words(day).body} {ad.words(day).title}".casefold() for term in terms))
    found = [ad for ad in wanted if all(test(ad) for test in tests)]
    return sorted(found, key=lambda ad: (-last_flight(ad, day)[0].toordinal(), ad.ad_id))


def _check(asked: Mapping[str, str], pages: list[str], terms: list[str]) -> None:
    if not graph.listed(asked, "ad_reached_countries"):
        raise GraphError(100, "(#100) The parameter ad_reached_countries is required")
    if not pages and not terms:
        raise GraphError(100, "(#100) search_terms or search_page_ids is required")
    if len(pages) > MOST_PAGES:
        raise GraphError(100, "(#100) Param search_page_ids must have at most 10 elements")
    if any(not page.isdigit() for page in pages):
        raise GraphError(100, "(#100) Param search_page_ids must be a list of page ids")
    if asked.get("ad_active_status", "ACTIVE") not in STATUSES:
        raise GraphError(100, f"(#100) Param ad_active_status must be one of {{{', '.join(STATUSES)}}}")
    if len(asked.get("search_terms", "")) > 100:
        raise GraphError(100, "(#100) Param search_terms must be at most 100 characters long")


def _status(asked: Mapping[str, str], day: date) -> Callable[[Ad], bool]:
    status = asked.get("ad_active_status", "ACTIVE")
    year_ago = day - timedelta(days=365)

    def test(ad: Ad) -> bool:
        active = ad.flight(day) is not None
        return status == "ALL" or active == (status == "ACTIVE")

    return lambda ad: test(ad) and last_flight(ad, day)[1] >= year_ago


def _window(asked: Mapping[str, str]) -> Callable[[Ad], bool]:
    """Ads delivered at some time between the two days, both included."""
    first, last = (_day(asked, f"ad_delivery_date_{edge}") for edge in ("min", "max"))
    return lambda ad: any(
        (last is None or began <= last) and (first is None or ended >= first) for began, ended in ad.flights
    )


def _listing(asked: Mapping[str, str]) -> Callable[[Ad], bool]:
    languages = set(graph.listed(asked, "languages"))
    platforms = {name.lower() for name in graph.listed(asked, "publisher_platforms")}
    countries, media = set(graph.listed(asked, "ad_reached_countries")), asked.get("media_type", "ALL").lower()
    return lambda ad: (
        (not languages or ad.copy.draft.language in languages)
        and (not platforms or bool(platforms & set(ad.platforms)))
        and ("ALL" in countries or bool(countries & set(ad.countries)))
        and (media in ("all", "") or ad.media_type == media)
    )


def _day(asked: Mapping[str, str], name: str) -> date | None:
    if not asked.get(name):
        return None
    try:
        return date.fromisoformat(asked[name])
    except ValueError as error:
        raise GraphError(100, f"(#100) Param {name} must be a date of the form YYYY-mm-dd") from error
