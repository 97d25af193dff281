"""Turns at asking a model: so many requests out at once, and none begins once the line is closed.

What is prepared waits in line for as long as it takes; only a request that is out has a deadline.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar


class Closed(Exception):
    """The line was closed before the request went out."""


class Line:
    """An asynchronous context manager to hold while a request is out. Made anew for each ask, on its event loop."""

    def __init__(self, at_once: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self.closed = False

    def close(self) -> None:
        """Let no request out any more; those that are out are left alone."""
        self.closed = True

    async def __aenter__(self) -> None:
        """Wait for a turn. Raises Closed where the line is closed by then."""
        await self._free.acquire()
        if self.closed:
            self._free.release()
            raise Closed

    async def __aexit__(self, *_: object) -> None:
        """Give the turn to the next."""
        self._free.release()


now: ContextVar[Line | None] = ContextVar("llm_line", default=None)  # in which an HTTP client of ours waits
