"""A shortened value is found again as its ad says it, and a cut piece is told from a phrase."""

from __future__ import annotations

import pytest

from counterpitch.personas.phrase import between, overlap, stands_alone


@pytest.mark.parametrize(
    ("value", "quote", "said"),
    [
        ("households allergies", "For Households with food allergies.", "households with food allergies"),
        ("real progress", "no games, REAL progress", "real progress"),
        ("plan plan dinner", "plan a plan for dinner", "plan a plan for dinner"),
        ("speaking confidence", "confidence when speaking", None),
        ("one two", "one\ntwo", None),
        ("first last", "first a b c d e f g h i last", None),
        ("", "anything", None),
    ],
)
def test_the_shortest_piece_that_holds_the_words_in_order(value: str, quote: str, said: str | None) -> None:
    assert between(value, quote) == said


def test_a_phrase_begins_and_ends_where_the_ad_lets_it() -> None:
    text = "Get instant corrections, and dinners that taste slow tonight.\nMade for runners"
    assert stands_alone("instant corrections", text)
    assert stands_alone("runners", text)
    assert not stands_alone("taste slow", text)
    assert not stands_alone("corrections", text)
    assert stands_alone("nowhere", text) is None


def test_a_value_in_other_words_overlaps_little() -> None:
    assert overlap("fear of being judged", "nobody laughs at you") == 0
    assert overlap("real progress", "Real progress!") == 1
