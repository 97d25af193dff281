"""The platforms' shapes over real HTTP on loopback, read the way their documentation says they are read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from counterpitch.sandbox.platforms import meta_insights, meta_library, tiktok
from counterpitch.sandbox.platforms.accounts import (
    META_EXPIRED,
    META_TOKEN,
    META_UNCONFIRMED,
    TIKTOK_KEY,
    TIKTOK_SECRET,
    Clock,
    Quota,
)
from counterpitch.sandbox.platforms.faults import OWN, WIRE, Dial
from counterpitch.sandbox.platforms.server import Sandbox, Served, serving
from counterpitch.sandbox.platforms.world import BULK_PAGE, World
from counterpitch.sandbox.sightings import page_id

START, LAST = date(2026, 10, 1), date(2026, 10, 25)
FIELDS = (
    "id,ad_creative_bodies,ad_creative_link_titles,ad_delivery_start_time,ad_delivery_stop_time,ad_snapshot_url,"
    "page_id,page_name,publisher_platforms,languages,eu_total_reach"
)


@pytest.fixture(scope="module")
def world() -> World:
    return World(START, LAST, seed=7, bulk_ads=2500)


@pytest.fixture
def sandbox(world: World) -> Sandbox:
    return Sandbox(world, LAST)


@pytest.fixture
def served(sandbox: Sandbox) -> Iterator[Served]:
    with serving(sandbox) as running:
        yield running


def library(served: Served, base: str | None = None, **asked: Any) -> httpx.Response:
    parameters = {"access_token": META_TOKEN, "ad_reached_countries": "ALL", "fields": FIELDS, **asked}
    return httpx.get(f"{base or served.url}/v25.0/ads_archive", params=parameters, timeout=10)


def pages(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """Follow `paging.next` to the end."""
    while True:
        body = answer.json()
        yield from body["data"]
        following = body.get("paging", {}).get("next")
        if not following:
            return
        answer = httpx.get(following, timeout=10)


def error(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


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


class TestInsights:
    def ask(self, served: Served, **asked: Any) -> httpx.Response:
        window = {"since": "2026-10-10", "until": "2026-10-16"}
        parameters = {
            "access_token": META_TOKEN,
            "level": "ad",
            "time_increment": "1",
            "fields": "ad_id,impressions,clicks,inline_link_clicks,spend,account_currency,actions",
            "time_range": json.dumps(window),
            **asked,
        }
        return httpx.get(f"{served.url}/v25.0/{served.sandbox.world.account}/insights", params=parameters, timeout=10)

    def test_daily_rows_are_the_reports_that_count(self, served: Served, world: World) -> None:
        truth = meta_insights.expected(world, LAST)
        both = json.dumps([{"field": "ad.effective_status", "operator": "IN", "value": ["ACTIVE", "ARCHIVED"]}])
        rows = list(pages(self.ask(served, filtering=both, limit=100)))
        keys = {(row["ad_id"], row["date_start"]) for row in rows}
        assert keys == {key for key in truth if "2026-10-10" <= key[1] <= "2026-10-16"}
        for row in rows:
            report = truth[row["ad_id"], row["date_start"]]
            assert isinstance(row["impressions"], str), "numbers arrive as strings"
            assert (row["impressions"], row["clicks"]) == (report["impressions"], report["clicks"])

    def test_a_restated_day_reads_differently_later(self, world: World) -> None:
        early, late = meta_insights.expected(world, date(2026, 10, 12)), meta_insights.expected(world, LAST)
        changed = [key for key in early if early[key]["clicks"] != late[key]["clicks"]]
        assert changed

    def test_actions_name_one_install_in_several_ways(self, served: Served) -> None:
        rows = list(pages(self.ask(served, level="account", time_increment="all_days")))
        actions = {each["action_type"]: each["value"] for each in rows[0]["actions"]}
        assert actions["mobile_app_install"] == actions["omni_app_install"] == actions["app_install"]

    def test_levels_and_steps_add_up(self, served: Served) -> None:
        whole = next(pages(self.ask(served, level="account", time_increment="all_days")))
        daily = list(pages(self.ask(served, level="campaign", limit=100)))
        archived = int(whole["impressions"]) - sum(int(row["impressions"]) for row in daily)
        assert archived >= 0
        weekly = next(pages(self.ask(served, level="account", time_increment="7")))
        assert weekly["impressions"] == whole["impressions"]

    @pytest.mark.parametrize(
        ("asked", "wanted"),
        [
            ({"time_range": '{"since":"2020-01-01","until":"2026-10-01"}'}, (400, 3018)),
            ({"time_range": '{"since":"soon"}'}, (400, 100)),
            ({"fields": "ad_id,luck"}, (400, 100)),
            ({"time_increment": "0"}, (400, 100)),
            ({"level": "planet"}, (400, 100)),
        ],
    )
    def test_wrong_questions_get_the_documented_code(
        self, served: Served, asked: dict[str, Any], wanted: tuple[int, int]
    ) -> None:
        assert error(self.ask(served, **asked)) == wanted

    def test_a_stranger_s_account_is_refused(self, served: Served) -> None:
        answer = httpx.get(f"{served.url}/v25.0/act_1/insights", params={"access_token": META_TOKEN})
        assert error(answer) == (403, 200)

    def test_a_report_is_done_when_it_is_completed_and_at_a_hundred_percent(self, served: Served) -> None:
        base = f"{served.url}/v25.0"
        form = {"access_token": META_TOKEN, "level": "ad", "time_increment": "1", "fields": "ad_id,impressions"}
        run = httpx.post(f"{base}/{served.sandbox.world.account}/insights", data=form).json()["report_run_id"]
        token = {"access_token": META_TOKEN}
        assert error(httpx.get(f"{base}/{run}/insights", params=token)) == (400, 2601)
        stages: list[tuple[str, int]] = []
        while not stages or stages[-1] != ("Job Completed", 100):
            told = httpx.get(f"{base}/{run}", params=token).json()
            stages.append((told["async_status"], told["async_percent_completion"]))
            assert len(stages) < 10
        assert ("Job Completed", 98) in stages, "completed is not complete below a hundred percent"
        assert list(pages(httpx.get(f"{base}/{run}/insights", params={**token, "limit": "500"})))


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
            "advertiser_business_ids": [int(tiktok.business_id("forkmoss"))],
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


class TestSites:
    def test_each_brand_has_an_origin_with_its_own_robots_txt(self, served: Served) -> None:
        assert len(set(served.sites.values())) == 5
        told = httpx.get(f"{served.sites['dishwren']}/robots.txt").text
        assert "Disallow: /account/" in told
        assert served.sites["dishwren"] in told

    def test_a_landing_page_tells_product_price_and_claims(self, served: Served) -> None:
        text = httpx.get(f"{served.sites['forkmoss']}/en/time").text
        data = json.loads(text.split('<script type="application/ld+json">')[1].split("</script>")[0])
        assert data["name"] == "Forkmoss"
        assert float(data["offers"]["price"]) > 0
        assert "{brand}" not in text
        assert "[f" not in text

    def test_an_unchanged_page_is_answered_by_304(self, served: Served) -> None:
        first = httpx.get(f"{served.sites['forkmoss']}/de/time")
        again = httpx.get(f"{served.sites['forkmoss']}/de/time", headers={"if-none-match": first.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""

    def test_the_apis_are_not_on_the_sites_ports(self, served: Served) -> None:
        assert httpx.get(f"{served.sites['forkmoss']}/v25.0/ads_archive").status_code == 404


class TestFaults:
    """Each fault on its own, then all at once against a reader that does no more than the documentation asks."""

    def get(self, served: Served, kind: str) -> httpx.Response:
        httpx.put(f"{served.url}/_sandbox", json={"rate": 1.0, "kinds": [kind], "hang": 0.4, "drip": 0.3})
        return httpx.get(
            f"{served.url}/v25.0/ads_archive",
            params={
                "access_token": META_TOKEN,
                "ad_reached_countries": "GB",
                "search_page_ids": page_id("dishwren"),
                "limit": "20",
            },
            timeout=0.25 if kind == "hang" else 5,
        )

    def test_broken_wires(self, served: Served) -> None:
        assert self.get(served, "server_error").status_code == 500
        assert self.get(served, "wrong_content_type").headers["content-type"] == "text/html"

    def test_a_hanging_answer_outlasts_the_reader(self, served: Served) -> None:
        with pytest.raises(httpx.ReadTimeout):
            self.get(served, "hang")

    def test_a_cut_answer_is_no_json_and_a_dropped_one_no_answer(self, served: Served) -> None:
        with pytest.raises(json.JSONDecodeError):
            self.get(served, "cut_json").json()

    def test_a_dropped_line_is_an_error_of_the_protocol(self, served: Served) -> None:
        with pytest.raises(httpx.RemoteProtocolError):
            self.get(served, "dropped")

    def test_a_slow_answer_is_whole(self, served: Served) -> None:
        assert len(self.get(served, "slow_drip").json()["data"]) == 20

    def test_meta_throttles_with_400_and_a_code(self, served: Served) -> None:
        answer = self.get(served, "throttle_400")
        assert error(answer) == (400, 613)
        assert "x-business-use-case-usage" in answer.headers

    def test_paging_can_be_missing_and_rows_can_come_late_twice_or_out_of_order(self, served: Served) -> None:
        assert "paging" not in self.get(served, "no_paging").json()

    def test_a_late_ad_comes_with_the_last_page(self, served: Served, world: World) -> None:
        httpx.put(f"{served.url}/_sandbox", json={"rate": 1.0, "kinds": ["late_ad"]})
        page = page_id("dishwren")
        ids = [row["id"] for row in pages(library(served, search_page_ids=page, limit=20))]
        assert set(ids) == meta_library.expected(world, [page], LAST)

    def test_a_site_may_lead_to_a_private_address(self, served: Served) -> None:
        httpx.put(f"{served.url}/_sandbox", json={"rate": 1.0, "kinds": ["redirect_private"]})
        answer = httpx.get(f"{served.sites['dishwren']}/en/budget")
        assert answer.status_code == 302
        assert answer.headers["location"].startswith("http://10.")

    def test_the_same_request_fails_at_most_twice_in_a_row_and_the_same_way_each_time(self) -> None:
        def played(seed: int) -> list[str]:
            dial = Dial(rate=1.0, seed=seed)
            return [dial.fault("meta", "GET /x") for _ in range(9)]

        assert played(3) == played(3) != played(4)
        assert [bool(fault) for fault in played(3)] == [True, True, False] * 3

    def test_the_dial_off_means_no_fault(self) -> None:
        assert not any(Dial().fault("meta", str(n)) for n in range(100))

    def test_no_token_is_kept_in_the_calls(self, served: Served) -> None:
        library(served, search_page_ids=page_id("dishwren"))
        assert META_TOKEN not in str(served.sandbox.dial.calls)

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_a_patient_reader_gets_exactly_the_truth_through_all_faults(self, world: World, seed: int) -> None:
        dial = Dial(rate=0.2, seed=seed, hang=0.5, drip=0.05)
        with serving(Sandbox(world, LAST, dial)) as served:
            for brand in world.brands:
                found = patient(served, page_id(brand))
                assert found == meta_library.expected(world, [page_id(brand)], LAST)
        met = {fault for _, fault, _ in dial.calls if fault}
        assert len(met) >= 4
        assert met <= {*WIRE, *OWN["meta"]}


def patient(served: Served, page: str) -> set[str]:
    """Retry a page until it is whole; go on from its cursor; forget rows seen before."""
    asked = {"access_token": META_TOKEN, "ad_reached_countries": "ALL", "search_page_ids": page, "fields": "id"}
    found: set[str] = set()
    after: dict[str, str] = {}
    while True:
        for _ in range(4):
            try:
                body = httpx.get(
                    f"{served.url}/v25.0/ads_archive", params={**asked, "limit": "15", **after}, timeout=0.3
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


def test_a_day_that_is_none_is_refused(served: Served) -> None:
    assert httpx.get(f"{served.url}/on/2026-02-31/v25.0/ads_archive").status_code == 404


def test_it_listens_on_loopback_only(served: Served) -> None:
    assert served.url.startswith("http://127.0.0.1:")
    assert all(url.startswith("http://127.0.0.1:") for url in served.sites.values())


def test_looking_later_never_changes_an_earlier_look(world: World) -> None:
    longer = World(START, LAST + timedelta(days=9), seed=7)
    for brand in world.brands:
        page = page_id(brand)
        assert meta_library.expected(world, [page], LAST) == meta_library.expected(longer, [page], LAST)
    assert meta_insights.expected(world, LAST) == meta_insights.expected(longer, LAST)
