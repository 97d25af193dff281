"""What a text's sense and its people add to a score is shared out among its words exactly, so that reasons add up."""

from __future__ import annotations

import numpy as np
import pytest

from counterpitch.ctr import model, people, words
from counterpitch.ctr.wording import WordShares
from tests.ctr import planted


@pytest.mark.parametrize(
    ("block", "row", "word"),
    [("sense", 0, "sleep"), ("people", 1, "eltern")],
)
def test_the_shares_of_a_texts_words_sum_to_what_the_text_adds(block: str, row: int, word: str) -> None:
    fitted = model.fit(planted.frame(120, 20)).strength
    only = {name: values * (name == block) for name, values in fitted.weights.items()}
    if block == "people":  # a model of many results gives them no weight
        only["people"] = np.linspace(-1, 1, len(people.names()))
    read = words.read(["Mums sleep well, sleep long. Mums!", "Eltern sparen Zeit", ""], ["en", "de", "en"])
    text = fitted.vectors.transform(read)
    shares = WordShares(fitted.vectors, only).of(read, text)
    whole = (text[block] + getattr(fitted.vectors, block).centre) @ only[block]
    np.testing.assert_allclose(np.asarray(shares.values.sum(axis=1)).ravel(), whole, atol=1e-12)
    assert shares.values.toarray()[row, list(shares.names).index(word)] != 0
