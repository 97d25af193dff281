"""Words that mean one thing are near each other, across forms and languages; names and empty texts are not."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from counterpitch.personas.embed import concepts_of, embed, names_people, tokens
from counterpitch.settings import settings


def likeness(documents: list[str], lens: str = "audience") -> np.ndarray:
    vectors = embed(documents, lens=lens)  # type: ignore[arg-type]
    return vectors @ vectors.T


def test_one_household_in_other_words_and_languages() -> None:
    near = likeness(["busy mums", "parents of toddlers", "Eltern mit Kindern", "marathon runners", "founders"])
    assert near[0, 1] > near[0, 3]
    assert near[1, 2] > near[2, 3]
    assert near[1, 2] > near[1, 4]


def test_who_is_spoken_to_does_not_draw_wants_together() -> None:
    near = likeness(["save money for parents", "save time for parents", "cheaper for students"], "want")
    assert near[0, 2] > near[0, 1]


def test_brand_names_are_left_out_and_nothing_is_a_row_of_zeros() -> None:
    vectors = embed(["Acme dinners", "Acme", "", "Bolt dinners"], leave_out=["Acme", "Bolt"])
    assert np.allclose(vectors[0], vectors[3])
    assert not vectors[1].any()
    assert not vectors[2].any()


def test_nothing_but_empty_texts_is_no_error() -> None:
    assert embed([]).shape[0] == 0
    assert embed(["", "!!"]).tolist() == [[0.0], [0.0]]


def test_rows_are_of_unit_length_and_the_same_each_time() -> None:
    documents = [f"{a} {b}" for a in "abcdefghij" for b in ("dinner", "bill", "runner", "waste", "plan", "kids")]
    one, other = embed(documents), embed(documents)
    assert np.allclose(np.linalg.norm(one, axis=1), 1)
    assert np.array_equal(one, other)


def test_addresses_are_no_words() -> None:
    assert tokens("See https://x.example/a?b or mail me@x.example: GO") == ["see", "or", "mail", "go"]


@pytest.mark.parametrize(
    ("word", "concept"), [("toddlers", "parents"), ("nachtschicht", "shift_and_care"), ("ciclistas", "athletes")]
)
def test_concepts_of_words(word: str, concept: str) -> None:
    assert concept in concepts_of(word, ("audience",))


def test_a_value_without_people_is_no_audience_where_the_lists_know_the_language() -> None:
    assert names_people("dentists", "en")
    assert names_people("whoever cooks", "en")
    assert not names_people("needed", "en")
    assert not names_people("dinners", "en")
    assert names_people("ねこ好き", "ja")


def test_any_langchain_model_takes_the_place_of_word_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    class Model:
        def embed_documents(self, documents: list[str]) -> list[list[float]]:
            asked.append(documents)
            return [[float(len(document)), 1.0] for document in documents]

    fake = types.SimpleNamespace(init_embeddings=lambda _: Model())
    monkeypatch.setitem(sys.modules, "langchain.embeddings", fake)
    monkeypatch.setenv("COUNTERPITCH_EMBEDDINGS", "huggingface:somewhere")
    settings.cache_clear()
    try:
        vectors = embed(["two words", "", "two words", "one"])
    finally:
        settings.cache_clear()
    assert asked == [["one", "two words"]]  # each text is paid for once
    assert np.allclose(vectors[0], vectors[2])
    assert not vectors[1].any()
