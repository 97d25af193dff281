"""A bound on a whole request: connecting, headers and body. httpx bounds each silence, and a drip is never silent.

When the time is over, the connections that the client holds are shut down below it, so that whatever waits for a byte
ends at once. Looking up a name is the system's and ends by the system's own limits.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakSet


class Deadline:
    """The bound for one client at a time. `extensions` goes with each of its requests; `passed` is of the latest."""

    def __init__(self) -> None:
        self.passed = False
        self.extensions = {"trace": self._told}
        self._streams: WeakSet[Any] = WeakSet()
        self._shaking: socket.socket | None = None
        self._lock = threading.Lock()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """End what the block asks for after so many seconds; the client then raises its own error, or ends early."""
        self.passed = False
        until = time.monotonic() + seconds
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            if time.monotonic() >= until:  # on a busy machine the timer can come after an error that the end caused
                self.passed = True
            with self._lock:
                self._forget_handshake()

    def _told(self, event: str, info: dict[str, Any]) -> None:
        """HTTPX's trace: https://www.python-httpx.org/advanced/extensions/#trace .

        The events begin with `connection`, or with the kind of proxy that the line goes through.
        """
        if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            return
        stream = info["return_value"]
        with self._lock:
            self._forget_handshake()
            if event.endswith(".connect_tcp.complete"):  # TLS takes the socket over: until then a second handle
                self._shaking = socket.socket(fileno=os.dup(stream.get_extra_info("socket").fileno()))
            self._streams.add(stream)
        if self.passed:
            self._cut()

    def _forget_handshake(self) -> None:
        if self._shaking:
            self._shaking.close()
            self._shaking = None

    def _cut(self) -> None:
        self.passed = True
        with self._lock:
            lines = [stream.get_extra_info("socket") for stream in self._streams]
            for line in [*lines, self._shaking]:
                with suppress(OSError, AttributeError):  # closed already, or none
                    line.shutdown(socket.SHUT_RDWR)
