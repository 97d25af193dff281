"""A session with Airflow's API, against a server that hangs up on whoever comes a second time over one connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from counterpitch.local.rest import Airflow


class HangsUp(BaseHTTPRequestHandler):
    """Keeps the connection open, reads the next request, and closes: as a server does whose patience just ended."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self) -> None:
        self.asked += 1
        if self.asked > 1:
            self.close_connection = True
            return
        body = b'{"dags": [{"dag_id": "toy", "is_paused": true}], "total_entries": 1}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), HangsUp)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_connection_that_idled_is_not_used_again(address: str) -> None:
    with Airflow(address, "admin", "password") as airflow:
        assert [airflow.dags() for _ in range(3)] == [{"toy": True}] * 3
