"""
## Let a person promote a CTR challenger

**What it does.** Puts a challenger that beat the champion beyond noise before a person (*Required Actions* in this
UI) with the comparison, records the answer, and moves the champion pointer only on *Promote*.

**When.** As soon as `train_ctr` has found such a challenger; or by hand, with a model's id.

**If nobody answers** for 7 days, the champion stays and the record says expired. `counterpitch ctr rollback` takes
the last promotion back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, PartitionedAssetTimetable, dag, get_current_context, task

from counterpitch import partition, policy
from counterpitch.assets import CHALLENGER


@dag(
    schedule=PartitionedAssetTimetable(assets=CHALLENGER),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 asset-driven: only a floor
    catchup=False,
    max_active_runs=4,
    default_args=policy.DEFAULT_ARGS,
    params={"model_id": Param(None, type=["null", "string"], title="Model", section="Scope")},
    tags=["counterpitch", "ctr", "human"],
    doc_md=__doc__,
)
def promote_ctr() -> None:
    @task
    def describe() -> dict[str, str]:
        """The challenger, and the comparison as a person would want to read it."""
        from counterpitch.ctr import registry

        challenger = partition.challenger_of(get_current_context())
        return challenger | {"body": registry.describe(challenger["model_id"])}

    ask = HITLOperator(
        task_id="ask",
        subject="Promote the CTR model {{ ti.xcom_pull(task_ids='describe')['model_id'] }}?",
        body="{{ ti.xcom_pull(task_ids='describe')['body'] }}",
        options=["Promote", "Keep the champion"],
        defaults="Keep the champion",
        params={"reason": Param("", type="string", title="Why", description="Kept with the decision.")},
        response_timeout=timedelta(days=7),
        execution_timeout=None,
    )

    @task
    def record(challenger: dict[str, str], answer: dict[str, Any]) -> dict[str, Any]:
        """Store the decision; move the pointer on Promote."""
        from counterpitch.ctr import registry

        return registry.record_decision(challenger["model_id"], answer)

    challenger = describe()
    challenger >> ask
    record(challenger, ask.output)


promote_ctr()
