"""How a reader who knows no more than the documentation asks the platforms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx

from counterpitch.sandbox.platforms.accounts import META_TOKEN
from counterpitch.sandbox.platforms.server import Served

START, LAST = date(2026, 10, 1), date(2026, 10, 25)
FIELDS = (
    "id,ad_creative_bodies,ad_creative_link_titles,ad_delivery_start_time,ad_delivery_stop_time,ad_snapshot_url,"
    "page_id,page_name,publisher_platforms,languages,eu_total_reach"
)


def library(served: Served, base: str | None = None, **asked: Any) -> httpx.Response:
    parameters = {"access_token": META_TOKEN, "ad_reached_countries": "ALL", "fields": FIELDS, **asked}
    return httpx.get(f"{base or served.url}/v25.0/ads_archive", params=parameters, timeout=30)


def pages(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """Follow `paging.next` to the end."""
    while True:
        body = answer.json()
        yield from body["data"]
        following = body.get("paging", {}).get("next")
        if not following:
            return
        answer = httpx.get(following, timeout=30)


def error(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


def patient(served: Served, page: str) -> set[str]:
    """Retry a page until it is whole; go on from its cursor; forget rows seen before."""
    asked = {"access_token": META_TOKEN, "ad_reached_countries": "ALL", "search_page_ids": page, "fields": "id"}
    found: set[str] = set()
    after: dict[str, str] = {}
    while True:
        for _ in range(4):
            try:
                body = httpx.get(
                    f"{served.url}/v25.0/ads_archive", params={**asked, "limit": "10", **after}, timeout=30
                ).json()
            except (httpx.HTTPError, json.JSONDecodeError):
                continue
            if "paging" in body or body.get("data") == []:
                break
        else:
            raise AssertionError("four attempts failed")
        found |= {row["id"] for row in body["data"]}
        if "next" not in body.get("paging", {}):
            return found
        after = {"after": body["paging"]["cursors"]["after"]}
