"""OpenAI's HTTP client, waiting its turn in the line of the ask that it works for.

A call is prepared and its answer read while other requests are out: with the line held around the whole call, a
connection would idle meanwhile. Imported late: openai costs a second, which a client of another provider need not pay.
"""

from __future__ import annotations

import asyncio
from typing import Any

import openai

from counterpitch.llm import line


class Connections(openai.DefaultAsyncHttpxClient):
    """Keeps a connection for each request that may be out; the line bounds these, and here nothing queues."""

    def __init__(self, at_once: int, seconds: float) -> None:
        """seconds: from the turn in line to the last byte of the answer."""
        bounds = type(openai.DEFAULT_CONNECTION_LIMITS)(max_connections=None, max_keepalive_connections=at_once)
        super().__init__(limits=bounds)
        self._seconds = seconds

    async def send(self, request: Any, **options: Any) -> Any:
        """The whole answer. Raises TimeoutError when it takes too long, line.Closed when its turn came too late."""
        turn = line.now.get()
        if turn is None:
            return await super().send(request, **options)
        async with turn, asyncio.timeout(self._seconds):
            return await super().send(request, **options)
