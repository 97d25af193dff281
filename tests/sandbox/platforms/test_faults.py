"""Each fault on its own, then all at once against a reader that does no more than the documentation asks."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from counterpitch.sandbox.platforms import meta_library
from counterpitch.sandbox.platforms.accounts import (
    META_TOKEN,
)
from counterpitch.sandbox.platforms.faults import OWN, WIRE, Dial
from counterpitch.sandbox.platforms.server import Sandbox, Served, serving
from counterpitch.sandbox.platforms.world import World
from counterpitch.sandbox.sightings import page_id
from tests.sandbox.platforms.reading import LAST, error, library, pages, patient


class TestFaults:
    def get(self, served: Served, kind: str) -> httpx.Response:
        httpx.put(f"{served.url}/_sandbox", json={"rate": 1.0, "kinds": [kind], "hang": 2.0, "drip": 0.3})
        return httpx.get(
            f"{served.url}/v25.0/ads_archive",
            params={
                "access_token": META_TOKEN,
                "ad_reached_countries": "GB",
                "search_page_ids": page_id("dishwren"),
                "limit": "20",
            },
            timeout=httpx.Timeout(30, read=0.3 if kind == "hang" else 30),
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

    def test_a_reader_finds_the_call_it_made_and_none_begun_before_it_was_forgotten(self, served: Served) -> None:
        dial = served.sandbox.dial
        dial.rate, dial.kinds, dial.hang = 1.0, ("hang",), 0.9
        before = dial.calls
        with ThreadPoolExecutor(1) as pool:
            hangs = pool.submit(httpx.get, f"{served.url}/v25.0/ads_archive", timeout=60)
            while not dial._tries and not hangs.done():
                time.sleep(0.005)
            dial.forget()
            dial.rate = 0.0
            for made in range(1, 6):
                library(served, search_page_ids=page_id("dishwren"))
                assert len(dial.calls) == made
            assert hangs.result().status_code == 504
        assert [fault for _, fault, _ in dial.calls] == [""] * 5
        assert [fault for _, fault, _ in before] == ["hang"]

    @pytest.mark.parametrize("seed", [1, 2])
    def test_a_patient_reader_gets_exactly_the_truth_through_all_faults(self, world: World, seed: int) -> None:
        dial = Dial(rate=0.3, seed=seed, hang=0.05, drip=0.02)
        with serving(Sandbox(world, LAST, dial)) as served:
            for brand in world.brands:
                found = patient(served, page_id(brand))
                assert found == meta_library.expected(world, [page_id(brand)], LAST)
        met = {fault for _, fault, _ in dial.calls if fault}
        assert len(met) >= 4
        assert met <= {*WIRE, *OWN["meta"]}
