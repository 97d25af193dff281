"""The bundled vectors of English words: near words are near, other forms are found, unknown words say nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch import word_vectors


def likeness(one: str, other: str) -> float:
    first, second = word_vectors.of([one, other])
    return float(first @ second)


@pytest.mark.parametrize(
    ("word", "near", "far"),
    [("mum", "mother", "engine"), ("tired", "exhausted", "invoice"), ("cheap", "affordable", "violin")],
)
def test_words_of_one_meaning_are_nearer_than_others(word: str, near: str, far: str) -> None:
    assert likeness(word, near) > likeness(word, far) + 0.3


def test_the_order_of_words_is_kept_and_each_row_has_length_one() -> None:
    both = word_vectors.of(["bread", "tax", "bread"])

    assert both.shape == (3, word_vectors.DIMENSIONS)
    assert both.dtype == np.float32
    assert np.allclose(np.linalg.norm(both, axis=1), 1, atol=1e-5)
    assert np.array_equal(both[0], both[2])
    assert not np.array_equal(both[0], both[1])


@pytest.mark.parametrize(
    ("form", "simpler"),
    [
        ("Bread", "bread"),
        ("bread's", "bread"),
        ("bread’s", "bread"),
        ("skincares", "skincare"),
        ("Café", "cafe"),
    ],
)
def test_a_form_that_is_not_listed_means_what_its_simpler_form_means(form: str, simpler: str) -> None:
    assert likeness(form, simpler) == pytest.approx(1, abs=1e-5)


def test_a_word_joined_by_marks_means_what_its_parts_mean() -> None:
    assert likeness("gluten-free", "gluten") > 0.5
    assert likeness("gluten-free", "free") > 0.5


def test_a_word_that_nobody_knows_says_nothing() -> None:
    assert word_vectors.known(["xqzvw", "bread", "", "42", "Xqözv-Ölwechsel"]).tolist() == [
        False,
        True,
        False,
        False,
        False,
    ]
    assert not word_vectors.of(["xqzvw"]).any()


@pytest.mark.parametrize("word", ["can't", "won’t", "DON'T", "odorless", "L'Oréal"])
def test_no_word_means_its_opposite_or_one_of_its_syllables(word: str) -> None:
    assert not word_vectors.of([word]).any()


def test_no_words_give_no_rows() -> None:
    assert word_vectors.of([]).shape == (0, word_vectors.DIMENSIONS)


def test_every_listed_word_is_listed_once() -> None:
    with np.load(word_vectors.FILE) as held:
        words = bytes(held["words"]).decode("ascii").split("\n")
        assert len(words) == len(set(words)) == len(held["vectors"])


@given(st.text(max_size=30))
def test_any_text_is_a_word_known_or_not(text: str) -> None:
    (row,) = word_vectors.of([text])

    assert float(np.linalg.norm(row)) == pytest.approx(float(word_vectors.known([text])[0]), abs=1e-5)
