"""
## Let a marketer decide on the briefs

**What it does.** Puts each undecided brief before a person (*Required Actions* in this UI, with the whole brief),
records approve, reject with the reason, or expired, and exports what was approved.

**When.** As soon as `write_briefs` has written. Each brief waits on its own for up to 7 days.

**If nobody answers**, the brief is recorded as expired, not as rejected, and is proposed again when its gap persists.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, PartitionedAssetTimetable, dag, get_current_context, task, task_group

from counterpitch import partition, policy
from counterpitch.assets import BRIEFS


@dag(
    schedule=PartitionedAssetTimetable(assets=BRIEFS),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 asset-driven: only a floor
    catchup=False,
    max_active_runs=16,
    default_args=policy.DEFAULT_ARGS,
    params=partition.scope_params(),
    tags=["counterpitch", "briefs", "human"],
    doc_md=__doc__,
)
def approve_briefs() -> None:
    @task
    def list_undecided() -> list[dict[str, Any]]:
        """The briefs that wait for a decision: market, brief, subject and body."""
        from counterpitch.briefs.approval import undecided

        context = get_current_context()
        return undecided(partition.markets_of(context), partition.key_of(context))

    @task(trigger_rule="none_failed")
    def record(brief: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        """Store the decision and export what was approved."""
        from counterpitch.briefs.approval import record_decision

        return record_decision(brief, answer)

    @task_group
    def decide(brief: dict[str, Any]) -> None:
        asked = HITLOperator(
            task_id="ask",
            subject="{{ ti.xcom_pull(task_ids='list_undecided')[ti.map_index]['subject'] }}",
            body="{{ ti.xcom_pull(task_ids='list_undecided')[ti.map_index]['body'] }}",
            options=["Approve", "Reject"],
            defaults="Reject",
            params={"reason": Param("", type="string", title="Why", description="Kept with the decision.")},
            response_timeout=timedelta(days=7),
            execution_timeout=None,
        )
        record(brief, asked.output)

    decide.expand(brief=list_undecided())


approve_briefs()
