"""A marketer's hand on themes and personas: rename, merge, pin, mute. It survives the next clustering.

The hand is kept by id in `mart.curation`, apart from the clustering, and ids persist; so it is laid on each
new clustering after its ids are matched.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from counterpitch.errors import Permanent
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection

ACTIONS = ("rename", "merge", "pin", "mute")


class BadCuration(Permanent):
    """The change cannot be made; the message says why."""


@dataclass(frozen=True)
class Curation:
    """renamed: id -> label; merged: id -> the id that it ends in, through any chain; pinned and muted: ids."""

    renamed: dict[str, str] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    pinned: frozenset[str] = frozenset()
    muted: frozenset[str] = frozenset()

    @property
    def targets(self) -> frozenset[str]:
        """The ids that others were merged into."""
        return frozenset(self.merged.values())


def curate(
    conn: Connection, market_id: str, kind: str, subject_id: str, action: str, decided_by: str, value: str | None = None
) -> None:
    """Keep one change. kind: theme or persona; value: the new name, or the id to merge into.

    It shows when the market is next aggregated. Raises BadCuration for an unknown action, a missing or needless
    value, or a merge that would run in a circle.
    """
    if action not in ACTIONS:
        raise BadCuration(f"There is no action {action!r}. Choose one of: {', '.join(ACTIONS)}.")
    value = (value or "").strip() or None
    if (action in {"rename", "merge"}) != (value is not None):
        raise BadCuration("A rename needs the new name and a merge the id to merge into; pin and mute need neither.")
    if action == "merge" and value in {subject_id, *_followers(read_curation(conn, market_id, kind), subject_id)}:
        raise BadCuration(f"{value} is itself merged into {subject_id}: undo that first.")
    row = {"market_id": market_id, "kind": kind, "subject_id": subject_id, "action": action}
    key = list(row)
    write.upsert(
        conn, "mart.curation", key, ["value", "decided_by"], [row | {"value": value, "decided_by": decided_by}]
    )


def undo(conn: Connection, market_id: str, kind: str, subject_id: str, action: str) -> bool:
    """Take one change back; whether there was one."""
    key = {"market_id": market_id, "kind": kind, "subject_id": subject_id, "action": action}
    return query.execute(conn, query.sql(__file__, "delete_curation"), key) > 0


def read_curation(conn: Connection, market_id: str, kind: str) -> Curation:
    """All changes of a market and kind."""
    found = query.rows(conn, query.sql(__file__, "select_curation"), {"market_id": market_id, "kind": kind})
    by_action: dict[str, dict[str, str]] = {action: {} for action in ACTIONS}
    for row in found:
        by_action[row["action"]][row["subject_id"]] = row["value"]
    merges = by_action["merge"]
    return Curation(
        renamed=by_action["rename"],
        merged={subject: _end(subject, merges) for subject in merges},
        pinned=frozenset(by_action["pin"]),
        muted=frozenset(by_action["mute"]),
    )


def _followers(curation: Curation, subject_id: str) -> set[str]:
    return {subject for subject, end in curation.merged.items() if end == subject_id}


def _end(subject: str, merges: dict[str, str]) -> str:
    seen = {subject}
    while subject in merges and merges[subject] not in seen:
        subject = merges[subject]
        seen.add(subject)
    return subject
