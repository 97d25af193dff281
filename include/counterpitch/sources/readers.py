"""Which source a feed is read by: its option `reader`, with the connection that holds address and token.

A base address with `{day}` in it looks on the day that is asked for (the sandbox can; no live platform does).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from counterpitch.settings import settings
from counterpitch.sources import meta_graph, quotas, tiktok_ads
from counterpitch.sources.base import Source, SweepFailed, Window
from counterpitch.sources.credentials import credentials
from counterpitch.sources.files import FilesSource
from counterpitch.sources.google_transparency import BigQuery, GoogleTransparency
from counterpitch.sources.http import Api
from counterpitch.sources.meta_ad_library import LIBRARY_KEEPS, MetaAdLibrary
from counterpitch.sources.tiktok_ads import TIKTOK, TikTokAds
from counterpitch.sources.web import keeping
from counterpitch.sources.web.addresses import networks
from counterpitch.sources.web.fetching import Fetcher
from counterpitch.sources.web_pages import WebPages, limits
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

META = "https://graph.facebook.com"


def open_source(conn: Connection, feed: Mapping[str, Any], window: Window) -> Source:
    """The source of a row of `core.feed`. Raises SweepFailed where it cannot be opened."""
    reader = feed["options"].get("reader", "files")
    if reader not in READERS:
        raise SweepFailed("no_reader", f"There is no reader {reader!r}. Choose from: {', '.join(sorted(READERS))}.")
    return READERS[reader](conn, feed, window)


def _files(conn: Connection, feed: Mapping[str, Any], window: Window) -> Source:  # noqa: ARG001 as all readers
    return FilesSource(conn, feed["source"])


def _meta_ad_library(conn: Connection, feed: Mapping[str, Any], window: Window) -> Source:
    options = feed["options"]
    name = options.get("connection", "meta")
    found = credentials(name)
    address, today = looking(found.address or META, window)
    api = Api(
        address,
        meta_graph.check,
        token=found.token,
        first_wait=float(options.get("first_wait", 0.5)),
        free_in=quotas.free_in(conn, name),
        used_up=partial(quotas.used_up, name),
    )
    known = query.rows(conn, query.sql(__file__, "list_page_ids"), feed)
    return MetaAdLibrary(
        api,
        lambda _: [row["page_id"] for row in known],
        countries=options.get("countries", ["ALL"]),
        today=today,
        limit=int(options.get("limit", 250)),
        name=feed["source"],
    )


def _tiktok_ads(conn: Connection, feed: Mapping[str, Any], window: Window) -> Source:
    options = feed["options"]
    name = options.get("connection", "tiktok")
    found = credentials(name)
    address, _ = looking(found.address or TIKTOK, window)
    api = Api(
        address,
        tiktok_ads.check,
        first_wait=float(options.get("first_wait", 0.5)),
        free_in=quotas.free_in(conn, name),
        used_up=partial(quotas.used_up, name),
    )
    known = query.rows(conn, query.sql(__file__, "list_page_ids"), feed)
    return TikTokAds(
        api,
        found.login,
        found.token,
        lambda _: [row["page_id"] for row in known],
        known=lambda brand_id, window, ads: _details(conn, feed["source"], brand_id, window, ads),
        country=options.get("country", "ALL"),
        name=feed["source"],
    )


def _details(
    conn: Connection, source: str, brand_id: str, window: Window, ads: Sequence[str]
) -> dict[str, dict[str, Any]]:
    asked = {"source": source, "brand_id": brand_id, "first": window.first, "last": window.last, "ads": list(ads)}
    found = query.rows(conn, query.sql(__file__, "list_details"), asked)
    return {row["ad_id"]: {"detail": row["detail"], "detail_on": row["detail_on"]} for row in found}


def _web_pages(conn: Connection, feed: Mapping[str, Any], window: Window) -> Source:  # noqa: ARG001 as all readers
    options = feed["options"]
    known = query.rows(conn, query.sql(__file__, "list_page_ids"), feed)
    return WebPages(
        Fetcher(networks(settings().private_networks), limits(options)),
        lambda _: [row["page_id"] for row in known],
        lambda brand_id: keeping.known(conn, brand_id),
        every=float(options.get("every", 1.0)),
        first_wait=float(options.get("first_wait", 2.0)),
        name=feed["source"],
    )


def _google_transparency(conn: Connection, feed: Mapping[str, Any], window: Window) -> Source:  # noqa: ARG001 as all readers
    options = feed["options"]
    known = query.rows(conn, query.sql(__file__, "list_page_ids"), feed)
    run = BigQuery(
        credentials(options.get("connection", "google")), int(options.get("most_bytes", BigQuery.most_bytes))
    )
    return GoogleTransparency(run, lambda _: [row["page_id"] for row in known], name=feed["source"])


def looking(address: str, window: Window) -> tuple[str, Callable[[], date]]:
    """The address as it is for the window, and what day it is there."""
    if "{day}" in address:
        return address.replace("{day}", window.last.isoformat()), lambda: window.last
    return address, lambda: datetime.now(UTC).date()


KEEPS: Mapping[str, timedelta] = {
    "google_transparency": timedelta(days=3650),
    "meta_ad_library": LIBRARY_KEEPS,
    "tiktok_ads": timedelta(days=3650),
}
"""How far back a reader can still be asked for a day that was missed; one that is not here tells only of now."""

READERS: Mapping[str, Callable[[Connection, Mapping[str, Any], Window], Source]] = {
    "files": _files,
    "google_transparency": _google_transparency,
    "meta_ad_library": _meta_ad_library,
    "tiktok_ads": _tiktok_ads,
    "web_pages": _web_pages,
}
