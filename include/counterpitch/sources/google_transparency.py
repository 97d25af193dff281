"""Google Ads Transparency: the creatives of a brand's advertisers in the EEA and Turkey, from BigQuery's public tables.

`bigquery-public-data.google_ads_transparency_center` (tables creative_stats and removed_creative_stats):
https://console.cloud.google.com/marketplace/product/bigquery-public-data/google-ads-transparency-center . The tables
date themselves: `region_stats` says when a creative was first and last shown, so a past day can be asked for. They
hold no words, no clicks and no spend: such an ad is seen and cannot be read. Rows that were exported to a file come in
by the mapping of the same name, and are read by the same function.
"""

from __future__ import annotations

import importlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, Protocol

from counterpitch.sources.base import Observation, Page, State, Sweep, SweepFailed, SweepInterrupted, Window
from counterpitch.sources.canonical import Problem, Record, Unreadable, read_cell
from counterpitch.sources.credentials import Credentials
from counterpitch.warehouse import query

log = logging.getLogger(__name__)
SHAPE = "google_transparency"
TABLES = ("creative_stats", "removed_creative_stats")
EARLIEST = date(2023, 3, 1)  # first_shown is never earlier
LATE = timedelta(days=7)  # last_shown is told some days late
BLOCK = 500


class Run(Protocol):
    """Runs a BigQuery query with named parameters (dates and arrays of strings); the rows as mappings."""

    def __call__(self, sql: str, params: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        """The rows of the answer. Raises SweepFailed, SweepInterrupted."""
        ...


class GoogleTransparency:
    """The creatives of a brand's advertisers (`AR...`). `advertisers_of` gives the ids of a brand."""

    def __init__(self, run: Run, advertisers_of: Callable[[str], Sequence[str]], *, name: str = "google") -> None:
        self.name = name
        self._run, self._advertisers_of = run, advertisers_of

    def sweep(self, brand_id: str, window: Window, cursor: str | None = None) -> Sweep:  # noqa: ARG002 a query has no cursor
        """The creatives that were shown in the window, or up to a week before: Google tells the last day late."""
        advertisers = sorted(self._advertisers_of(brand_id))
        if not advertisers:
            message = (
                f"No advertiser of {brand_id} is known on Google. "
                f"Add one with `counterpitch brand add {brand_id} --page google:AR...`."
            )
            return Sweep(state=State.NOT_COVERED, listing="none", code="no_page", message=message)
        if window.last < EARLIEST:
            message = f"Google's tables begin on {EARLIEST}; what was shown before is not published."
            return Sweep(state=State.NOT_COVERED, listing="none", code="too_early", message=message)
        return Sweep(pages=self._pages(advertisers, window), listing="brand")

    def _pages(self, advertisers: Sequence[str], window: Window) -> Iterator[Page]:
        asked = {"advertisers": list(advertisers), "first": window.first - LATE, "last": window.last}
        for table in TABLES:
            rows = iter(self._run(query.sql(__file__, f"select_{table}"), asked))
            while block := list(islice(rows, BLOCK)):
                yield Page([_observation(row, removed=table != TABLES[0]) for row in block])


def _observation(row: Mapping[str, Any], *, removed: bool) -> Observation:
    if not row.get("creative_id"):
        raise SweepFailed("no_id", "Google answered a creative without an id; its tables have changed.")
    return Observation(str(row["creative_id"]), SHAPE, {**_plain(row), "removed": removed})


def read(payload: Mapping[str, Any]) -> tuple[Record, list[Problem]]:
    """The ad record of a row (columns of `canonical.ADS`), and what could not be read of it."""
    problems: list[Problem] = []
    regions = _regions(payload.get("region_stats"), problems)
    first = [day for each in regions if (day := _day(each, "first_shown", problems))]
    last = [day for each in regions if (day := _day(each, "last_shown", problems))]
    shown = max(last, default=None)
    record: Record = {
        "page_id": payload.get("advertiser_id"),
        "page_name": payload.get("advertiser_disclosed_name") or payload.get("advertiser_legal_name"),
        "media_type": read_cell("name", payload.get("ad_format_type")),
        "platforms": sorted({surface for each in regions for surface in _surfaces(each)}),
        "countries": sorted({str(each["region_code"]) for each in regions if each.get("region_code")}),
        "public_url": payload.get("creative_page_url"),
        "delivery_start": min(first, default=None),
        "last_shown": shown,
        "delivery_stop": shown if payload.get("removed") in (True, "true") else None,
        "seen_from": min(first, default=None),
    }
    return record, problems


def _regions(told: Any, problems: list[Problem]) -> list[Mapping[str, Any]]:
    """The regions, also where a CSV holds them as JSON text."""
    try:
        found = json.loads(told) if isinstance(told, str) and told.strip() else told
    except ValueError:
        found = "no JSON"
    if found and not (isinstance(found, list) and all(isinstance(each, Mapping) for each in found)):
        shown = str(told)[:200]
        problems.append(Problem("region_stats_is_a_list", "region_stats", shown, f"region_stats {shown!r} is no list"))
        return []
    return found or []


def _day(region: Mapping[str, Any], name: str, problems: list[Problem]) -> date | None:
    try:
        day: date | None = read_cell("date", region.get(name))
    except Unreadable as error:
        shown = str(region.get(name))[:200]
        problems.append(Problem(f"{name}_is_a_date", "region_stats", shown, f"{name} {shown!r} {error}"))
        return None
    return day


def _surfaces(region: Mapping[str, Any]) -> Iterator[str]:
    """`google_search`, `google_youtube`: where it was shown, as far as Google says; its bounds may be null."""
    told = region.get("surface_serving_stats") or {}
    told = told.get("surface_serving_stats") or [] if isinstance(told, Mapping) else told
    for each in told if isinstance(told, list) else []:
        if isinstance(each, Mapping) and each.get("surface"):
            yield f"google_{str(each['surface']).lower()}"


def _plain(value: Any) -> Any:
    """A row as JSON: BigQuery gives dates and decimals."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value


class BigQuery:
    """Runs queries with google-cloud-bigquery, which is not installed with us, under a limit of billed bytes.

    The connection's password is the key file of a service account (JSON), its login the project that is billed.
    """

    most_bytes = 200_000_000_000

    def __init__(self, key: Credentials, most_bytes: int = most_bytes) -> None:
        self._key, self._most_bytes = key, most_bytes

    def __call__(self, sql: str, params: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        """The rows; the bytes that they cost are told in the log. Raises SweepFailed, SweepInterrupted."""
        bigquery = _library()
        told = [
            bigquery.ArrayQueryParameter(name, "STRING", value)
            if isinstance(value, list)
            else bigquery.ScalarQueryParameter(name, "STRING", str(value))
            for name, value in params.items()
        ]
        try:
            client = bigquery.Client.from_service_account_info(
                json.loads(self._key.token), project=self._key.login or None
            )
            settings = bigquery.QueryJobConfig(query_parameters=told, maximum_bytes_billed=self._most_bytes)
            job = client.query(sql, job_config=settings)
            rows = [dict(row) for row in job.result()]
        except ValueError:
            raise SweepFailed("key", "The connection's password is not the JSON key of a service account.") from None
        except Exception as error:
            raise _refusal(error) from None
        log.warning("BigQuery read %.2f GB for %d creatives.", (job.total_bytes_billed or 0) / 1e9, len(rows))
        return rows


def _library() -> Any:
    try:
        return importlib.import_module("google.cloud.bigquery")
    except ImportError:
        raise SweepFailed(
            "no_bigquery",
            "Install google-cloud-bigquery, or export the rows and import them: `counterpitch import ads FILE`.",
        ) from None


def _refusal(error: Exception) -> SweepFailed | SweepInterrupted:
    """What BigQuery's error means, by its HTTP status; its text may name the project and holds no key."""
    status = int(getattr(error, "code", 0) or 0)
    if status == 429 or status >= 500:
        return SweepInterrupted(f"http_{status}", f"BigQuery could not answer now (HTTP {status}).")
    remedy = "Check the connection's key, the project's billing, and the feed's option most_bytes."
    return SweepFailed(
        f"http_{status}" if status else "bigquery", f"BigQuery refused ({type(error).__name__}). {remedy}"
    )
