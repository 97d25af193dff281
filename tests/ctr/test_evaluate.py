"""The rule that decides by itself: it finds a better score, and says no to equal ones as often as it promises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from counterpitch.ctr import evaluate

RUNS = 300


def _market(rng: np.random.Generator, ads: int, tests: int) -> tuple[pd.DataFrame, np.ndarray]:
    """`ads` of one brand and `tests` of four arms whose clicks come from a known strength; that strength."""
    count = ads + 4 * tests
    true = rng.normal(0.0, 0.5, count)
    group = ["ads|acme"] * ads + [f"test|t{number // 4}" for number in range(4 * tests)]
    frame = pd.DataFrame(
        {
            "example_key": [str(number) for number in range(count)],
            "group_key": group,
            "test_key": group,
            "impressions": 4000,
            "clicks": rng.binomial(4000, 1 / (1 + np.exp(4.0 - true))),
        }
    )
    return frame, true


@pytest.mark.parametrize(("ads", "tests"), [(24, 0), (12, 12)])
def test_of_two_scores_that_are_equally_good_one_wins_no_more_often_than_the_interval_says(
    monkeypatch: pytest.MonkeyPatch, ads: int, tests: int
) -> None:
    monkeypatch.setattr(evaluate, "DRAWS", 400)
    rng = np.random.default_rng(3)
    wins = 0
    for _ in range(RUNS):
        frame, true = _market(rng, ads, tests)
        mine, theirs = (true + rng.normal(0.0, 0.5, len(true)) for _ in range(2))
        wins += evaluate.difference(frame, mine, theirs)["difference_95"][0] > 0
    assert wins / RUNS <= 0.03


@pytest.mark.parametrize(("ads", "tests"), [(10, 0), (0, 8)])
def test_the_interval_of_an_accuracy_holds_the_true_one_nearly_as_often_as_it_says_even_where_little_is_known(
    ads: int, tests: int
) -> None:
    rng = np.random.default_rng(4)
    found = []
    for _ in range(200):
        frame, true = _market(rng, ads, tests)
        figures = evaluate.ranking(frame, true + rng.normal(0.0, 0.5, len(true)), bootstraps=200)["all_pairs"]
        found.append((figures["accuracy"], *figures["accuracy_95"]))
    accuracy, low, high = np.array(found).T
    held = (low <= accuracy.mean()) & (accuracy.mean() <= high)  # each market is drawn anew: their mean is the true one
    assert held.mean() >= 0.89


def test_a_score_that_knows_more_wins() -> None:
    rng = np.random.default_rng(3)
    frame, true = _market(rng, 60, 20)
    figures = evaluate.difference(frame, true, true + rng.normal(0.0, 1.0, len(true)))
    assert figures["difference_95"][0] > 0
    assert figures["difference_95"][0] < figures["difference"] < figures["difference_95"][1]


def test_many_pairs_among_few_tests_decide_nothing() -> None:
    arms = 12
    frame = pd.DataFrame(
        {
            "example_key": [str(number) for number in range(arms)],
            "group_key": "test|t",
            "test_key": "test|t",
            "impressions": 4000,
            "clicks": range(40, 40 + arms),
        }
    )
    count, units = evaluate.judgeable(frame)
    assert (count >= evaluate.LEAST_PAIRS, units) == (True, 1)
    assert not evaluate.is_enough(count, units)
    assert evaluate.is_enough(*evaluate.judgeable(_market(np.random.default_rng(3), 24, 0)[0]))
    assert not evaluate.is_enough(*evaluate.judgeable(frame.iloc[:0]))
