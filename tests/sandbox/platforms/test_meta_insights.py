"""Our own results as Insights tells them: strings, overlapping actions, restatements, async reports."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import httpx
import pytest

from counterpitch.sandbox.platforms import meta_insights
from counterpitch.sandbox.platforms.accounts import (
    META_TOKEN,
)
from counterpitch.sandbox.platforms.server import Served
from counterpitch.sandbox.platforms.world import World
from tests.sandbox.platforms.reading import LAST, error, pages


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
        return httpx.get(f"{served.url}/v25.0/{served.sandbox.world.account}/insights", params=parameters, timeout=30)

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
