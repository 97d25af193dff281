"""Whatever a platform answers is read as far as it can be, and nothing that Postgres refuses gets past here."""

from __future__ import annotations

import json
import logging
import ssl
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.sources.base import SweepInterrupted
from counterpitch.sources.http import Answer, Api, TooSlow
from tests.sources.dripping import dripping

HOUR = timedelta(hours=1)


def asked(body: bytes) -> Answer:
    api = Api(
        "https://platform.example",
        lambda _: None,
        attempts=1,
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body)),
    )
    return api.get("ads", {})


@pytest.mark.parametrize(
    ("told", "read"),
    [
        (rb'{"text": "half an emoji \ud83d"}', {"text": "half an emoji \ufffd"}),
        (rb'{"text": "whole \ud83d\ude00"}', {"text": "whole \U0001f600"}),
        (rb'{"ads": [{"te\u0000xt": "a\u0000b"}]}', {"ads": [{"te\ufffdxt": "a\ufffdb"}]}),
        (rb'{"id": 123456789012345678901234567890, "text": "\u0000"}', {"id": 123456789012345678901234567890,
                                                                       "text": "\ufffd"}),
        (rb'{"ids": [1, 123456789012345678901234567890]}', {"ids": [1, 123456789012345678901234567890]}),
        (rb'{"text": "no. 12345678901234567890123", "n": 1.5}', {"text": "no. 12345678901234567890123", "n": 1.5}),
        (rb'{"id": 7412345678901234567}', {"id": 7412345678901234567}),
    ],
)  # fmt: skip
def test_what_postgres_cannot_keep_is_replaced_and_the_rest_is_read(told: bytes, read: dict[str, object]) -> None:
    assert asked(told).body == read


@pytest.mark.parametrize("told", [b'{"text": "cut o', b'{"n": NaN}', b"<html>", b"[" * 200_000, b'{"t": "\xff"}', b"7"])
def test_what_is_no_answer_is_asked_for_again(told: bytes) -> None:
    with pytest.raises(SweepInterrupted) as error:
        asked(told)
    assert error.value.code == "not_json"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.dictionaries(st.text(max_size=3), inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
def test_a_sound_answer_is_read_as_it_is(value: object) -> None:
    read = asked(json.dumps({"value": value}).encode()).body
    assert read == json.loads(json.dumps({"value": value}).replace(r"\u0000", r"\ufffd"))


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nx-slow: ", b"HTTP/1.1 200 OK\r\n\r\n", b""])
def test_an_answer_that_drips_for_ever_ends_in_time(head: bytes) -> None:
    with dripping(head) as url:
        api = Api(url, lambda _: None, attempts=2, first_wait=0.01, longest=0.3)
        began = time.monotonic()
        with pytest.raises(SweepInterrupted, match=r"not whole after 0\.3 seconds") as error:
            api.get("ads", {})
        assert (error.value.code, api.calls) == ("too_slow", 2)
        assert time.monotonic() - began < 60
        api.close()


def test_who_can_ask_for_less_is_told_at_once_that_an_answer_is_too_slow() -> None:
    with dripping(b"HTTP/1.1 200 OK\r\n\r\n") as url:
        api = Api(url, lambda _: None, attempts=2, first_wait=0.01, longest=0.3)
        with pytest.raises(TooSlow):
            api.get("ads", {}, can_shrink=True)
        assert api.calls == 1
        api.close()


def test_an_answer_whose_compression_is_broken_is_asked_for_again() -> None:
    with dripping(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 8\r\n\r\nno gzip!") as url:
        api = Api(url, lambda _: None, token="secret", attempts=2, first_wait=0.01)
        with pytest.raises(SweepInterrupted, match="DecodingError") as error:
            api.get("ads", {})
        assert (error.value.code, api.calls) == ("network", 2)
        api.close()


def test_an_answer_in_time_leaves_the_connection_for_the_next() -> None:
    with dripping(b'HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{"a": 1}') as url:
        api = Api(url, lambda _: None, longest=0.2)
        assert api.get("ads", {}).body == {"a": 1}
        time.sleep(0.3)
        assert api.get("ads", {}).body == {"a": 1}
        api.close()


@pytest.fixture
def certified(tmp_path: Path) -> ssl.SSLContext:
    """The server's side of TLS, with a certificate that nobody trusts."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "platform.example")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + HOUR)
    signed = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = tmp_path / "both.pem"
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain) + signed)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_an_answer_that_drips_through_a_proxy_ends_in_time_also_on_a_line_used_before(
    certified: ssl.SSLContext,
) -> None:
    whole = b'HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{"a": 1}'
    with dripping(whole, b"HTTP/1.1 200 OK\r\n\r\n", tunnel=certified) as url:
        transport = httpx.HTTPTransport(proxy=url, verify=False)
        api = Api(
            "https://platform.example", lambda _: None, attempts=1, longest=3.0, timeout=60.0, transport=transport
        )
        assert api.get("ads", {}).body == {"a": 1}
        began = time.monotonic()
        with pytest.raises(SweepInterrupted, match="not whole after 3 seconds"):
            api.get("ads", {})
        assert time.monotonic() - began < 50
        api.close()


def throttling(times: int, headers: dict[str, str]) -> tuple[Api, list[float]]:
    """A platform that says 429 so often, and when it was asked."""
    asked: list[float] = []

    def answer(_: httpx.Request) -> httpx.Response:
        asked.append(time.monotonic())
        return httpx.Response(429 if len(asked) <= times else 200, json={}, headers=headers)

    api = Api("https://p.example", lambda _: None, attempts=4, first_wait=0.01, transport=httpx.MockTransport(answer))
    return api, asked


def test_a_platform_that_throttles_without_a_word_is_given_longer_each_time() -> None:
    api, asked = throttling(3, {})
    api.get("ads", {})
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert all(gap >= wait for gap, wait in zip(gaps, [0.04, 0.08, 0.16], strict=True)), gaps
    assert api.waits.pauses == 3
    assert sum(gaps) >= api.waits.seconds >= 0.28


def test_a_platform_that_says_when_is_asked_no_sooner() -> None:
    api, asked = throttling(1, {"retry-after": "0.3"})
    api.get("ads", {})
    assert asked[1] - asked[0] >= 0.3
    assert (api.waits.seconds, api.waits.pauses) == (0.3, 1)


def test_no_wait_is_told_after_the_last_try(caplog: pytest.LogCaptureFixture) -> None:
    api, asked = throttling(9, {"retry-after": "0.01"})
    with caplog.at_level(logging.WARNING), pytest.raises(SweepInterrupted):
        api.get("ads", {})
    assert len(asked) == 4
    assert caplog.text.count("Waiting") == api.waits.pauses == 3
