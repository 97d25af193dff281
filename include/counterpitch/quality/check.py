"""Run a suite once over all rows of a partition and say, row by row, what is wrong.

The context is ephemeral: the suite is code, its outcomes go to `ops.validation_result`, and nothing is
written or sent anywhere else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read by great_expectations when it is imported

import great_expectations as gx
import pandas as pd
from great_expectations.data_context.types.base import ProgressBarsConfig

from counterpitch.quality.suites import ads_suite
from counterpitch.sources.canonical import Problem, Record

DATES = ("delivery_start", "delivery_stop", "day_after")
NUMBERS = ("page_rank", "reach", "variants")
WORDS = ("ad_id", "body", "title", "description", "call_to_action", "media_type", "landing_url", "public_url")


@dataclass(frozen=True)
class Outcome:
    """How one expectation ended over the whole partition."""

    expectation: str
    column: str
    severity: str
    success: bool
    rows_checked: int
    rows_failed: int


@dataclass
class Verdict:
    """The first problem of each bad row by its position, and every expectation's outcome."""

    bad: dict[int, Problem] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)


def check_ads(records: Sequence[Record], unreadable: Mapping[int, Problem], day: date) -> Verdict:
    """Validate the rows of a day; `unreadable` are the positions whose cells could not be read, and why."""
    verdict = Verdict()
    if not records:
        return verdict
    frame = _frame(records, unreadable, day)
    for result in _validate(frame):
        config = result.expectation_config
        name, reason = config.meta["name"], config.meta["reason"]
        column = config.kwargs.get("column") or config.kwargs["column_B"]
        severity = str(getattr(config.severity, "value", config.severity))
        failed = list(result.result.get("unexpected_index_list") or [])
        checked = len(records) - int(result.result.get("missing_count") or 0)
        verdict.outcomes.append(Outcome(name, column, severity, not failed, checked, len(failed)))
        if severity == "critical":
            for position in failed:
                problem = unreadable.get(position) if column == "unreadable" else None
                verdict.bad.setdefault(position, problem or _problem(name, column, reason, records[position]))
    return verdict


def _validate(frame: pd.DataFrame) -> list[Any]:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("partition").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    results = batch.validate(ads_suite(), result_format={"result_format": "COMPLETE"}).results
    broken = [result for result in results if result.exception_info and _raised(result.exception_info)]
    if broken:
        raise RuntimeError(f"An expectation could not be evaluated: {broken[0].exception_info}")
    return list(results)


def _raised(info: Mapping[str, Any]) -> bool:
    each = [info] if "raised_exception" in info else list(info.values())
    return any(isinstance(item, Mapping) and item.get("raised_exception") for item in each)


def _frame(records: Sequence[Record], unreadable: Mapping[int, Problem], day: date) -> pd.DataFrame:
    """One row a record, index = position; dates as datetime64, counts as nullable integers, texts as objects."""
    columns: dict[str, Any] = {name: pd.Series([r.get(name) for r in records], dtype=object) for name in WORDS}
    for name in NUMBERS:
        columns[name] = pd.Series([r.get(name) for r in records], dtype="Float64")
    for name in DATES[:2]:
        columns[name] = pd.to_datetime(pd.Series([r.get(name) for r in records], dtype=object), errors="coerce")
    columns["day_after"] = pd.to_datetime(pd.Series([day + timedelta(days=1)] * len(records)))
    columns["unreadable"] = pd.Series(
        [unreadable[i].reason if i in unreadable else None for i in range(len(records))], dtype=object
    )
    return pd.DataFrame(columns)


def _problem(name: str, column: str, reason: str, record: Record) -> Problem:
    value = record.get(column)
    shown = None if value is None else str(value)[:200]
    return Problem(name, column, shown, reason if shown is None else f"{reason} ({column}: {shown!r})")
