"""The model finds what was planted, forgets nothing on the way to JSON, and refuses what cannot teach."""

from __future__ import annotations

import sys
import types
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from counterpitch.ctr import concepts, embeddings, evaluate, examples, features, model, splits, train, variances
from counterpitch.ctr.refusals import ModelOutdated, ModelUnusable, NotEnoughData
from counterpitch.ctr.strength import Priors
from counterpitch.settings import settings
from tests.ctr import planted


def test_the_same_data_give_the_same_hash_whatever_the_order_of_the_rows() -> None:
    frame = planted.frame(160, 30)
    shuffled = examples.usable(frame.sample(frac=1.0, random_state=3))
    assert model.fingerprint(model.fit(frame).to_json()) == model.fingerprint(model.fit(shuffled).to_json())


def test_a_model_scores_the_same_to_the_bit_after_json() -> None:
    frame = planted.frame(120, 20)
    fitted = model.fit(frame)
    known = frame[list(features.KNOWN)]
    again = model.CtrModel.from_json(fitted.to_json())
    pd.testing.assert_frame_equal(again.predict(known, "acme"), fitted.predict(known, "acme"), check_exact=True)
    assert again.to_json() == fitted.to_json()


def test_it_ranks_unseen_ads_by_the_planted_effects_and_beats_the_baselines() -> None:
    figures, _ = train.evaluation(planted.frame(240, 60))
    mine = figures["table"]["model"]["all_pairs"]["accuracy"]
    assert mine > 0.75
    assert mine > figures["table"]["longer text wins"]["all_pairs"]["accuracy"] + 0.1
    assert figures["calibration"]["ece"] < 0.004


def test_the_figures_are_of_the_method_that_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = planted.frame(60, 20)
    monkeypatch.setattr(variances, "MOST_EXAMPLES", len(frame) - 1)  # the older part alone is few, all are not
    monkeypatch.setattr(variances, "estimate", lambda *_, **__: pytest.fail("the twin chose a method of its own"))
    assert train.evaluation(frame)[0]["held_out_examples"] < len(frame)


def test_texts_in_which_no_word_repeats_can_be_learnt_from() -> None:
    frame = planted.frame(60, 20)
    rng = np.random.default_rng(3)
    frame["text"] = ["".join(map(chr, rng.integers(0x4E00, 0x4F00, 12))) for _ in range(len(frame))]
    figures, _ = train.evaluation(frame)
    assert figures["table"]["TF-IDF LR"]["all_pairs"]["accuracy"] == 0.5, "no word, no opinion"


def test_words_that_mean_nothing_earn_no_skill() -> None:
    frame = planted.frame(240, 60)
    rng = np.random.default_rng(5)
    frame["clicks"] = rng.binomial(frame["impressions"], 0.02)
    figures, _ = train.evaluation(frame)
    low, high = figures["table"]["model"]["all_pairs"]["accuracy_95"]
    assert low < 0.53
    assert high > 0.47


def test_intervals_hold_the_planted_rate_about_as_often_as_they_say() -> None:
    fitted = model.fit(planted.frame(240, 60))
    unseen = planted.frame(80, 0, seed=9)
    truth = 1 / (1 + np.exp(-np.array([ad["logit"] for ad in planted.ads(80, 9)])))
    said = fitted.predict(unseen[list(features.KNOWN)], "acme")
    assert stats.kendalltau(said["score"], truth).statistic > 0.6
    assert ((said["ctr_low"] <= truth) & (truth <= said["ctr_high"])).mean() >= 0.9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clicks": 0}, "0 clicks"),
        ({"clicks": 4000}, "impressions without a click"),
        ({"impressions": 0, "clicks": 0}, "0 examples"),
        ({"clicks": 5000}, "clicks_above_impressions"),
        ({"text": "the same words"}, "1 different texts"),
        ({"text": " "}, "no_words"),
    ],
)
def test_data_that_cannot_teach_are_refused_with_the_count(change: dict[str, object], message: str) -> None:
    with pytest.raises(NotEnoughData, match=message):
        examples.usable(planted.frame(100, 0).assign(**cast("Any", change)))


@pytest.mark.parametrize("field", ["format", "features_version", "columns", "concepts", "word_vectors"])
def test_an_artifact_of_another_version_is_refused_by_name(field: str) -> None:
    artifact = model.fit(planted.frame(120, 20)).to_json()
    other = artifact.replace(f'"{field}": ', f'"{field}": "other", "was_{field}": ')
    with pytest.raises(ModelUnusable, match=field.replace("_", " ")):
        model.CtrModel.from_json(other)


@pytest.mark.parametrize("change", [{"zodiac": ("aries",)}, {"mother": ("aries",)}], ids=["added", "renewed"])
def test_a_model_of_other_concept_lists_is_outdated(
    change: dict[str, tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = model.fit(planted.frame(120, 20)).to_json()
    model.CtrModel.from_json(artifact)
    listed = concepts.lists()
    monkeypatch.setattr(concepts, "lists", lambda: dict(sorted((listed | change).items())))
    with pytest.raises(ModelOutdated, match="concepts differ"):
        model.CtrModel.from_json(artifact)


def test_a_model_is_outdated_once_a_concept_has_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = model.fit(planted.frame(120, 20)).to_json()
    renamed = {("zodiac" if name == "mother" else name): words for name, words in concepts.lists().items()}
    monkeypatch.setattr(concepts, "lists", lambda: dict(sorted(renamed.items())))
    with pytest.raises(ModelOutdated, match="concepts differ"):
        model.CtrModel.from_json(artifact)


def test_no_copy_of_a_held_out_text_trains() -> None:
    frame = planted.frame(100, 20)
    frame.loc[0, "text"] = f"{frame['text'].iloc[99]}!!! 1".upper()
    held = splits.newest(frame)
    older = splits.without_copies(frame, held)
    assert not set(frame.loc[older, "text"].map(splits.gist)) & set(frame.loc[held, "text"].map(splits.gist))
    fold = splits.folds(frame, 5, seed=1)
    assert frame.assign(fold=fold, gist=frame["text"].map(splits.gist)).groupby("gist")["fold"].nunique().max() == 1
    arms = frame["owner"] == "own"
    assert frame[arms].assign(fold=fold[arms]).groupby("test_key")["fold"].nunique().max() == 1


def test_near_copies_are_tied_and_a_template_that_all_ads_share_is_not() -> None:
    frame = planted.frame(0, 20)
    text = "A music video with all of my favourite people in it, and none of them are even real people"
    near = frame.assign(text=frame["text"].where(frame.index % 40 != 0, text + frame["example_key"].str[-1]))
    tied = splits.ties(near)
    assert len({tied[0], tied[40]}) == 1
    own = planted.frame(60, 0)
    boilerplate = own.assign(text=[f"{text}, {chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(len(own))])
    assert len(set(splits.ties(boilerplate))) == len(own)


def test_held_out_days_are_later_than_what_trains() -> None:
    frame = planted.frame(100, 20)
    held = splits.newest(frame)
    unit = frame["test_key"].where(frame["owner"] == "own", frame["example_key"])
    first = frame.groupby(unit)["day"].transform("min")
    assert first[~held].max() < first[held].min()


def test_pair_figures_agree_with_a_case_worked_by_hand() -> None:
    arms = pd.DataFrame(
        {
            "example_key": ["a", "b", "c"],
            "group_key": "test|1",
            "test_key": "test|1",
            "impressions": 10_000,
            "clicks": [300, 200, 100],
        }
    )
    figures = evaluate.ranking(arms, np.array([3.0, 1.0, 2.0]), bootstraps=10)
    assert figures["all_pairs"]["pairs"] == 3
    assert figures["all_pairs"]["accuracy"] == pytest.approx(2 / 3)
    assert figures["top1"] == 1
    assert figures["ctr_lift"] == pytest.approx(0.5)
    assert figures["kendall_tau"] == pytest.approx(1 / 3)


class _Embedder:
    """Says how much of a text are vowels."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, sum(letter in "aeiou" for letter in text) / max(1, len(text)), 0.1] for text in texts]


def test_the_configured_embedder_feeds_the_model_and_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = types.SimpleNamespace(init_embeddings=lambda _: _Embedder())
    embeddings._embedder.cache_clear()
    monkeypatch.setitem(sys.modules, "langchain.embeddings", fake)
    monkeypatch.setenv("COUNTERPITCH_EMBEDDINGS", "openai:small")
    settings.cache_clear()
    try:
        frame = planted.frame(120, 20)
        fitted = model.CtrModel.from_json(model.fit(frame).to_json())
        assert fitted.params.embedder == "openai:small"
        assert fitted.strength.weights["embedding"].shape == (3,)
        assert np.isfinite(fitted.predict(frame[list(features.KNOWN)])["ctr"]).all()
        embeddings._embedder.cache_clear()
        monkeypatch.setitem(sys.modules, "langchain.embeddings", None)
        with pytest.raises(ModelUnusable, match=r"requirements-embeddings\.txt"):
            fitted.predict(frame[list(features.KNOWN)])
    finally:
        embeddings._embedder.cache_clear()
        settings.cache_clear()


def test_one_text_under_many_images_is_one_text() -> None:
    frame = planted.frame(0, 60)
    shown = np.arange(len(frame)) % 4 == 0
    frame.loc[shown, "text"] = "Sleep well like a unicorn"
    frame.loc[shown, "clicks"] = (frame.loc[shown, "impressions"] * 0.06).astype(int)
    asked = frame.iloc[[0]].assign(text="Cook at home like a unicorn")[list(features.KNOWN)]
    alike, apart = (
        model.fit(examples.usable(frame), replace(model.Params(), priors=Priors(text=variance))).margins(asked)[0][0]
        for variance in (0.5, 1e-6)
    )
    assert alike < apart - 0.05
