"""The copy library keeps its own rules, so that whoever adds a line learns at once what is missing."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.sandbox.library import FOLDER, KINDS, Library, category, library, read_marks

LANGUAGES = ("en", "de", "es")


@pytest.fixture(params=LANGUAGES)
def lines(request: pytest.FixtureRequest) -> Library:
    return library(request.param)


def told(language: str, part: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / language / f"{part}.toml").read_text(encoding="utf-8"))


def every_line(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [line for each in (value.values() if isinstance(value, dict) else value) for line in every_line(each)]


def test_marks_are_taken_out_and_kept_as_exact_spans() -> None:
    text, mentions = read_marks("Off [a:shift|a night shift] and [n:time|no time to cook]?")
    assert text == "Off a night shift and no time to cook?"
    assert [(m.field, m.label, text[m.start : m.end]) for m in mentions] == [
        ("target_audience", "shift", "a night shift"),
        ("customer_need", "time", "no time to cook"),
    ]


@given(st.text(alphabet=st.characters(blacklist_characters="[]|"), max_size=80))
def test_text_without_marks_is_left_alone(text: str) -> None:
    assert read_marks(text) == (text, [])


def test_every_opening_shows_who_it_speaks_to_and_what_they_need(lines: Library) -> None:
    for persona, theme in lines.cells():
        for kind in KINDS:
            for line in lines.openings(persona, theme, kind):
                labels = {(m.field, m.label) for m in read_marks(line)[1]}
                assert {("target_audience", persona), ("customer_need", theme)} <= labels, line


def test_english_has_openings_for_every_cell_that_a_brand_plays() -> None:
    played = {cell for brand in category().brands.values() for cell in brand.mix}
    assert played <= library("en").cells()


def test_every_language_says_every_feature_payoff_and_title(lines: Library) -> None:
    for feature in category().features:
        assert lines.feature(feature, "say")
        assert lines.feature(feature, "tick")
    for theme in category().themes:
        assert lines.lines("payoffs", theme)
        assert lines.lines("titles", theme)
    for persona in category().personas:
        assert len(lines.lines("titles", persona)) >= 2
        assert lines.called(persona)


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_are_clean(language: str) -> None:
    for part in ("hooks", "lines", "brands"):
        for line in every_line(told(language, part)):
            plain = read_marks(line)[0]
            assert "[" not in plain, line
            assert "]" not in plain, line
            assert set(re.findall(r"\{(\w*)\}", plain)) <= {"brand"}, line
            assert plain == plain.strip(), line
            assert "  " not in plain, line
            assert "--" not in plain, line
            assert '"' not in plain, line


@pytest.mark.parametrize("language", LANGUAGES)
def test_quotation_marks_are_those_of_the_language_and_in_pairs(language: str) -> None:
    opening, closing = {"en": ("“", "”"), "de": ("„", "“"), "es": ("«", "»")}[language]
    for line in every_line(told(language, "hooks")):
        assert line.count(opening) == line.count(closing), line
    quotes = [
        line
        for themes in told(language, "hooks")["hooks"].values()
        for kinds in themes.values()
        for line in kinds.get("quote", [])
    ]
    assert all(line.lstrip().startswith(opening) for line in quotes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_spanish_opens_its_questions_and_no_line_is_said_twice(language: str) -> None:
    lines = every_line(told(language, "hooks"))
    assert len(lines) == len(set(lines))
    if language == "es":
        assert all("¿" in line for line in lines if "?" in line)


def test_mixes_add_up_and_the_planted_cells_are_as_described() -> None:
    told = category()
    own = told.brands[told.own]
    for brand in told.brands.values():
        assert sum(brand.mix.values()) == pytest.approx(1.0)
    assert told.white_space not in own.mix
    assert sum(told.white_space in brand.mix for brand in told.brands.values()) >= 3
    assert max(own.mix, key=lambda cell: own.mix[cell]) == told.strength


def test_our_brand_has_a_fact_that_answers_the_white_space() -> None:
    told = category()
    answers = told.features_for(*told.white_space)
    assert {fact["id"] for fact in told.facts} & set(answers)
