"""The Ad Library over real HTTP on loopback, read the way its documentation says."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import httpx
import pytest

from counterpitch.sandbox.platforms import meta_library
from counterpitch.sandbox.platforms.accounts import (
    META_EXPIRED,
    META_TOKEN,
    META_UNCONFIRMED,
    Clock,
    Quota,
)
from counterpitch.sandbox.platforms.server import Sandbox, Served, serving
from counterpitch.sandbox.platforms.world import BULK_PAGE, World
from counterpitch.sandbox.sightings import page_id
from tests.sandbox.platforms.reading import FIELDS, LAST, error, library, pages


class TestAdLibrary:
    def test_following_the_cursors_brings_each_running_ad_once(self, served: Served, world: World) -> None:
        page = page_id("platelark")
        ids = [row["id"] for row in pages(library(served, search_page_ids=page, limit=30))]
        assert len(ids) == len(set(ids)) > 30
        assert set(ids) == meta_library.expected(world, [page], LAST)

    def test_an_ad_has_the_documented_fields_and_no_others(self, served: Served) -> None:
        row = library(served, search_page_ids=page_id("forkmoss")).json()["data"][0]
        assert set(row) <= set(FIELDS.split(","))
        assert isinstance(row["ad_creative_bodies"], list)
        assert META_TOKEN in row["ad_snapshot_url"], "the platform embeds the token: a reader must not store it"
        assert "call_to_action" not in row

    def test_a_day_in_the_address_looks_on_that_day(self, served: Served, world: World) -> None:
        page, then = page_id("dishwren"), date(2026, 10, 8)
        ids = {row["id"] for row in pages(library(served, served.on(then), search_page_ids=page, limit=60))}
        assert ids == meta_library.expected(world, [page], then) != meta_library.expected(world, [page], LAST)

    def test_inactive_ads_say_when_they_stopped(self, served: Served) -> None:
        asked: dict[str, Any] = {"search_page_ids": page_id("dishwren"), "ad_active_status": "INACTIVE", "limit": 100}
        rows = list(pages(library(served, **asked)))
        assert rows
        assert all(row["ad_delivery_stop_time"] < LAST.isoformat() for row in rows)

    def test_the_delivery_window_is_inclusive(self, served: Served, world: World) -> None:
        page, first, last = page_id("dishwren"), date(2026, 10, 5), date(2026, 10, 5)
        asked: dict[str, Any] = {"search_page_ids": page, "ad_active_status": "ALL", "limit": 100}
        window = {"ad_delivery_date_min": first.isoformat(), "ad_delivery_date_max": last.isoformat()}
        ids = {row["id"] for row in pages(library(served, **asked, **window))}
        assert ids == {ad.ad_id for ad in world.ads_of_page(page, LAST) if ad.flight(first)}

    @pytest.mark.parametrize(
        ("asked", "wanted"),
        [
            ({"ad_reached_countries": ""}, (400, 100)),
            ({"search_page_ids": ""}, (400, 100)),
            ({"search_page_ids": ",".join(["1"] * 11)}, (400, 100)),
            ({"search_page_ids": "platelark"}, (400, 100)),
            ({"fields": "id,clicks"}, (400, 100)),
            ({"after": "bm9uc2Vuc2U="}, (400, 100)),
            ({"limit": 2000}, (500, 1)),
            ({"access_token": META_EXPIRED}, (400, 190)),
            ({"access_token": META_UNCONFIRMED}, (400, 10)),
            ({"access_token": "someone's"}, (400, 190)),
        ],
    )
    def test_wrong_questions_get_the_documented_code(
        self, served: Served, asked: dict[str, Any], wanted: tuple[int, int]
    ) -> None:
        assert error(library(served, **{"search_page_ids": page_id("dishwren"), **asked})) == wanted

    def test_the_quota_is_told_refuses_and_comes_back(self, world: World) -> None:
        clock = Clock(source=lambda: 0.0)
        box = Sandbox(world, LAST, clock=clock, meta_quota=Quota(calls=3, window=3600, clock=clock))
        with serving(box) as served:
            answers = [library(served, search_page_ids=page_id("dishwren")) for _ in range(4)]
            told = json.loads(answers[2].headers["x-business-use-case-usage"])["0"][0]
            assert told["call_count"] == 100
            assert told["estimated_time_to_regain_access"] == 60
            assert error(answers[3]) == (400, 613)
            clock.advance(3601)
            assert library(served, search_page_ids=page_id("dishwren")).status_code == 200
            assert httpx.get(f"{served.url}/_sandbox").json()["overdrawn"]["meta"] == 1

    def test_a_page_of_many_thousand_ads_is_served_by_cursor(self, served: Served) -> None:
        ids = [row["id"] for row in pages(library(served, search_page_ids=BULK_PAGE, limit=500, fields="id"))]
        assert len(ids) == len(set(ids)) == 2500
