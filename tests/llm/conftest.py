"""A stand-in server, and a client that talks to it over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from counterpitch.llm.client import Client, Limits
from counterpitch.llm.standin import StandIn, serving
from counterpitch.settings import settings

Start = Callable[..., tuple[StandIn, Client]]


def echo(body: dict[str, Any]) -> dict[str, Any]:
    """Says the last word of what it was asked."""
    return {"word": str(body["messages"][-1]["content"]).split()[-1]}


@pytest.fixture
def start(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """start(run=..., limits=..., **stand-in options) -> (the server's books, a client of it)."""
    with ExitStack() as stack:

        def begin(run: str = "run", limits: Limits | None = None, **options: Any) -> tuple[StandIn, Client]:
            standin = StandIn(**{"answer": echo, **options})
            url = stack.enter_context(serving(standin))
            monkeypatch.setenv("COUNTERPITCH_HOME", "/nonexistent-home")
            settings.cache_clear()
            return standin, Client(run, model="openai:test", base_url=url, limits=limits)

        yield begin
