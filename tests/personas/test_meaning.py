"""Documents that share no word meet by what their words mean; those of other languages by their concepts."""

from __future__ import annotations

import numpy as np

from counterpitch import word_vectors
from counterpitch.personas.embed import concepts_of
from counterpitch.personas.meaning import meanings, middle

SAID = ["cheap groceries", "affordable food", "quick supper", "fast dinner", "precio barato", "cena rápida"]
LANGUAGES = ["en"] * 4 + ["es"] * 2


def rows(said: list[str] = SAID, languages: list[str] = LANGUAGES) -> np.ndarray:
    return meanings([words.split() for words in said], languages, lambda word: concepts_of(word, ("want",)))


def test_synonyms_are_near() -> None:
    near = rows()[:4] @ rows()[:4].T
    assert near[0, 1] > max(near[0, 2], near[0, 3])
    assert near[2, 3] > max(near[0, 3], near[1, 2])


def test_another_language_stands_for_its_concept() -> None:
    found = rows()
    assert found[4].any()
    assert not np.allclose(found[4], found[5])
    assert not rows(["xyzzy"], ["es"]).any()


def test_each_group_of_languages_is_centred_by_itself() -> None:
    assert np.abs(rows()[:4].mean(axis=0)).max() < 1e-9


def test_an_english_word_is_not_looked_up_for_another_language() -> None:
    assert rows(["gift brand"], ["en"]).any()
    assert not meanings([["gift", "brand"]], ["de"], lambda _: ()).any()


def test_nothing_said_is_a_row_of_zeros() -> None:
    assert not meanings([[], []], ["en", "en"], lambda _: ()).any()
    assert meanings([], [], lambda _: ()).shape == (0, word_vectors.DIMENSIONS)


def test_the_middle_leaves_out_what_is_spelt_like_another_word() -> None:
    among = middle(["cheap", "price", "cost", "afford", "budget", "bill", "sole"])
    assert among @ word_vectors.of(["expensive"])[0] > among @ word_vectors.of(["fish"])[0]
