"""An ad is cut where people who write ads cut it, and the page's residue is not part of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.pillars import residue, spans


def cut(text: str) -> list[str]:
    return [text[s.start : s.end] for s in spans.sentences(text)]


def test_lines_emoji_marks_and_sentence_ends_cut() -> None:
    text = "Tired? 🧾 Snap it.\n✅ Reads 12 languages\n• Works offline | Syncs\nDone! Try it 👇"
    assert cut(text) == ["Tired?", "Snap it.", "Reads 12 languages", "Works offline", "Syncs", "Done!", "Try it"]
    assert [s.marked for s in spans.sentences(text)] == [False, False, True, True, True, False, False]


def test_a_sentence_is_cut_into_its_clauses() -> None:
    text = "Practice conversations, get instant feedback and learn at your pace — anywhere"
    (sentence,) = spans.sentences(text)
    said = [text[c.start : c.end] for c in spans.clauses(text, sentence)]
    assert said == ["Practice conversations", "get instant feedback", "learn at your pace", "anywhere"]


@pytest.mark.parametrize(
    "line",
    [
        "0:00 / 0:38",
        "Low impression count",
        "See details",
        "See Details",
        "PLAY.GOOGLE.COM",
        "www.example.com/shop?a=1",
        "engl.ishwithemma",
        "Sorry, we're having trouble with playing this video.",
        "Sorry, we're having trouble with playing this video.\nLearn more",
        "{{product.name}}",
    ],
)
def test_residue_is_masked_in_place(line: str) -> None:
    text = f"Before.\n{line}\nAfter."
    masked = residue.mask(text)
    assert len(masked) == len(text)
    assert masked.split() == ["Before.", "After."]
    assert cut(text) == ["Before.", "After."]


@pytest.mark.parametrize("line", ["Learn more", "Save 0:30 a day", "Visit example.com today", "Details matter"])
def test_what_an_ad_says_is_no_residue(line: str) -> None:
    assert residue.mask(line) == line


@given(st.text())
def test_pieces_lie_in_order_inside_the_text_and_hold_words(text: str) -> None:
    last = 0
    for sentence in spans.sentences(text):
        assert last <= sentence.start < sentence.end <= len(text)
        assert any(c.isalnum() for c in text[sentence.start : sentence.end])
        last = sentence.end
        inside = sentence.start
        for clause in spans.clauses(text, sentence):
            assert inside <= clause.start < clause.end <= sentence.end
            inside = clause.end
