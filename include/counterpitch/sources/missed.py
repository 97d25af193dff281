"""Days on which nobody asked a platform, because the machine was off or the platform did not answer.

Where the platform still tells of such a day it is asked for it later, with that day as its partition; where it tells
only of now, the day is recorded as lost, with the reason. So an absence in the data is never taken for an absence in
the market. Own results need none of this: a later report begins where the last one ended (results.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from counterpitch.sources.base import State
from counterpitch.sources.readers import KEEPS
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

MOST_DAYS = 14  # of a feed in one run; the next run goes on


@dataclass(frozen=True)
class Missed:
    """A feed (a row of core.feed) and a day that it can still be asked for."""

    feed: dict[str, Any]
    day: date


def missed_days(
    conn: Connection, before: date, brands: Sequence[str] | None = None, today: date | None = None
) -> list[Missed]:
    """What feeds missed before a day and can still be asked for, at most MOST_DAYS of a feed: newest first, and
    those that failed last.

    Records the days that no platform tells of any more as lost. `today` is the day of looking.
    """
    now = datetime.now(UTC)
    found: list[Missed] = []
    of_feed: dict[tuple[str, ...], int] = {}
    for row in query.rows(conn, query.sql(__file__, "list_missed_days"), {"before": before, "brands": brands}):
        feed = {name: row[name] for name in ("brand_id", "source", "kind", "options")}
        if not _still_told(feed, row["day"], today or now.date()):
            _lose(conn, feed, row["day"], now)
            continue
        key = (feed["brand_id"], feed["source"], feed["kind"])
        of_feed[key] = of_feed.get(key, 0) + 1
        if of_feed[key] <= MOST_DAYS:
            found.append(Missed(feed, row["day"]))
    return found


def _still_told(feed: dict[str, Any], day: date, today: date) -> bool:
    keeps = KEEPS.get(feed["options"].get("reader", "files"))
    return keeps is not None and day >= today - keeps


def _lose(conn: Connection, feed: dict[str, Any], day: date, now: datetime) -> None:
    keeps = KEEPS.get(feed["options"].get("reader", "files"))
    message = "Nobody asked on this day, and " + (
        f"the platform tells only of the last {keeps.days} days." if keeps else "the platform tells only of now."
    )
    told = {**feed, "day": day, "state": State.LOST.value, "code": "missed", "message": message, "observed_at": now}
    query.execute(conn, query.sql(__file__, "record_unasked"), told)
