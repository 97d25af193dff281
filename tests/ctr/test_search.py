"""The search is recorded, repeatable, starts from the defaults and refuses what cannot judge."""

from __future__ import annotations

import pytest

from counterpitch.ctr.refusals import NotEnoughData
from counterpitch.ctr.search import search
from tests.ctr import planted


def test_it_never_returns_worse_than_the_defaults_and_repeats_itself() -> None:
    frame = planted.frame(160, 40)
    params, record = search(frame, trials=3)
    assert len(record) == 3
    assert max(trial["value"] for trial in record) >= record[0]["value"] > 0.5
    assert record[0]["params"]["rounds"] == 60
    assert search(frame, trials=3) == (params, record)


def test_without_pairs_to_judge_by_it_says_so() -> None:
    with pytest.raises(NotEnoughData, match="pairs"):
        search(planted.frame(0, 20), trials=1)
