"""Meta Ad Library API: the ads that a brand's pages delivered in the EU and the UK (elsewhere only political ads).

https://developers.facebook.com/docs/graph-api/reference/ads_archive/ : up to ten pages a call, cursors, the page
size halved where Meta finds it too much, or lets it drip until its time is up. The library shows today's state and
keeps a year: a sweep of an earlier day brings what was delivered then, and leaves out reach, which is only known of
today; what was known when the day was swept in time is kept (`records.keep_looked_at`). No field of it tells clicks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from counterpitch.sources.base import Observation, Page, State, Sweep, SweepFailed, Window
from counterpitch.sources.canonical import Problem, Record, Unreadable, read_cell
from counterpitch.sources.http import Api
from counterpitch.sources.meta_graph import VERSION, pages

SHAPE, PAST_SHAPE = "meta_ad_library", "meta_ad_library_past"
FIELDS = (
    "id,ad_creation_time,ad_creative_bodies,ad_creative_link_titles,ad_creative_link_descriptions,"
    "ad_creative_link_captions,ad_delivery_start_time,ad_delivery_stop_time,page_id,page_name,languages,"
    "publisher_platforms,eu_total_reach,total_reach_by_location"
)
MOST_PAGES = 10
LIMIT = 250
LIBRARY_KEEPS = timedelta(days=365)


class MetaAdLibrary:
    """The ads of the pages of a brand. `pages_of` gives the page ids of a brand, `today` the day of looking."""

    name = "meta"

    def __init__(
        self,
        api: Api,
        pages_of: Callable[[str], Sequence[str]],
        *,
        countries: Sequence[str] = ("ALL",),
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
        limit: int = LIMIT,
        name: str = "meta",
    ) -> None:
        self.name = name
        self._api, self._pages_of, self._countries = api, pages_of, list(countries)
        self._today, self._limit = today, limit

    def sweep(self, brand_id: str, window: Window, cursor: str | None = None) -> Sweep:
        """The ads delivered in the window; from `cursor` on where a sweep was interrupted."""
        page_ids = sorted(self._pages_of(brand_id))
        if not page_ids:
            message = (
                f"No page of {brand_id} is known on Meta. "
                f"Add one with `counterpitch brand add {brand_id} --page meta:ID`."
            )
            return Sweep(state=State.NOT_COVERED, listing="none", code="no_page", message=message)
        if window.last < self._today() - LIBRARY_KEEPS:
            message = "The library keeps ads for a year; this day is lost there. Import an export that has it."
            return Sweep(state=State.NOT_COVERED, listing="none", code="too_old", message=message)
        return Sweep(pages=self._sweep(page_ids, window, cursor), listing="brand", waits=self._api.waits)

    def _sweep(self, page_ids: Sequence[str], window: Window, cursor: str | None) -> Iterator[Page]:
        at: dict[str, Any] = json.loads(cursor) if cursor else {"first": 0, "after": None, "limit": self._limit}
        size = int(at["limit"])
        shape = SHAPE if window.last >= self._today() - timedelta(days=1) else PAST_SHAPE
        for first in range(int(at["first"]), len(page_ids), MOST_PAGES):
            question = self._question(page_ids[first : first + MOST_PAGES], window)
            after = at["after"] if first == at["first"] else None
            for rows, following, limit in pages(self._api, f"{VERSION}/ads_archive", question, after, size):
                found, size = [_observation(row, shape) for row in rows], limit
                place = {"first": first if following else first + MOST_PAGES, "after": following, "limit": limit}
                yield Page(found, json.dumps(place))

    def _question(self, page_ids: Sequence[str], window: Window) -> dict[str, str | int]:
        return {
            "ad_reached_countries": json.dumps(self._countries),
            "search_page_ids": json.dumps(list(page_ids)),
            "ad_active_status": "ALL",
            "ad_type": "ALL",
            "ad_delivery_date_min": window.first.isoformat(),
            "ad_delivery_date_max": window.last.isoformat(),
            "fields": FIELDS,
        }


def _observation(row: Mapping[str, Any], shape: str) -> Observation:
    """An ad as it was answered, without the address that carries the caller's token."""
    if not row.get("id"):
        raise SweepFailed("no_id", "Meta answered an ad without an id; its API has changed.")
    if "ad_snapshot_url" in row:
        row = {name: value for name, value in row.items() if name != "ad_snapshot_url"}
    return Observation(str(row["id"]), shape, row)


def read(payload: Mapping[str, Any]) -> tuple[Record, list[Problem]]:
    """The ad record of an answer (columns of `canonical.ADS`), and what could not be read of it."""
    record: Record = {
        "page_id": payload.get("page_id"),
        "page_name": payload.get("page_name"),
        "body": _said(payload, "ad_creative_bodies"),
        "title": _said(payload, "ad_creative_link_titles"),
        "description": _said(payload, "ad_creative_link_descriptions"),
        "platforms": read_cell("names", payload.get("publisher_platforms")),
        "countries": sorted({str(each["key"]) for each in payload.get("total_reach_by_location") or []}),
        "public_url": f"https://www.facebook.com/ads/library/?id={payload['id']}",
    }
    problems: list[Problem] = []
    for column, name, kind in (
        ("delivery_start", "ad_delivery_start_time", "date"),
        ("delivery_stop", "ad_delivery_stop_time", "date"),
        ("reach", "eu_total_reach", "count"),
    ):
        try:
            record[column] = read_cell(kind, payload.get(name))
        except Unreadable as error:
            record[column], shown = None, str(payload.get(name))[:200]
            problems.append(Problem(f"{column}_is_a_{kind}", column, shown, f"{name} {shown!r} {error}"))
    return record, problems


def read_past(payload: Mapping[str, Any]) -> tuple[Record, list[Problem]]:
    """The same of an answer about an earlier day: reach is today's, so it is not that day's."""
    return read({name: value for name, value in payload.items() if name != "eu_total_reach"})


def _said(payload: Mapping[str, Any], name: str) -> str | None:
    """The texts of all cards and versions, each once, in their order."""
    return "\n".join(dict.fromkeys(str(text) for text in payload.get(name) or () if text)) or None
