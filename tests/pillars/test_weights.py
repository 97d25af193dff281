"""What ships with the extractive reader is plain numbers for features of at most two words, and no ad."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from counterpitch.pillars import extractive, weights
from counterpitch.pillars.schema import FIELDS, TONES

# An address, or a sentence of a script without spaces: Thai, Lao, Burmese, Khmer, Japanese, Chinese.
_REMEMBERED = re.compile(
    r"[^\W\d_]\.[^\W_]{2,}|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{5,}"
)


def test_the_weights_hold_no_more_than_two_words_of_an_ad_together() -> None:
    model = json.loads(weights.FILE.read_text("utf-8"))
    names = {*model["words"], *(n for table in model["keep"].values() for n in table)}
    names |= {n for table in model["heads"].values() for n in table}
    names |= {n for part in ("tone", "implied", "silent", "product") for n in model[part]}
    assert len(names) > 1000
    for name in names:
        said = re.split(r"[:=/]", name, maxsplit=1)[-1]
        assert len(said.split()) <= 1, name
        assert said.count("_") <= 2, name
        assert said == name or not _REMEMBERED.search(said), name


def test_every_field_has_its_weights() -> None:
    model = weights.shipped()
    assert set(model.cuts) == set(model.keep) == set(model.heads) == set(FIELDS)
    assert {tone for by in model.tone.values() for tone in by} <= set(TONES)
    assert all(len(vector) == len(FIELDS) for vector in model.words.values())
    assert extractive.version().endswith(model.version)


def test_weights_that_lack_a_part_are_refused_and_say_what_to_do() -> None:
    model = json.loads(weights.FILE.read_text("utf-8"))
    assert weights.parse(model, "whole").version == "whole"
    with pytest.raises(ValueError, match=r"lack silent, tone: .*pillars_train\.py"):
        weights.parse({part: told for part, told in model.items() if part not in ("silent", "tone")}, "old")


def test_a_chance_lies_between_zero_and_one_whatever_the_weight() -> None:
    assert weights.chance({"a": 1000.0}, ["a"]) == 1
    assert weights.chance({"a": -1000.0}, ["a"]) == 0
    assert weights.chance({}, ["a"]) == 0.5


def test_outcomes_add_the_weights_of_every_table_at_once() -> None:
    tables = {
        "x": {"bias": {"b": -1.0, "a": -1.0}, "f": {"a": 2.0}, "only more": {"b": 3.0}},
        "y": {"bias": {"c": 0.5, "d": 0.5}},
    }
    outcomes = weights.Outcomes(tables)
    total = outcomes.total(["bias", "f", "unknown"])
    assert outcomes.above("x", total, 0.9) == ["a"]
    assert outcomes.above("x", total, 0.9, ["only more"]) == ["a", "b"]
    assert outcomes.best("x", total) == "a"
    assert outcomes.best("y", total) == "d", "of equals the last in the alphabet"
    assert weights.Outcomes({"empty": {}}).best("empty", outcomes.total([])) is None


def test_reading_is_quick_enough_to_read_everything_every_day() -> None:
    ad = "Tired of losing receipts? 🧾\nSnap a photo. Tidy files it.\n✅ Reads 12 languages\nTry it free for 30 days"
    extractive.read(ad)
    started = time.process_time()
    for number in range(100):
        extractive.read(f"{ad} {number}")
    assert time.process_time() - started < 2.0, "a tenth of the speed that benchmarks/pillars.py measures"


@pytest.mark.real_data
def test_real_ads_of_many_languages_are_read_with_exact_quotes(real_data: Path) -> None:
    import csv
    import gzip

    with gzip.open(real_data / "competitor_ads" / "facebook_ads.csv.gz", "rt", encoding="utf-8") as file:
        texts = list(dict.fromkeys(row["ad_primary_text"] for row in csv.DictReader(file)))[:600]
    read = [(text, extractive.read(text)) for text in texts]
    assert sum(not reading.empty for _, reading in read) > 400
    for text, reading in read:
        for e in reading.evidence:
            assert e.quote is None or text[e.start : e.end] == e.quote
