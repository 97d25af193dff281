"""Manners towards a site: its robots.txt obeyed, and no request before the pause it asks for.

RFC 9309 (https://www.rfc-editor.org/rfc/rfc9309): a robots.txt that does not exist (4xx) allows everything, one that
cannot be had now (5xx, 429, no answer) forbids everything for now. Crawl-delay lengthens our own pause.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import httpx

from counterpitch.sources.base import SweepFailed, SweepInterrupted
from counterpitch.sources.http import AskAgain
from counterpitch.sources.web.fetching import AGENT, Fetcher

if TYPE_CHECKING:
    from protego import Protego

LONGEST_PAUSE = 120.0  # seconds; a site that asks for more is left alone
TRIES = 3


class Manners:
    """What each site of a sweep asks for, read once. `pause` is the least number of seconds between two requests."""

    def __init__(self, fetcher: Fetcher, pause: float) -> None:
        self._fetcher, self._pause = fetcher, pause
        self._rules: dict[str, Protego] = {}
        self._refused: dict[str, SweepFailed | SweepInterrupted] = {}
        self._tries: Counter[str] = Counter()
        self._asked: dict[str, float] = {}

    def admit(self, url: str) -> None:
        """Wait for our turn at the page's site. Raises SweepFailed where it is forbidden.

        Raises AskAgain where robots.txt cannot be had, and SweepInterrupted once that was tried several times.
        """
        origin = _origin(url)
        if origin in self._refused:
            raise self._refused[origin]
        if origin not in self._rules:
            self._rules[origin] = self._read(origin)
        rules = self._rules[origin]
        if not rules.can_fetch(url, AGENT):
            raise SweepFailed("robots", f"{origin}/robots.txt asks not to read {url}. It is left alone.")
        pause = max(self._pause, rules.crawl_delay(AGENT) or 0.0)
        if pause > LONGEST_PAUSE:
            raise SweepFailed("crawl_delay", f"{origin}/robots.txt asks for {pause:g} seconds between requests.")
        self._wait(origin, pause)

    def leave(self, url: str, reason: SweepInterrupted) -> None:
        """Ask the page's site for nothing more in this sweep: it said that it wants to be left alone for a while."""
        self._refused[_origin(url)] = reason

    def _read(self, origin: str) -> Protego:
        self._tries[origin] += 1
        try:
            return self._robots(origin)
        except SweepFailed as error:
            self._refused[origin] = error
            raise
        except AskAgain as error:
            if self._tries[origin] >= TRIES:
                self._refused[origin] = SweepInterrupted(error.code, str(error))
            raise

    def _robots(self, origin: str) -> Protego:
        from protego import Protego

        answer = self._fetcher.fetch(
            f"{origin}/robots.txt", lambda url: self._wait(_origin(url), self._pause), kinds=(), cut=True
        )
        if answer.status >= 500 or answer.status == 429:
            message = f"{origin}/robots.txt cannot be had now (HTTP {answer.status}), so nothing of the site is read."
            raise AskAgain(f"robots_{answer.status}", message)
        return Protego.parse(answer.body.decode("utf-8-sig", "replace"))

    def _wait(self, origin: str, pause: float) -> None:
        wait = self._asked[origin] + pause - time.monotonic() if origin in self._asked else 0.0
        if wait > 0:
            time.sleep(wait)
        self._asked[origin] = time.monotonic()


def _origin(url: str) -> str:
    place = httpx.URL(url)
    return f"{place.scheme}://{place.netloc.decode('ascii')}"
