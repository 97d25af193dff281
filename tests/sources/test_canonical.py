"""Cells are read leniently in form and strictly in meaning."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.sources.canonical import ADS, Unreadable, read_cell


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("bool", "TRUE", True),
        ("bool", "false", False),
        ("count", "1,204", 1204),
        ("count", "12.0", 12),
        ("count", 12, 12),
        ("number", "1e3", 1000.0),
        ("date", " 2026-06-04 ", date(2026, 6, 4)),
        ("date", "2026-06-04T10:00:00+0000", date(2026, 6, 4)),
        ("date", datetime(2026, 6, 4, 12, 0), date(2026, 6, 4)),  # noqa: DTZ001 as a spreadsheet gives it
        ("word", 120330.0, "120330"),
        ("name", "Audience Network", "audience_network"),
        ("names", "Facebook, Audience Network,Facebook", ["audience_network", "facebook"]),
        ("list", "DE; FR", ["DE", "FR"]),
        ("text", "   ", None),
        ("count", "", None),
    ],
)
def test_a_cell_is_read(kind: str, cell: object, value: object) -> None:
    assert read_cell(kind, cell) == value


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("bool", "maybe"),
        ("count", "12.5"),
        ("count", "many"),
        ("count", "nan"),
        ("number", "inf"),
        ("number", "1e300"),
        ("number", "١٢"),
        ("date", "2026-02-30"),
        ("date", "31/02/2026"),
        ("date", "soon"),
    ],
)
def test_what_cannot_be_read_is_a_problem_never_a_guess(kind: str, cell: str) -> None:
    with pytest.raises(Unreadable):
        read_cell(kind, cell)


@pytest.mark.parametrize(
    ("form", "cell", "day"),
    [("%d %b %Y", "3 Apr 2026", date(2026, 4, 3)), ("yearweek", "201446", date(2014, 11, 17)),
     ("yearweek", "201400", date(2013, 12, 30)), ("epoch", 1780834221.99, date(2026, 6, 7))],
)  # fmt: skip
def test_a_layout_may_write_days_its_own_way(form: str, cell: object, day: date) -> None:
    assert read_cell("date", cell, (form,)) == day


@given(st.sampled_from(sorted(set(ADS.values()))), st.one_of(st.text(), st.integers(), st.floats(), st.booleans()))
def test_any_cell_is_read_or_refused(kind: str, cell: object) -> None:
    try:
        value = read_cell(kind, cell, ("%d %b %Y", "yearweek"))
    except Unreadable:
        return
    assert value is None or isinstance(value, str | int | float | bool | date | list)


@given(st.dates())
def test_a_day_survives_its_own_writing(day: date) -> None:
    assert read_cell("date", day.isoformat()) == day
