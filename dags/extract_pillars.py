"""
## Read content pillars out of the day's ads

**What it does.** Reads each distinct text once (one per group of near-duplicates) and writes who it speaks to,
which need it answers and with which feature, its offer, hook, tone and call to action. Each with the exact
words that prove it; a value without a quote in the ad is dropped and counted. Writes `mart.reading`, `mart.pillar`.

**When.** As soon as `score_ads` has published the day: the best-scored and longest-running ads are read first.

**Who reads.** The model named by `COUNTERPITCH_LLM` within its budget, else the extractive reader, which needs no
model. Every row says which. An answer is never paid for twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import PartitionedAssetTimetable, dag, get_current_context, task

from counterpitch import partition, policy
from counterpitch.assets import PILLARS, SCORES


@dag(
    schedule=PartitionedAssetTimetable(assets=SCORES),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 asset-driven: only a floor
    catchup=False,
    max_active_runs=2,
    dagrun_timeout=timedelta(hours=6),
    default_args=policy.DEFAULT_ARGS,
    params=partition.scope_params(),
    tags=["counterpitch", "pillars"],
    doc_md=__doc__,
)
def extract_pillars() -> None:
    @task(pool="llm", execution_timeout=timedelta(hours=2))
    def read() -> dict[str, Any]:
        """Read the texts that were not read yet by the present reader."""
        from counterpitch.pillars.extract import read_partition

        context = get_current_context()
        return read_partition(partition.key_of(context), partition.brands_of(context))

    @task(outlets=[PILLARS])
    def publish() -> None:
        """Pass the scope on."""
        context = get_current_context()
        partition.publish(context, PILLARS, partition.brands_of(context))

    read() >> publish()


extract_pillars()
