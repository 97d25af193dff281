"""
## Gather pillars into themes, personas and gaps

**What it does.** For each market: clusters needs and features into themes, audiences into personas, and counts
persona by theme who speaks to whom about what, us against each competitor, with a confidence interval.
Ids persist from day to day. Writes `mart.theme`, `mart.persona`, `mart.gap` and their members.

**When.** As soon as `extract_pillars` has published the day.

**What a gap is.** White space is claimed only above a minimum support and where the interval leaves no doubt.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import PartitionedAssetTimetable, dag, get_current_context, task

from counterpitch import partition, policy
from counterpitch.assets import INSIGHTS, PILLARS


@dag(
    schedule=PartitionedAssetTimetable(assets=PILLARS),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 asset-driven: only a floor
    catchup=False,
    max_active_runs=1,  # ids persist from day to day: days must not overtake each other
    dagrun_timeout=timedelta(hours=2),
    default_args=policy.DEFAULT_ARGS,
    params=partition.scope_params(),
    tags=["counterpitch", "personas"],
    doc_md=__doc__,
)
def aggregate_personas() -> None:
    @task
    def choose_markets() -> list[str]:
        """Each market that holds a brand of this run's scope."""
        return partition.markets_of(get_current_context())

    @task(pool="compute", map_index_template="{{ market }}")
    def aggregate(market: str) -> dict[str, Any]:
        """Replace the market's themes, personas and gaps of the day."""
        from counterpitch.personas.aggregate import aggregate_market

        return aggregate_market(market, partition.key_of(get_current_context()))

    @task(outlets=[INSIGHTS])
    def publish() -> None:
        """Pass the scope on."""
        context = get_current_context()
        partition.publish(context, INSIGHTS, partition.brands_of(context))

    aggregate.expand(market=choose_markets()) >> publish()


aggregate_personas()
