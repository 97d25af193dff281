"""TikTok's Commercial Content API: ad query, ad detail and advertiser query over the video ads of the market.

https://developers.tiktok.com/doc/commercial-content-api-query-ads : the copy exists in the detail answer only, and the
documentation spells several fields in two ways. The sandbox uses the one on some answers and the other on the rest.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from counterpitch.sandbox.platforms.accounts import TIKTOK_KEY, TIKTOK_LIFE, TIKTOK_SECRET, Quota, TikTokTokens
from counterpitch.sandbox.platforms.world import World, last_flight
from counterpitch.sandbox.process import Ad
from counterpitch.sandbox.sightings import business_id, reach, video_id
from counterpitch.sandbox.streams import number, stream

MOST = 50
EARLIEST = date(2022, 10, 1)


class TikTokError(Exception):
    """An answer whose `error.code` is not ok."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def error_response(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 Starlette's signature
    """The error as TikTok words it."""
    assert isinstance(error, TikTokError)  # noqa: S101 registered for this class only
    headers = {"retry-after": "1"} if error.status == 429 else {}
    return JSONResponse({"data": {}, "error": _error(error.code, error.message, error.status)}, error.status, headers)


def tiktok_id(ad: Ad) -> str:
    """The ad's number on TikTok."""
    return video_id(ad.ad_id)


def router(world: World, quota: Quota, tokens: TikTokTokens) -> APIRouter:
    """The endpoints, over a world and with a quota for each token."""
    routes = APIRouter(prefix="/v2")
    advertisers = {business_id(brand): brand for brand in world.brands}

    @routes.post("/oauth/token/")
    async def token(request: Request) -> JSONResponse:
        asked = dict(parse_qsl((await request.body()).decode()))
        if (asked.get("client_key"), asked.get("client_secret")) != (TIKTOK_KEY, TIKTOK_SECRET):
            return JSONResponse({"error": "invalid_client", "error_description": "Client key or secret is wrong"}, 401)
        if asked.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type", "error_description": "Wrong grant_type"}, 400)
        return JSONResponse({"access_token": tokens.issue(), "expires_in": int(TIKTOK_LIFE), "token_type": "Bearer"})

    @routes.post("/research/adlib/ad/query/")
    async def query(request: Request) -> JSONResponse:
        body = await _admit(request, quota, tokens)
        fields = _fields(request)
        found = _found(world, advertisers, body, request.state.day)
        most, start = _most(body), _resume(body)
        here, more = found[start : start + most], start + most < len(found)
        spelled = number(1, "spelling", body.get("search_id", ""), start) % 2
        shown = _disturbed(here, found[max(0, start - 2) : start], request.state.fault)
        data = {
            "ads": [_entry(ad, request.state.day, fields, spelled) for ad in shown],
            "has_more": ("true" if more else "false") if spelled else more,
            "search_id": _search_id(body, start + most),
        }
        return JSONResponse({"data": data, "error": _error("ok", "", 200)})

    @routes.post("/research/adlib/ad/detail/")
    async def detail(request: Request) -> JSONResponse:
        body = await _admit(request, quota, tokens)
        wanted = str(body.get("ad_id", ""))
        ad = next((ad for ad in _videos(world, request.state.day) if tiktok_id(ad) == wanted), None)
        if not ad:
            raise TikTokError(400, "invalid_params", f"Invalid ad_id: {wanted}")
        return JSONResponse({"data": _detail(ad, request.state.day), "error": _error("ok", "", 200)})

    @routes.post("/research/adlib/advertiser/query/")
    async def advertiser(request: Request) -> JSONResponse:
        body = await _admit(request, quota, tokens)
        term = str(body.get("search_term", "")).casefold()
        found = [
            {"business_id": int(business), "business_name": world.brands[brand].page}
            for business, brand in advertisers.items()
            if term and term in world.brands[brand].page.casefold()
        ]
        return JSONResponse({"data": {"advertisers": found[: _most(body)]}, "error": _error("ok", "", 200)})

    return routes


def expected(world: World, brand_id: str, day: date) -> set[str]:
    """Ids that a faultless sweep of the brand on the day brings, over all publication dates."""
    return {tiktok_id(ad) for ad in _videos(world, day) if ad.brand.brand_id == brand_id}


def _videos(world: World, day: date) -> list[Ad]:
    ads = [ad for ad in world.market.ads if ad.media_type == "video" and ad.flights[0][0] <= day]
    return sorted(ads, key=lambda ad: (-ad.flights[0][0].toordinal(), ad.ad_id))


async def _admit(request: Request, quota: Quota, tokens: TikTokTokens) -> dict[str, Any]:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if request.state.fault == "token_expired":
        tokens.expire_all()
    if not tokens.valid(token):
        raise TikTokError(401, "access_token_invalid", "The access token is invalid or not found in the request.")
    if quota.take("tiktok").refused or request.state.fault == "throttle_429":
        raise TikTokError(429, "rate_limit_exceeded", "The API rate limit was exceeded. Please try again later.")
    try:
        body = json.loads(await request.body() or b"{}")
    except json.JSONDecodeError as error:
        raise TikTokError(400, "invalid_params", "The request body is not JSON.") from error
    if not isinstance(body, dict):
        raise TikTokError(400, "invalid_params", "The request body is not an object.")
    return body


def _found(world: World, advertisers: Mapping[str, str], body: dict[str, Any], day: date) -> list[Ad]:
    filters = body.get("filters") or {}
    first, last = _range(filters)
    term, country = str(body.get("search_term", "")).casefold(), filters.get("country_code", "ALL")
    if len(term) > 50:
        raise TikTokError(400, "invalid_params", "search_term must be at most 50 characters.")
    wanted = {advertisers.get(str(each)) for each in filters.get("advertiser_business_ids", [])}
    return [
        ad
        for ad in _videos(world, day)
        if first <= ad.flights[0][0] <= last
        and (country == "ALL" or country in ad.countries)
        and (
            term in f"{ad.copy.body} {ad.brand.name}".casefold() if term else not wanted or ad.brand.brand_id in wanted
        )
    ]


def _range(filters: Mapping[str, Any]) -> tuple[date, date]:
    told = filters.get("ad_published_date_range") or {}
    try:
        first, last = (date.fromisoformat(str(told[edge])) for edge in ("min", "max"))
    except (KeyError, ValueError) as error:
        raise TikTokError(400, "invalid_params", "ad_published_date_range needs min and max as YYYYMMDD.") from error
    if first < EARLIEST:
        raise TikTokError(400, "invalid_params", "ad_published_date_range.min must be after 20221001.")
    return first, last


def _most(body: Mapping[str, Any]) -> int:
    most = int(body.get("max_count", 10))
    if not 1 <= most <= MOST:
        raise TikTokError(400, "invalid_params", f"max_count must be between 1 and {MOST}.")
    return most


def _question(body: Mapping[str, Any]) -> str:
    asked = {key: body[key] for key in sorted(body) if key not in ("search_id", "max_count")}
    return f"{number(0, 'search', json.dumps(asked, sort_keys=True)):x}"


def _search_id(body: Mapping[str, Any], start: int) -> str:
    return base64.urlsafe_b64encode(f"{_question(body)}:{start}".encode()).decode()


def _resume(body: Mapping[str, Any]) -> int:
    """Where a search goes on. A search_id belongs to one question."""
    if not body.get("search_id"):
        return 0
    try:
        question, _, start = base64.urlsafe_b64decode(str(body["search_id"]).encode()).decode().partition(":")
        place = int(start)
    except (binascii.Error, ValueError) as error:
        raise TikTokError(400, "invalid_params", "The search_id is invalid.") from error
    if question != _question(body):
        raise TikTokError(400, "invalid_params", "The search_id belongs to another query.")
    return place


def _disturbed(here: list[Ad], before: list[Ad], fault: str) -> list[Ad]:
    if fault == "duplicates":
        return [*before, *here]
    if fault == "shuffled":
        return [here[n] for n in stream(1, "shuffle", *(ad.ad_id for ad in here)).permutation(len(here))]
    return here


def _fields(request: Request) -> set[str]:
    fields = {name.strip() for name in request.query_params.get("fields", "").split(",") if name.strip()}
    if not fields:
        raise TikTokError(400, "invalid_params", "fields is required.")
    return fields


def _entry(ad: Ad, day: date, fields: set[str], spelled: int) -> dict[str, Any]:
    """An ad of the list, in one of the documentation's two spellings."""
    flight, people = last_flight(ad, day), _rounded(reach(ad, day))
    began, shown = ad.flights[0][0], min(flight[1], day)
    business = business_id(ad.brand.brand_id)
    told: dict[str, Any] = {
        "ad.id": int(tiktok_id(ad)),
        "ad.first_shown_date": f"{began:%Y%m%d}" if spelled else int(f"{began:%Y%m%d}"),
        "ad.last_shown_date": f"{shown:%Y%m%d}" if spelled else int(f"{shown:%Y%m%d}"),
        "ad.status": "active" if ad.flight(day) else "inactive",
        "ad.status_statement": "",
        "ad.videos": [{"url": f"https://video.example/{tiktok_id(ad)}.mp4", "cover_image_url": ""}],
        "ad.image_urls": [],
        "ad.reach": {"unique_user_seen" if spelled else "unique_users_seen": people},
        "advertiser.business_id": int(business),
        "advertiser.business_name": ad.brand.page,
        "advertiser.paid_for_by": f"{ad.brand.name} Ltd",
    }
    entry: dict[str, dict[str, Any]] = {"ad": {}, "advertiser": {}}
    for name in fields & told.keys():
        part, _, field = name.partition(".")
        entry[part][_SPELLED.get(field, field) if spelled else field] = told[name]
    return entry


_SPELLED = {"business_id": "buisness_id", "paid_for_by": "paid_by"}


def _detail(ad: Ad, day: date) -> dict[str, Any]:
    words = ad.words(day)
    entry = _entry(ad, day, {"ad.id", "ad.first_shown_date", "ad.last_shown_date", "ad.status", "ad.reach"}, 0)["ad"]
    return {
        "ad": {
            **entry,
            "title": words.body or words.title,
            "external_url": ad.landing_url,
            "call_to_action": words.call_to_action,
            "advertising_objective": "App installs",
            "download_url": f"https://video.example/{tiktok_id(ad)}.mp4",
        },
        "advertiser": {
            "business_id": int(business_id(ad.brand.brand_id)),
            "business_name": ad.brand.page,
            "follower_count": 1000 + number(0, "followers", ad.brand.brand_id) % 90_000,
        },
        "ad_group": {"targeting_info": {"country": ad.countries, "number_of_users_targeted": _rounded(2_000_000)}},
    }


def _rounded(people: int) -> str:
    """`12K`, `1M`: as the platform tells reach."""
    if people < 1000:
        return "0-1K"
    return f"{people // 1000}K" if people < 1_000_000 else f"{people // 1_000_000}M"


def _error(code: str, message: str, status: int) -> dict[str, Any]:
    return {"code": code, "message": message, "log_id": "20261120000000SANDBOX", "http_status_code": status}


def all_dates(day: date) -> dict[str, str]:
    """The widest ad_published_date_range that the API takes on a day."""
    return {"min": f"{EARLIEST + timedelta(days=1):%Y%m%d}", "max": f"{day:%Y%m%d}"}
