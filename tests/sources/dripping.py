"""A server on loopback that begins each answer and then sends a byte now and then, as long as it is listened to.

It can be an HTTPS proxy that answers for whatever it is asked to connect to.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def dripping(*heads: bytes, tunnel: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of a server that answers each request of a connection with the next of `heads`, then with the last.

    It drips where that holds no length. With `tunnel` it first answers CONNECT, and goes on as the host behind it.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def answer(line: socket.socket) -> None:
        with suppress(OSError), _tunnelled(line, tunnel) if tunnel else line as talk:
            left = list(heads)
            while talk.recv(65536):
                head = left.pop(0) if len(left) > 1 else left[0]
                talk.sendall(head)
                while b"content-length" not in head and not over.wait(0.02):
                    talk.sendall(b"x" if b"200" in head else b"")

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


def _tunnelled(line: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
    line.recv(65536)
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    return context.wrap_socket(line, server_side=True)
