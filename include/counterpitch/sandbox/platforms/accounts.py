"""Who may ask: tokens as platforms hand them out, valid, expired or without permission; and how often they may ask.

The tokens are the sandbox's own constants, open to read: what they unlock is invented.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

META_TOKEN = "EAASandboxValid0"  # noqa: S105 it unlocks an invented market
META_EXPIRED = "EAASandboxExpired0"
META_UNCONFIRMED = "EAASandboxUnconfirmed0"
TIKTOK_KEY = "sandbox-client"
TIKTOK_SECRET = "sandbox-client-secret"  # noqa: S105 it unlocks an invented market
TIKTOK_LIFE = 7200.0


@dataclass
class Clock:
    """Seconds for quotas and tokens. Tests advance it instead of waiting."""

    ahead: float = 0.0
    source: Callable[[], float] = time.monotonic

    def now(self) -> float:
        """Seconds since some beginning."""
        return self.source() + self.ahead

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.ahead += seconds


@dataclass(frozen=True)
class Usage:
    """A caller's standing: percent of the quota used, whether this call was refused, and seconds until it may ask."""

    percent: int
    refused: bool
    regain: float


@dataclass
class Quota:
    """So many calls in any `window` seconds for each caller. overdrawn counts the calls that came while refused."""

    calls: int = 10_000
    window: float = 3600.0
    clock: Clock = field(default_factory=Clock)
    overdrawn: int = 0
    _made: dict[str, deque[float]] = field(default_factory=dict)

    def take(self, caller: str) -> Usage:
        """Count a call, or refuse it."""
        now, made = self.clock.now(), self._made.setdefault(caller, deque())
        while made and made[0] <= now - self.window:
            made.popleft()
        if len(made) >= self.calls:
            self.overdrawn += 1
            return Usage(100, True, made[0] + self.window - now)
        made.append(now)
        full = len(made) >= self.calls
        return Usage(100 * len(made) // self.calls, False, made[0] + self.window - now if full else 0.0)


@dataclass
class TikTokTokens:
    """Client tokens that live for two hours."""

    clock: Clock
    _until: dict[str, float] = field(default_factory=dict)

    def issue(self) -> str:
        """A new token."""
        token = f"clt.sandbox.{len(self._until) + 1}"
        self._until[token] = self.clock.now() + TIKTOK_LIFE
        return token

    def valid(self, token: str) -> bool:
        """Whether the token was issued here and has not run out."""
        return self._until.get(token, float("-inf")) > self.clock.now()

    def expire_all(self) -> None:
        """Every token issued so far runs out now."""
        self._until = dict.fromkeys(self._until, float("-inf"))
