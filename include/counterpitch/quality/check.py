"""Run a suite once over the rows of a frame and say, rule by rule and row by row, what is wrong.

The context is ephemeral: the suite is code, its outcomes go to `ops.validation_result`, and nothing is
written or sent anywhere else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read by great_expectations when it is imported

import great_expectations as gx
import numpy as np
import pandas as pd
from great_expectations import ExpectationSuite
from great_expectations.data_context.types.base import ProgressBarsConfig

OF_ALL_ROWS = {"expect_column_values_to_be_null", "expect_column_values_to_not_be_null"}


@dataclass(frozen=True)
class Outcome:
    """How one rule ended: which rows it judged (others lack what it asks of) and which of those failed, by position."""

    suite: str
    version: str
    name: str
    column: str
    level: str
    reason: str
    bound: str
    advice: str
    judged: np.ndarray[Any, np.dtype[np.bool_]]
    failed: np.ndarray[Any, np.dtype[np.bool_]]


def check(suite: ExpectationSuite, frame: pd.DataFrame) -> list[Outcome]:
    """The outcome of every rule of the suite; [] for a frame without rows. The frame's index is 0, 1, 2, ..."""
    if frame.empty:
        return []
    batch = _batches().get_batch({"dataframe": frame})
    results = batch.validate(suite, result_format={"result_format": "COMPLETE"}).results
    broken = [result for result in results if result.exception_info and _raised(result.exception_info)]
    if broken:
        raise RuntimeError(f"An expectation could not be evaluated: {broken[0].exception_info}")
    return [_outcome(suite, result, frame) for result in results]


@lru_cache(maxsize=1)
def _batches() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("partition").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("all")


def _outcome(suite: ExpectationSuite, result: Any, frame: pd.DataFrame) -> Outcome:
    config = result.expectation_config
    failed = np.zeros(len(frame), dtype=bool)
    failed[list(result.result.get("unexpected_index_list") or [])] = True
    return Outcome(
        suite=suite.name,
        version=suite.meta["version"],
        column=config.kwargs.get("column") or config.kwargs["column_B"],
        **{key: config.meta[key] for key in ("name", "level", "reason", "bound", "advice")},
        judged=_judged(config, frame) | failed,
        failed=failed,
    )


def _judged(config: Any, frame: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if config.type in OF_ALL_ROWS:
        return np.ones(len(frame), dtype=bool)
    columns = [config.kwargs[key] for key in ("column", "column_A", "column_B") if key in config.kwargs]
    there = frame[columns].notna().to_numpy(dtype=bool)
    either = config.kwargs.get("ignore_row_if") == "both_values_are_missing"
    return np.asarray(there.any(axis=1) if either else there.all(axis=1))


def _raised(info: Mapping[str, Any]) -> bool:
    each = [info] if "raised_exception" in info else list(info.values())
    return any(isinstance(item, Mapping) and item.get("raised_exception") for item in each)
