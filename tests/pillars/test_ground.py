"""A mention stays only with its exact words; one repair forgives white space, quotation marks and case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.pillars.ground import ground, locate
from counterpitch.pillars.schema import Mention, Pillars

AD = "Don’t stop here.\n✅ Instant  feedback\n0:00 / 0:38\nTry it FREE"


@pytest.mark.parametrize(
    ("quote", "stored"),
    [
        ("Instant  feedback", "Instant  feedback"),
        ("instant feedback", "Instant  feedback"),
        ("Don't stop here", "Don’t stop here"),
        ('"try it free"', "Try it FREE"),
        ("here.\n✅ Instant", "here.\n✅ Instant"),
    ],
)
def test_a_quote_is_stored_as_the_ad_spells_it(quote: str, stored: str) -> None:
    reading = ground(Pillars(customer_need=[Mention(value="some need", quote=quote)]), AD)
    (evidence,) = reading.evidence
    assert evidence.quote == stored == AD[evidence.start : evidence.end]


@pytest.mark.parametrize("quote", ["instant results", "0:00 / 0:38", "Instant feedback for free"])
def test_words_that_the_ad_never_says_and_residue_are_dropped_and_counted(quote: str) -> None:
    reading = ground(Pillars(customer_need=[Mention(value="some need", quote=quote)]), AD)
    assert (list(reading.evidence), reading.dropped, reading.empty) == ([], 1, True)


def test_a_need_may_be_implied_but_a_feature_must_be_quoted() -> None:
    implied = [Mention(value="a thing", quote=None)]
    reading = ground(Pillars(customer_need=implied, product_feature=implied), AD)
    assert [(e.field, e.quote) for e in reading.evidence] == [("customer_need", None)]
    assert reading.dropped == 1


def test_a_list_too_long_is_cut_and_positions_have_no_holes() -> None:
    said = [Mention(value=f"n{i}", quote=q) for i, q in enumerate(["Try", "nowhere", "it", "FREE", "stop"])]
    reading = ground(Pillars(product_feature=said), AD)
    assert [(e.position, e.value) for e in reading.evidence] == [(0, "n0"), (1, "n2"), (2, "n3")]


@given(st.text(), st.text())
def test_what_is_located_is_always_a_piece_of_the_ad(quote: str, text: str) -> None:
    span = locate(quote, text)
    if quote.strip() and quote in text:
        assert span
        assert text[span[0] : span[1]] == quote
    if span:
        assert 0 <= span[0] < span[1] <= len(text)


@given(st.data())
def test_any_piece_of_an_ad_is_found_again_whatever_its_case(data: st.DataObject) -> None:
    text = data.draw(st.text(alphabet="aAbB ’'\n", min_size=1))
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, len(text)))].swapcase()
    if quote.strip():
        assert locate(quote, text)
