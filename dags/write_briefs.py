"""
## Write content briefs for the gaps

**What it does.** Takes each market's strongest supported gaps and writes a brief for each as a user story:
who, what they need, so that what; why now, in counted ads; the evidence with its quotes; what to prove first.
Writes `mart.brief` and exports the proposals as Markdown, HTML and CSV.

**When.** Mondays at 08:00 UTC, after the weekend's chain has ended, on the latest day that was aggregated;
and by hand, with a day and brands.

**Who decides.** A marketer, in `approve_briefs`, which starts from here. This run ends without waiting: a run
that waited a week for a person would hide a late one and hold up the next.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import CronPartitionTimetable, dag, get_current_context, task

from counterpitch import partition, policy
from counterpitch.assets import BRIEFS


@dag(
    schedule=CronPartitionTimetable("0 8 * * 1", timezone="UTC", key_format="%Y-%m-%d", run_offset=0),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 the timetable carries the time zone
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=policy.DEFAULT_ARGS,
    params=partition.scope_params(),
    tags=["counterpitch", "briefs"],
    doc_md=__doc__,
)
def write_briefs() -> None:
    @task
    def choose_markets() -> list[str]:
        """Each market that holds a brand of this run's scope."""
        partition.skip_if_overtaken(get_current_context(), "find_latest_briefs")
        return partition.markets_of(get_current_context())

    @task(map_index_template="{{ market }}")
    def write(market: str) -> dict[str, Any]:
        """Replace the market's briefs of the day; decisions already taken stay."""
        from counterpitch.briefs.write import write_briefs as write_market

        return write_market(market, partition.key_of(get_current_context()))

    @task(map_index_template="{{ market }}")
    def export(market: str) -> dict[str, Any]:
        """Files of the proposals, for whoever does not open the Desk."""
        from counterpitch.briefs.export import export_proposals

        return export_proposals(market, partition.key_of(get_current_context()))

    @task(outlets=[BRIEFS])
    def publish() -> None:
        """Ask for decisions."""
        context = get_current_context()
        partition.publish(context, BRIEFS, partition.brands_of(context))

    markets = choose_markets()
    write.expand(market=markets) >> export.expand(market=markets) >> publish()


write_briefs()
