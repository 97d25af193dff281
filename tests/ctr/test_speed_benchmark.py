"""The speed benchmark tells the memory of what it measured, not of what the process or its parent held before."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_peak_of_before_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    speed = importlib.import_module("ctr_speed")
    held = np.ones(50_000_000)  # 381 MB
    peak = speed.megabytes("VmHWM")
    del held
    assert speed.measured(lambda: None)["peak_mb"] < peak - 300
    assert speed.measured(lambda: np.ones(50_000_000).sum())["peak_mb"] > peak - 100
