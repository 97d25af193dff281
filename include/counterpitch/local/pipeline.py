"""The whole pipeline, once, through the real scheduler: what `counterpitch run` does after the import.

A day goes through the chain collect -> score -> pillars -> personas; each DAG but the first is started by the
asset event of the one before, so what is watched here is what will happen every day without anybody watching.
The same work is not started twice: a run that is there already, queued by the schedule, is taken for ours.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from counterpitch.local.errors import LocalFailure
from counterpitch.local.progress import Progress
from counterpitch.local.rest import Airflow, Run, Task

CHAIN = ("collect_ads", "score_ads", "extract_pillars", "aggregate_personas")
LEARN = "train_ctr"
WEEK = "train_weekly"  # asks for LEARN each Monday; awake once a run is over, with all else that the clock starts
WRITE = "write_briefs"
PROMPTS = "evaluate_prompts"  # looks each morning whether the prompt was edited
PEOPLE = ("approve_briefs", "promote_ctr")  # started by events; they wait for a person, so nothing waits for them
PARSE_SECONDS = 240
EVENT_SECONDS = 240  # from a published asset to the run that it starts
UNPAUSE_SECONDS = 15  # from unpausing to the run that the timetable owes
POLL_SECONDS = 1.5


@dataclass
class Failure:
    """A run that failed: which task, the last lines of its log, and where to look."""

    run: Run
    task: Task | None
    log: list[str]
    address: str

    def __str__(self) -> str:
        where = f"{self.address}/dags/{self.run.dag_id}/runs/{self.run.run_id}"
        what = f"Task {self.task.name} of {self.run.dag_id}" if self.task else self.run.dag_id
        lines = [f"{what} failed on {self.run.key}. Look at {where}", *(f"    {line}" for line in self.log)]
        return "\n".join(lines)


@dataclass
class Outcome:
    """How the run ended: days that went through the whole chain, days with nothing to pass on, and failures."""

    done: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0


class Pipeline:
    """One passage of some days through the DAGs of a running stack."""

    def __init__(self, airflow: Airflow, address: str, progress: Progress, *, since: datetime, minutes: float) -> None:
        """`since`: when the input was complete; a run that began before it may have missed some of it."""
        self._airflow = airflow
        self._address = address
        self._progress = progress
        self._since = since
        self._deadline = time.monotonic() + minutes * 60
        self._minutes = minutes
        self._runs: dict[tuple[str, str], Run] = {}
        # What ended before this command is history: a failure of then is not one of now.
        self._past = {run.run_id for run in airflow.runs(since=since) if run.over}
        self._polled = since

    def run(self, days: Sequence[str], last_day: str, *, learn: bool, write: bool) -> Outcome:
        """Learn, if that is due, before anything is scored; take the days through the chain; write briefs.

        `days` ('YYYY-MM-DD') go oldest first. Raises LocalFailure when a DAG is missing or the deadline passes.
        """
        begun = time.monotonic()
        outcome = Outcome()
        paused = self._unpause_consumers()
        if learn:
            # Everything known by now may teach, also where the ads are of long ago.
            yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
            self._one(LEARN, max(last_day, yesterday), outcome, paused=paused[LEARN])
        if days:  # also when learning failed: ads are read and compared without a model
            self._start_chain(sorted(set(days)), paused=paused[CHAIN[0]])
            self._follow_chain(days, outcome)
        if write and (last_day in outcome.done or last_day not in days):
            self._one(WRITE, last_day, outcome, paused=paused[WRITE])
        for dag_id in () if outcome.failures else (CHAIN[0], LEARN, WEEK, WRITE, PROMPTS):
            if self._airflow.dags().get(dag_id):
                self._airflow.unpause(dag_id)  # nothing was due; from now on its schedule decides
        outcome.seconds = time.monotonic() - begun
        return outcome

    def follow(self, days: Sequence[str]) -> Outcome:
        """Wait for days that somebody else started (a backfill) to go through the chain."""
        begun = time.monotonic()
        outcome = Outcome()
        self._follow_chain(days, outcome)
        outcome.seconds = time.monotonic() - begun
        return outcome

    def unpause(self) -> None:
        """Let the first DAG of the chain and all that it starts run."""
        if self._unpause_consumers()[CHAIN[0]]:
            self._airflow.unpause(CHAIN[0])

    def _unpause_consumers(self) -> dict[str, bool]:
        """Unpause what only events start: an event that finds its consumer paused is lost. DAG -> was paused."""
        paused = self._await_dags()
        for dag_id in (*CHAIN[1:], *PEOPLE):
            if paused.get(dag_id):
                self._airflow.unpause(dag_id)
        return paused

    def _await_dags(self) -> dict[str, bool]:
        """Every DAG -> paused, as soon as all that we need are parsed."""
        needed = {*CHAIN, LEARN, WEEK, WRITE}
        patience = time.monotonic() + PARSE_SECONDS
        while True:
            there = self._airflow.dags()
            if needed <= set(there):
                return there
            errors = self._airflow.import_errors()
            if errors:
                name, trace = errors[0]
                raise LocalFailure(f"The DAG file {name} cannot be imported.\n{trace.strip()}")
            if time.monotonic() > patience:
                missing = ", ".join(sorted(needed - set(there)))
                raise LocalFailure(f"Airflow did not find these DAGs in {PARSE_SECONDS} s: {missing}. See dags/.")
            time.sleep(POLL_SECONDS)

    def _start_chain(self, keys: Sequence[str], *, paused: bool) -> None:
        """Queue a run of the first DAG for each day. Queued while paused, they start oldest first."""
        known = {run.key for run in self._airflow.runs(CHAIN[0]) if self._is_ours(run)}
        wanted = [key for key in keys if key not in known]
        for key in wanted[:-1] if paused else wanted:
            self._airflow.trigger(CHAIN[0], key, run_after=_morning_after(key))
        if paused:
            # Unpausing makes the run that the timetable owes for yesterday; mostly that is the last day we want.
            self._airflow.unpause(CHAIN[0])
            owed = self._await_owed(CHAIN[0])
            if wanted and (owed is None or owed.key != wanted[-1]):
                self._airflow.trigger(CHAIN[0], wanted[-1], run_after=_morning_after(wanted[-1]))

    def _await_owed(self, dag_id: str) -> Run | None:
        patience = time.monotonic() + UNPAUSE_SECONDS
        while time.monotonic() < patience:
            owed = [run for run in self._airflow.runs(dag_id) if run.run_type == "scheduled" and self._is_ours(run)]
            if owed:
                return owed[-1]
            time.sleep(POLL_SECONDS / 2)
        return None

    def _follow_chain(self, keys: Sequence[str], outcome: Outcome) -> None:
        """Wait until each day is through, has nothing to pass on, or failed."""
        waiting = {key: _Day(key) for key in keys}
        while waiting:
            self._poll()
            for key, day in list(waiting.items()):
                if self._advance(day, outcome):
                    del waiting[key]
            self._pause()

    def _advance(self, day: _Day, outcome: Outcome) -> bool:
        """Follow a day as far as it came; True when there is nothing more to wait for."""
        run = self._latest(CHAIN[day.step], day.key)
        if run is None:
            return self._is_stranded(day, outcome)
        if not run.over:
            return False
        if run.state == "failed":
            outcome.failures.append(self._explain(run))
            return True
        if day.step + 1 == len(CHAIN):
            outcome.done.append(day.key)
            return True
        if not self._published(run):
            outcome.empty.append(day.key)
            return True
        day.step += 1
        day.expected_by = time.monotonic() + EVENT_SECONDS
        return False

    def _is_stranded(self, day: _Day, outcome: Outcome) -> bool:
        if time.monotonic() < day.expected_by:
            return False
        missing = CHAIN[day.step]
        run = Run(missing, "", day.key, "failed", "asset_triggered", None, None, None)
        note = f"No run of {missing} began within {EVENT_SECONDS} s after {CHAIN[max(day.step - 1, 0)]}."
        outcome.failures.append(Failure(run, None, [note], self._address))
        return True

    def _published(self, run: Run) -> bool:
        """Whether the run passed its scope on: a day that no source covers skips its publishing task."""
        return all(task.state == "success" for task in self._airflow.tasks(run) if task.task_id == "publish")

    def _one(self, dag_id: str, key: str, outcome: Outcome, *, paused: bool) -> None:
        """Run a weekly DAG for a day and wait for it."""
        run = self._airflow.trigger(dag_id, key, run_after=datetime.now(UTC) - timedelta(days=8))
        if paused:
            self._airflow.unpause(dag_id)
        while True:
            self._poll()
            now = self._runs.get((dag_id, run.run_id), run)
            if now.over:
                break
            self._pause()
        if now.state == "failed":
            outcome.failures.append(self._explain(now))

    def _poll(self) -> None:
        """Take in what changed since the last look, and show it."""
        if time.monotonic() > self._deadline:
            raise LocalFailure(
                f"Not done after {self._minutes:.0f} minutes. It goes on without this command: look at "
                f"{self._address}/dags, or try again with --minutes."
            )
        asked = datetime.now(UTC)
        overlap = timedelta(seconds=3)  # a change may be committed a little after the time that it carries
        for run in self._airflow.runs(since=self._polled - overlap):
            if self._is_ours(run):
                self._runs[run.dag_id, run.run_id] = run
        self._progress.show(list(self._runs.values()), self._airflow.tasks(since=self._polled - overlap))
        self._polled = asked

    def _pause(self) -> None:
        time.sleep(POLL_SECONDS)

    def _is_ours(self, run: Run) -> bool:
        """Whether the run belongs to this passage: it has not ended before, and can have seen the whole input."""
        return run.run_id not in self._past and (run.started or run.queued or self._since) >= self._since

    def _latest(self, dag_id: str, key: str) -> Run | None:
        """The run of a day that counts: the newest; a run that still goes before one that ended."""
        runs = [run for run in self._runs.values() if run.dag_id == dag_id and run.key == key]
        return min(runs, key=lambda run: (run.over, -(run.queued or self._since).timestamp()), default=None)

    def _explain(self, run: Run) -> Failure:
        tasks = self._airflow.tasks(run)
        failed = next((task for task in tasks if task.state == "failed"), None)
        return Failure(run, failed, _last_words(self._airflow.log(failed)) if failed else [], self._address)


@dataclass
class _Day:
    key: str
    step: int = 0
    expected_by: float = field(default_factory=lambda: time.monotonic() + EVENT_SECONDS)


def _last_words(log: list[str], most: int = 8) -> list[str]:
    """The lines from the exception on, without Airflow's marks of log groups."""
    lines = [line for line in log if line.strip() and not line.startswith("::")]
    starts = [number for number, line in enumerate(lines) if line == "Task failed with exception"]
    return lines[starts[-1] + 1 :][:most] if starts else lines[-most:]


def _morning_after(key: str) -> datetime:
    """When the schedule would have run the day: queued runs start in this order."""
    day = date.fromisoformat(key) + timedelta(days=1)
    return min(datetime(day.year, day.month, day.day, 6, tzinfo=UTC), datetime.now(UTC))
