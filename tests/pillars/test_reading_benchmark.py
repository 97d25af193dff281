"""The reading benchmark needs no file: it reads ads of the bundled market, and knows what was planted in them."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def test_without_a_file_it_reads_ads_of_the_bundled_market_and_scores_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    benchmark = importlib.import_module("pillars")
    monkeypatch.setattr(benchmark, "SIMULATED", 30)
    out = tmp_path / "predictions.jsonl"
    monkeypatch.setattr(sys, "argv", ["pillars.py", "--out", str(out)])
    benchmark.main()
    told = json.loads(capsys.readouterr().out)
    assert (told["ads"], told["ungrounded"], told["extractor"]) == (30, 0, "extractive")
    assert told["pillar_score"] > told["says_nothing"] > 0
    assert told["ads_per_second_one_core"] > 0
    assert len(out.read_text("utf-8").splitlines()) == 30
