"""Reasons name what a copywriter can change; what-if shows the change."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from counterpitch.ctr import explain, features, model, registry
from counterpitch.ctr.refusals import NotEnoughData
from counterpitch.errors import Permanent
from counterpitch.personas.embed import stopwords
from counterpitch.warehouse.connection import Connection
from tests.ctr import planted


def test_a_planted_effect_is_found_with_its_sign_and_rough_size(conn: Connection) -> None:
    planted.fill(conn)
    registry.ensure_champion(planted.DAY)
    asked = explain.explain_text(
        "Sleep well with a plan?\nStart a free trial.",
        before="Sleep well with a plan.\nJoin our webinar.",
        owner="acme",
    )
    assert asked["change_points"] > 0.8, "planted: a question +0.35 and a free trial over a webinar +1.0 in log-odds"
    assert asked["ctr_low"] < asked["ctr"] < asked["ctr_high"]
    assert asked["mark"] == "bootstrap"
    assert asked["trained_on"] == ["acme", "own"]
    told = {reason["feature"]: reason for reason in asked["reasons"]}
    assert told["strength"]["points"] > 0
    assert {"free", "trial"} & set(told["strength"]["helps"])
    assert "webinar" in {r["feature"]: r for r in asked["before"]["reasons"]}["strength"]["hurts"]


def test_shares_add_up_to_the_prediction() -> None:
    fitted = model.fit(planted.frame(120, 20))
    known = planted.frame(120, 20)[list(features.KNOWN)].head(20)
    blocks = fitted.blocks(known)
    shares = explain.shared_out(fitted, fitted.columns(blocks), blocks.devices)
    margin = fitted.margins(known)[0] * fitted.calibration.slope
    assert np.ptp(margin - shares.sum(axis=1)) == pytest.approx(0, abs=1e-9), "all but one constant is shared out"


def test_scores_and_reasons_do_not_depend_on_what_is_scored_together(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = model.fit(planted.frame(120, 20))
    known = planted.frame(60, 20, seed=3)[list(features.KNOWN)]
    together = explain.predictions(fitted, known)
    monkeypatch.setattr(model, "CHUNK", 7)
    apart = explain.predictions(fitted, known)
    assert apart["reasons"].tolist() == together["reasons"].tolist()
    numbers = ["score", "ctr", "ctr_low", "ctr_high"]
    np.testing.assert_allclose(apart[numbers], together[numbers], rtol=1e-9)  # BLAS adds up in another order


def test_an_unknown_language_gets_a_wide_interval_and_an_empty_text_a_refusal(conn: Connection) -> None:
    planted.fill(conn)
    registry.ensure_champion(planted.DAY)
    known = explain.explain_text("Sleep well with a plan.\nBegin today.")
    strange = explain.explain_text("кушайте дома с удовольствием")
    width = [np.log(a["ctr_high"] / a["ctr_low"]) for a in (known, strange)]
    assert width[1] > 1.3 * width[0]
    with pytest.raises(Permanent, match="no text"):
        explain.explain_text("  ")


def test_warm_answers_take_less_than_a_tenth_of_a_second(conn: Connection) -> None:
    planted.fill(conn)
    registry.ensure_champion(planted.DAY)
    explain.explain_text("Cook at home today.")
    started = time.process_time()
    for number in range(5):
        explain.explain_text(f"Cook at home today? Lesson {number}")
    assert (time.process_time() - started) / 5 < 0.1


def test_without_a_champion_there_is_a_sentence_instead(warehouse: str) -> None:
    with pytest.raises(NotEnoughData, match="No champion yet"):
        explain.explain_text("Cook at home.")


def test_what_two_features_say_alike_is_one_reason_and_one_thing_is_singular(conn: Connection) -> None:
    planted.fill(conn)
    registry.ensure_champion(planted.DAY)
    for text in ("Sleep well with a plan?", "Sleep well with a plan."):
        told = [reason["feature"] for reason in explain.explain_text(text)["reasons"]]
        assert not {"question_opening", "questions"} <= set(told)
    assert explain._singular("1 question marks") == "1 question mark"
    assert explain._singular("words of 5.1 letters on average") == "words of 5.1 letters on average"
    assert explain._singular("11 words in all") == "11 words in all"


def test_a_model_that_counts_no_further_does_not_say_that_the_third_mark_pays() -> None:
    assert explain._in_words("questions", 3, 10) == "3 question marks"
    assert explain._in_words("questions", 3, 1) == "at least 1 question mark"
    assert explain._in_words("questions", 1, 1) == "1 question mark"
    assert explain._in_words("questions", 0, 1) == explain._in_words("questions", 0, 10)
    assert explain._in_words("words", 34, 12) == "at least 12 words in all"


def test_function_words_and_figures_are_counted_in_the_wording_and_never_named() -> None:
    fitted = model.fit(planted.frame(160, 30))
    known = planted.frame(60, 0, seed=5)[list(features.KNOWN)]
    known["text"] += " in 7 days"
    blocks = fitted.blocks(known)
    words = fitted.strength.words(blocks)
    nobodys = [name in ("a", "your", "the", "with", "our", "0") for name in words.names]
    assert np.abs(words.values[:, nobodys]).sum() > 0, "the model does count on them"
    reasons = [reason for each in explain.predictions(fitted, known, "acme")["reasons"] for reason in each]
    named = {
        word for reason in reasons if reason["feature"] == "strength" for word in reason["helps"] + reason["hurts"]
    }
    assert {"trial", "webinar"} <= named
    assert not named & stopwords("en")
    assert "0" not in named
    assert "function_words" not in {reason["feature"] for reason in reasons}


def test_what_is_a_function_word_depends_on_the_language() -> None:
    assert "die" in stopwords("de")
    assert "die" not in stopwords("en")
    assert "the" in stopwords("en") & stopwords("und")


def test_a_draft_is_read_as_the_same_words_of_an_ad_are() -> None:
    fitted = model.fit(planted.frame(120, 20))
    ad = "Sleep well with a plan?\nStart a free trial.\nBegin today."
    typed = "  Sleep well  with a plan?\r\nStart a free trial.<br>Begin today. \r\n"
    said = explain.answer(fitted, typed, before=ad)
    assert said["reasons"] == said["before"]["reasons"]
    assert said["change_points"] == 0


def test_a_draft_has_the_language_of_its_words_and_a_short_change_of_it_keeps_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fitted = model.fit(planted.frame(120, 20))
    asked: list[str] = []
    predict = explain.predictions

    def watched(by: model.CtrModel, known: pd.DataFrame, owner: str | None) -> pd.DataFrame:
        asked.extend(known["language"])
        return predict(by, known, owner)

    monkeypatch.setattr(explain, "predictions", watched)
    explain.answer(fitted, "Sleep well!", "Learn to speak with friends every morning")
    explain.answer(fitted, "Sleep well!", context={"language": "fr"})
    explain.answer(fitted, "Sleep well!")
    assert asked == ["en", "en", "fr", "und"]
