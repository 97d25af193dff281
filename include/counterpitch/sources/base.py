"""What every source is: a brand and a window in, one sweep out, with one of four ends.

A brand that shows nothing is not a brand that could not be read, so a sweep never answers with a bare
list: it ends `ok`, `empty`, `not_covered` (the platform does not publish this) or `failed` (with a code
and what to do). A day on which there was no sweep, and can be none any more, is `lost`. Pages stream, so a
sweep of any size needs little memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Literal, Protocol

from counterpitch.errors import Permanent, Transient

Listing = Literal["brand", "pages", "none"]
SHORTEST_TOLD = 1.0  # seconds; a shorter wait is no news


class State(StrEnum):
    """How a sweep ended, as `ops.coverage.state` keeps it."""

    OK = "ok"
    EMPTY = "empty"
    NOT_COVERED = "not_covered"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True)
class Window:
    """First and last day asked for, both included."""

    first: date
    last: date

    @classmethod
    def day(cls, partition_key: str) -> Window:
        """The window of one partition."""
        day = date.fromisoformat(partition_key)
        return cls(day, day)


@dataclass(frozen=True)
class Observation:
    """One thing the platform said about one ad.

    `payload` is its answer as JSON, without any token; `shape` names the parser that reads it
    (`records.read`); `copies` counts identical answers within the sweep.
    """

    ad_id: str
    shape: str
    payload: Mapping[str, Any]
    copies: int = 1


@dataclass(frozen=True)
class Page:
    """Records that belong together, and the cursor from which a sweep goes on after them.

    A page with a cursor is stored at once with it, so that a sweep that is killed asks for no page twice. Without a
    cursor (files) all pages of a sweep are stored together.
    """

    records: Sequence[Observation]
    cursor: str | None = None


@dataclass
class Waits:
    """How long a platform's quota was waited for: seconds in all, in so many pauses."""

    seconds: float = 0.0
    pauses: int = 0

    def add(self, seconds: float) -> None:
        """Count a pause."""
        self.seconds, self.pauses = self.seconds + seconds, self.pauses + 1

    def told(self, message: str | None = None) -> str | None:
        """The message, and after it how long was waited; None where there is neither."""
        if self.seconds < SHORTEST_TOLD:
            return message
        length = f"{self.seconds:.0f} s" if self.seconds < 120 else f"{self.seconds / 60:.0f} min"
        pauses = "1 pause" if self.pauses == 1 else f"{self.pauses} pauses"
        waited = f"Waited {length} for the platform's quota in {pauses}."
        return f"{message} {waited}" if message else waited


@dataclass
class Sweep:
    """An answer: a state known at once (`not_covered`), or pages that stream.

    `listing` says what an absence means: all ads of the brand were listed (`brand`), all ads of the pages
    that appear (`pages`), or nothing (`none`: single ads were described). `waits` grows while the pages stream.
    """

    pages: Iterator[Page] = field(default_factory=lambda: iter(()))
    state: State = State.OK
    listing: Listing = "brand"
    code: str | None = None
    message: str | None = None
    waits: Waits = field(default_factory=Waits)


class SweepFailed(Permanent):
    """The platform refused for good; `code` is its own, the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class SweepInterrupted(Transient):
    """The platform could not answer now; the same sweep may succeed later."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Source(Protocol):
    """A place ads come from. `name` is the first half of every ad_key: 'meta', 'google', 'tiktok'."""

    name: str

    def sweep(self, brand_id: str, window: Window, cursor: str | None = None) -> Sweep:
        """Ask once for what the brand shows in the window, from `cursor` on where an earlier try ended there.

        Raises SweepFailed or SweepInterrupted, also while the pages stream.
        """
        ...
