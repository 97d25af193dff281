"""TikTok's Commercial Content API: the ads of a brand's advertisers in Europe, by a query and one detail call an ad.

https://developers.tiktok.com/doc/commercial-content-api-query-ads and .../commercial-content-api-get-ad-details :
the words of an ad exist in the detail answer only. The documentation spells several fields in two ways and types
dates, ids and `has_more` in two ways; all of them are read. Reach is told in round figures (`12K`). Details that were
fetched are asked for again only after four weeks: the list tells what moves (reach, status, last day) every time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from counterpitch.sources.base import Observation, Page, State, Sweep, SweepFailed, Window
from counterpitch.sources.canonical import Problem, Record, Unreadable, read_cell
from counterpitch.sources.http import Answer, Api, AskAgain, retry_after

SHAPE = "tiktok_ads"
TIKTOK = "https://open.tiktokapis.com"
EARLIEST = date(2022, 10, 2)  # the API refuses earlier publication dates
MOST = 50
FIELDS = (
    "ad.id,ad.first_shown_date,ad.last_shown_date,ad.status,ad.status_statement,ad.videos,ad.image_urls,ad.reach,"
    "advertiser.business_id,advertiser.business_name,advertiser.paid_for_by"
)
DETAILS = (
    "ad.id,ad.title,ad.external_url,ad.call_to_action,ad.advertising_objective,ad.first_shown_date,"
    "ad.last_shown_date,ad.status,ad.reach,advertiser.business_id,advertiser.business_name,ad_group.targeting_info"
)
LIMITED = "rate_limit_exceeded"
PASSING = {LIMITED, "internal_error", "timeout"}


class TokenExpired(Exception):
    """The client token ran out; a new one is asked for."""


def check(answer: Answer) -> None:
    """Raise for an answer that is an error: AskAgain, TokenExpired or SweepFailed."""
    error = answer.body.get("error")
    if error is None or (isinstance(error, Mapping) and error.get("code") in ("ok", "", None)):
        return
    code = str(error.get("code")) if isinstance(error, Mapping) else str(error)
    if code in PASSING or answer.status >= 500:
        message = f"TikTok could not answer now ({code})."
        raise AskAgain(code, message, retry_after(answer.headers), throttled=code == LIMITED)
    if code == "access_token_invalid":
        raise TokenExpired
    message = str(error.get("message") if isinstance(error, Mapping) else answer.body.get("error_description"))
    remedy = "Check client key and secret." if code == "invalid_client" else "Check the app's approval and scope."
    raise SweepFailed(code, f"TikTok refused ({code}): {message} {remedy}")


class TikTokAds:
    """The ads of a brand's advertisers. `advertisers_of` gives the business ids of a brand.

    `known` gives the details of these ads that are young enough in the window: {ad id: {detail, detail_on}}.
    """

    def __init__(
        self,
        api: Api,
        client_key: str,
        client_secret: str,
        advertisers_of: Callable[[str], Sequence[str]],
        *,
        known: Callable[[str, Window, Sequence[str]], Mapping[str, Mapping[str, Any]]] = lambda *_: {},
        country: str = "ALL",
        name: str = "tiktok",
    ) -> None:
        self.name, self._known = name, known
        self._api, self._advertisers_of, self._country = api, advertisers_of, country
        self._client = {"client_key": client_key, "client_secret": client_secret, "grant_type": "client_credentials"}
        self._signed_in = False
        api.keep_secret(client_secret)

    def sweep(self, brand_id: str, window: Window, cursor: str | None = None) -> Sweep:
        """The ads that were shown in the window; from `cursor` on where a sweep was interrupted."""
        advertisers = sorted(self._advertisers_of(brand_id))
        if not advertisers:
            message = (
                f"No advertiser of {brand_id} is known on TikTok. "
                f"Add one with `counterpitch brand add {brand_id} --page tiktok:ID`."
            )
            return Sweep(state=State.NOT_COVERED, listing="none", code="no_page", message=message)
        return Sweep(pages=self._sweep(brand_id, advertisers, window, cursor), listing="brand", waits=self._api.waits)

    def _sweep(self, brand_id: str, advertisers: Sequence[str], window: Window, cursor: str | None) -> Iterator[Page]:
        """A page for each list, with the ads whose details are known, and one for each detail call.

        The call is the unit of work, so the ads still to ask for ride in the cursor.
        """
        at: dict[str, Any] = json.loads(cursor) if cursor else {"waiting": [], "search_id": None, "more": True}
        while at["waiting"] or at["more"]:
            if at["waiting"]:
                entry = at["waiting"].pop(0)
                yield Page([self._observation(entry, window)], json.dumps(at))
                continue
            data = self._query(advertisers, window, at["search_id"])
            shown = [entry for entry in data.get("ads") or [] if _shown_since(entry, window.first)]
            known = self._known(brand_id, window, [_id(entry) for entry in shown])
            waiting = [entry for entry in shown if _id(entry) not in known]
            at = {"waiting": waiting, "search_id": data.get("search_id"), "more": _true(data.get("has_more"))}
            ready = [
                Observation(_id(entry), SHAPE, {"listed": entry, **known[_id(entry)]})
                for entry in shown
                if _id(entry) in known
            ]
            yield Page(ready, json.dumps(at))

    def _query(self, advertisers: Sequence[str], window: Window, search_id: str | None) -> dict[str, Any]:
        published = {"min": f"{EARLIEST:%Y%m%d}", "max": f"{window.last:%Y%m%d}"}
        filters = {"ad_published_date_range": published, "country_code": self._country}
        body = {
            "filters": filters | {"advertiser_business_ids": [int(each) for each in advertisers]},
            "max_count": MOST,
        }
        return self._ask("ad/query/", FIELDS, body | ({"search_id": search_id} if search_id else {}))

    def _observation(self, entry: Mapping[str, Any], window: Window) -> Observation:
        detail = self._ask("ad/detail/", DETAILS, {"ad_id": int(_id(entry))})
        told = {"listed": entry, "detail": detail, "detail_on": window.last.isoformat()}
        return Observation(_id(entry), SHAPE, told)

    def _ask(self, path: str, fields: str, body: Mapping[str, Any]) -> dict[str, Any]:
        for again in (False, True):
            if not self._signed_in:
                self._sign_in()
            try:
                answer = self._api.ask("POST", f"v2/research/adlib/{path}", params={"fields": fields}, json=dict(body))
                return dict(answer.body.get("data") or {})
            except TokenExpired:
                self._signed_in = False
                if again:
                    raise SweepFailed("access_token_invalid", "TikTok refuses the token it has just given.") from None
        raise AssertionError("the second try returns or raises")

    def _sign_in(self) -> None:
        answer = self._api.hand_over("v2/oauth/token/", data=self._client)
        token = answer.body.get("access_token")
        if not isinstance(token, str) or not token:
            raise SweepFailed("no_token", "TikTok answered without a token. Check client key and secret.")
        self._api.use_token(token)
        self._signed_in = True


def read(payload: Mapping[str, Any]) -> tuple[Record, list[Problem]]:
    """The ad record of a listed entry with its detail (columns of `canonical.ADS`), and what could not be read."""
    listed, detail = payload.get("listed") or {}, payload.get("detail") or {}
    ad = _newest(detail.get("ad"), listed.get("ad"))
    advertiser = _newest(detail.get("advertiser"), listed.get("advertiser"))
    told = ad.get("reach")
    reach = _either(told, "unique_users_seen", "unique_user_seen") if isinstance(told, Mapping) else told
    targeting = (detail.get("ad_group") or {}).get("targeting_info") or {}
    record: Record = {
        "page_id": _text(_either(advertiser, "business_id", "buisness_id")),
        "page_name": advertiser.get("business_name"),
        "body": ad.get("title"),
        "call_to_action": ad.get("call_to_action"),
        "media_type": "image" if ad.get("image_urls") else "video",
        "platforms": ["tiktok"],
        "countries": sorted(str(each) for each in targeting.get("country") or []),
        "landing_url": ad.get("external_url") or None,
        "public_url": f"https://library.tiktok.com/ads/detail/?ad_id={ad.get('id')}",
        "reach": people(
            _either(reach, "unique_users_seen", "unique_user_seen") if isinstance(reach, Mapping) else reach
        ),
    }
    problems: list[Problem] = []
    for column, name in (("delivery_start", "first_shown_date"), ("last_shown", "last_shown_date")):
        try:
            record[column] = read_cell("date", _text(ad.get(name)), ("%Y%m%d",))
        except Unreadable as error:
            record[column], shown = None, str(ad.get(name))[:200]
            problems.append(Problem(f"{column}_is_a_date", column, shown, f"{name} {shown!r} {error}"))
    return record, problems


def people(told: Any) -> int | None:
    """`12K` is 12,000 and `1M` 1,000,000; a range such as `0-1K` says too little to be a number."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMB]?)", str(told or "").strip().upper())
    if not match:
        return None
    return int(float(match[1]) * {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}[match[2]])


def _newest(detail: Mapping[str, Any] | None, listed: Mapping[str, Any] | None) -> dict[str, Any]:
    """Both parts as one; the list is of today, and the detail may be of a few weeks ago."""
    return {**(detail or {}), **{name: value for name, value in (listed or {}).items() if value is not None}}


def _id(entry: Mapping[str, Any]) -> str:
    return str(entry["ad"]["id"])


def _shown_since(entry: Mapping[str, Any], first: date) -> bool:
    try:
        last = read_cell("date", _text((entry.get("ad") or {}).get("last_shown_date")), ("%Y%m%d",))
    except Unreadable:
        return True  # read again, and quarantined with the reason
    return last is None or last >= first


def _either(fields: Mapping[str, Any], *names: str) -> Any:
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _true(value: Any) -> bool:
    return value is True or str(value).casefold() == "true"
