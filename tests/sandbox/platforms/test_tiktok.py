"""The Commercial Content API: sweeps, details, both spellings, tokens that run out."""

from __future__ import annotations

from typing import Any

import httpx

from counterpitch.sandbox.platforms import tiktok
from counterpitch.sandbox.platforms.accounts import (
    TIKTOK_KEY,
    TIKTOK_SECRET,
    Clock,
    Quota,
)
from counterpitch.sandbox.platforms.server import Sandbox, Served, serving
from counterpitch.sandbox.platforms.world import World
from counterpitch.sandbox.sightings import business_id
from tests.sandbox.platforms.reading import LAST


class TestTikTok:
    def token(self, served: Served) -> dict[str, str]:
        form = {"client_key": TIKTOK_KEY, "client_secret": TIKTOK_SECRET, "grant_type": "client_credentials"}
        told = httpx.post(f"{served.url}/v2/oauth/token/", data=form).json()
        return {"authorization": f"Bearer {told['access_token']}"}

    def query(self, served: Served, headers: dict[str, str], **body: Any) -> httpx.Response:
        fields = "ad.id,ad.first_shown_date,ad.reach,advertiser.business_id,advertiser.paid_for_by"
        asked = {"filters": {"ad_published_date_range": tiktok.all_dates(LAST)}, "max_count": 20, **body}
        return httpx.post(
            f"{served.url}/v2/research/adlib/ad/query/", params={"fields": fields}, headers=headers, json=asked
        )

    def sweep(self, served: Served, **body: Any) -> list[dict[str, Any]]:
        headers = self.token(served)
        ads: list[dict[str, Any]] = []
        search: dict[str, str] = {}
        while True:
            data = self.query(served, headers, **body, **search).json()["data"]
            ads += data["ads"]
            if data["has_more"] in (False, "false"):
                return ads
            search = {"search_id": data["search_id"]}

    def test_a_sweep_brings_each_of_a_brand_s_ads_once(self, served: Served, world: World) -> None:
        filters = {
            "ad_published_date_range": tiktok.all_dates(LAST),
            "advertiser_business_ids": [int(business_id("forkmoss"))],
        }
        ids = [str(entry["ad"]["id"]) for entry in self.sweep(served, filters=filters)]
        assert len(ids) == len(set(ids)) > 20
        assert set(ids) == tiktok.expected(world, "forkmoss", LAST)

    def test_both_spellings_of_the_documentation_occur(self, served: Served) -> None:
        names = {name for entry in self.sweep(served) for name in entry["advertiser"]}
        assert {"business_id", "buisness_id", "paid_for_by", "paid_by"} <= names

    def test_the_words_are_in_the_detail_only(self, served: Served) -> None:
        headers = self.token(served)
        entry = self.query(served, headers).json()["data"]["ads"][0]
        asked = {"ad_id": entry["ad"]["id"]}
        detail = httpx.post(f"{served.url}/v2/research/adlib/ad/detail/", headers=headers, json=asked).json()["data"]
        assert "title" not in entry["ad"]
        assert detail["ad"]["title"]
        assert detail["ad"]["call_to_action"]

    def test_a_search_id_belongs_to_one_question(self, served: Served) -> None:
        headers = self.token(served)
        search = self.query(served, headers).json()["data"]["search_id"]
        answer = self.query(served, headers, search_id=search, search_term="dinner")
        assert answer.json()["error"]["code"] == "invalid_params"

    def test_a_token_runs_out_after_two_hours(self, served: Served) -> None:
        headers = self.token(served)
        httpx.put(f"{served.url}/_sandbox", json={"advance": 7201})
        assert self.query(served, headers).json()["error"]["code"] == "access_token_invalid"
        assert self.query(served, self.token(served)).json()["error"]["code"] == "ok"

    def test_six_hundred_calls_a_minute(self, world: World) -> None:
        clock = Clock(source=lambda: 0.0)
        with serving(Sandbox(world, LAST, clock=clock, tiktok_quota=Quota(2, 60, clock))) as served:
            headers = self.token(served)
            codes = [self.query(served, headers).status_code for _ in range(3)]
        assert codes == [200, 200, 429]
