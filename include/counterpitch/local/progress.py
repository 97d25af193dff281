"""What a person sees while the pipeline works: a live table on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from counterpitch.local.rest import Run, Task

STEPS = {
    "train_ctr": "Learn what makes people click",
    "collect_ads": "Collect and validate ads",
    "score_ads": "Score ads",
    "extract_pillars": "Read what ads say, to whom",
    "aggregate_personas": "Find themes, personas, gaps",
    "write_briefs": "Write briefs",
}
MARKS = {"success": ("●", "green"), "running": ("◐", "cyan"), "failed": ("✗", "red"), "queued": ("○", "dim")}
MOST_DAYS = 20  # marks in a row; more days than that are only counted


class Progress:
    """Shows runs and tasks as they change. A context manager, so that the terminal is left as it was."""

    def __init__(self, console: Console, *, live: bool | None = None) -> None:
        self._console = console
        self._live = console.is_terminal if live is None else live
        self._begun = time.monotonic()
        self._tasks: dict[tuple[str, str, str, int], Task] = {}
        self._said: dict[tuple[str, str], str] = {}
        self._screen: Live | None = None

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        if self._live:
            self._screen = Live(console=self._console, refresh_per_second=4, transient=False)
            self._screen.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        if self._screen:
            self._screen.stop()
            self._screen = None

    def show(self, runs: list[Run], changed: Iterable[Task]) -> None:
        """Take in the runs as they stand, and the tasks that changed since the last call."""
        self._tasks |= {(task.dag_id, task.run_id, task.task_id, task.map_index): task for task in changed}
        runs = [run for run in runs if run.dag_id in STEPS]
        if self._screen:
            self._screen.update(self._table(runs), refresh=True)
        else:
            self._say(runs)

    def _table(self, runs: list[Run]) -> Table:
        elapsed = time.monotonic() - self._begun
        table = Table(box=None, padding=(0, 2, 0, 0), caption=f"{clock(elapsed)} so far", caption_justify="left")
        for name in ("Step", "Days", "Tasks", "Now", "Time"):
            table.add_column(name, justify="right" if name == "Time" else "left", no_wrap=name != "Now")
        for dag_id, label in STEPS.items():
            mine = sorted((run for run in runs if run.dag_id == dag_id), key=lambda run: run.key or "")
            table.add_row(label, _days(mine), self._counts(mine), self._now(mine), _spent(mine))
        return table

    def _counts(self, runs: list[Run]) -> str:
        states = Counter(task.state for task in self._of(runs) if task.state)
        ended = states["success"] + states["skipped"]
        failed = states["failed"] + states["upstream_failed"]
        return (f"{ended}/{len(self._of(runs))}" if runs else "") + (f" {failed} failed" if failed else "")

    def _now(self, runs: list[Run]) -> str:
        going = [run for run in runs if not run.over]
        names = [task.name for task in self._of(going) if task.state in {"running", "up_for_retry"}]
        return escape(", ".join(dict.fromkeys(names))[:60])

    def _of(self, runs: list[Run]) -> list[Task]:
        ids = {(run.dag_id, run.run_id) for run in runs}
        return [task for task in self._tasks.values() if (task.dag_id, task.run_id) in ids]

    def _say(self, runs: list[Run]) -> None:
        for run in runs:
            name = (run.dag_id, run.run_id)
            if run.state in {"running", "success", "failed"} and self._said.get(name) != run.state:
                self._said[name] = run.state
                elapsed = clock(time.monotonic() - self._begun)
                self._console.print(f"{elapsed}  {run.key}  {STEPS[run.dag_id]}: {run.state}", highlight=False)


def clock(seconds: float) -> str:
    """Minutes and seconds, such as 2:05."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _days(runs: list[Run]) -> Text:
    done = sum(run.state == "success" for run in runs)
    if len(runs) > MOST_DAYS:
        return Text(f"{done}/{len(runs)}")
    return Text.assemble(*(MARKS.get(run.state, ("?", "")) for run in runs))


def _spent(runs: list[Run]) -> str:
    started = [run.started for run in runs if run.started]
    if not started:
        return ""
    now = time.time()
    ended = max((run.ended.timestamp() if run.ended and run.over else now) for run in runs)
    return clock(ended - min(moment.timestamp() for moment in started))
