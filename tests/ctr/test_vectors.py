"""Words are cut once, counted as scikit-learn counts them, kept to the bit, and shared out exactly."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from counterpitch.ctr import features, model, words
from counterpitch.ctr.vectors import LETTERS, RARITY, TextVectors
from tests.ctr import planted

TEXTS = [f"{ad['text']} It's today… don't wait" for ad in planted.ads(120)]


def _dense(block: Any) -> np.ndarray:
    return np.asarray(block.toarray() if sparse.issparse(block) else block)


@pytest.fixture(scope="module")
def vectors() -> TextVectors:
    return TextVectors.fit(words.read(TEXTS))


def test_phrases_and_letters_are_those_of_scikit_learn(vectors: TextVectors) -> None:
    cleaned = [words.plain(text) for text in TEXTS]
    theirs = {
        "word": TfidfVectorizer(
            sublinear_tf=True, ngram_range=(1, 3), min_df=2, tokenizer=words._TOKEN.findall, token_pattern=None
        ),
        "char": TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=LETTERS, min_df=3),
    }
    mine = vectors.transform(words.read(TEXTS))
    for name, vectoriser in theirs.items():
        expected = vectoriser.fit_transform(cleaned)
        assert mine[name].shape == expected.shape
        # Columns stand in another order, so compare what two texts have in common.
        block = _dense(mine[name])
        np.testing.assert_allclose(block @ block.T, (expected @ expected.T).toarray(), atol=1e-9)


@given(st.lists(st.text(max_size=80), min_size=1, max_size=6))
@settings(max_examples=40)
def test_any_text_is_read_to_finite_rows_alone_as_in_a_batch(vectors: TextVectors, texts: list[str]) -> None:
    together = vectors.transform(words.read(texts))
    rarity = vectors.lexicon.rarity(words.read(texts))
    assert rarity.shape == (len(texts), len(RARITY))
    for row, text in enumerate(texts):
        alone = vectors.transform(words.read([text]))
        for name, block in together.items():
            assert np.isfinite(_dense(block)).all()
            np.testing.assert_allclose(_dense(block)[[row]], _dense(alone[name]), atol=1e-12)
        np.testing.assert_allclose(rarity[[row]], vectors.lexicon.rarity(words.read([text])), atol=1e-12)


@given(st.lists(st.text(max_size=80), max_size=6))
@settings(max_examples=40)
def test_words_cut_once_are_those_of_each_text_cut_by_itself(texts: list[str]) -> None:
    tokens = words.read(texts).tokens
    for row, text in enumerate(texts):
        here = tokens.row == row
        assert tokens.names[tokens.number[here]].tolist() == words._TOKEN.findall(words.plain(text))
        assert tokens.place[here].tolist() == list(range(int(here.sum())))


def test_vectors_are_the_same_to_the_bit_after_json(vectors: TextVectors) -> None:
    again = TextVectors.from_json(json.loads(json.dumps(vectors.to_json())))
    asked = words.read(["Sleep well with a plan? It's new.", ""])
    for name, block in vectors.transform(asked).items():
        other = again.transform(asked)[name]
        assert (block != other).sum() == 0
    np.testing.assert_array_equal(again.coverage(asked), vectors.coverage(asked))


def test_rarity_tells_common_words_from_unheard_ones(vectors: TextVectors) -> None:
    common, unheard = vectors.lexicon.rarity(words.read(["start a free trial", "quixotic zephyr zephyr"]))
    said = {name: (common[i], unheard[i]) for i, name in enumerate(RARITY)}
    assert said["rarity"][0] < said["rarity"][1]
    assert said["rare_words"] == (0, 1)
    assert said["repeats"] == (0, pytest.approx(1 / 3))
    assert said["long_words"] == (0, pytest.approx(1 / 3))
    np.testing.assert_array_equal(vectors.coverage(words.read(["start zephyr", ""])), [0.5, 0])


def test_the_words_of_a_text_share_out_what_its_wording_adds() -> None:
    fitted = model.fit(planted.frame(160, 30))
    known = planted.frame(40, 0, seed=7)[list(features.KNOWN)]
    blocks = fitted.blocks(known)
    parts = fitted.strength.devices(blocks.devices).sum(axis=1)
    told = fitted.strength.words(blocks).values.sum(axis=1)
    # Exact but for runs of letters that stand twice in a text, and for the centre of the meanings.
    assert np.corrcoef(told, fitted.strength.score(blocks) - parts)[0, 1] > 0.97


def test_texts_without_results_teach_words_and_nothing_else() -> None:
    frame = planted.frame(120, 20)
    heard = model.fit(frame, unlabelled=["Zephyr kites glide"] * 1 + ["Zephyr kites soar"])
    asked = words.read(["zephyr kites"])
    assert heard.strength.vectors.coverage(asked)[0] == 1
    assert model.fit(frame).strength.vectors.coverage(asked)[0] == 0
    assert heard.data["owners"] == model.fit(frame).data["owners"]
