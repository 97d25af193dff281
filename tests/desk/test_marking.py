"""Marked text is the text: nothing added, nothing lost, each quote where it was found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from counterpitch.desk.marking import Piece, Quote, pieces


def test_overlapping_quotes_are_cut_at_every_edge() -> None:
    assert pieces("abcdef", [Quote(1, 0, 4), Quote(2, 2, 6)]) == [
        Piece("ab", (1,), ()),
        Piece("cd", (1, 2), (1,)),
        Piece("ef", (2,), (2,)),
    ]


def test_a_quote_outside_the_text_is_left_out() -> None:
    assert pieces("abc", [Quote(1, 2, 9), Quote(2, -1, 2), Quote(3, 2, 2)]) == [Piece("abc")]


def test_an_empty_text_has_no_pieces() -> None:
    assert pieces("", [Quote(1, 0, 0)]) == []


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=8))
def test_pieces_join_to_the_text_and_know_their_quotes(text: str, spans: list[tuple[int, int]]) -> None:
    quotes = [Quote(note, start, end) for note, (start, end) in enumerate(spans, 1)]
    cut = pieces(text, quotes)
    assert "".join(piece.text for piece in cut) == text
    for quote in quotes:
        covered = "".join(piece.text for piece in cut if quote.note in piece.notes)
        inside = 0 <= quote.start < quote.end <= len(text)
        assert covered == (text[quote.start : quote.end] if inside else "")
        assert sum(quote.note in piece.ends for piece in cut) == inside
