"""What words mean by the vectors that come with the project: words without results, other languages, reasons."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import expit

from counterpitch import word_vectors
from counterpitch.ctr import examples, features, model, words
from counterpitch.ctr.refusals import ModelOutdated
from counterpitch.ctr.sense import DIMENSIONS, Sense
from counterpitch.ctr.vectors import TextVectors
from tests.ctr import planted

TAUGHT = {"rain": ("umbrella", "raincoat", "puddle", "thunder"), "music": ("violin", "cello", "trumpet", "flute")}
UNHEARD = {"rain": "drizzle", "music": "bassoon"}  # equally long; in no list of concepts.toml, in no text that trains


def test_a_word_that_training_never_saw_scores_as_the_words_that_it_is_near_to() -> None:
    rng = np.random.default_rng(0)
    frame = planted.frame(0, 120).copy()
    wet = rng.random(len(frame)) < 0.5
    said = [str(rng.choice(TAUGHT["rain" if each else "music"])) for each in wet]
    frame["text"] = [f"{text} and the {word}" for text, word in zip(frame["text"], said, strict=True)]
    frame["clicks"] = rng.binomial(frame["impressions"], expit(-4 + 0.8 * wet))
    fitted = model.fit(examples.usable(frame))
    asked = frame.iloc[[0, 0]].assign(text=[f"Sleep well and the {UNHEARD[about]}" for about in ("rain", "music")])
    score = fitted.predict(asked[list(features.KNOWN)])["score"]
    assert score.iloc[0] > score.iloc[1] + 0.1


def test_a_text_has_the_direction_of_its_words_and_a_rare_word_turns_it_most() -> None:
    read = words.read(["the bread", "the tax", "the bread and the tax", "the bread again"])
    vectors = TextVectors.fit(read)
    bread, tax, *_ = vectors.transform(words.read(["bread", "tax"]))["sense"] + vectors.sense.centre
    both = (vectors.transform(read)["sense"] + vectors.sense.centre)[2]
    assert both.shape == (DIMENSIONS,)
    np.testing.assert_allclose(np.linalg.norm([bread, tax, both], axis=1), 1)
    assert both @ tax > both @ bread > 0


def test_a_text_known_to_be_in_another_language_or_without_known_words_has_no_sense() -> None:
    fitted = Sense(np.full(DIMENSIONS, 0.1))
    read = words.read(["Gift und Rat", "Gift und Rat", "zzqx 000 !!!", ""], ["de", "en", "en", "en"])
    found = fitted.of(read, np.ones(len(read.tokens.names)))
    np.testing.assert_array_equal(found[[0, 2, 3]], np.full((3, DIMENSIONS), -0.1))
    assert not np.allclose(found[1], -0.1)


def test_a_model_of_another_table_of_word_vectors_is_outdated(monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = model.fit(planted.frame(120, 20)).to_json()
    assert "word_vectors" in json.loads(artifact)
    monkeypatch.setattr(word_vectors, "fingerprint", lambda: "another")
    with pytest.raises(ModelOutdated, match="word vectors differ"):
        model.CtrModel.from_json(artifact)
