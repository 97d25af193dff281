"""
## Read content pillars out of the day's ads

**What it does.** Reads each distinct text once (one per group of near-duplicates) and writes who it speaks to,
which need it answers and with which feature, its offer, hook, tone and call to action. Each with the exact
words that prove it; a value without a quote in the ad is dropped and counted. Writes `mart.reading`, `mart.pillar`.

**When.** As soon as `score_ads` has published the day: the best-scored and longest-running ads are read first.

**Who reads.** The model named by `COUNTERPITCH_LLM` within its budget, else the extractive reader, which needs no
model. Every row says which. An answer is never paid for twice.

**Half price.** With `COUNTERPITCH_LLM_BATCH=on` the texts are handed to the provider's batch service, and the task
comes back every five minutes, holding no slot between, until the answers are there (a day at the most).

**Scored again.** Where `train_ctr` found that a model with pillars ranks our read ads better than the champion beyond
noise, the day's scores are replaced by that model's before the day is passed on. Otherwise the champion's stand.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import PartitionedAssetTimetable, PokeReturnValue, dag, get_current_context, task

from counterpitch import partition, policy
from counterpitch.assets import PILLARS, SCORES


@dag(
    schedule=PartitionedAssetTimetable(assets=SCORES),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 asset-driven: only a floor
    catchup=False,
    max_active_runs=8,  # a run that waits for a batch holds none of the pool's slots; those bound the work
    dagrun_timeout=timedelta(hours=30),
    default_args=policy.DEFAULT_ARGS,
    params=partition.scope_params(),
    tags=["counterpitch", "pillars"],
    doc_md=__doc__,
)
def extract_pillars() -> None:
    @task.sensor(
        pool="llm", mode="reschedule", poke_interval=300, timeout=26 * 3600, execution_timeout=timedelta(hours=2)
    )
    def read() -> PokeReturnValue:
        """Read the texts that were not read yet by the present reader; again until no batch owes an answer."""
        from counterpitch.pillars.extract import read_partition

        context = get_current_context()
        read = read_partition(partition.key_of(context), partition.brands_of(context), run=context["dag_run"].run_id)
        return PokeReturnValue(is_done=not read["waiting"], xcom_value=read)

    @task(outlets=[PILLARS])
    def publish() -> None:
        """Score the day again where a model with pillars has won; pass the scope on, whatever came of that."""
        from counterpitch.ctr.rescore import rescore_partition

        context = get_current_context()
        rescore_partition(partition.key_of(context), partition.brands_of(context))
        partition.publish(context, PILLARS, partition.brands_of(context))

    read() >> publish()


extract_pillars()
