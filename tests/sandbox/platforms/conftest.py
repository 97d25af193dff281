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


@pytest.fixture
def sandbox(world: World) -> Sandbox:
    return Sandbox(world, LAST)


@pytest.fixture
def served(sandbox: Sandbox) -> Iterator[Served]:
    with serving(sandbox) as running:
        yield running
