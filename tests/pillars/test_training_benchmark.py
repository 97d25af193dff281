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


def test_what_a_model_read_teaches_some_regressions_and_counts_less_than_annotations(
    benchmark: ModuleType,
) -> None:
    keys = {"meta:1": "annotated", "lesson:1": "lesson", "read:1": "reading", "invented:1": "invented"}
    ads = [Annotated(key, text, (Pillars(),)) for key, text in keys.items()]
    taught = [[ad.key for ad in benchmark.taught(ads, counts)] for counts in benchmark.BESIDE]
    assert taught == [["meta:1", "lesson:1"], ["meta:1", "lesson:1", "read:1"], list(keys)]
    for counts in benchmark.BESIDE:
        assert benchmark.counted("meta:1", counts) == 1
        assert all(benchmark.counted(key, counts) < 1 for key in list(keys)[1:])
    assert [ad.key for ad in benchmark.taught(ads)] == ["meta:1", "lesson:1"], "names are learnt without readings"


def test_a_mean_of_regressions_counts_a_word_that_one_of_them_does_not_know_as_nothing(benchmark: ModuleType) -> None:
    assert benchmark.mean_of([{"a": 0.9, "b": 0.03}, {"a": -0.3}, {}]) == {"a": 0.2}


def test_a_word_of_one_ad_is_not_learnt_nor_an_address_nor_a_sentence_of_a_script_without_spaces(
    benchmark: ModuleType,
) -> None:
    words = ["w:sleep", "w:9.99", "w:英語", "w:今すぐ英語を話そう", "d:quiz.sleep.example"]
    assert benchmark.Columns([[*words, "w:once"], words], ["ad:1", "ad:2"]).names == ["w:9.99", "w:sleep", "w:英語"]


def test_the_bundled_readings_are_of_distinct_ads_and_every_quote_is_in_its_ad(benchmark: ModuleType) -> None:
    ads = benchmark.readings(benchmark.READINGS, benchmark.INVENTED)
    assert len({ad.text for ad in ads}) == len(ads) > 500
    quotes = [(ad.text, m.quote) for ad in ads for read in ad.read for _, m in read.mentions() if m.quote]
    assert len(quotes) > 1000
    assert [quote for text, quote in quotes if quote not in text] == []
