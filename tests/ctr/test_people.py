"""Whom a text speaks to and what it says people want: one column in six languages, with reasons; else nobody."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from counterpitch.ctr import examples, features, model, people, variances, words
from counterpitch.ctr.refusals import ModelOutdated
from tests.ctr import planted

ENGLISH = {
    "parents": ("mums", "dads", "toddlers", "families"),
    "students": ("students", "dorms", "campus", "flatmates"),
}
GERMAN = {"parents": "Eltern", "students": "Mitbewohner"}


def _named(word: str) -> set[str]:
    return {people.names()[number] for number in people.of_word(word)}


@pytest.mark.parametrize("word", ["toddlers", "eltern", "padres", "famille"])
def test_words_of_several_languages_name_the_same_people(word: str) -> None:
    assert "audience=parents" in _named(word)


def test_a_word_that_speaks_to_nobody_names_nobody() -> None:
    assert not _named("lighthouse")
    read = words.read(["Lighthouse", "", "灯台"])
    np.testing.assert_array_equal(people.People.fit(read).of(read), np.zeros((3, len(people.names()))))


def _all_as_rare() -> people.People:
    return people.People.fit(words.read([]))


def test_what_every_text_names_tells_less_than_what_one_names() -> None:
    read = words.read(["for mums", "for mums", "for mums and students"])
    last = people.People.fit(read).of(read)[2] + people.People.fit(read).centre
    parents, students = (last[people.names().index(f"audience={who}")] for who in ("parents", "students"))
    assert students > parents > 0


def test_texts_that_name_the_same_are_the_same_whatever_their_language_and_length() -> None:
    read = words.read(["For mums", "Für Eltern, für Mütter: für Familien"], ["en", "de"])
    one, other = _all_as_rare().of(read)
    np.testing.assert_allclose(one, other)
    assert one[people.names().index("audience=parents")] == 1


def test_what_was_learnt_in_one_language_speaks_for_another() -> None:
    rng = np.random.default_rng(0)
    frame = planted.frame(0, 120).copy()
    kind = np.where(rng.random(len(frame)) < 0.5, "parents", "students")
    said = [str(rng.choice(ENGLISH[each])) for each in kind]
    frame["text"] = [f"{text} For {word}" for text, word in zip(frame["text"], said, strict=True)]
    frame["clicks"] = rng.binomial(frame["impressions"], expit(-4 + 0.8 * (kind == "parents")))
    learnt = examples.usable(frame)
    fitted = model.fit(learnt, variances.estimate(learnt)[0])
    asked = frame.iloc[[0, 0]].assign(text=[f"Schlaf gut, {GERMAN[each]}" for each in GERMAN], language="de")
    score = fitted.predict(asked[list(features.KNOWN)])["score"]
    assert score.iloc[0] > score.iloc[1] + 0.1


def test_many_results_need_no_lists_of_people(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = planted.frame(60, 10)
    monkeypatch.setattr(variances, "MOST_EXAMPLES", len(frame))
    assert model.fit(frame, variances.estimate(frame)[0]).strength.weights["people"].any()
    monkeypatch.setattr(variances, "MOST_EXAMPLES", len(frame) - 1)
    assert not model.fit(frame, variances.estimate(frame)[0]).strength.weights["people"].any()


def test_a_model_of_other_lists_is_outdated(monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = model.fit(planted.frame(120, 20)).to_json()
    model.CtrModel.from_json(artifact)
    monkeypatch.setattr(people, "fingerprint", lambda: "another")
    with pytest.raises(ModelOutdated, match="people differ"):
        model.CtrModel.from_json(artifact)
