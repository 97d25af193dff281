"""Persona x theme, us against them: shares of messages, the interval of their difference, and a name for it.

The unit is the message (the distinct words of a brand, near-copies being one): forty copies of one ad are one
thing said, and counting them forty times would make any difference look certain. The kind is decided by
q-values over all supported cells (and the interval must agree), because thirty cells tested at 5% each would cry
gap where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, hypergeom, norm

Floats = NDArray[np.float64]

MIN_MESSAGES = 5  # messages in a cell, of both sides together, from which it is more than an anecdote
MIN_TOTAL = 20  # messages of a side in all, from which its shares mean something
MIN_BRANDS = 2  # competitors that must work a cell before it is called white space
NEXT_TO_NOTHING = 0.2  # our share, as a part of theirs, up to which we say next to nothing
Q = 0.10  # false discovery rate: of ten gaps that are called, one may be chance


@dataclass(frozen=True)
class Cell:
    """What one persona x theme pair counts. by_brand: brand_id -> {"messages", "ads"}, our own brand included."""

    persona_id: str
    theme_id: str
    by_brand: Mapping[str, Mapping[str, int]]


def compare(
    cells: Sequence[Cell], totals: Mapping[str, int], own_brand: str, own_facts: Mapping[str, int]
) -> list[dict[str, Any]]:
    """The rows of mart.gap, in the order of `cells`, without the market and day.

    totals: brand_id -> messages read; own_facts: theme_id -> features of the theme that our own ads quote.
    """
    theirs = sorted(set(totals) - {own_brand})
    our_total, their_total = totals.get(own_brand, 0), sum(totals[brand] for brand in theirs)
    rows = [_counts(cell, theirs, own_brand) for cell in cells]
    ours = np.array([row["our_messages"] for row in rows], float)
    others = np.array([row["their_messages"] for row in rows], float)
    difference, low, high = newcombe(ours, our_total, others, their_total)
    p = fisher_mid_p(ours, our_total, others, their_total)
    supported = (ours + others >= MIN_MESSAGES) & (min(our_total, their_total) >= MIN_TOTAL)
    q = _q_values(p, supported)
    for i, row in enumerate(rows):
        row |= {
            "our_total": our_total,
            "their_total": their_total,
            "our_share": _round(ours[i] / max(our_total, 1)),
            "their_share": _round(others[i] / max(their_total, 1)),
            "difference": _round(difference[i]),
            "difference_low": _round(low[i]),
            "difference_high": _round(high[i]),
            "p_value": _round(p[i]),
            "q_value": _round(q[i]) if supported[i] else None,
            "own_facts": own_facts.get(row["theme_id"], 0),
            "by_brand": _by_brand(cells[i], row["our_messages"], our_total, totals, theirs),
        }
        row["kind"] = _kind(row)
        row["rank"] = None
    _rank(rows)
    return rows


def wilson(count: Floats, total: int) -> tuple[Floats, Floats]:
    """95% interval of a share (Wilson 1927). (0, 1) where there is nothing to count."""
    if not total:
        return np.zeros_like(count), np.ones_like(count)
    z = float(norm.ppf(0.975))
    share = count / total
    middle = share + z * z / (2 * total)
    half = z * np.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return np.clip((middle - half) / scale, 0, 1), np.clip((middle + half) / scale, 0, 1)


def newcombe(count: Floats, total: int, count_other: Floats, total_other: int) -> tuple[Floats, Floats, Floats]:
    """Difference of two shares with its 95% interval: Newcombe (1998) Stat Med 17:873, method 10."""
    share, other = count / max(total, 1), count_other / max(total_other, 1)
    low, high = wilson(count, total)
    low_other, high_other = wilson(count_other, total_other)
    difference = share - other
    return (
        difference,
        difference - np.sqrt((share - low) ** 2 + (high_other - other) ** 2),
        difference + np.sqrt((high - share) ** 2 + (other - low_other) ** 2),
    )


def fisher_mid_p(count: Floats, total: int, count_other: Floats, total_other: int) -> Floats:
    """Two-sided mid-p of Fisher's exact test (Lancaster 1961): twice the smaller tail, half the point itself."""
    found = count + count_other
    law = hypergeom(total + total_other, found.astype(int), total)
    point = law.pmf(count)
    lower, upper = law.cdf(count) - point / 2, law.sf(count) + point / 2
    return np.asarray(np.clip(2 * np.minimum(lower, upper), 0, 1), np.float64)


def _counts(cell: Cell, theirs: Sequence[str], own_brand: str) -> dict[str, Any]:
    none: Mapping[str, int] = {"messages": 0, "ads": 0}
    us = cell.by_brand.get(own_brand, none)
    them = [cell.by_brand.get(brand, none) for brand in theirs]
    return {
        "persona_id": cell.persona_id,
        "theme_id": cell.theme_id,
        "our_ads": us["ads"],
        "their_ads": sum(brand["ads"] for brand in them),
        "our_messages": us["messages"],
        "their_messages": sum(brand["messages"] for brand in them),
        "their_brands": sum(brand["messages"] > 0 for brand in them),
    }


def _q_values(p: Floats, supported: NDArray[np.bool_]) -> Floats:
    """Benjamini-Hochberg over the supported cells; one elsewhere."""
    q = np.ones_like(p)
    if supported.any():
        q[supported] = false_discovery_control(p[supported], method="bh")
    return q


def _by_brand(
    cell: Cell, our_messages: int, our_total: int, totals: Mapping[str, int], theirs: Sequence[str]
) -> dict[str, Any]:
    """Each competitor against us: counts, share, and our share minus theirs with its interval."""
    found: dict[str, Any] = {}
    for brand in theirs:
        said = cell.by_brand.get(brand, {"messages": 0, "ads": 0})
        count = np.array([float(said["messages"])])
        difference, low, high = newcombe(np.array([float(our_messages)]), our_total, count, totals[brand])
        found[brand] = {
            "messages": said["messages"],
            "ads": said["ads"],
            "total": totals[brand],
            "share": _round(said["messages"] / max(totals[brand], 1)),
            "difference": _round(difference[0]),
            "low": _round(low[0]),
            "high": _round(high[0]),
        }
    return found


def _kind(row: Mapping[str, Any]) -> str:
    if row["q_value"] is None:
        return "thin"
    if row["q_value"] > Q or row["difference_low"] <= 0 <= row["difference_high"]:
        return "even"
    if row["difference"] > 0:
        return "ahead"
    empty = row["our_share"] <= NEXT_TO_NOTHING * row["their_share"]
    if empty and row["their_brands"] >= MIN_BRANDS and row["own_facts"]:
        return "white_space"
    return "behind"


def _rank(rows: list[dict[str, Any]]) -> None:
    """1.. over white space and behind, by how far we are behind at the least (the interval's near end)."""
    chosen = [row for row in rows if row["kind"] in {"white_space", "behind"}]
    chosen.sort(key=lambda row: (row["difference_high"], row["difference"], row["persona_id"], row["theme_id"]))
    for rank, row in enumerate(chosen, 1):
        row["rank"] = rank


def _round(value: Any) -> float:
    """Six decimals: enough for any share, and too few for the last bits that differ between machines."""
    return round(float(value), 6)
