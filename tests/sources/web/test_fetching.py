"""A page is fetched within limits: of redirects, size, kind and address, each with a code of its own."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from counterpitch.sources.base import SweepFailed, SweepInterrupted
from counterpitch.sources.http import AskAgain
from counterpitch.sources.web.addresses import networks, resolve
from counterpitch.sources.web.fetching import Fetcher, Limits
from counterpitch.sources.web.manners import Manners
from tests.sources.dripping import dripping

Reply = tuple[int, dict[str, str], bytes]
LOOPBACK = networks("127.0.0.0/8")
PAGE: Reply = (200, {"content-type": "text/html; charset=utf-8"}, b"<html><body>Hello</body></html>")


class Site:
    """A site on loopback: replies by path, and who asked for what under which name."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.asked: list[tuple[str, str]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.headers["host"], self.path))
                status, headers, body = site.replies.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in {"content-length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join(timeout=5)


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    made = Fetcher(LOOPBACK, Limits(size=2000, seconds=5))
    yield made
    made.close()


def anyone(_: str) -> None:
    """Admits every address."""


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(SweepFailed) as error:
        call()
    return error.value.code


def test_redirects_are_followed_and_every_hop_is_admitted(site: Site, fetcher: Fetcher) -> None:
    site.replies = {"/a": (301, {"location": "/b?x=1"}, b""), "/b?x=1": (302, {"location": "c"}, b""), "/c": PAGE}
    hops: list[str] = []
    answer = fetcher.fetch(f"{site.url}/a", hops.append)
    assert (answer.url, answer.body) == (f"{site.url}/c", PAGE[2])
    assert hops == [f"{site.url}/a", f"{site.url}/b?x=1", f"{site.url}/c"]


def test_a_redirect_to_a_private_address_is_refused_before_it_is_asked(site: Site, fetcher: Fetcher) -> None:
    for target in (
        "http://10.0.0.7/internal",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "http://[::ffff:10.0.0.7]/",
    ):
        site.replies = {"/a": (302, {"location": target}, b"")}
        assert refused(lambda: fetcher.fetch(f"{site.url}/a", anyone)) == "private_address"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.com/", "http://user:pw@example.com/"])
def test_only_plain_web_addresses_are_fetched(site: Site, fetcher: Fetcher, target: str) -> None:
    site.replies = {"/a": (302, {"location": target}, b"")}
    with pytest.raises(SweepFailed) as error:
        fetcher.fetch(f"{site.url}/a", anyone)
    assert error.value.code == "address"
    assert "pw" not in str(error.value).replace("passwd", "")


def test_a_redirect_to_a_port_beyond_any_number_is_an_address_without_an_answer(site: Site, fetcher: Fetcher) -> None:
    site.replies = {"/a": (302, {"location": f"http://127.0.0.1:{10**20}/"}, b"")}
    with pytest.raises(AskAgain, match="no address now"):
        fetcher.fetch(f"{site.url}/a", anyone)


def test_redirects_that_go_round_end(site: Site, fetcher: Fetcher) -> None:
    site.replies = {"/a": (302, {"location": "/a"}, b"")}
    assert refused(lambda: fetcher.fetch(f"{site.url}/a", anyone)) == "redirects"
    assert len(site.asked) == 6


def test_a_body_is_read_up_to_its_limit_also_where_it_was_packed(site: Site, fetcher: Fetcher) -> None:
    packed = gzip.compress(b"<p>" + b"a" * 500_000)
    site.replies = {"/big": (200, PAGE[1] | {"content-encoding": "gzip"}, packed)}
    assert len(packed) < 2000
    assert refused(lambda: fetcher.fetch(f"{site.url}/big", anyone)) == "too_large"
    assert len(fetcher.fetch(f"{site.url}/big", anyone, cut=True).body) == 2000


@pytest.mark.parametrize("kind", ["application/pdf", "application/json", ""])
def test_what_is_no_page_is_named(site: Site, fetcher: Fetcher, kind: str) -> None:
    site.replies = {"/doc": (200, {"content-type": kind}, b"%PDF-1.7")}
    with pytest.raises(SweepFailed, match=kind or "content of no kind") as error:
        fetcher.fetch(f"{site.url}/doc", anyone)
    assert error.value.code == "content_type"


def test_the_site_is_asked_under_its_name_at_the_address_that_was_judged(
    site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    real = socket.getaddrinfo

    def lookup(host: str, *rest: Any, **options: Any) -> Any:
        looked.append(host)
        return real("127.0.0.1" if host == "shop.example" else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    site.replies = {"/": PAGE}
    fetcher.fetch(f"http://shop.example:{site.server.server_port}/", anyone)
    assert site.asked == [(f"shop.example:{site.server.server_port}", "/")]
    assert looked == ["shop.example", "127.0.0.1"]  # never the name again: it may point elsewhere by then


def test_a_name_that_points_inside_and_outside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(0, 0, 0, "", (address, 80)) for address in ("93.184.215.14", "192.168.1.4")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    assert refused(lambda: resolve("shop.example", 80)) == "private_address"
    assert resolve("shop.example", 80, networks("192.168.0.0/16")) == ["93.184.215.14", "192.168.1.4"]


PRIVATE = "127.0.0.1 10.1.2.3 100.64.0.1 224.0.0.1 ::1 fe80::1 fd00::1 64:ff9b::a00:7 2002:a00:7::1 ::ffff:10.0.0.7"
PRIVATE += " fec0::1 ::7f00:1 ::a00:7 ::"


@pytest.mark.parametrize("address", PRIVATE.split())
def test_every_kind_of_address_that_is_not_public_is_refused(address: str) -> None:
    assert refused(lambda: resolve(address, 80)) == "private_address"


def test_a_network_that_is_none_is_named() -> None:
    assert networks("") == []
    with pytest.raises(SweepFailed, match="COUNTERPITCH_PRIVATE_NETWORKS"):
        networks("localhost")


class TestManners:
    @pytest.mark.parametrize("status", [404, 403, 401])
    def test_a_robots_txt_that_is_not_there_allows_everything(self, site: Site, fetcher: Fetcher, status: int) -> None:
        site.replies = {"/robots.txt": (status, {}, b"User-agent: *\nDisallow: /"), "/a": PAGE}
        assert fetcher.fetch(f"{site.url}/a", Manners(fetcher, 0.0).admit).status == 200

    @pytest.mark.parametrize("status", [500, 503, 429])
    def test_one_that_cannot_be_had_forbids_everything_for_now(self, site: Site, fetcher: Fetcher, status: int) -> None:
        site.replies = {"/robots.txt": (status, {}, b"")}
        manners = Manners(fetcher, 0.0)
        for _ in range(3):
            with pytest.raises(AskAgain, match=f"HTTP {status}"):
                manners.admit(f"{site.url}/a")
        with pytest.raises(SweepInterrupted):
            manners.admit(f"{site.url}/a")
        assert len(site.asked) == 3

    def test_it_is_read_once_and_the_group_of_our_name_counts(self, site: Site, fetcher: Fetcher) -> None:
        told = b"User-agent: *\nDisallow: /\n\nUser-agent: counterpitch\nDisallow: /private\nAllow: /private/but\n"
        site.replies = {"/robots.txt": (200, {"content-type": "text/plain"}, told)}
        manners = Manners(fetcher, 0.0)
        manners.admit(f"{site.url}/a")
        manners.admit(f"{site.url}/private/but/this")
        assert refused(lambda: manners.admit(f"{site.url}/private/x")) == "robots"
        assert len(site.asked) == 1

    def test_a_byte_order_mark_hides_no_rule(self, site: Site, fetcher: Fetcher) -> None:
        site.replies = {"/robots.txt": (200, {}, b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n")}
        assert refused(lambda: Manners(fetcher, 0.0).admit(f"{site.url}/a")) == "robots"

    def test_a_delay_beyond_reason_is_left_alone(self, site: Site, fetcher: Fetcher) -> None:
        site.replies = {"/robots.txt": (200, {}, b"User-agent: *\nCrawl-delay: 3600\n")}
        assert refused(lambda: Manners(fetcher, 0.0).admit(f"{site.url}/a")) == "crawl_delay"

    def test_a_page_that_redirects_to_what_is_forbidden_is_not_read(self, site: Site, fetcher: Fetcher) -> None:
        site.replies = {
            "/robots.txt": (200, {}, b"User-agent: *\nDisallow: /account/\n"),
            "/a": (302, {"location": "/account/"}, b""),
            "/account/": PAGE,
        }
        assert refused(lambda: fetcher.fetch(f"{site.url}/a", Manners(fetcher, 0.0).admit)) == "robots"
        assert [path for _, path in site.asked] == ["/robots.txt", "/a"]


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nx-slow: ", b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n"]
)
def test_a_page_that_drips_for_ever_ends_in_time(head: bytes) -> None:
    with dripping(head) as url, pytest.raises(AskAgain, match=r"not whole after 0\.3 seconds") as error:
        Fetcher(LOOPBACK, Limits(seconds=0.3)).fetch(url, lambda _: None)
    assert error.value.code == "too_slow"


def test_a_silence_that_lasts_to_the_end_is_too_slow_also_where_the_bell_rings_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a busy machine the read can time out before the timer's thread gets its turn."""
    never = SimpleNamespace(start=lambda: None, cancel=lambda: None)
    busy = SimpleNamespace(Timer=lambda *_: never, Lock=threading.Lock)
    monkeypatch.setattr("counterpitch.sources.deadline.threading", busy)
    with dripping(b"") as url, pytest.raises(AskAgain) as error:
        Fetcher(LOOPBACK, Limits(seconds=0.3)).fetch(url, lambda _: None)
    assert error.value.code == "too_slow"
