"""
## Score the day's ads with the champion

**What it does.** Predicts, for every ad seen on the day, the click-through rate it would have *if it ran for us*,
with an interval, its rank in its brand and in the market, and the reasons in words. Writes `mart.ad_score`.

**When.** As soon as `collect_ads` has published the day.

**With no champion yet** it trains one from what is there and marks it `bootstrap`: a first run waits for nobody.
So it does where an upgrade left the champion behind, whose trees would read other columns.
With nothing to learn from, scoring is skipped and says so; the chain goes on with labelled proxies.

**Beside it** it measures how far the day's ads and our results have drifted from what the champion learnt
(`ml.drift`, `ml.drift_day`). Crossing the line starts `train_ctr`, once; otherwise the task is skipped with the reason.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import PartitionedAssetTimetable, dag, get_current_context, task

from counterpitch import partition, policy
from counterpitch.assets import ADS, SCORES, TRAINING_DUE


@dag(
    schedule=PartitionedAssetTimetable(assets=ADS),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 asset-driven: only a floor
    catchup=False,
    max_active_runs=2,
    dagrun_timeout=timedelta(hours=2),
    default_args=policy.DEFAULT_ARGS,
    params=partition.scope_params(),
    tags=["counterpitch", "ctr"],
    doc_md=__doc__,
)
def score_ads() -> None:
    @task(pool="compute")
    def ensure_champion() -> str:
        """The model that scores; trained and marked `bootstrap` when none can score."""
        from counterpitch.ctr import registry

        with partition.skip_on(registry.NotEnoughData):
            return registry.ensure_champion(partition.key_of(get_current_context()))

    @task(pool="compute")
    def score() -> dict[str, Any]:
        """Replace the day's scores in each market that holds the brands."""
        from counterpitch.ctr.score import score_partition

        context = get_current_context()
        return score_partition(partition.key_of(context), partition.brands_of(context))

    @task(outlets=[SCORES], trigger_rule="none_failed")
    def publish() -> None:
        """Pass the scope on."""
        context = get_current_context()
        partition.publish(context, SCORES, partition.brands_of(context))

    @task(pool="compute", outlets=[TRAINING_DUE])
    def measure_drift() -> None:
        """How far the champion's world has moved; asks for training where it moved too far."""
        from counterpitch.ctr import drift, registry

        context = get_current_context()
        with partition.skip_on(registry.NotEnoughData):
            partition.publish_training(context, TRAINING_DUE, drift.measure(partition.key_of(context)))

    ensure_champion() >> score() >> [publish(), measure_drift()]


score_ads()
