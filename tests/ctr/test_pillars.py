"""Pillars in a second model: found where they decide, worth nothing where they do not, unseen by the base."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from counterpitch.ctr import evaluate, explain, features, model, pillars, splits
from counterpitch.ctr.refusals import ModelUnusable
from tests.ctr import planted

EFFECT = 0.6
PARENTS = "pillar_audience=parents"


def _read(effect: float, unread: float = 0.0) -> pd.DataFrame:
    """The planted market, by a reader that finds parents in half the ads, whatever their words; `effect` on them."""
    frame = planted.frame(160, 30)
    rng = np.random.default_rng(11)
    parents = rng.random(len(frame)) < 0.5
    rate = frame["clicks"] / frame["impressions"]
    odds = np.log(rate / (1 - rate)) + effect * parents
    frame["clicks"] = rng.binomial(frame["impressions"], 1 / (1 + np.exp(-odds)))
    said = [[("target_audience", "busy mums"), ("offer", "free trial")] if one else [] for one in parents]
    rows = [
        {"clean_text": text, "tone": "playful", "mentions": mentions}
        for text, mentions in zip(frame["text"], said, strict=True)
    ]
    block = pillars.of_texts(frame["text"], rows)
    block[rng.random(len(frame)) < unread] = np.nan
    return pd.concat([frame, block], axis=1)


def test_a_reading_belongs_to_the_copy_whatever_its_button_says() -> None:
    read = {"body": "Sleep well.", "title": "", "description": "Free.", "clean_text": "Sleep well.\nFree.\nTry it"}
    block = pillars.of_texts(pd.Series(["Sleep well.", "Cook."]), [read | {"tone": "playful", "mentions": []}])
    assert block["pillar_tone=playful"].tolist()[0] == 1.0
    assert block.iloc[1].isna().all()


def _difference(frame: pd.DataFrame) -> tuple[float, float]:
    """95% interval of what pillars add to the pair accuracy on held-out examples."""
    fold = splits.folds(frame, 3, 1)
    scores = {block: np.zeros(len(frame)) for block in ((), pillars.NAMES)}
    for number in range(3):
        inside = fold == number
        rest = frame[~inside].reset_index(drop=True)
        for block, score in scores.items():
            score[inside] = model.fit(rest, block=block).margins(frame.loc[inside, [*features.KNOWN, *block]])[0]
    low, high = evaluate.difference(frame, scores[pillars.NAMES], scores[()])["difference_95"]
    return low, high


def test_a_planted_effect_of_an_audience_wins_beyond_noise() -> None:
    low, _ = _difference(_read(EFFECT))
    assert low > 0.02


def test_pillars_that_mean_nothing_do_not_win() -> None:
    low, high = _difference(_read(0.0))
    assert low <= 0
    assert high - low < 0.1, "a wide interval would prove nothing"


def test_the_base_model_is_the_same_bytes_whatever_pillars_stand_beside_its_examples() -> None:
    frame = _read(EFFECT)
    assert model.fit(frame).to_json() == model.fit(frame.drop(columns=list(pillars.NAMES))).to_json()


def test_an_ad_that_was_not_read_counts_as_the_average_one() -> None:
    frame = _read(EFFECT, unread=0.3)
    fitted = model.fit(frame, block=pillars.NAMES)
    asked = frame[[*features.KNOWN, *pillars.NAMES]].head(1)
    without, with_them = asked.assign(**{PARENTS: 0.0}), asked.assign(**{PARENTS: 1.0})
    unread = asked.assign(**{PARENTS: np.nan})
    low, middle, high = (float(fitted.margins(each)[0][0]) for each in (without, unread, with_them))
    assert low < middle < high


def test_a_model_with_pillars_survives_json_and_gives_them_as_reasons() -> None:
    frame = _read(EFFECT)
    fitted = model.fit(frame, block=pillars.NAMES)
    known = frame[[*features.KNOWN, *pillars.NAMES]].head(20)
    again = model.CtrModel.from_json(fitted.to_json())
    np.testing.assert_array_equal(again.margins(known)[0], fitted.margins(known)[0])
    reasons = [reason for each in explain.predictions(again, known, "acme")["reasons"] for reason in each]
    assert {"speaks to parents", "does not speak to parents"} <= {reason["what"] for reason in reasons}
    blocks = fitted.blocks(known)
    wide = fitted.columns(blocks)
    apart = explain.shared_out(fitted, wide, blocks.devices).sum(axis=1) - fitted.calibration.slope * fitted.margin(
        wide
    )
    np.testing.assert_allclose(apart, apart[0], atol=1e-9)


def test_a_model_of_other_concepts_is_refused() -> None:
    artifact = model.fit(_read(EFFECT), block=pillars.NAMES).to_json()
    with pytest.raises(ModelUnusable, match="columns differ"):
        model.CtrModel.from_json(artifact.replace(PARENTS, "pillar_audience=martians"))
