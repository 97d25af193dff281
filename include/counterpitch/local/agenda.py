"""What a run still has to do: the days that did not go through the chain since they were landed, and what follows.

A day that a platform is asked for is due until it went through, and again while a feed has no answer for it: a brand
that joined after its day went through is collected too. A day that brought no ads (only web pages or results were
asked for) goes no further than its collection. Done work is told by Airflow's own record, compared with the time at
which the input landed. So a run that was killed half-way is taken up where it stopped, and a second run on the same
input has nothing to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from counterpitch.local.pipeline import CHAIN, LEARN, WRITE
from counterpitch.local.rest import Airflow, Run
from counterpitch.sources.results import LAYOUT
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Agenda:
    """Days ('YYYY-MM-DD') to take through the chain in order, the last landed day, and which weekly DAGs are due."""

    days: list[str]
    last_day: str | None
    learn: bool
    write: bool
    since: datetime  # when the newest input landed: a run that began before may have missed it

    @property
    def empty(self) -> bool:
        """Nothing to do."""
        return not (self.days or self.learn or self.write)


def agenda(conn: Connection, airflow: Airflow, asked: Sequence[str] = ()) -> Agenda:
    """What is left to do for everything that was landed, and for the days that platforms are `asked` for."""
    landed: dict[str, datetime] = dict.fromkeys(asked, NEVER)
    landed |= {row["day"]: row["landed_at"] for row in query.rows(conn, query.sql(__file__, "list_landed_days"))}
    unread = query.rows(conn, query.sql(__file__, "list_unread_days"), {"days": list(asked)})
    landed |= dict.fromkeys((row["day"] for row in unread), datetime.now(UTC))  # no run of before can have read it
    lessons = query.rows(conn, query.sql(__file__, "find_lessons"), {"pulled": [LAYOUT]})[0]
    known = airflow.dags()
    runs = {dag_id: airflow.runs(dag_id) for dag_id in (CHAIN[0], CHAIN[-1], LEARN, WRITE) if dag_id in known}
    adless = {row["day"] for row in query.rows(conn, query.sql(__file__, "list_adless_days"), {"days": list(landed)})}
    ended = {day for day in adless if _succeeded(runs.get(CHAIN[0], []), day, landed[day])}
    moving = {day: moment for day, moment in landed.items() if day not in ended}
    days = [day for day, moment in sorted(moving.items()) if not _is_through(day, moment, runs)]
    last_day = max(moving or landed, default=None)
    learnt = max((run.started or NEVER for run in runs.get(LEARN, []) if run.state == "success"), default=NEVER)
    return Agenda(
        days=days,
        last_day=last_day,
        learn=bool(last_day) and (_is_to_learn(lessons, learnt) or (bool(days) and _is_left_behind(conn))),
        write=last_day in moving and (bool(days) or not _is_written(last_day, moving[last_day], runs)),
        since=max([*landed.values(), *filter(None, [lessons["landed_at"]])], default=NEVER),
    )


def _is_to_learn(lessons: Mapping[str, Any], learnt: datetime) -> bool:
    """Whether people brought lessons since; those that platforms give daily are learnt on Mondays, and at first."""
    landed_at = lessons["landed_at"] or NEVER
    return bool(landed_at > learnt or (lessons["pulled"] and learnt == NEVER))


def _is_left_behind(conn: Connection) -> bool:
    """Whether an upgrade left the champion behind. To tell, it is loaded: ask only where days are to be scored."""
    from counterpitch.ctr import registry

    return registry.is_left_behind(conn)


def _is_through(day: str, landed_at: datetime, runs: dict[str, list[Run]]) -> bool:
    """Whether the day went through the first and the last DAG of the chain after its rows were landed."""
    return all(_succeeded(runs.get(dag_id, []), day, landed_at) for dag_id in (CHAIN[0], CHAIN[-1]))


def _is_written(day: str, landed_at: datetime, runs: dict[str, list[Run]]) -> bool:
    return _succeeded(runs.get(WRITE, []), day, landed_at)


def _succeeded(runs: Sequence[Run], day: str, after: datetime) -> bool:
    return any(run.key == day and run.state == "success" and run.started and run.started >= after for run in runs)
