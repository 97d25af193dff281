"""One small market for all tests of the platforms, and a server for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from counterpitch.sandbox.platforms.server import Sandbox, Served, serving
from counterpitch.sandbox.platforms.world import World
from tests.sandbox.platforms.reading import LAST, START


@pytest.fixture(scope="session")
def world() -> World:
    return World(START, LAST, seed=7, bulk_ads=2500)


@pytest.fixture(scope="session")
def running(world: World) -> Iterator[Served]:
    with serving(Sandbox(world, LAST)) as served:
        yield served


@pytest.fixture
def served(running: Served) -> Served:
    """The session's server with the dial off and nothing remembered."""
    dial = running.sandbox.dial
    dial.rate, dial.kinds, dial.hang, dial.drip = 0.0, (), 0.4, 0.2
    dial.forget()
    return running
