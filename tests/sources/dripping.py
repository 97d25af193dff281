"""A server on loopback that begins each answer and then sends a byte now and then, as long as it is listened to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def dripping(head: bytes) -> Iterator[str]:
    """The address of a server that answers each request with `head`, and drips where that holds no length."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def answer(line: socket.socket) -> None:
        with line, suppress(OSError):
            while line.recv(65536):
                line.sendall(head)
                while b"content-length" not in head and not over.wait(0.02):
                    line.sendall(b"x" if b"200" in head else b"")

    def serve() -> None:
        with suppress(OSError):
            while not over.is_set():
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.close()
