"""The fault dial: what goes wrong between a platform and its readers, by seed and rate, each fault one that was seen.

A fault is drawn from the request itself and its attempt number, never from the order of requests, so a run with
several workers meets the same faults as a run with one. The same request fails at most twice in a row: retries end.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from numpy.random import Generator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from counterpitch.sandbox.streams import pick, stream

# Faults of the wire, met by any reader.
WIRE = ("server_error", "hang", "slow_drip", "cut_json", "dropped", "wrong_content_type")
# Faults of a platform's own making, by the platform: answered by its routes.
OWN = {
    "meta": ("throttle_400", "too_much_data", "no_paging", "duplicates", "shuffled", "late_ad"),
    "insights": ("throttle_400", "transient_code", "no_paging", "job_failed"),
    "tiktok": ("throttle_429", "token_expired", "duplicates", "shuffled"),
    "site": ("throttle_429", "redirect_private"),
}
UNSEEN = {("site", "cut_json")}  # a page that ends early, and says so in its length, is a page
KINDS = tuple(sorted({*WIRE, *(kind for own in OWN.values() for kind in own)}))
PRIVATE = "http://10.0.0.7/internal"
IN_A_ROW = 2
SECRETS = {"access_token", "client_secret"}


@dataclass
class Dial:
    """rate: share of requests that meet a fault (0 to 1). kinds: those to draw from; empty means all that apply.

    rates: kind -> share of requests that meet it; where any is given, they decide, and rate and kinds do not.
    hang and drip are seconds. calls: every request as (key, fault, status), without tokens, for tests to read.
    """

    rate: float = 0.0
    seed: int = 1
    kinds: tuple[str, ...] = ()
    hang: float = 2.0
    drip: float = 0.2
    rates: dict[str, float] = field(default_factory=dict)
    calls: list[tuple[str, str, int]] = field(default_factory=list)
    _tries: Counter[str] = field(default_factory=Counter)
    _in_a_row: Counter[str] = field(default_factory=Counter)

    def fault(self, platform: str, key: str) -> str:
        """The fault that this attempt of this request meets; '' for none."""
        attempt = self._tries[key]
        self._tries[key] += 1
        kind = self._drawn(platform, stream(self.seed, "fault", key, attempt))
        if not kind or self._in_a_row[key] >= IN_A_ROW:
            self._in_a_row[key] = 0
            return ""
        self._in_a_row[key] += 1
        return kind

    def _drawn(self, platform: str, rng: Generator) -> str:
        able = [kind for kind in (*WIRE, *OWN.get(platform, ())) if (platform, kind) not in UNSEEN]
        drawn = float(rng.random())
        if not self.rates:
            wanted = [kind for kind in able if not self.kinds or kind in self.kinds]
            return pick(rng, wanted) if wanted and drawn < self.rate else ""
        for kind in able:
            drawn -= self.rates.get(kind, 0.0)
            if drawn < 0:
                return kind
        return ""

    def forget(self) -> None:
        """Begin anew: no call made, no attempt counted. A request in hand stays in the list it began in."""
        self.calls = []
        self._tries.clear()
        self._in_a_row.clear()


class FaultyWire:
    """ASGI middleware: draws a request's fault, plays those of the wire, and hands the others to the routes.

    Routes find theirs in `request.state.fault`.
    """

    def __init__(self, app: ASGIApp, dial: Dial) -> None:
        self.app, self.dial = app, dial

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 ASGI's own
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox"):
            await self.app(scope, receive, send)
            return
        calls, body = self.dial.calls, await _body(receive)
        key = request_key(scope, body)
        fault = self.dial.fault(platform_of(scope), key)
        scope.setdefault("state", {})["fault"] = fault if fault not in WIRE else ""
        answer = _Answer(_replay(body), send, lambda status: calls.append((key, fault, status)))
        await self._play(fault, scope, answer)

    async def _play(self, fault: str, scope: Scope, answer: _Answer) -> None:
        if fault == "server_error":
            await answer.give(500, b'{"error":{"message":"An unknown error occurred","code":1}}')
        elif fault == "wrong_content_type" and platform_of(scope) == "site":
            await answer.give(200, b'{"message": "Sorry, something went wrong."}')
        elif fault == "wrong_content_type":
            await answer.give(200, b"<html><body>Sorry, something went wrong.</body></html>", "text/html")
        elif fault == "hang":
            await asyncio.sleep(self.dial.hang)
            await answer.give(504, b"")
        else:
            await self.app(scope, answer.receive, answer.keep)
            await answer.play(fault, self.dial.drip)


class _Answer:
    """The inner app's answer, kept whole, noted, and then sent as the fault would have it.

    Noted before its first byte leaves, so whoever has read an answer finds its call in the list.
    """

    def __init__(self, receive: Receive, send: Send, note: Callable[[int], None]) -> None:
        self.receive, self._send, self._note = receive, send, note
        self._start: Message = {}
        self._body = b""
        self.status = 0

    async def keep(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start, self.status = message, message["status"]
        else:
            self._body += message.get("body", b"")

    async def give(self, status: int, body: bytes, content_type: str = "application/json") -> None:
        headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
        self._start, self._body, self.status = {"type": "http.response.start", "headers": headers}, body, status
        await self.play("", 0.0)

    async def play(self, fault: str, drip: float) -> None:
        self._note(self.status)
        whole = self._body
        sent = whole[: len(whole) // 2] if fault in ("cut_json", "dropped") else whole
        length = len(whole) if fault == "dropped" else len(sent)
        headers = [pair for pair in self._start["headers"] if pair[0].lower() != b"content-length"]
        start = {**self._start, "status": self.status}
        if self.status not in (204, 304):
            headers.append((b"content-length", str(length).encode()))
        await self._send({**start, "headers": headers})
        chunks = _chunks(sent, 8) if fault == "slow_drip" else [sent]
        for chunk in chunks:
            if fault == "slow_drip":
                await asyncio.sleep(drip / len(chunks))
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        if fault != "dropped":  # else uvicorn sees too few bytes and closes the connection, as a dropped line would
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def platform_of(scope: Scope) -> str:
    """Which platform a request is for: 'meta', 'insights', 'tiktok' or 'site'."""
    if "site" in scope.get("state", {}):
        return "site"
    path = scope["path"]
    if path.startswith("/v2/"):
        return "tiktok"
    return "meta" if path.endswith("/ads_archive") else "insights"


def request_key(scope: Scope, body: bytes) -> str:
    """What makes a request this request: method, path, query and body, without tokens."""
    asked = [(k, v) for k, v in parse_qsl(scope["query_string"].decode()) if k not in SECRETS]
    day = scope.get("state", {}).get("day", "")
    sent = body.decode(errors="replace")
    if sent and not sent.lstrip().startswith("{"):
        sent = urlencode([(k, v) for k, v in parse_qsl(sent) if k not in SECRETS])
    return f"{scope['method']} {day} {scope['path']}?{urlencode(sorted(asked))} {sent}".strip()


def told(dial: Dial) -> dict[str, Any]:
    """The dial and what it did, as JSON."""
    return {
        "rate": dial.rate,
        "seed": dial.seed,
        "rates": dial.rates,
        "kinds": list(dial.kinds or KINDS),
        "calls": len(dial.calls),
        "faults": dict(Counter(fault for _, fault, _ in dial.calls if fault)),
    }


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _chunks(body: bytes, count: int) -> list[bytes]:
    size = max(1, -(-len(body) // count))
    return [body[n : n + size] for n in range(0, len(body), size)] or [b""]
