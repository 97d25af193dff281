"""The matrix: personas and themes by size, colours that follow the difference and never exceed the scale."""

from __future__ import annotations

from typing import Any

from counterpitch.desk import matrix


def cell(persona: str, theme: str, ours: float, theirs: float, kind: str = "even", ads: int = 5) -> dict[str, Any]:
    return {
        "persona_id": persona,
        "persona": persona.title(),
        "persona_ads": ads,
        "theme_id": theme,
        "theme": theme.title(),
        "theme_ads": ads,
        "our_share": ours,
        "their_share": theirs,
        "difference": ours - theirs,
        "kind": kind,
    }


def test_the_widest_difference_has_the_strongest_colour() -> None:
    laid = matrix.lay_out([cell("p", "a", 0.0, 0.4, "behind"), cell("p", "b", 0.2, 0.0, "ahead"), cell("p", "c", 0, 0)])
    assert [found["step"] for found in laid.lines[0][1] if found] == [4, -2, 0]


def test_small_differences_stay_pale() -> None:
    laid = matrix.lay_out([cell("p", "a", 0.0, 0.02, "behind")])
    assert [found["step"] for found in laid.lines[0][1] if found] == [1]


def test_thin_cells_have_no_colour_and_do_not_set_the_scale() -> None:
    laid = matrix.lay_out([cell("p", "a", 0.0, 1.0, "thin"), cell("p", "b", 0.0, 0.2, "behind")])
    assert [found["step"] for found in laid.lines[0][1] if found] == [0, 4]


def test_a_pair_without_a_row_is_empty_and_what_is_cut_off_is_counted() -> None:
    gaps = [cell("big", "a", 0, 0.1, ads=9), cell("small", "b", 0, 0.1, ads=2)]
    laid = matrix.lay_out(gaps, most_personas=2, most_themes=1)
    assert [[found is not None for found in row] for _, row in laid.lines] == [[True], [False]]
    assert laid.hidden == 1


def test_no_gaps_make_an_empty_matrix() -> None:
    assert matrix.lay_out([]) == matrix.Matrix([], [], 0)


def test_the_breakdown_names_brands_and_puts_the_loudest_first() -> None:
    said = {"b": {"share": 0.1}, "a": {"share": 0.3}, "gone": {"share": 0.1}}
    found = matrix.breakdown(said, {"a": {"name": "Anna"}, "b": {"name": "Bert"}})
    assert [row["brand"] for row in found] == ["Anna", "Bert", "gone"]
