"""Features know only what is known before an ad runs, and count what they are named for."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.ctr import features
from counterpitch.ctr.refusals import OutcomeLeak
from tests.ctr import planted


def _ads(*texts: str) -> pd.DataFrame:
    said = {"text": list(texts), "call_to_action": "", "language": "en", "media_type": "video", "placement": "facebook"}
    return pd.DataFrame(said | {"day": pd.Timestamp("2026-11-21")}).astype({"day": "datetime64[us]"})


@pytest.mark.parametrize("leak", ["clicks", "ctr", "winner", "running_days", "reach", "page_rank"])
def test_a_planted_outcome_is_refused_by_name(leak: str) -> None:
    with pytest.raises(OutcomeLeak, match=leak):
        features.matrix(_ads("Buy now").assign(**{leak: 1}))


def test_examples_keep_their_outcome_apart() -> None:
    with pytest.raises(OutcomeLeak, match="clicks"):
        features.matrix(planted.frame(60, 0))


def test_devices_count_what_they_are_named_for() -> None:
    row = dict(zip(features.NAMES, features.matrix(_ads("Do you cook?\nSave 20% now 🍲 “yum”"))[0], strict=True))
    expected = {"question_opening": 1, "questions": 1, "you": 1, "price": 1, "offer": 1, "urgency": 1, "emoji": 1}
    assert {name: row[name] for name in expected} == expected
    assert row["opening_words"] == 3
    assert row["number_opening"] == 0
    assert row["format=video"] == 1
    assert row["weekend"] == 1


@given(st.text(max_size=200))
def test_any_text_gives_finite_numbers(text: str) -> None:
    found = features.matrix(_ads(text))
    assert found.shape == (1, len(features.NAMES))
    assert np.isfinite(found).all()


@given(st.lists(st.text(st.sampled_from("1 2%$€SOREALY*a_.\n"), max_size=40), max_size=5))
def test_prices_and_stress_are_counted_as_their_plain_patterns_say(texts: list[str]) -> None:
    plainly = {"price": r"[$€£¥₹]\s?\d|\d\s?[$€£¥₹]|\d+\s?%", "emphasis": r"\*\w|\bSO\b|\bREALLY\b"}
    found = features.matrix(_ads(*texts, "REALLY *so* $5"))
    for name, pattern in plainly.items():
        expected = [min(len(re.findall(pattern, text)), features.MOST) for text in [*texts, "REALLY *so* $5"]]
        assert found[:, features.NAMES.index(name)].tolist() == expected


def test_every_feature_has_words_for_with_and_without() -> None:
    told = [features.in_words(name, value) for name in features.NAMES for value in (0.0, 1.0)]
    assert all(told)
    assert not any("{" in words or "=" in words for words in told)
