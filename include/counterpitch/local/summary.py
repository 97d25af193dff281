"""What the warehouse holds now, in words and counts that a marketer understands.

Every figure is a count of rows or a stored metric. The quality of the click-through model is said with the
baseline it must beat and with whose results taught it, because a prediction is worth no more than its teacher.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection, transaction


def summary(
    *, seconds: float | None = None, address: str | None = None, login: tuple[str, str] | None = None
) -> dict[str, Any]:
    """Markets, the account of rows, the model, unread brands; and time, address and login when given. Plain JSON."""
    with transaction(application="counterpitch summary") as conn:
        found: dict[str, Any] = {
            "markets": _rows(conn, "summarise_markets"),
            "rows": _rows(conn, "summarise_rows")[0],
            "rejections": _rows(conn, "list_rejections"),
            "model": model(next(iter(_rows(conn, "find_champion")), None)),
            "unread": _rows(conn, "list_unread_sweeps"),
        }
    if address and login:
        found["ui"] = {"address": address, "user": login[0], "password": login[1]}
    if seconds is not None:
        found["seconds"] = round(seconds, 1)
    return found


def model(champion: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The champion in words: model_id, quality, taught_by, accuracy (0 to 1 of pairs that clearly differ) or None."""
    if champion is None:
        return None
    ranking = champion["metrics"].get("table", {}).get("model", {})
    pairs = ranking.get("significant_pairs") or {}
    return {
        "model_id": champion["model_id"],
        "mark": champion["mark"],
        "accuracy": pairs.get("accuracy"),
        "accuracy_95": pairs.get("accuracy_95"),
        "pairs": pairs.get("pairs"),
        "quality": quality(pairs),
        "taught_by": taught_by(champion["trained_on"]),
    }


def quality(pairs: Mapping[str, Any]) -> str:
    """The held-out accuracy over pairs that clearly differ, as a sentence with its interval."""
    accuracy, interval = pairs.get("accuracy"), pairs.get("accuracy_95")
    if accuracy is None:
        return "not measured: too few pairs of ads with clearly different results"
    text = f"picks the better of two ads {accuracy:.0%} of the time (a coin: 50%)"
    if interval and None not in interval:
        text += f", between {interval[0]:.0%} and {interval[1]:.0%} with 95% confidence"
        if interval[0] <= 0.5:
            text += ": not sure to beat the coin"
    return text


def taught_by(trained_on: Mapping[str, Any]) -> str:
    """Whose results taught the model."""
    owners = trained_on.get("owners") or {}
    names = sorted(owners, key=lambda owner: (owner != "own", owner))
    words = ["your own results" if name == "own" else f"the experiments of {name}" for name in names]
    if not words:
        return "an unknown teacher"
    text = " and ".join(words)
    return text if "own" in names else f"{text}: other people's audience, not yours"


def _rows(conn: Connection, name: str) -> list[dict[str, Any]]:
    return query.rows(conn, query.sql(__file__, name))
