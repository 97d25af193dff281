"""
## Collect the ads of every brand, one day at a time

**What it does.** For one day (the partition key) it asks every source of every brand for its ads, and ours for their
results; validates all at once; and replaces the day's slices in `core`. Bad rows go to `ops.quarantine`, with reasons;
a rule of level `stop` ends the run before anything downstream moves (*Data quality* on the Desk).

**When.** Daily at 06:00 UTC, for yesterday: by then every platform has closed the day it dates itself.

**If a brand fails.** Its mapped task is red and `ops.coverage` says why and what to do; the other brands go on, and
the run ends red. A brand that shows nothing empties its slice; one that could not be read keeps what it had.

**After downtime.** The scheduled run also asks for missed days, at most 14 a source, and passes each on as its own day;
what no platform tells of any more is `lost` in `ops.coverage`, with the reason.

**Backfill.** `counterpitch backfill --brand NAME --from DAY --to DAY`, or *Trigger* here: see docs/backfill.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import CronPartitionTimetable, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from counterpitch import partition, policy
from counterpitch.assets import ADS


@dag(
    schedule=CronPartitionTimetable("0 6 * * *", timezone="UTC", key_format="%Y-%m-%d", run_offset=-1),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 the timetable carries the time zone
    catchup=False,
    max_active_runs=2,
    dagrun_timeout=timedelta(hours=4),
    default_args=policy.DEFAULT_ARGS,
    params=partition.scope_params(),
    tags=["counterpitch", "collect"],
    doc_md=__doc__,
)
def collect_ads() -> None:
    @task
    def choose_brands() -> list[str]:
        """Each brand of this run's scope: one mapped task each."""
        return partition.brands_of(get_current_context())

    @task(pool="collect", map_index_template="{{ brand }}")
    def collect(brand: str) -> dict[str, Any]:
        """Ask all sources of one brand for the day."""
        from counterpitch.sources.collect import collect_brand

        context = get_current_context()
        return collect_brand(brand, partition.key_of(context), catch_up=partition.is_scheduled(context))

    @task(trigger_rule="all_done_min_one_success", pool="compute")
    def validate(brands: list[str], collected: list[dict[str, Any]]) -> dict[str, Any]:
        """Validate the day once for all brands, then the days that were caught up, and load what passed."""
        from counterpitch.quality.publish import validate_days

        context = get_current_context()
        return validate_days(partition.key_of(context), brands, collected, catch_up=partition.is_scheduled(context))

    @task(outlets=[ADS])
    def publish(loaded: dict[str, Any]) -> None:
        """Tell the chain, once a day that moved, which brands did."""
        partition.publish(get_current_context(), ADS, loaded["brands"], loaded["days"])

    @task(trigger_rule="one_failed")
    def report_unread() -> None:
        """Red where a brand could not be read: the others went on, but the day is not done."""
        raise AirflowFailException("A brand could not be collected: see its red task, and ops.coverage. Run again.")

    brands = choose_brands()
    collected = collect.expand(brand=brands)
    collected >> report_unread()
    publish(validate(brands, collected))


collect_ads()
