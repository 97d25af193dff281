"""The learning curve is of markets that nothing was chosen on, the same at every length, and says what fell short."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("ctr_history")


def _market(seed: int, days: int, share: float, *, judged: bool = True) -> dict[str, Any]:
    return {
        "seed": seed,
        "days": days,
        "judged": judged,
        "examples": {"own_ads": 4 * days, "test_arms": 300},
        "own_held_out": {"share": share, "told": 0.95}
        | {"without_people": {"share": share - 0.03}, "fixed_variances": {"share": share - 0.05}},
        "competitors": {"share": 0.6, "tau": 0.4, "learnable": 0.5, "without_people": 0.58},
    }


def test_a_length_that_falls_short_is_told_beside_the_one_that_does_not(history: ModuleType) -> None:
    shares = {(7, 60): 0.75, (8, 60): 0.79, (7, 240): 0.81, (8, 240): 0.83}
    markets = [_market(seed, days, share) for (seed, days), share in shares.items()]
    text = history.card([*markets, _market(99, 60, 0.99, judged=False)])
    assert "Short of 0.8 with 60 days 0.770. Reached with 240 days 0.820." in text
    assert "| 60 | 240 | 300 | 0.770 (0.750 to 0.790) | 0.950 (0.950 to 0.950) | 0.740" in text
    assert "seeds 7, 8," in text


def test_lengths_of_different_markets_make_no_curve(history: ModuleType) -> None:
    with pytest.raises(SystemExit, match="same seeds"):
        history.card([_market(7, 60, 0.75), _market(8, 240, 0.85)])
    with pytest.raises(SystemExit, match="same seeds"):
        history.card([_market(99, 60, 0.75, judged=False)])
