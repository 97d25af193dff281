"""How the Desk says numbers, dates and verdicts. One way for each, so that a page reads as one voice."""

from __future__ import annotations

from datetime import date

KINDS = {
    "white_space": "White space",
    "behind": "They say more",
    "even": "Level",
    "ahead": "We say more",
    "thin": "Too few ads",
}
SIGNS = {"white_space": "○", "behind": "▲", "even": "=", "ahead": "▼", "thin": "·"}
KIND_MEANS = {
    "white_space": "They speak to this persona about this theme and we say nothing.",
    "behind": "They give it a larger share of their ads than we do of ours.",
    "even": "No difference that the counts can show.",
    "ahead": "We give it a larger share of our ads than they do of theirs.",
    "thin": "Too few ads to say anything.",
}
FIELDS = {
    "target_audience": "Audience",
    "customer_need": "Need",
    "product_feature": "Feature",
    "offer": "Offer",
    "hook": "Hook",
    "call_to_action": "Call to action",
}
DECISIONS = {"waiting": "Waiting for a decision", "approved": "Approved", "rejected": "Rejected", "expired": "Expired"}


def percent(value: float | None, digits: int = 0) -> str:
    """0.1234 as '12%'; a dash for None."""
    return "–" if value is None else f"{value * 100:.{digits}f}%"


def rate(value: float | None) -> str:
    """A click-through rate with the digits that matter: 0.0184 as '1.84%', 0.213 as '21.3%'."""
    return "–" if value is None else f"{value * 100:.{1 if value >= 0.1 else 2}f}%"


def points(value: float) -> str:
    """A difference of two shares in percentage points, with its sign: 0.123 as '+12'."""
    rounded = round(value * 100)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded)}"


def signed(value: float) -> str:
    """Percentage points with their sign: 0.301 as '+0.30'."""
    return f"{value:+.2f}".replace("-", "−")


def count(value: float | None) -> str:
    """1234 as '1,234'; a dash for None."""
    return "–" if value is None else f"{value:,.0f}"


def day(value: date | None) -> str:
    """2026-11-20 as '20 Nov 2026'; a dash for None."""
    return "–" if value is None else f"{value.day} {value:%b %Y}"


def many(number: int | None, one: str, more: str | None = None) -> str:
    """'1 ad', '2 ads', '1,234 ads'."""
    return f"{count(number)} {one if number == 1 else more or one + 's'}"
