"""Until when a connection must not be called, as its platform said: kept, so that no other try or brand asks too early.

The moment is kept as soon as it is told, in a transaction of its own: a sweep that is interrupted for the quota rolls
its own back, and the brands that are collected beside it use the same token.
"""

from __future__ import annotations

from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection, transaction

SHORTEST_KEPT = 5.0  # seconds; a shorter wait is over before another try begins


def free_in(conn: Connection, connection_id: str) -> float:
    """Seconds until the connection may be called again; 0 where nothing is known."""
    return float(query.scalar(conn, query.sql(__file__, "find_quota"), {"name": _name(connection_id)}) or 0.0)


def used_up(connection_id: str, seconds: float) -> None:
    """Keep that the connection must not be called for so long; an end that is kept and later stays."""
    if seconds < SHORTEST_KEPT:
        return
    with transaction(application="keep a quota") as conn:
        query.execute(conn, query.sql(__file__, "keep_quota"), {"name": _name(connection_id), "seconds": seconds})


def _name(connection_id: str) -> str:
    return f"quota:{connection_id}"
