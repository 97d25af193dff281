"""The reader's score is of ads that it was not taught: what shares a sentence with an ad never teaches its fold."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from counterpitch.pillars.evaluate import Annotated
from counterpitch.pillars.schema import Pillars

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("pillars_train")


def _ads(*texts: str) -> list[Annotated]:
    return [Annotated(f"ad:{number}", text, (Pillars(),)) for number, text in enumerate(texts)]


def test_ads_that_share_a_sentence_are_one_group_also_by_way_of_a_third(benchmark: ModuleType) -> None:
    ads = _ads(
        "Sleep well every night. Made for light sleepers.",
        "Fresh bread each morning! Baked at night.",
        "Order before noon today. MADE FOR LIGHT SLEEPERS!",
        "Order before noon today. Cooked by your neighbours.",
        "Baked at night.",
        "Learn more. Fresh paint.",
        "Learn more. Quiet fans.",
    )
    groups = benchmark.related(ads)
    assert groups[0] == groups[2] == groups[3]
    assert groups[1] == groups[4]
    assert len(set(groups)) == 4, "two words are no sentence to share"


def test_a_lesson_that_shares_a_sentence_with_what_is_measured_teaches_nothing(benchmark: ModuleType) -> None:
    near, far = _ads("Tired? Made for light sleepers, 7 nights a week.", "Fresh bread each morning!")
    measured = _ads("Sleep well. Made for light sleepers: 5 nights a week!")
    assert benchmark.apart([near, far], measured) == [far]
    assert benchmark.apart([near, far], []) == [near, far]
