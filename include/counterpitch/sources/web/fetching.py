"""Fetch one page with limits: of addresses, redirects, time, size and kind.

Each redirect is a request of its own, judged like the first. A page that drips, swells or is no page ends with a code
that says so. Connections go to the address that was judged, with the site's name in the Host header and in TLS; no
proxy, cookie or credential is used, so what is read is what anyone sees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from counterpitch.sources.base import SweepFailed
from counterpitch.sources.deadline import Deadline
from counterpitch.sources.http import AskAgain
from counterpitch.sources.web.addresses import Network, resolve

AGENT = "counterpitch"
PAGES = ("text/html", "application/xhtml+xml")
REDIRECTS = 5
SILENCE = 10.0  # seconds without a byte


@dataclass(frozen=True)
class Limits:
    """Bytes of a body (after decompression), and seconds from a request to the end of its answer."""

    size: int = 5_000_000
    seconds: float = 30.0


@dataclass(frozen=True)
class Fetched:
    """An answer: the address that gave it, its status and headers (lower case), and its body."""

    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """The kind of content, without parameters; '' where the site does not say."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


class Fetcher:
    """Fetches addresses. `allowed` are private networks that may be read all the same."""

    def __init__(self, allowed: Sequence[Network] = (), limits: Limits | None = None) -> None:
        self._allowed, self._limits = allowed, limits or Limits()
        self._deadline = Deadline()
        self._client = httpx.Client(follow_redirects=False, trust_env=False, headers={"user-agent": AGENT})

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def fetch(
        self,
        url: str,
        admit: Callable[[str], None],
        headers: Mapping[str, str] | None = None,
        *,
        kinds: Sequence[str] = PAGES,
        cut: bool = False,
    ) -> Fetched:
        """Fetch `url` and follow its redirects; `admit` is asked before every request and may raise or wait.

        Bodies of answers other than 200 are not read. `kinds` () takes any content; `cut` keeps the beginning of a
        body that is too long. Raises AskAgain (it may work later), SweepFailed.
        """
        place = httpx.URL(url)
        for _ in range(REDIRECTS + 1):
            admit(str(place))
            answer = self._once(place, headers or {}, kinds, cut)
            target = answer.headers.get("location") if answer.status in {301, 302, 303, 307, 308} else None
            if target is None:
                return answer
            place = _joined(place, target)
        raise SweepFailed("redirects", f"{url} redirects more than {REDIRECTS} times. Register where it leads to.")

    def _once(self, place: httpx.URL, headers: Mapping[str, str], kinds: Sequence[str], cut: bool) -> Fetched:
        try:
            with self._deadline.within(self._limits.seconds):
                fetched = self._answer(place, headers, kinds, cut)
        except (httpx.TransportError, httpx.DecodingError) as error:
            if not self._deadline.passed:
                raise AskAgain("network", f"{place.host} did not answer whole ({type(error).__name__}).") from None
        if self._deadline.passed:
            raise AskAgain("too_slow", f"{place} was not whole after {self._limits.seconds:g} seconds.")
        return fetched

    def _answer(self, place: httpx.URL, headers: Mapping[str, str], kinds: Sequence[str], cut: bool) -> Fetched:
        answer = self._open(place, headers)
        try:
            told = dict(answer.headers)
            fetched = Fetched(str(place), answer.status_code, told)
            if answer.status_code != 200:
                return fetched
            if kinds and fetched.content_type not in kinds:
                kind = fetched.content_type or "content of no kind"
                raise SweepFailed("content_type", f"{place} answers {kind}, not a page.")
            return Fetched(str(place), 200, told, self._body(answer, place, cut))
        finally:
            answer.close()

    def _open(self, place: httpx.URL, headers: Mapping[str, str]) -> httpx.Response:
        if place.scheme not in {"http", "https"} or not place.host or place.userinfo:
            raise SweepFailed("address", f"{_shown(place)} is not a plain http or https address.")
        addresses = resolve(place.host, place.port or (443 if place.scheme == "https" else 80), self._allowed)
        for address in addresses:
            request = self._client.build_request(
                "GET",
                place.copy_with(host=address),
                headers={**headers, "host": place.netloc.decode("ascii"), "accept": ", ".join(PAGES)},
                timeout=min(SILENCE, self._limits.seconds),
                extensions={"sni_hostname": place.raw_host.decode("ascii"), **self._deadline.extensions},
            )
            try:
                return self._client.send(request, stream=True)
            except httpx.ConnectError:
                if address == addresses[-1]:
                    raise
        raise AskAgain("no_address", f"{place.host} has no address now.")

    def _body(self, answer: httpx.Response, place: httpx.URL, cut: bool) -> bytes:
        body = bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > self._limits.size:
                if cut:
                    return bytes(body[: self._limits.size])
                raise SweepFailed("too_large", f"{place} is larger than {self._limits.size:,} bytes.")
        return bytes(body)


def _joined(place: httpx.URL, target: str) -> httpx.URL:
    try:
        return place.join(target).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError):
        raise SweepFailed("address", f"{_shown(place)} redirects to what is no address.") from None


def _shown(place: httpx.URL) -> str:
    return str(place.copy_with(userinfo=b""))
