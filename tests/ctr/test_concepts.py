"""A rare word borrows strength from the concept that it names, and a list names what it says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from counterpitch.ctr import concepts, examples, features, model, words
from tests.ctr import planted

MOTHERS = ["mom", "mother", "mothers", "mum", "mama", "grandma", "grandmother", "stepmom", "pregnant", "midwife"]
OTHERS = ["plumber", "lighthouse", "carpet", "violet", "gravel", "turnip", "marble", "ribbon", "canvas", "copper"]


@pytest.mark.parametrize(
    ("word", "named"),
    [("grandma's", "mother"), ("laughing", "comedy"), ("won't", "negation"), ("zephyr", None), ("art", "image")],
)
def test_a_word_names_the_concepts_that_list_it_or_its_beginning(word: str, named: str | None) -> None:
    found = {concepts.names()[number] for number in concepts.of_word(word)}
    assert named in found if named else not found


def test_a_text_of_no_concept_is_the_average_less_itself_and_never_missing() -> None:
    read = words.read(["My grandma cries", "Der Turm steht", ""])
    fitted = concepts.Concepts.fit(read)
    found = fitted.of(read)
    assert found.shape == (3, len(concepts.names()))
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_array_equal(found[1], -fitted.centre)


def test_a_word_that_training_never_saw_scores_as_the_concept_that_it_names() -> None:
    rng = np.random.default_rng(0)
    frame = planted.frame(0, 80).copy()
    mothers = rng.random(len(frame)) < 0.5
    said = [str(rng.choice(MOTHERS[:8] if mother else OTHERS[:8])) for mother in mothers]
    frame["text"] = [f"{text} and the {word}" for text, word in zip(frame["text"], said, strict=True)]
    frame["clicks"] = rng.binomial(frame["impressions"], expit(-4 + 0.6 * mothers))
    fitted = model.fit(examples.usable(frame))
    asked = frame.iloc[[0, 0]].assign(text=["Sleep well with the midwife", "Sleep well with the copper"])
    score = fitted.predict(asked[list(features.KNOWN)])["score"]
    assert score.iloc[0] > score.iloc[1] + 0.05
