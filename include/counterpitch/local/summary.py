"""What the warehouse holds now, in words and counts that a marketer understands.

Every figure is a count of rows or a stored metric. The quality of the click-through model is said with the
baseline it must beat and with whose results taught it, because a prediction is worth no more than its teacher.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from counterpitch import brands
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection, transaction


def summary(
    *, seconds: float | None = None, address: str | None = None, login: tuple[str, str] | None = None
) -> dict[str, Any]:
    """Brands, markets, texts left unread, account of rows, model, unread brands; if given, time, address, login."""
    with transaction(application="counterpitch summary") as conn:
        found: dict[str, Any] = {
            "brands": brands.registered(conn),
            "markets": _rows(conn, "summarise_markets"),
            "left_out": _rows(conn, "list_left_out"),
            "rows": _rows(conn, "summarise_rows")[0],
            "rejections": _rows(conn, "list_rejections"),
            "model": model(next(iter(_rows(conn, "find_champion")), None)),
            "unread": _rows(conn, "list_unread_sweeps"),
            "lost": _rows(conn, "list_lost_days"),
        }
    if address and login:
        found["ui"] = {"address": address, "user": login[0], "password": login[1]}
    if seconds is not None:
        found["seconds"] = round(seconds, 1)
    return found


def model(champion: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The champion: model_id, its quality in words, taught_by, and accuracies (0 to 1) of held-out pairs; or None."""
    if champion is None:
        return None
    ranking = champion["metrics"].get("table", {}).get("model", {})
    clear, every = ranking.get("significant_pairs") or {}, ranking.get("all_pairs") or {}
    return {
        "model_id": champion["model_id"],
        "mark": champion["mark"],
        "accuracy": every.get("accuracy"),
        "accuracy_95": every.get("accuracy_95"),
        "pairs": every.get("pairs"),
        "accuracy_where_clear": clear.get("accuracy"),
        "pairs_where_clear": clear.get("pairs"),
        "quality": quality(every, clear),
        "taught_by": taught_by(champion["trained_on"]),
    }


def quality(every: Mapping[str, Any], clear: Mapping[str, Any]) -> str:
    """How often the model names the better of two ads it never saw: of any two, and of two that clearly differ."""
    accuracy, interval = every.get("accuracy"), every.get("accuracy_95")
    if accuracy is None:
        return "not measured: too few pairs of ads to compare"
    text = f"of two ads it never saw, it names the better one {accuracy:.0%} of the time"
    if interval and None not in interval:
        text += f" ({interval[0]:.0%} to {interval[1]:.0%} with 95% confidence, {every.get('pairs', 0):,} pairs)"
    if clear.get("accuracy") is not None:
        text += f"; where their results clearly differ, {clear['accuracy']:.0%} ({clear.get('pairs', 0):,} pairs)"
    text += "; a coin, 50%"
    if interval and None not in interval and interval[0] <= 0.5:
        text += ". That is not sure to beat the coin"
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
