"""
## Train a CTR challenger and compare it with the champion

**What it does.** Trains the model that ranks ads never shown before, on our own results and experiments, and
compares it with the champion on later data. The same data give the same model, to the byte.

**When.** As soon as training is due: each Monday (`train_weekly`), on a day whose ads or results have drifted too far
from what the champion learnt (`score_ads` measures that daily); and by hand.

**Who promotes.** With no champion that can score (none yet, or one from before an upgrade), a model that beats the
baselines is promoted at once and marked `bootstrap`.
A challenger that wins beyond noise is put before a person in `promote_ctr`; any other changes nothing.

**Pillars.** A second model that also reads pillars is trained beside it and judged on the same held-out ads, and beside
the champion while its own verdict is not known. Only where it wins beyond noise, and while the model that it stands
beside is the champion, `extract_pillars` scores with it again. No task waits for that, and its failure fails no
training; while too few ads are read, as on a first run, it is skipped at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import PartitionedAssetTimetable, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowTaskTimeout

from counterpitch import partition, policy
from counterpitch.assets import CHALLENGER, TRAINING_DUE


@dag(
    schedule=PartitionedAssetTimetable(assets=TRAINING_DUE),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 asset-driven: only a floor
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=3),
    default_args=policy.DEFAULT_ARGS,
    params=partition.scope_params(),
    tags=["counterpitch", "ctr"],
    doc_md=__doc__,
)
def train_ctr() -> None:
    @task(pool="compute", execution_timeout=timedelta(hours=2))
    def train() -> str:
        """Train on what is known up to the day; returns the model's id."""
        from counterpitch.ctr import registry, train

        with partition.skip_on(registry.NotEnoughData):
            return train.train(partition.key_of(get_current_context()))

    @task(pool="compute")
    def compare(model_id: str) -> dict[str, Any]:
        """The verdict against the champion; a first model is promoted here."""
        from counterpitch.ctr import registry

        return registry.compare(model_id)

    @task(pool="compute", retries=0, execution_timeout=timedelta(hours=1))
    def weigh_pillars(model_id: str) -> dict[str, str]:
        """What pillars are worth beside this model and the champion; skipped while too few ads are read."""
        from counterpitch.ctr import refusals, weigh

        with partition.skip_on(refusals.NotEnoughData, AirflowTaskTimeout):
            return weigh.after_training(model_id)

    @task(outlets=[CHALLENGER])
    def publish(verdict: dict[str, Any]) -> None:
        """Ask a person, where the challenger won."""
        partition.publish_challenger(get_current_context(), CHALLENGER, verdict)

    model_id = train()
    publish(compare(model_id))
    weigh_pillars(model_id)


train_ctr()
