"""Meta Marketing API Insights: our own account's results by ad and day, as an asynchronous report.

https://developers.facebook.com/docs/marketing-api/insights/best-practices/ : results are restated for 28 days, so each
pull asks for the 28 days up to the window's last and the later `as_of` wins; a start more than 37 months back is
refused, so it is clamped; a report is done when it is `Job Completed` and at 100 percent; numbers arrive as strings;
lists leave out archived ads unless they are asked for; overlapping action types (`app_install`, `omni_app_install`)
name one event several times, so exactly one of them counts. A task that was killed goes on with the report it began.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from counterpitch.sources.base import SweepFailed, SweepInterrupted, Window
from counterpitch.sources.http import Api
from counterpitch.sources.meta_graph import VERSION, pages

RESTATED = timedelta(days=27)  # and the day itself
MOST_MONTHS = 37
FIELDS = "ad_id,ad_name,campaign_name,impressions,clicks,inline_link_clicks,spend,account_currency,actions"
STATUSES = ("ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "CAMPAIGN_PAUSED", "ADSET_PAUSED", "IN_PROCESS", "WITH_ISSUES")
CONVERSIONS = ("omni_purchase", "purchase", "omni_app_install", "mobile_app_install", "app_install", "lead")
UNKNOWN = "100"
REPORTS = 3  # a report that fails is asked for again so often
LIMIT = 500


class MetaInsights:
    """The results of one ad account (`act_<id>`). Of the action types `conversions`, the first that is found counts."""

    def __init__(
        self,
        api: Api,
        account: str,
        *,
        conversions: Sequence[str] = CONVERSIONS,
        poll_every: float = 5.0,
        longest: float = 1200.0,
    ) -> None:
        self._api = api
        self._account = account if account.startswith("act_") else f"act_{account}"
        self._conversions, self._poll_every, self._longest = conversions, poll_every, longest

    def pull(
        self,
        window: Window,
        today: date,
        known_to: date | None = None,
        *,
        run: str | None = None,
        begun: Callable[[str], None] = lambda _: None,
    ) -> Iterator[dict[str, Any]]:
        """Each ad's day as Meta answers it, with `conversions` (one action's value) and `as_of` (the day of looking).

        `known_to`: the last day before the window that was pulled in time; the report begins where that one's
        restatements began, so days that nobody asked for are in it. `run` is a report that an earlier try began;
        `begun` is told of each that is begun here. Raises SweepFailed, SweepInterrupted.
        """
        first = min(window.first, known_to or window.first) - RESTATED
        asked = Window(max(first, months_before(today, MOST_MONTHS)), window.last)
        run = run if run and self._goes_on(run) else self._report(asked, begun)
        for rows, _, _ in pages(self._api, f"{VERSION}/{run}/insights", {}, None, LIMIT):
            for row in rows:
                yield row | {"conversions": self._converted(row), "as_of": today.isoformat()}

    def _goes_on(self, run: str) -> bool:
        """Whether the earlier report comes to its end. One that Meta no longer knows is begun anew."""
        try:
            return self._completed(run)
        except SweepFailed as error:
            if error.code.partition("/")[0] != UNKNOWN:
                raise
            return False

    def _report(self, window: Window, begun: Callable[[str], None]) -> str:
        for _ in range(REPORTS):
            run = self._begin(window)
            begun(run)
            if self._completed(run):
                return run
        raise SweepInterrupted("report_failed", f"Meta's report failed {REPORTS} times. It is asked for again later.")

    def _begin(self, window: Window) -> str:
        form = {
            "level": "ad",
            "time_increment": "1",
            "time_range": json.dumps({"since": window.first.isoformat(), "until": window.last.isoformat()}),
            "fields": FIELDS,
            "filtering": json.dumps([{"field": "ad.effective_status", "operator": "IN", "value": STATUSES}]),
        }
        answer = self._api.ask("POST", f"{VERSION}/{self._account}/insights", data=form)
        if "report_run_id" not in answer.body:
            raise SweepFailed("no_report", "Meta began no report. Check the account id of the feed's options.")
        return str(answer.body["report_run_id"])

    def _completed(self, run: str) -> bool:
        """Poll until the report is whole (True) or failed (False)."""
        until = time.monotonic() + self._longest
        while time.monotonic() < until:
            told = self._api.get(f"{VERSION}/{run}", {}).body
            status, percent = str(told.get("async_status")), int(told.get("async_percent_completion") or 0)
            if status == "Job Completed" and percent >= 100:
                return True
            if status in {"Job Failed", "Job Skipped"}:
                return False
            time.sleep(self._poll_every)
        raise SweepInterrupted("report_slow", f"Meta's report was not done after {self._longest / 60:.0f} minutes.")

    def _converted(self, row: Mapping[str, Any]) -> str | None:
        counted = {str(each.get("action_type")): each.get("value") for each in row.get("actions") or []}
        return next((str(counted[name]) for name in self._conversions if name in counted), None)


def months_before(day: date, months: int) -> date:
    """The first day that lies less than so many months back: the day after the same day of the month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last)) + timedelta(days=1)
