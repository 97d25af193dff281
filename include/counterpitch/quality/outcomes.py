"""Keep what every rule found: `ops.validation_result`, one row for each rule, source and brand.

Suites that judge rows say how many failed; suites that judge figures (one row for each source and brand) say the
figure. A column `<column>_said` of the frame puts the figure in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from counterpitch.errors import Permanent
from counterpitch.quality.check import Outcome
from counterpitch.quality.suites.sweeps import RUN
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection

Positions = np.ndarray[Any, np.dtype[np.intp]]

COLUMNS = [
    "partition_key", "suite", "source", "brand_id", "expectation", "column_name", "suite_version", "level", "observed",
    "bound", "success", "rows_checked", "rows_failed", "detail",
]  # fmt: skip


class DayRefused(Permanent):
    """A rule of level `stop` failed: the run ended before anything downstream moved."""


@dataclass(frozen=True)
class Judged:
    """The outcomes of a suite over a frame with the columns source and brand_id ('' where it speaks of all)."""

    suite: str
    frame: pd.DataFrame
    outcomes: Sequence[Outcome]
    figures: bool = False

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows of ops.validation_result, without the partition key."""
        for source, brand_id, positions in self._groups():
            for outcome in self.outcomes:
                checked = int(outcome.judged[positions].sum())
                failed = positions[outcome.failed[positions]]
                shown = failed[0] if len(failed) else positions[0]
                observed = self._figure(outcome, shown) if self.figures else self._counted(outcome, checked, failed)
                yield {
                    "suite": self.suite,
                    "suite_version": outcome.version,
                    "source": source,
                    "brand_id": brand_id,
                    "expectation": outcome.name,
                    "column_name": outcome.column,
                    "level": outcome.level,
                    "observed": observed,
                    "bound": outcome.bound,
                    "success": not len(failed),
                    "rows_checked": checked,
                    "rows_failed": len(failed),
                    "detail": {"reason": outcome.reason, "advice": outcome.advice},
                }

    def _groups(self) -> Iterator[tuple[str, str, Positions]]:
        if self.frame.empty:
            return
        found: Any = self.frame.groupby(["source", "brand_id"], sort=True).indices
        for (source, brand_id), positions in found.items():
            yield source, brand_id, positions

    def stops(self) -> list[str]:
        """What must stop the run, in words."""
        return [
            f"{row['detail']['reason']}: {row['observed']}, allowed {row['bound']}"
            f"{_whose(row)} ({row['expectation']}). {row['detail']['advice']}"
            for row in self.rows()
            if row["level"] == "stop" and not row["success"]
        ]

    def _figure(self, outcome: Outcome, position: Any) -> str:
        said = f"{outcome.column}_said"
        if said in self.frame and isinstance(words := self.frame[said].iloc[position], str):
            return words
        value = self.frame[outcome.column].iloc[position]
        return "nothing to compare" if pd.isna(value) else _shown(value)

    def _counted(self, outcome: Outcome, checked: int, failed: Any) -> str:
        if not len(failed):
            return "all good" if checked else "no row has it"
        found = self.frame[outcome.column].iloc[failed[0]]
        example = "" if pd.isna(found) else f", such as {_shown(found)}"
        return f"{len(failed):,} of {checked:,} rows{example}"


def record(conn: Connection, partition_key: str, brands: Sequence[str], judged: Sequence[Judged]) -> None:
    """Replace what was found of these brands on the day by these suites, also by a suite that found no row to judge.

    What was found of the run as a whole stays where this run has only some of the day's brands: it speaks of them all.
    """
    params = {"partition_key": partition_key, "brands": list(brands)}
    write.lock(conn, "ops.validation_result", partition_key)
    if query.scalar(conn, query.sql(__file__, "has_other_brands"), params):
        judged = [each for each in judged if each.suite != RUN]
    rows = [{"partition_key": partition_key, **row} for each in judged for row in each.rows()]
    params |= {"suites": sorted({each.suite for each in judged})}
    query.execute(conn, query.sql(__file__, "delete_outcomes"), params)
    write.copy(conn, "ops.validation_result", COLUMNS, rows)


def stop_on_failure(judged: Sequence[Judged]) -> None:
    """Raises DayRefused where a rule of level `stop` failed."""
    if stops := [stop for each in judged for stop in each.stops()]:
        raise DayRefused("Nothing was loaded. " + " ".join(stops))


def _whose(row: dict[str, Any]) -> str:
    named = " ".join(filter(None, (row["source"], row["brand_id"])))
    return f" for {named}" if named else ""


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return (f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value))[:80]
