"""The gap matrix as the page lays it out: personas down, themes across, a step of colour for each cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
STEPS = 4  # of colour on each side of level; the figures stand in the cell, so colour never carries them alone


@dataclass(frozen=True)
class Matrix:
    """`lines` holds a persona's row and its cells, None where there is no row for the pair."""

    themes: list[Row]
    lines: list[tuple[Row, list[Row | None]]]
    hidden: int  # cells beyond the limits


def lay_out(gaps: Sequence[Row], most_personas: int = 15, most_themes: int = 15) -> Matrix:
    """The matrix of the largest personas and themes. Each cell gains `step`, -STEPS (all ours) to STEPS (all theirs).

    Colour is scaled to the market's widest difference, but to no less than ten points: small differences stay pale.
    """
    personas = _largest(gaps, "persona_id", "persona", "persona_ads")
    themes = _largest(gaps, "theme_id", "theme", "theme_ads")
    cells = {(gap["persona_id"], gap["theme_id"]): gap | {"step": 0} for gap in gaps}
    widest = max([0.1, *(abs(gap["difference"]) for gap in gaps if gap["kind"] != "thin")])
    for cell in cells.values():
        if cell["kind"] != "thin":
            cell["step"] = round(STEPS * _theirs_minus_ours(cell) / widest)
    shown_personas, shown_themes = personas[:most_personas], themes[:most_themes]
    lines = [(p, [cells.get((p["id"], t["id"])) for t in shown_themes]) for p in shown_personas]
    shown = sum(1 for _, row in lines for cell in row if cell)
    return Matrix(shown_themes, lines, len(cells) - shown)


def _theirs_minus_ours(gap: Row) -> float:
    return float(gap["their_share"] - gap["our_share"])


def _largest(gaps: Sequence[Row], key: str, name: str, size: str) -> list[Row]:
    found = {gap[key]: {"id": gap[key], "name": gap[name], "ads": gap[size]} for gap in gaps}
    return sorted(found.values(), key=lambda row: (-row["ads"], row["id"]))


def breakdown(by_brand: Any, brands: dict[str, Row]) -> list[Row]:
    """The competitors of a cell by share, most first, with `brand` (its name) and the numbers stored for it."""
    found = [
        {"brand_id": brand_id, "brand": brands[brand_id]["name"] if brand_id in brands else brand_id, **said}
        for brand_id, said in (by_brand or {}).items()
    ]
    return sorted(found, key=lambda row: (-row["share"], row["brand"]))
