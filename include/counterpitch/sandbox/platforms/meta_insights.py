"""`/{version}/act_<id>/insights`: our own account's results, at once or as an async report.

https://developers.facebook.com/docs/marketing-api/insights/ and .../insights/best-practices/ : numbers arrive as
strings, action types overlap, lists leave out archived ads unless filtered for, days older than 37 months are
refused (3018), a call for too much data is refused (100, 1487534) and must be split or asked for as a report.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from counterpitch.sandbox.platforms import graph
from counterpitch.sandbox.platforms.accounts import Quota
from counterpitch.sandbox.platforms.graph import GraphError
from counterpitch.sandbox.platforms.world import World
from counterpitch.sandbox.results import Row

THROTTLED = (80000, 2446079)
LEVELS = {
    "ad": ("campaign_id", "campaign_name", "adset_id", "adset_name", "ad_id", "ad_name"),
    "adset": ("campaign_id", "campaign_name", "adset_id", "adset_name"),
    "campaign": ("campaign_id", "campaign_name"),
    "account": (),
}
COUNTED = (
    "impressions", "reach", "frequency", "clicks", "ctr", "cpc", "cpm", "spend", "inline_link_clicks",
    "inline_link_click_ctr", "actions",
)  # fmt: skip
KNOWN = {*LEVELS["ad"], *COUNTED, "account_id", "account_currency", "account_name", "date_start", "date_stop"}
MOST_ROWS = 3000  # of one call that is answered at once; the real bound is not published
ARCHIVED_AFTER = timedelta(days=21)
STAGES = (
    ("Job Not Started", 0),
    ("Job Running", 35),
    ("Job Running", 80),
    ("Job Completed", 98),
    ("Job Completed", 100),
)


@dataclass
class Report:
    """An async report: what was asked, on which day, and how often it was polled."""

    asked: dict[str, str]
    day: date
    failing: bool
    polls: int = 0

    def stage(self) -> tuple[str, int]:
        """Status and percent at this poll. Completed below 100 is not complete, as the documentation warns."""
        if self.failing and self.polls >= 2:
            return "Job Failed", 35
        return STAGES[min(self.polls, len(STAGES) - 1)]


def router(world: World, quota: Quota) -> APIRouter:
    """The edges, over a world and with a quota for each token."""
    routes = APIRouter()
    reports: dict[str, Report] = {}

    @routes.get("/{version}/act_{account}/insights")
    async def at_once(request: Request, account: str) -> JSONResponse:
        asked = await graph.parameters(request)
        usage = graph.admit(asked, quota, request.state.fault, THROTTLED)
        _check_account(world, account)
        rows = insights(world, asked, request.state.day)
        if len(rows) > MOST_ROWS:
            raise GraphError(100, "(#100) Please reduce the amount of data", subcode=1487534)
        headers = graph.usage_headers(usage, "ads_insights", account)
        headers["x-fb-ads-insights-throttle"] = json.dumps(
            {
                "app_id_util_pct": usage.percent,
                "acc_id_util_pct": usage.percent,
                "ads_api_access_tier": "standard_access",
            }
        )
        return JSONResponse(_page(request, asked, rows), headers=headers)

    @routes.post("/{version}/act_{account}/insights")
    async def begin_report(request: Request, account: str) -> JSONResponse:
        asked = await graph.parameters(request)
        graph.admit(asked, quota, request.state.fault, THROTTLED)
        _check_account(world, account)
        insights(world, asked, request.state.day)  # a wrong question is refused now, not when the report is done
        run = str(6_000_000_000_000 + len(reports))
        reports[run] = Report(asked, request.state.day, request.state.fault == "job_failed")
        return JSONResponse({"report_run_id": run})

    @routes.get("/{version}/{run}")
    async def poll_report(request: Request, run: str) -> JSONResponse:
        asked = await graph.parameters(request)
        graph.admit(asked, quota, request.state.fault, THROTTLED)
        report = _report(reports, run)
        status, percent = report.stage()
        report.polls += 1
        told = {"id": run, "account_id": world.account.removeprefix("act_"), "async_status": status}
        return JSONResponse({**told, "async_percent_completion": percent})

    @routes.get("/{version}/{run}/insights")
    async def read_report(request: Request, run: str) -> JSONResponse:
        asked = await graph.parameters(request)
        usage = graph.admit(asked, quota, request.state.fault, THROTTLED)
        report = _report(reports, run)
        if report.stage() != ("Job Completed", 100):
            raise GraphError(2601, "(#2601) Error loading async job: job is not completed")
        rows = insights(world, report.asked, report.day)
        return JSONResponse(_page(request, asked, rows), headers=graph.usage_headers(usage, "ads_insights"))

    return routes


def insights(world: World, asked: Mapping[str, str], day: date) -> list[dict[str, Any]]:
    """The rows of a question as they stood on the day, in order of date and id. Raises GraphError."""
    level, first, last = asked.get("level", "ad"), *_window(asked, day)
    if level not in LEVELS:
        raise GraphError(100, f"(#100) level must be one of {', '.join(LEVELS)}")
    step, fields = _step(asked), _fields(asked, level)
    counted: dict[tuple[date, date, str], list[Row]] = defaultdict(list)
    shown = _shown_ads(world, asked, level, day)
    for row in world.reports(day):
        on = date.fromisoformat(row["result_date"])
        if first <= on <= last and row["ad_id"] in shown:
            began = first + ((on - first) // timedelta(days=step)) * timedelta(days=step) if step else first
            ended = min(last, began + timedelta(days=step - 1)) if step else last
            counted[began, ended, row[f"{level}_id"] if level != "account" else ""].append(row)
    return [_row(world, fields, level, key, rows) for key, rows in sorted(counted.items())]


def _row(world: World, fields: list[str], level: str, key: tuple[date, date, str], rows: list[Row]) -> dict[str, Any]:
    totals = {name: _sum(rows, name) for name in ("impressions", "clicks", "link_clicks", "spend", "conversions")}
    told: dict[str, Any] = {
        "account_id": world.account.removeprefix("act_"),
        "account_name": world.brands[world.market.category.own].name,
        "account_currency": rows[0]["currency"],
        **{name: rows[0].get(name, "") for name in LEVELS[level]},
        **_numbers(totals),
    }
    if level == "ad":
        told["ad_name"] = f"{world.own_ads[rows[0]['ad_id']].copy.title} | {rows[0]['ad_id'][-4:]}"
    dates = {"date_start": key[0].isoformat(), "date_stop": key[1].isoformat()}
    return {**{name: told[name] for name in fields if name in told and told[name] not in ("", [])}, **dates}


def _numbers(totals: Mapping[str, float]) -> dict[str, Any]:
    """Meta's numbers: strings, rates in percent, and actions that name one installation three times."""
    shown, clicked, spend = totals["impressions"], totals["clicks"], totals["spend"]
    reached = int(shown / 1.18) or int(shown)
    actions = [("link_click", totals["link_clicks"])]
    actions += [(name, totals["conversions"]) for name in ("app_install", "mobile_app_install", "omni_app_install")]
    told = {
        "impressions": str(int(shown)),
        "reach": str(reached),
        "clicks": str(int(clicked)),
        "spend": f"{spend:.2f}",
        "inline_link_clicks": str(int(totals["link_clicks"])),
        "actions": [{"action_type": name, "value": str(int(value))} for name, value in actions if value],
    }
    if shown:
        told |= {"ctr": f"{100 * clicked / shown:.6f}", "cpm": f"{1000 * spend / shown:.6f}"}
        told |= {"frequency": f"{shown / reached:.6f}"}
        told |= {"inline_link_click_ctr": f"{100 * totals['link_clicks'] / shown:.6f}"}
    if clicked:
        told["cpc"] = f"{spend / clicked:.6f}"
    return told


def _page(request: Request, asked: Mapping[str, str], rows: list[dict[str, Any]]) -> dict[str, Any]:
    numbered = list(enumerate(rows))
    return graph.page(request, asked, numbered, lambda pair: f"row{pair[0]}", lambda pair: pair[1], default=25, late={})


def _fields(asked: Mapping[str, str], level: str) -> list[str]:
    fields = graph.listed(asked, "fields") or ["impressions", "spend", "clicks"]
    for name in fields:
        if name not in KNOWN:
            raise GraphError(100, f"(#100) {name} is not valid for fields param")
    return [name for name in fields if name in (*LEVELS[level], *COUNTED) or name.startswith("account_")]


def _window(asked: Mapping[str, str], day: date) -> tuple[date, date]:
    first, last = day - timedelta(days=30), day - timedelta(days=1)
    try:
        if asked.get("time_range"):
            told = json.loads(asked["time_range"])
            first, last = date.fromisoformat(told["since"]), date.fromisoformat(told["until"])
        elif asked.get("date_preset"):
            first, last = _preset(asked["date_preset"], day)
    except (ValueError, KeyError, TypeError) as error:
        raise GraphError(100, "(#100) Must be a valid time_range or date_preset") from error
    if first > last:
        raise GraphError(100, "(#100) since must be before until")
    if (day.year - first.year) * 12 + day.month - first.month > 37:
        raise GraphError(3018, "The start date of the time range cannot be beyond 37 months from the current date")
    return first, last


def _preset(name: str, day: date) -> tuple[date, date]:
    yesterday = day - timedelta(days=1)
    if name == "today":
        return day, day
    if name == "yesterday":
        return yesterday, yesterday
    if name == "maximum":
        return day - timedelta(days=1100), day
    return day - timedelta(days=int(name.removeprefix("last_").removesuffix("d"))), yesterday


def _step(asked: Mapping[str, str]) -> int:
    """Days a row, or 0 for one row over the whole window."""
    told = asked.get("time_increment", "all_days")
    if told == "all_days":
        return 0
    if not told.isdigit() or not 1 <= int(told) <= 90:
        raise GraphError(100, "(#100) time_increment must be all_days or between 1 and 90")
    return int(told)


def _shown_ads(world: World, asked: Mapping[str, str], level: str, day: date) -> set[str]:
    """Ads that a list holds: not the archived ones unless a filter names them, but an account's total holds all."""
    try:
        filters = json.loads(asked.get("filtering") or "[]")
    except json.JSONDecodeError as error:
        raise GraphError(100, "(#100) param filtering must be an array") from error
    with_archived = level == "account" or any(
        rule.get("field") == "ad.effective_status" and "ARCHIVED" in rule.get("value", []) for rule in filters
    )
    return {
        ad_id
        for ad_id, ad in world.own_ads.items()
        if with_archived or max(last for _, last in ad.flights) + ARCHIVED_AFTER >= day
    }


def _check_account(world: World, account: str) -> None:
    if f"act_{account}" != world.account:
        raise GraphError(200, "(#200) Ad account owner has NOT grant ads_management or ads_read permission", status=403)


def _report(reports: Mapping[str, Report], run: str) -> Report:
    if run not in reports:
        raise GraphError(100, f"Unsupported get request. Object with ID '{run}' does not exist", subcode=33)
    return reports[run]


def _sum(rows: Iterable[Row], name: str) -> float:
    return sum(float(row[name]) for row in rows)


def expected(world: World, day: date) -> dict[tuple[str, str], Row]:
    """What the warehouse must hold after a full pull on the day: (ad_id, result_date) -> the report that counts."""
    return {(row["ad_id"], row["result_date"]): row for row in world.reports(day)}
