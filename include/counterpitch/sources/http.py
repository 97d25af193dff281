"""The one way to ask a platform: JSON over HTTPS, the token in a header, passing faults tried again here and only here.

A token never enters a URL, a log line or an exception: it travels in the Authorization header, and redirects are
refused, so it goes to no other host; where the platform says it back, it is hidden before anything reads the answer.
An answer that is cut off, not JSON, or a server error is asked for again; a platform that says when to come back is
waited for, aloud, up to a limit; then the sweep is interrupted, and goes on from its cursor when the task is retried.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import stamina

from counterpitch.secrecy import hide
from counterpitch.sources.base import SweepFailed, SweepInterrupted, Waits
from counterpitch.sources.deadline import Deadline
from counterpitch.sources.reading import storable
from counterpitch.uncollected import uncollected

log = logging.getLogger(__name__)
THROTTLED = 4  # first waits: 2, 4, 8, 16 and 32 seconds in all outlast a quota of calls a minute
LONGEST_WAIT = 900.0  # seconds that a task holds its slot for a platform; beyond, the retry of the task waits
LONGEST_ANSWER = 180.0  # seconds from a request to the end of its answer, however it drips
_AS_NINES = bytes.maketrans(b"012345678", b"9" * 9)
_LONG = b"9" * 20  # digits that may be beyond 64 bits
_LONG_NUMBER = re.compile(rb"[:\[,]\s*-?[0-9]{20}")


class AskAgain(Exception):
    """The same request may succeed: in `wait` seconds where the platform said so, else after the usual pause.

    A platform that `throttled` counts calls over a minute or more, so it is given longer each time it says so.
    """

    def __init__(self, code: str, message: str, wait: float | None = None, *, throttled: bool = False) -> None:
        super().__init__(message)
        self.code, self.wait, self.throttled = code, wait, throttled


class TooSlow(Exception):
    """The answer was not whole in time, and whoever asked can ask for less."""


@dataclass(frozen=True)
class Answer:
    """A JSON object and the headers it came with (lower case)."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


Check = Callable[[Answer], None]


class Api:
    """One platform under one base address. `check` raises for answers that are errors in the platform's own words.

    `timeout` bounds a silence and `longest` a whole answer, in seconds. `free_in`: seconds in which no call may be
    made, known from an earlier try; `used_up` is told the seconds whenever the platform says that its quota is.
    """

    def __init__(
        self,
        base_url: str,
        check: Check,
        *,
        token: str | None = None,
        timeout: float = 30.0,
        longest: float = LONGEST_ANSWER,
        attempts: int = 6,
        first_wait: float = 0.5,
        waits: Waits | None = None,
        free_in: float = 0.0,
        used_up: Callable[[float], None] = lambda _: None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(
            base_url=base_url.rstrip("/") + "/",
            headers=headers | {"user-agent": "counterpitch"},
            timeout=timeout,
            follow_redirects=False,
            transport=transport,
        )
        self._deadline, self._longest = Deadline(), longest
        self._check, self._attempts, self._first_wait = check, attempts, first_wait
        self._free_at, self._used_up = time.monotonic() + free_in, used_up
        self._tokens = {token} if token else set[str]()
        self._secrets: set[str] = set()
        self._handing_over = False
        self._tries = 0
        self.calls = 0
        self.waits = waits if waits is not None else Waits()

    def get(self, path: str, params: Mapping[str, str | int], *, can_shrink: bool = False) -> Answer:
        """Ask, and ask again where that may help. Raises SweepFailed, SweepInterrupted.

        can_shrink: the caller can ask for less; an answer that is not whole in time then raises TooSlow at once.
        """
        return self.ask("GET", path, can_shrink=can_shrink, params=params)

    def ask(self, method: str, path: str, *, can_shrink: bool = False, **request: Any) -> Answer:
        """Any method, with httpx's own arguments. Raises SweepFailed, SweepInterrupted, and TooSlow as `get` does."""
        try:
            for attempt in stamina.retry_context(
                on=self._again, attempts=self._attempts, timeout=None, wait_initial=self._first_wait, wait_jitter=0.1
            ):
                self._tries = attempt.num
                with attempt:
                    self._hold()
                    return self._once(method, path, request, can_shrink)
        except AskAgain as error:
            raise SweepInterrupted(error.code, f"{error} The sweep goes on from here when it is tried again.") from None
        raise AssertionError("stamina gives at least one attempt")

    def use_token(self, token: str) -> None:
        """Send this token from now on."""
        self._client.headers["authorization"] = f"Bearer {token}"
        self._tokens.add(token)

    def keep_secret(self, secret: str) -> None:
        """Hide this in every answer from now on, as the token is."""
        self._secrets.add(secret)

    def hand_over(self, path: str, **request: Any) -> Answer:
        """Ask for a token by POST: the one answer in which a token is not hidden, where it is no error.

        Raises SweepFailed, SweepInterrupted.
        """
        self._handing_over = True
        try:
            return self.ask("POST", path, **request)
        finally:
            self._handing_over = False

    def come_back_in(self, seconds: float) -> None:
        """Make no call for so long: the platform said in a good answer that the quota is used up."""
        self._free_at = time.monotonic() + seconds
        self._used_up(seconds)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _again(self, error: Exception) -> bool | float:
        """Stamina's hook: whether to ask again, and after how long. Told of a throttled try, it counts the wait."""
        if not isinstance(error, AskAgain):
            return False
        if error.throttled and error.wait:
            self._used_up(error.wait)
        if self._tries >= self._attempts:
            return False
        if not error.throttled:
            return pause(error)
        wait = max(error.wait or 0.0, THROTTLED * self._first_wait * 2.0 ** (self._tries - 1))
        if wait > LONGEST_WAIT:
            return False
        self.waits.add(wait)
        log.warning("%s Waiting %.0f seconds.", error, wait)
        return wait

    def _hold(self) -> None:
        wait = self._free_at - time.monotonic()
        if wait > LONGEST_WAIT:
            free = datetime.now(UTC) + timedelta(seconds=wait)
            told = f"The platform's quota is used up for {wait / 60:.0f} more minutes: no call before {free:%H:%M} UTC."
            raise SweepInterrupted("quota", told)
        if wait > 0:
            log.warning("The platform's quota is used up: waiting %.0f seconds before the next call.", wait)
            self.waits.add(wait)
            time.sleep(wait)

    def _once(self, method: str, path: str, request: Mapping[str, Any], can_shrink: bool) -> Answer:
        self.calls += 1
        try:
            with self._deadline.within(self._longest):
                response = self._client.request(
                    method, path.lstrip("/"), extensions=self._deadline.extensions, **request
                )
        except httpx.RequestError as error:  # no line, no HTTP, or content that is not encoded as it says
            # `from None`: httpx's exceptions hold the request, and the request holds the token.
            if not self._deadline.passed:
                raise AskAgain("network", f"The platform did not answer ({type(error).__name__}).") from None
        if self._deadline.passed:
            told = f"The platform's answer was not whole after {self._longest:g} seconds."
            raise TooSlow(told) if can_shrink else AskAgain("too_slow", told)
        answer = _read(response, self._secrets | self._tokens)
        self._check(answer)
        if answer.status >= 500:
            raise AskAgain(f"http_{answer.status}", f"The platform answered with HTTP {answer.status}.")
        if answer.status == 429:
            raise AskAgain("http_429", "The platform asks to slow down.", retry_after(answer.headers), throttled=True)
        if answer.status >= 400:
            raise SweepFailed(f"http_{answer.status}", f"The platform refused the request (HTTP {answer.status}).")
        return _read(response, self._secrets) if self._handing_over else answer


def _read(response: httpx.Response, secrets: set[str]) -> Answer:
    if response.is_redirect:
        raise SweepFailed(
            "redirect", "The platform redirects elsewhere; no token is sent there. Check the base address."
        )
    try:
        body = _decoded(hide(response.content, secrets))
    except (ValueError, RecursionError):  # cut off, or a page for people
        body = None
    if not isinstance(body, dict):
        kind = response.headers.get("content-type", "nothing").split(";")[0]
        if response.status_code in {401, 403, 404}:
            raise SweepFailed(f"http_{response.status_code}", f"The platform refused the request ({kind}).")
        raise AskAgain("not_json", f"The platform answered HTTP {response.status_code} with {kind} that is not JSON.")
    return Answer(response.status_code, body, dict(response.headers))


def _decoded(content: bytes) -> Any:
    """The JSON as Postgres can keep it, and with its whole numbers whole. Raises ValueError, RecursionError.

    A text that a platform cut in the middle of an emoji holds half of it: orjson refuses the page for it, Python's
    own decoder does not. orjson also makes whole numbers beyond 64 bits inexact.
    """
    if _LONG in content.translate(_AS_NINES) and _LONG_NUMBER.search(content):  # two looks in C, then the slow one
        return storable(json.loads(content, parse_constant=_refuse))
    try:
        with uncollected():
            body = orjson.loads(content)
    except ValueError:
        return storable(json.loads(content, parse_constant=_refuse))
    return storable(body) if b"\\u0000" in content else body


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def pause(error: Exception) -> bool | float:
    """What stamina's hook answers where a try is left: whether to ask again, and how long after if that was said."""
    if not isinstance(error, AskAgain):
        return False
    if error.wait is None:
        return True
    if error.wait > LONGEST_WAIT:
        return False
    log.warning("%s Waiting %.0f seconds, as it asked.", error, error.wait)
    return max(error.wait, 0.01)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as the header says it; None where it does not, or says it as a date."""
    told = headers.get("retry-after", "")
    return float(told) if told.replace(".", "", 1).isdigit() else None
