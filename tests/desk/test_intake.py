"""The day's intake in words: every way a sweep can end has a name, and a day that was missed is not a good day."""

from __future__ import annotations

import pytest

from counterpitch.desk.intake import STATES, intake
from counterpitch.sources.base import State


def test_every_way_a_sweep_can_end_has_a_name() -> None:
    assert set(State) <= set(STATES)


@pytest.mark.parametrize(("state", "well"), [("ok", True), ("empty", True), ("failed", False), ("lost", False)])
def test_a_day_whose_sweep_was_missed_is_not_well(state: str, well: bool) -> None:
    assert intake([{"source": "files", "state": state, "rows_read": 3}], [], 0).well is well
