"""The thresholds of `bounds.toml`, by suite: `bounds("sweeps")["most_days_old"]`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

BOUNDS = Path(__file__).with_name("bounds.toml")


def bounds(suite: str) -> Mapping[str, float]:
    """The thresholds of a suite by name. Raises KeyError for a suite that has none."""
    return _read()[suite]


@lru_cache(maxsize=1)
def _read() -> Mapping[str, Mapping[str, float]]:
    return tomllib.loads(BOUNDS.read_text(encoding="utf-8"))
