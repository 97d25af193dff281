"""A page that misbehaves costs itself: the pages after it are read, whatever its address, headers or waits are."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from counterpitch.sources.base import Sweep, SweepInterrupted, Window
from counterpitch.sources.web.addresses import networks
from counterpitch.sources.web.fetching import Fetcher
from counterpitch.sources.web_pages import WebPages
from tests.sources.web.test_fetching import PAGE, Site, site

__all__ = ["site"]
TODAY = Window.day(datetime.now(UTC).date().isoformat())


def visited(urls: list[str], known: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[dict[str, Any], Sweep]:
    """Each page's state and code, as far as the sweep came; and the sweep."""
    source = WebPages(
        Fetcher(networks("127.0.0.0/8, ::1/128")), lambda _: urls, lambda _: known or {}, every=0.0, first_wait=0.01
    )
    sweep = source.sweep("acme", TODAY)
    told: dict[str, Any] = {}
    try:
        for page in sweep.pages:
            told |= {record.ad_id: (record.payload["state"], record.payload["code"]) for record in page.records}
    except SweepInterrupted:
        told["interrupted"] = True
    return told, sweep


def test_an_address_that_cannot_be_asked_for_stops_no_other(site: Site) -> None:
    site.replies = {"/b": PAGE}
    broken = ["http://acme.example:port/", "http://xn--a/"]
    told, sweep = visited([*broken, f"{site.url}/b"])
    assert told == {f"{site.url}/b": ("read", None), **dict.fromkeys(broken, ("failed", "address"))}
    assert "Register the page as a browser shows it" in str(sweep.message)


def test_an_etag_that_cannot_be_sent_back_is_left_out(site: Site) -> None:
    site.replies = {"/a": PAGE}
    url = f"{site.url}/a"
    told, _ = visited([url], {url: {"content_hash": "x", "etag": '"caf\u00e9"', "last_modified": None}})
    assert told == {url: ("read", None)}


def test_a_site_that_asks_to_come_back_later_is_left_and_keeps_no_other_waiting(site: Site) -> None:
    later = "http://localhost:" + site.url.rsplit(":", 1)[1]
    site.replies = {"/1": (429, {"retry-after": "900"}, b""), "/2": PAGE, "/3": PAGE}
    urls = [f"{site.url}/1", f"{site.url}/2", f"{later}/3"]
    began = time.monotonic()
    told, _ = visited(urls)
    assert time.monotonic() - began < 300
    assert told == {urls[0]: ("failed", "http_429"), urls[1]: ("failed", "http_429"), urls[2]: ("read", None)}
    assert [path for _, path in site.asked if "robots" not in path] == ["/1", "/3"]
