"""
## Ask for the week's CTR training

**What it does.** Publishes that training is due, which starts `train_ctr` for the newest day that was collected: a
model must not claim a day that it has not seen. Started by hand, it is for the day of the form.

**When.** Mondays at 04:00 UTC, before the day's ads are scored. Between Mondays drift may ask for it (`score_ads`).

**Why a DAG of its own.** A DAG is started by the clock or by an asset, not by both, where its runs carry a day.
"""

from __future__ import annotations

from datetime import datetime

from airflow.sdk import CronPartitionTimetable, dag, get_current_context, task

from counterpitch import partition, policy
from counterpitch.assets import TRAINING_DUE


@dag(
    schedule=CronPartitionTimetable("0 4 * * 1", timezone="UTC", key_format="%Y-%m-%d", run_offset=0),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 the timetable carries the time zone
    catchup=False,
    max_active_runs=1,
    default_args=policy.DEFAULT_ARGS,
    params=partition.scope_params(),
    tags=["counterpitch", "ctr"],
    doc_md=__doc__,
)
def train_weekly() -> None:
    @task(outlets=[TRAINING_DUE])
    def publish() -> None:
        """Ask for training, unless a model was trained for a later day by hand."""
        context = get_current_context()
        partition.skip_if_overtaken(context, "find_later_model")
        partition.publish_training(
            context,
            TRAINING_DUE,
            {"retrain": True, "reason": "It is Monday."},
            day=partition.newest_collected(context),
        )

    publish()


train_weekly()
