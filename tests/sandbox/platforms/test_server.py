"""The server: loopback only, and a look on a day is the same look whenever it is asked."""

from __future__ import annotations

from datetime import timedelta

import httpx

from counterpitch.sandbox.platforms import meta_insights, meta_library
from counterpitch.sandbox.platforms.server import Served
from counterpitch.sandbox.platforms.world import World
from counterpitch.sandbox.sightings import page_id
from tests.sandbox.platforms.reading import LAST, START


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
