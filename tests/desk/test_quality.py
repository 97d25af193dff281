"""The model's quality in words: never more than was measured, always whose results taught it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from counterpitch.desk.quality import Verdict, verdict

MARKET = {"own_brand_id": "kaffa", "own_brand": "Kaffa"}
OWNER = {"examples": 10, "impressions": 2000, "clicks": 40, "first_day": "2026-09-01", "last_day": "2026-10-01"}


def told(**changed: Any) -> Verdict:
    model = {
        "model_id": "base-1",
        "scored_on": date(2026, 11, 20),
        "trained_on": {"owners": {"kaffa": OWNER}},
        "metrics": metrics(accuracy=0.66, low=0.6, high=0.7),
        "mark": "bootstrap",
        "decided_by": "counterpitch",
        "promoted_at": datetime(2026, 11, 16, tzinfo=UTC),
    }
    found = verdict(model | changed, MARKET)
    assert found
    return found


def metrics(accuracy: float | None, low: float, high: float, pairs: int = 100) -> dict[str, Any]:
    figures = {"pairs": pairs, "accuracy": accuracy, "accuracy_95": [low, high]}
    return {
        "table": {
            "model": {"significant_pairs": figures, "all_pairs": figures | {"accuracy": 0.58}},
            "campaign mean": {"significant_pairs": {"accuracy": 0.5}, "all_pairs": {"accuracy": 0.5}},
            "longer text wins": {"significant_pairs": {"accuracy": 0.571}, "all_pairs": {"accuracy": 0.53}},
        }
    }


def test_no_model_no_verdict() -> None:
    assert verdict(None, MARKET) is None


def test_skill_is_told_with_its_interval_and_beside_what_is_simple() -> None:
    found = told()
    assert "66 times in 100 (60 to 70), counted on 100 pairs" in found.skill
    assert "A coin does 50, the best of the simpler rules 57." in found.skill
    assert found.sure


def test_a_model_that_a_simpler_rule_beats_says_so() -> None:
    found = told(metrics=metrics(accuracy=0.56, low=0.52, high=0.6))
    assert "a simpler rule (longer text wins) did better, 57" in found.skill
    assert not found.sure


def test_an_interval_that_reaches_chance_is_not_skill() -> None:
    assert not told(metrics=metrics(accuracy=0.6, low=0.49, high=0.7)).sure


def test_few_clear_pairs_give_way_to_all_pairs() -> None:
    assert told(metrics=metrics(accuracy=0.9, low=0.55, high=1.0, pairs=8)).skill.startswith("Of two ads, it names")


@pytest.mark.parametrize("stored", [{}, {"table": {}}, metrics(accuracy=None, low=0, high=0)])
def test_what_was_not_measured_is_called_a_guess(stored: dict[str, Any]) -> None:
    found = told(metrics=stored)
    assert "could not be measured" in found.skill
    assert not found.sure


def test_own_results_are_called_ours() -> None:
    assert told().taught_by == (
        "It learnt from Kaffa's own results: 10 ads and test arms with 2,000 impressions and 40 clicks "
        "from 1 Sep 2026 to 1 Oct 2026."
    )


def test_other_peoples_results_are_named_and_warned_of() -> None:
    found = told(trained_on={"owners": {"an archive": OWNER | {"first_day": None, "last_day": None}}})
    assert "It learnt only from other people's results: an archive" in found.taught_by
    assert "another audience set it" in found.taught_by
    assert not found.sure


def test_both_are_told_apart() -> None:
    found = told(trained_on={"owners": {"own": OWNER, "an archive": OWNER}})
    assert "Kaffa's own results: 10 ads" in found.taught_by
    assert "It also learnt from an archive" in found.taught_by
    assert found.sure


def test_a_model_that_does_not_say_who_taught_it_is_not_sure() -> None:
    assert not told(trained_on={}).sure


def test_who_put_it_to_work_is_told() -> None:
    assert "without a person's decision" in told().standing
    assert told(mark="approved", decided_by="mara").standing == "mara approved it on 16 Nov 2026."
    assert told(mark="rollback", decided_by="mara").standing == "mara brought it back on 16 Nov 2026."
    assert told(mark=None).standing == "It was never promoted."


def test_drift_is_told_and_a_world_that_moved_is_not_sure() -> None:
    moved = told(drift="drifted", drift_on=date(2026, 11, 19), drift_reason="Our ads got +90% clicks.")
    assert moved.drift == "The world has moved since it learnt (19 Nov 2026). Our ads got +90% clicks."
    assert not moved.sure
    assert told(drift="thin", drift_on=date(2026, 11, 19), drift_reason="2 ads.").sure
    assert told().drift == "", "nothing measured, nothing said"
