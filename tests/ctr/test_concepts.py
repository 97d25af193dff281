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


def _named(word: str) -> set[str]:
    return {concepts.names()[number] for number in concepts.of_word(word)}


@pytest.mark.parametrize(
    ("word", "not_named"),
    [
        ("feel", "finance"), ("feet", "finance"), ("start", "space"), ("message", "fail"), ("listen", "planning"),
        ("plant", "planning"), ("planet", "planning"), ("window", "win"), ("winter", "win"), ("wine", "win"),
        ("moment", "parenting"), ("facebook", "reaction_body"), ("shipping", "water"), ("costume", "money"),
        ("heart", "hearing"), ("sunday", "light_dark"), ("talent", "imagine"), ("heroin", "hero"),
        ("mission", "lost_missing"), ("hostage", "tv_host"), ("taxi", "finance"), ("wallet", "open_close"),
        ("richard", "money"), ("rational", "animal"), ("organic", "planning"), ("planet", "travel"),
    ],
)  # fmt: skip
def test_a_word_that_only_begins_as_a_short_one_does_not_name_its_concept(word: str, not_named: str) -> None:
    assert not_named not in _named(word)


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("fees", "finance"), ("starring", "light_dark"), ("planning", "planning"), ("winners", "win"),
        ("moms", "mother"), ("faces", "body"), ("facing", "reaction_body"), ("taxes", "finance"), ("heroes", "hero"),
        ("cries", "sadness"), ("richest", "money"), ("scary", "fear"), ("dancing", "joy"), ("stopped", "stop_verb"),
        ("opened", "start_verb"),
    ],
)  # fmt: skip
def test_an_inflected_short_word_still_names_its_concept(word: str, named: str) -> None:
    assert named in _named(word)


@pytest.mark.parametrize(
    ("word", "form", "never"),
    [
        ("plan", "planned", "planed"), ("face", "facing", "faceing"), ("cry", "cried", "cryed"),
        ("box", "boxes", "boxxes"), ("open", "opening", "openning"), ("play", "played", "plaied"),
    ],
)  # fmt: skip
def test_inflections_follow_the_spelling(word: str, form: str, never: str) -> None:
    assert form in concepts.inflected(word)
    assert never not in concepts.inflected(word)


def test_a_text_of_no_concept_is_the_average_less_itself_and_never_missing() -> None:
    read = words.read(["My grandma cries", "Der Turm steht", ""])
    fitted = concepts.Concepts.fit(read)
    found = fitted.of(read)
    assert found.shape == (3, len(concepts.names()))
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_array_equal(found[1], -fitted.centre)


def test_a_text_known_to_be_in_another_language_names_no_concept() -> None:
    fitted = concepts.Concepts.fit(words.read(["My grandma cries", "The war is over"]))
    read = words.read(["Die Kinder"] * 5, ["de", "en", "en-GB", "und", ""])
    german, *english = fitted.of(read)
    np.testing.assert_array_equal(german, -fitted.centre)
    death = concepts.names().index("death")
    assert all(row[death] > german[death] for row in english)


def test_the_language_of_an_ad_decides_what_its_words_name_in_score_and_reasons() -> None:
    frame = planted.frame(120, 20)
    fitted = model.fit(frame)
    known = frame.iloc[[0, 0]].assign(text="Begin a free trial", language=["de", "und"])[list(features.KNOWN)]
    blocks = fitted.blocks(known)
    np.testing.assert_array_equal(blocks.text["concepts"][0], -fitted.strength.vectors.concepts.centre)
    shares = fitted.strength.words(blocks)
    named = concepts.naming(np.array(["free"], dtype=object)) @ fitted.strength.weights["concepts"]
    assert np.abs(named).max() > 0
    apart = (shares.values[[1]] - shares.values[[0]]).toarray()[0]
    assert abs(apart[list(shares.names).index("free")]) > 0


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
