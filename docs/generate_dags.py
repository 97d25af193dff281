"""Writes docs/DAGS.md from the DAG files: `python docs/generate_dags.py`, or with --check to see whether it is stale.

A DAG's own docstring is its manual in the Airflow UI; this page is the same text, so the two cannot disagree.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "DAGS.md"
DAYS = ["Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays"]
HEAD = """# DAGs

<!-- Written by docs/generate_dags.py from the docstrings in dags/. Change those, then run `make docs`. -->

Each text below is the DAG's own manual, as the Airflow UI shows it. An arrow is an asset: the DAG at its end
starts when the one at its beginning has published a day. Every task retries only what may pass by waiting, and has
a time-out; its pool limits how many of its kind run at once.
"""


def main() -> int:
    """Write the page, or with --check say whether it is what it should be; returns the exit code."""
    page = render(_parsed())
    if "--check" not in sys.argv:
        PAGE.write_text(page, encoding="utf-8")
        return 0
    fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page
    print("docs/DAGS.md is up to date." if fresh else "docs/DAGS.md is stale: run `make docs`.")
    return 0 if fresh else 1


def render(dags: list[Any]) -> str:
    """The page for the given DAGs, upstream before downstream."""
    ordered = _in_order(dags)
    parts = [HEAD, _chain(ordered), _overview(ordered), *(_section(dag) for dag in ordered)]
    return "\n".join(parts).rstrip() + "\n"


def _parsed() -> list[Any]:
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(PROJECT / "dags")
    if bag.import_errors:
        raise SystemExit(f"A DAG file cannot be read: {bag.import_errors}")
    return list(bag.dags.values())


def _in_order(dags: list[Any]) -> list[Any]:
    """Each chain from its head: a DAG comes right after the one that starts it."""
    remaining = sorted(dags, key=lambda dag: (bool(_waits_for(dag)), dag.dag_id))
    ordered: list[Any] = []

    def add(dag: Any) -> None:
        remaining.remove(dag)
        ordered.append(dag)
        for follower in [other for other in remaining if set(_waits_for(other)) & set(_publishes(dag))]:
            add(follower)

    while remaining:
        add(remaining[0])
    return ordered


def _chain(dags: list[Any]) -> str:
    edges = [
        f"    {dag.dag_id} -- {asset} --> {other.dag_id}"
        for dag in dags
        for asset in _publishes(dag)
        for other in dags
        if asset in _waits_for(other)
    ]
    return "\n".join(["```mermaid", "flowchart LR", *(f"    {dag.dag_id}" for dag in dags), *edges, "```", ""])


def _overview(dags: list[Any]) -> str:
    rows = [f"| [{dag.dag_id}](#{dag.dag_id}) | {_title(dag)} | {_starts(dag)} |" for dag in dags]
    return "\n".join(["| DAG | does | starts |", "|---|---|---|", *rows, ""])


def _section(dag: Any) -> str:
    manual = (dag.doc_md or "").strip().split("\n", 1)[1].strip()
    tasks = [
        f"| `{task.task_id}`{' (mapped)' if task.is_mapped else ''} | {_does(task)} | {task.pool} |"
        for task in dag.topological_sort()
    ]
    facts = f"Starts: {_starts(dag)}. At most {dag.max_active_runs} runs at once."
    published = [f"Publishes: {asset}." for asset in _publishes(dag)]
    head = [f"## {dag.dag_id}", "", f"*{_title(dag)}*", "", manual, "", " ".join([facts, *published]), ""]
    return "\n".join([*head, "| task | does | pool |", "|---|---|---|", *tasks, ""])


def _title(dag: Any) -> str:
    return str(dag.doc_md or "").strip().split("\n", 1)[0].lstrip("# ")


def _starts(dag: Any) -> str:
    if waited := _waits_for(dag):
        return f"when {', '.join(waited)} is published"
    if not (expression := getattr(dag.timetable, "expression", None)):
        return "by hand"
    day = "for the day before" if getattr(dag.timetable, "run_offset", 0) == -1 else "for the same day"
    return f"{_when(str(expression))}, {day}"


def _when(expression: str) -> str:
    minute, hour, of_month, month, weekday = expression.split()
    if (of_month, month) != ("*", "*") or not (minute + hour).isdigit() or not (weekday == "*" or weekday.isdigit()):
        return f"cron `{expression}` UTC"
    return f"{'daily' if weekday == '*' else DAYS[int(weekday) % 7]} at {int(hour):02}:{int(minute):02} UTC"


def _waits_for(dag: Any) -> list[str]:
    condition = getattr(dag.timetable, "asset_condition", None)
    return sorted(_assets(condition)) if condition else []


def _assets(condition: Any) -> Iterator[str]:
    if name := getattr(condition, "name", None):
        yield str(name)
    for part in getattr(condition, "objects", []):
        yield from _assets(part)


def _publishes(dag: Any) -> list[str]:
    return sorted(_outlets(dag))


def _outlets(dag: Any) -> Iterator[str]:
    for task in dag.tasks:
        for outlet in task.outlets:
            yield outlet.name


def _does(task: Any) -> str:
    function = getattr(task, "python_callable", None)
    said = function.__doc__ if function else task.doc_md
    return str(said or "Asks a person, in the Airflow UI.").strip().split("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
