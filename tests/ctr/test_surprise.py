"""What other texts say as this one does is expected; a text is not expected because it is in the corpus itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpitch.ctr import surprise, words
from counterpitch.ctr.vectors import TextVectors

CORPUS = ["the cat sat on the mat", "the cat sat on a chair", "the cat ran off", "dogs sleep", "quixotic zephyr blooms"]


@pytest.fixture(scope="module")
def vectors() -> TextVectors:
    return TextVectors.fit(words.read(CORPUS))


def _surprise(text: str, vectors: TextVectors) -> list[float]:
    read = words.read([text])
    return [float(value) for value in surprise.of_tokens(read.tokens, vectors, vectors.lexicon.own(read))]


def test_a_worked_case_of_a_text_that_the_corpus_does_not_hold(vectors: TextVectors) -> None:
    the, cat, sat = _surprise("the cat sat", vectors)
    assert the == pytest.approx(-np.log(3.5 / 5))  # three of five texts hold "the"
    assert cat == pytest.approx(0)  # all three go on with "cat"
    assert sat == pytest.approx(-np.log(2 / 3))  # two of these go on with "sat"


def test_a_corpus_text_reads_as_it_would_had_the_corpus_not_held_it(vectors: TextVectors) -> None:
    without = TextVectors.fit(words.read(CORPUS[1:]))
    assert _surprise(CORPUS[0], vectors) == pytest.approx(_surprise(CORPUS[0], without))


def test_a_text_that_only_it_says_surprises_though_the_corpus_holds_it(vectors: TextVectors) -> None:
    own, unheard = (surprise.measure(words.read([text]), vectors)[0] for text in (CORPUS[4], "zyx wvu tsr"))
    assert own == pytest.approx(unheard, abs=np.log(5 / 4) + 1e-9)  # there is one other text less
    assert own > surprise.measure(words.read([CORPUS[0]]), vectors)[0]


@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
@settings(max_examples=40)
def test_any_text_is_measured_alone_as_in_a_batch(vectors: TextVectors, texts: list[str]) -> None:
    together = surprise.measure(words.read(texts), vectors)
    assert np.isfinite(together).all()
    assert (together >= 0).all()
    for row, text in enumerate(texts):
        np.testing.assert_allclose(together[row], surprise.measure(words.read([text]), vectors)[0], atol=1e-9)
