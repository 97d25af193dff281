"""
## Compare an edited prompt with the one in use

**What it does.** Reads a set of annotated ads with the prompt in use and with the one in `pillars/prompt.md`, by the
model that `COUNTERPITCH_LLM` names, and scores both. The new one is used from then on if it does not score worse;
the choice is kept with its reason (`llm.prompt_choice`), the scores in `llm.prompt_score`. The first prompt needs no
comparison. What it costs: the annotated ads once with each of both prompts; answers that are known cost nothing.

**When.** Daily at 05:00 UTC, before the day is read: an edited prompt is compared until there is a verdict. Without an
edit, or where the edited one is known to read worse, nothing is asked, and the run skips and says why. By hand: also
what is known already, and the prompt in use alone, with a model or a file of annotated ads of your choice.

**Which ads.** Those of `COUNTERPITCH_GOLD` (JSONL with `ad_key`, `text`, `pillars`), else some of the bundled market.
**Without a model** there is no prompt, and the run skips.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import CronPartitionTimetable, Param, dag, get_current_context, task

from counterpitch import partition, policy


@dag(
    schedule=CronPartitionTimetable("0 5 * * *", timezone="UTC", key_format="%Y-%m-%d", run_offset=0),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 the timetable carries the time zone
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=3),
    default_args=policy.DEFAULT_ARGS,
    params={
        "gold": Param(
            None, type=["null", "string"], title="Annotated ads", description="A JSONL file.", section="What"
        ),
        "model": Param(None, type=["null", "string"], title="Model", description="provider:model", section="What"),
    },
    tags=["counterpitch", "pillars"],
    doc_md=__doc__,
)
def evaluate_prompts() -> None:
    @task(pool="llm", execution_timeout=timedelta(hours=2))
    def compare() -> dict[str, Any]:
        """Score both prompts, and use the new one if it is not worse."""
        from counterpitch.pillars import evaluate

        run, asked = get_current_context()["dag_run"], get_current_context()["params"]
        with partition.skip_on(evaluate.NothingToCompare):
            return evaluate.compare(run.run_id, asked["gold"], asked["model"], again=run.run_type != "scheduled")

    compare()


evaluate_prompts()
