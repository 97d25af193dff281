"""Past days through the real scheduler: Airflow's own backfill of the first DAG, followed down the chain.

Airflow's bounds are instants and a day is dated at the hour of its schedule, so the last day is asked for up
to its end: midnight would leave it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from counterpitch.local.pipeline import CHAIN, Outcome, Pipeline
from counterpitch.local.progress import Progress
from counterpitch.local.rest import Airflow


def backfill(
    address: str,
    login: tuple[str, str],
    first: date,
    last: date,
    brands: Sequence[str],
    progress: Progress,
    *,
    at_once: int = 2,
    missing_only: bool = False,
    minutes: float = 240,
) -> Outcome:
    """Run the days `first` to `last`, both included, for `brands` (all when empty), and wait for the whole chain.

    Raises LocalFailure when Airflow refuses or the deadline passes.
    """
    since = datetime.now(UTC)
    with Airflow(address, *login) as airflow:
        pipeline = Pipeline(airflow, address, progress, since=since, minutes=minutes)
        pipeline.unpause()
        days = airflow.backfill(
            CHAIN[0],
            datetime.combine(first, time.min, UTC),
            datetime.combine(last, time.max, UTC),
            conf={"brands": list(brands)} if brands else {},
            at_once=at_once,
            again="none" if missing_only else "completed",
        )
        return pipeline.follow(days) if days else Outcome()
