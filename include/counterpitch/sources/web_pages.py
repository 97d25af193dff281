"""Landing pages of a brand: each registered page read once a day, politely, and known by its bytes.

robots.txt is obeyed, a page that did not change is asked for by its ETag or Last-Modified and costs no body, and
redirects are followed hop by hop, never to a private address. A page is as it is today: an earlier day is not covered.
One page that cannot be read stops no other; the sweep fails where none can be.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import stamina

from counterpitch.sources.base import Observation, Page, State, Sweep, SweepFailed, SweepInterrupted, Window
from counterpitch.sources.http import AskAgain, pause, retry_after
from counterpitch.sources.reading import storable
from counterpitch.sources.web.fetching import Fetched, Fetcher, Limits
from counterpitch.sources.web.manners import Manners

SHAPE = "web_page"
ATTEMPTS = 3
GONE = (404, 410)
PASSING = (408, 425, 429)
LONGEST_WAIT = 30.0  # seconds that a page may keep the others waiting; one that asks for more is left to the next try


class WebPages:
    """The pages of a brand. `pages_of` gives their addresses, `known` what each held when it was last seen.

    A page with `{day}` in its address can be asked for any day (the sandbox's can). An observation's payload has
    state, code, message, final_url, content_hash, content_type, body (bytes; None after a 304), etag, last_modified.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        pages_of: Callable[[str], Sequence[str]],
        known: Callable[[str], Mapping[str, Mapping[str, Any]]] = lambda _: {},
        *,
        every: float = 1.0,
        first_wait: float = 2.0,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
        name: str = "web",
    ) -> None:
        self.name = name
        self._fetcher, self._pages_of, self._known = fetcher, pages_of, known
        self._manners, self._first_wait, self._today = Manners(fetcher, every), first_wait, today

    def sweep(self, brand_id: str, window: Window, cursor: str | None = None) -> Sweep:
        """Read each page once; from `cursor` on, those not read yet and those that may answer by now."""
        urls = sorted(self._pages_of(brand_id))
        if not urls:
            message = (
                f"No page of {brand_id} is registered. "
                f"Add one with `counterpitch brand add {brand_id} --page web:https://...`."
            )
            return Sweep(state=State.NOT_COVERED, listing="none", code="no_page", message=message)
        if window.last < self._today() - timedelta(days=1):
            urls = [url for url in urls if "{day}" in url]
        if not urls:
            message = "A page is as it is today; what it said on this day is lost."
            return Sweep(state=State.NOT_COVERED, listing="none", code="past", message=message)
        told: dict[str, list[str]] = json.loads(cursor) if cursor else {}
        answer = Sweep(listing="none")
        answer.pages = self._pages(answer, brand_id, urls, window, told)
        return answer

    def _pages(
        self, answer: Sweep, brand_id: str, urls: Sequence[str], window: Window, told: dict[str, list[str]]
    ) -> Iterator[Page]:
        known = self._known(brand_id)
        try:
            for url in urls:
                if told.get(url, ["passing"])[0] == "passing":
                    payload, told[url] = self._visit(url, window, known.get(url, {}))
                    yield Page([Observation(url, SHAPE, payload)], json.dumps(told))
        finally:
            self._fetcher.close()
        _conclude(answer, told)

    def _visit(self, url: str, window: Window, known: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """A page's payload, and how it ended: its state ('passing' where it may answer later), code and message."""
        try:
            payload = self._patiently(url.replace("{day}", window.last.isoformat()), known)
            return payload, [payload["state"], "", ""]
        except SweepFailed as error:
            state = "forbidden" if error.code == "robots" else "failed"
            return _refused(state, error.code, str(error)), [state, error.code, str(error)]
        except (httpx.InvalidURL, ValueError) as error:  # an address that httpx, IDNA or TLS cannot take
            message = storable(f"{url} cannot be asked for ({error}). Register the page as a browser shows it.")
            return _refused("failed", "address", message), ["failed", "address", message]
        except (AskAgain, SweepInterrupted) as error:
            if isinstance(error, AskAgain) and error.wait is not None:
                self._manners.leave(url, SweepInterrupted(error.code, str(error)))
            return _refused("failed", error.code, str(error)), ["passing", error.code, str(error)]

    def _patiently(self, url: str, known: Mapping[str, Any]) -> dict[str, Any]:
        tries = 0

        def again(error: Exception) -> bool | float:
            return tries < ATTEMPTS and _pause(error)

        for attempt in stamina.retry_context(
            on=again, attempts=ATTEMPTS, timeout=None, wait_initial=self._first_wait, wait_jitter=0.1
        ):
            tries = attempt.num
            with attempt:
                return self._read(url, known)
        raise AssertionError("stamina gives at least one attempt")

    def _read(self, url: str, known: Mapping[str, Any]) -> dict[str, Any]:
        asked = {"if-none-match": known.get("etag"), "if-modified-since": known.get("last_modified")}
        fetched = self._fetcher.fetch(
            url, self._manners.admit, {name: v for name, v in asked.items() if v and v.isascii()}
        )
        if fetched.status == 304 and known:
            return _payload("unchanged", fetched, content_hash=known["content_hash"])
        if fetched.status in GONE:
            return _payload("gone", fetched, code=f"http_{fetched.status}", message="The site no longer has this page.")
        if fetched.status in PASSING or fetched.status >= 500:
            message = f"{fetched.url} answered HTTP {fetched.status}."
            raise AskAgain(f"http_{fetched.status}", message, retry_after(fetched.headers))
        if fetched.status != 200:
            raise SweepFailed(f"http_{fetched.status}", f"{fetched.url} refuses to be read (HTTP {fetched.status}).")
        content_hash = hashlib.sha256(fetched.body).hexdigest()
        state = "unchanged" if content_hash == known.get("content_hash") else "read"
        return _payload(state, fetched, content_hash=content_hash, body=fetched.body)


def _pause(error: Exception) -> bool | float:
    if isinstance(error, AskAgain) and error.wait is not None and error.wait > LONGEST_WAIT:
        return False
    return pause(error)


def _conclude(answer: Sweep, told: Mapping[str, Sequence[str]]) -> None:
    """How the sweep ended as a whole. Raises SweepFailed, SweepInterrupted where no page could be read."""
    states = Counter(state for state, _, _ in told.values())
    unread = [(url, code, message) for url, (state, code, message) in sorted(told.items()) if code]
    if not unread:
        return
    answer.code = unread[0][1]
    answer.message = f"{len(unread)} of {len(told)} pages could not be read: {_said(unread)}"
    if states["read"] or states["unchanged"] or states["gone"]:
        return
    if states["passing"]:
        raise SweepInterrupted(unread[0][1], answer.message)
    if states["forbidden"] == len(told):
        answer.state = State.NOT_COVERED
        return
    raise SweepFailed(unread[0][1], answer.message)


def _said(unread: Sequence[tuple[str, str, str]]) -> str:
    return " ".join(f"{message} [{code}]" for _, code, message in unread[:5])


def _refused(state: str, code: str, message: str) -> dict[str, Any]:
    return _payload(state, Fetched("", 0), code=code, message=message)


def _payload(state: str, fetched: Fetched, **told: Any) -> dict[str, Any]:
    names = ("code", "message", "content_hash", "body")
    headers = {"etag": fetched.headers.get("etag"), "last_modified": fetched.headers.get("last-modified")}
    about = {"state": state, "final_url": fetched.url or None, "content_type": fetched.headers.get("content-type", "")}
    return {**about, **headers, **dict.fromkeys(names), **told}


def limits(options: Mapping[str, Any]) -> Limits:
    """The limits that a feed's options set: `most_bytes`, `page_seconds`."""
    return Limits(int(options.get("most_bytes", Limits.size)), float(options.get("page_seconds", Limits.seconds)))
