"""Numbers, dates and lists, in the words of the page."""

from __future__ import annotations

from datetime import date

import pytest

from counterpitch.desk import wording


@pytest.mark.parametrize(("value", "said"), [(0.0184, "1.84%"), (0.213, "21.3%"), (0.0, "0.00%"), (None, "–")])
def test_rates_keep_the_digits_that_matter(value: float | None, said: str) -> None:
    assert wording.rate(value) == said


@pytest.mark.parametrize(("value", "said"), [(0.123, "+12"), (-0.2, "−20"), (0.001, "0"), (-0.004, "0")])
def test_a_difference_carries_its_sign(value: float, said: str) -> None:
    assert wording.points(value) == said


def test_counts_agree_with_their_noun() -> None:
    assert [wording.many(n, "ad") for n in (0, 1, 1234)] == ["0 ads", "1 ad", "1,234 ads"]


def test_a_day_reads_as_a_person_writes_it() -> None:
    assert wording.day(date(2026, 11, 5)) == "5 Nov 2026"


def test_points_carry_their_sign() -> None:
    assert [wording.signed(value) for value in (0.301, -0.05)] == ["+0.30", "−0.05"]
