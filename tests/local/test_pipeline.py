"""The passage of days through the DAGs, against an Airflow that is played: what is started, awaited and said."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from counterpitch.local import pipeline as module
from counterpitch.local.errors import LocalFailure
from counterpitch.local.pipeline import CHAIN, LEARN, PEOPLE, WEEK, WRITE, Outcome, Pipeline
from counterpitch.local.progress import Progress
from counterpitch.local.rest import Airflow, Run, Task

EPOCH = datetime(2026, 11, 21, 12, tzinfo=UTC)


# ruff: noqa: ARG002
class Played(Airflow):
    """An Airflow in memory: a run ends at the second look, and starts the next DAG of the chain for its key."""

    def __init__(self, *, owed: str | None = None, paused: bool = True) -> None:
        self.log_of: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self.paused = dict.fromkeys((*CHAIN, *PEOPLE, LEARN, WEEK, WRITE), paused)
        self.owed = owed
        self.fails: set[tuple[str, str]] = set()
        self.skips: set[str] = set()  # keys whose first DAG publishes nothing
        self.loses: set[tuple[str, str]] = set()  # runs whose event starts nothing
        self.all: list[Run] = []
        self._numbers = itertools.count(1)

    def dags(self) -> dict[str, bool]:
        return dict(self.paused)

    def import_errors(self) -> list[tuple[str, str]]:
        return []

    def unpause(self, dag_id: str) -> None:
        self.paused[dag_id] = False
        self.asked.append(("unpause", dag_id))
        if dag_id == CHAIN[0] and self.owed:
            self._add(dag_id, self.owed, "scheduled")

    def trigger(
        self, dag_id: str, key: str, *, run_after: datetime | None = None, conf: Mapping[str, Any] | None = None
    ) -> Run:
        self.asked.append((dag_id, key))
        return self._add(dag_id, key, "manual")

    def runs(self, dag_id: str = "~", *, since: datetime | None = None) -> list[Run]:
        self._work()
        return [run for run in self.all if dag_id in {"~", run.dag_id}]

    def tasks(self, run: Run | None = None, *, since: datetime | None = None) -> list[Task]:
        if run is None:
            return []
        state = "failed" if run.state == "failed" else "skipped" if run.key in self.skips else "success"
        return [Task(run.dag_id, run.run_id, "publish", -1, None, state, 1)]

    def log(self, task: Task) -> list[str]:
        return ["::group::x", "noise", "Task failed with exception", "ValueError: the reason"]

    def _add(self, dag_id: str, key: str, run_type: str) -> Run:
        run = Run(dag_id, f"r{next(self._numbers)}", key, "queued", run_type, datetime.now(UTC), None, None)
        self.all.append(run)
        return run

    def _work(self) -> None:
        for place, run in enumerate(list(self.all)):
            if self.paused[run.dag_id] or run.over:
                continue
            if run.state == "queued":
                self.all[place] = replace(run, state="running", started=datetime.now(UTC))
                continue
            failed = (run.dag_id, run.key) in self.fails
            self.all[place] = replace(run, state="failed" if failed else "success", ended=datetime.now(UTC))
            following = CHAIN.index(run.dag_id) + 1 if run.dag_id in CHAIN else len(CHAIN)
            lost = failed or run.key in self.skips or (run.dag_id, run.key) in self.loses
            if following < len(CHAIN) and not lost:
                self._add(CHAIN[following], run.key or "", "asset_triggered")


class Clock:
    """Time that passes by what is slept and by nothing else: however slow the machine is, no patience ends early."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "time", Clock())


@pytest.fixture
def passage() -> Callable[..., Pipeline]:
    def make(airflow: Airflow, since: datetime | None = None, minutes: float = 60) -> Pipeline:
        progress = Progress(Console(file=io.StringIO()), live=False)
        since = since or datetime.now(UTC) - timedelta(seconds=1)
        return Pipeline(airflow, "http://127.0.0.1:8080", progress, since=since, minutes=minutes)

    return make


def run(passage: Pipeline, days: list[str], *, learn: bool = False, write: bool = True) -> Outcome:
    return passage.run(days, max(days, default="2026-11-20"), learn=learn, write=write)


def test_days_go_through_the_whole_chain(passage: Callable[..., Pipeline]) -> None:
    airflow = Played()
    outcome = run(passage(airflow), ["2026-11-18", "2026-11-20"])
    assert sorted(outcome.done) == ["2026-11-18", "2026-11-20"]
    assert outcome.failures == []
    assert {(r.dag_id, r.key) for r in airflow.all if r.dag_id in CHAIN} == {
        (dag_id, key) for dag_id in CHAIN for key in ("2026-11-18", "2026-11-20")
    }


def test_days_are_asked_for_oldest_first(passage: Callable[..., Pipeline]) -> None:
    airflow = Played()
    run(passage(airflow), ["2026-11-20", "2026-11-11", "2026-11-18"])
    keys = [key for dag_id, key in airflow.asked if dag_id == CHAIN[0]]
    assert keys == ["2026-11-11", "2026-11-18", "2026-11-20"]


def test_the_run_that_unpausing_makes_is_taken_for_ours(passage: Callable[..., Pipeline]) -> None:
    airflow = Played(owed="2026-11-20")
    outcome = run(passage(airflow), ["2026-11-18", "2026-11-20"])
    assert sorted(outcome.done) == ["2026-11-18", "2026-11-20"]
    assert [key for dag_id, key in airflow.asked if dag_id == CHAIN[0]] == ["2026-11-18"]
    assert len([r for r in airflow.all if r.dag_id == CHAIN[0]]) == 2


def test_an_owed_run_of_another_day_does_not_stand_in(passage: Callable[..., Pipeline]) -> None:
    airflow = Played(owed="2026-11-20")
    outcome = run(passage(airflow), ["2025-03-01"])
    assert outcome.done == ["2025-03-01"]


def test_consumers_are_awake_before_the_first_event(passage: Callable[..., Pipeline]) -> None:
    airflow = Played()
    run(passage(airflow), ["2026-11-20"])
    first_work = next(place for place, (what, _) in enumerate(airflow.asked) if what == CHAIN[0])
    awake = {dag_id for what, dag_id in airflow.asked[:first_work] if what == "unpause"}
    assert {*CHAIN[1:], *PEOPLE} <= awake


def test_learning_comes_before_scoring_and_briefs_last(passage: Callable[..., Pipeline]) -> None:
    airflow = Played()
    run(passage(airflow), ["2026-11-20"], learn=True)
    asked = [what for what, _ in airflow.asked if what != "unpause"]
    assert asked == [LEARN, CHAIN[0], WRITE]
    assert not any(airflow.paused.values())


def test_a_day_with_nothing_to_pass_on_is_empty_not_failed(passage: Callable[..., Pipeline]) -> None:
    airflow = Played()
    airflow.skips = {"2026-11-20"}
    outcome = run(passage(airflow), ["2026-11-18", "2026-11-20"])
    assert (outcome.done, outcome.empty, outcome.failures) == (["2026-11-18"], ["2026-11-20"], [])
    assert WRITE not in [dag_id for dag_id, _ in airflow.asked]


def test_a_failure_names_the_task_the_reason_and_the_place(passage: Callable[..., Pipeline]) -> None:
    airflow = Played()
    airflow.fails = {("score_ads", "2026-11-18")}
    outcome = run(passage(airflow), ["2026-11-18", "2026-11-20"])
    assert outcome.done == ["2026-11-20"]
    text = str(outcome.failures[0])
    assert "Task publish of score_ads failed on 2026-11-18" in text
    assert "http://127.0.0.1:8080/dags/score_ads/runs/" in text
    assert "ValueError: the reason" in text
    assert "noise" not in text
    assert (WRITE, "2026-11-20") in airflow.asked  # the last day is whole


def test_briefs_are_not_written_for_a_last_day_that_failed(passage: Callable[..., Pipeline]) -> None:
    airflow = Played()
    airflow.fails = {("aggregate_personas", "2026-11-20")}
    outcome = run(passage(airflow), ["2026-11-18", "2026-11-20"])
    assert outcome.done == ["2026-11-18"]
    assert WRITE not in [dag_id for dag_id, _ in airflow.asked]


def test_a_model_that_cannot_learn_does_not_stop_the_days(passage: Callable[..., Pipeline]) -> None:
    airflow = Played()
    airflow.fails = {(LEARN, key) for key in ("2026-11-20", _yesterday())}
    outcome = run(passage(airflow), ["2026-11-20"], learn=True)
    assert outcome.done == ["2026-11-20"]
    assert [failure.run.dag_id for failure in outcome.failures] == [LEARN]
    assert WRITE in [dag_id for dag_id, _ in airflow.asked]


def test_everything_known_by_now_may_teach(passage: Callable[..., Pipeline]) -> None:
    airflow = Played()
    run(passage(airflow), ["2019-03-01"], learn=True)
    assert (LEARN, _yesterday()) in airflow.asked
    assert (WRITE, "2019-03-01") in airflow.asked


def _yesterday() -> str:
    return (datetime.now(UTC).date() - timedelta(days=1)).isoformat()


def test_an_event_that_gets_lost_is_a_failure_not_a_hang(passage: Callable[..., Pipeline]) -> None:
    airflow = Played()
    airflow.loses = {("score_ads", "2026-11-20")}
    outcome = run(passage(airflow), ["2026-11-20"])
    assert "No run of extract_pillars began" in str(outcome.failures[0])


def test_a_failure_of_an_earlier_command_is_history(passage: Callable[..., Pipeline]) -> None:
    airflow = Played(paused=False)
    old = airflow._add(CHAIN[0], "2026-11-20", "manual")
    airflow.all = [replace(old, state="failed", started=datetime.now(UTC), ended=datetime.now(UTC))]
    outcome = run(passage(airflow), ["2026-11-20"])
    assert outcome.done == ["2026-11-20"]


def test_a_run_that_began_before_the_input_was_complete_does_not_count(passage: Callable[..., Pipeline]) -> None:
    airflow = Played(paused=False)
    early = airflow._add(CHAIN[0], "2026-11-20", "scheduled")
    airflow.all = [replace(early, state="running", started=EPOCH, queued=EPOCH)]
    run(passage(airflow, since=datetime.now(UTC)), ["2026-11-20"])
    assert (CHAIN[0], "2026-11-20") in airflow.asked


def test_a_queued_run_of_the_day_is_not_doubled(passage: Callable[..., Pipeline]) -> None:
    airflow = Played(paused=False)
    airflow._add(CHAIN[0], "2026-11-20", "scheduled")
    outcome = run(passage(airflow), ["2026-11-20"])
    assert outcome.done == ["2026-11-20"]
    assert (CHAIN[0], "2026-11-20") not in airflow.asked


def test_a_dag_that_cannot_be_parsed_is_named(
    passage: Callable[..., Pipeline], monkeypatch: pytest.MonkeyPatch
) -> None:
    airflow = Played()
    del airflow.paused["score_ads"]
    with pytest.raises(LocalFailure, match="score_ads"):
        run(passage(airflow), ["2026-11-20"])
    monkeypatch.setattr(airflow, "import_errors", lambda: [("dags/score_ads.py", "SyntaxError: x")])
    with pytest.raises(LocalFailure, match=r"dags/score_ads\.py cannot be imported"):
        run(passage(airflow), ["2026-11-20"])


def test_the_deadline_ends_the_wait(passage: Callable[..., Pipeline], monkeypatch: pytest.MonkeyPatch) -> None:
    airflow = Played()
    monkeypatch.setattr(airflow, "_work", lambda: None)
    with pytest.raises(LocalFailure, match="Not done after 0 minutes"):
        run(passage(airflow, minutes=0.001), ["2026-11-20"])


def test_plain_lines_where_there_is_no_terminal() -> None:
    text = io.StringIO()
    progress = Progress(Console(file=text), live=False)
    one = Run("collect_ads", "r1", "2026-11-20", "running", "manual", EPOCH, EPOCH, None)
    with progress:
        progress.show([one], [])
        progress.show([one], [])
        progress.show([replace(one, state="success")], [])
    assert [line.split("  ", 1)[1] for line in text.getvalue().splitlines()] == [
        "2026-11-20  Collect and validate ads: running",
        "2026-11-20  Collect and validate ads: success",
    ]


def test_the_live_table_counts_days_and_tasks() -> None:
    text = io.StringIO()
    progress = Progress(Console(file=text, force_terminal=True, width=120), live=True)
    one = Run("collect_ads", "r1", "2026-11-20", "running", "manual", EPOCH, EPOCH, None)
    tasks = [
        Task("collect_ads", "r1", "collect", 0, "acme", "running", 1),
        Task("collect_ads", "r1", "choose_brands", -1, None, "success", 1),
    ]
    with progress:
        progress.show([one], tasks)
    assert "collect [acme]" in text.getvalue()
    assert "1/2" in text.getvalue()
