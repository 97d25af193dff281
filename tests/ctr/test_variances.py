"""Few examples choose the variances themselves: planted ones are found, many examples keep the defaults."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from counterpitch.ctr import features, model, variances
from tests.ctr import planted


def _levels(spread: float) -> pd.DataFrame:
    """The planted market, its tests `spread` (log-odds) apart from each other."""
    frame = planted.frame(120, 40, seed=3)
    test = frame["test_key"].str.extract(r"test\|t(\d+)")[0].astype(float)
    odds = frame["clicks"] / (frame["impressions"] - frame["clicks"])
    moved = odds * (2.718281828 ** (spread * ((test % 5) - 2).fillna(0)))
    frame["clicks"] = (frame["impressions"] * moved / (1 + moved)).round().astype(int)
    return frame


def test_how_far_tests_lie_apart_is_read_off_the_data() -> None:
    near, far = (variances.estimate(_levels(spread)) for spread in (0.0, 0.8))
    assert near[0].priors.test + near[0].priors.image < 0.15
    assert far[0].priors.test + far[0].priors.image > 0.5
    assert far[1]["method"] == "marginal likelihood"
    assert near[1]["gain"] > 0


def test_few_examples_keep_the_shares_of_the_readings_that_suit_few() -> None:
    found, given = variances.estimate(planted.frame(80, 20))[0].priors, model.Params().priors
    assert found.char / found.word == pytest.approx(variances.FEW_SHARES["char"] / given.word, rel=0.01)
    assert found.sense / found.word == pytest.approx(given.sense / given.word, rel=0.01)


def test_the_same_examples_give_the_same_parameters() -> None:
    frame = planted.frame(80, 20)
    assert variances.estimate(frame) == variances.estimate(frame.copy())


def test_many_examples_keep_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variances, "MOST_EXAMPLES", 50)
    params, record = variances.estimate(planted.frame(80, 20))
    assert params == model.Params()
    assert record["method"].startswith("defaults")


def _strengths(params: model.Params, *texts: str) -> np.ndarray:
    """What the devices of each text add to its strength: texts x devices."""
    frame = planted.frame(80, 20)
    learnt = model.CtrModel.from_json(model.fit(frame, params).to_json())
    asked = pd.concat([frame[list(features.KNOWN)].head(1)] * len(texts)).assign(text=list(texts))
    return learnt.strength.devices(learnt.blocks(asked).devices)


def test_few_examples_read_a_device_as_there_or_not_and_words_up_to_a_dozen() -> None:
    few = variances.estimate(planted.frame(80, 20))[0]
    number, words = model.DEVICES.index("questions"), model.DEVICES.index("words")
    texts = ("Sleep? Cook.", "Sleep? Cook? " + "Run " * 20, "Sleep. " + "Run " * 40)
    found = _strengths(few, *texts)
    assert found[0, number] == found[1, number] != found[2, number]
    assert found[1, words] == found[2, words] != found[0, words]
    counted = _strengths(model.Params(embedder=None), *texts)
    assert len({*counted[:, words]}) == 3
    assert counted[0, number] != counted[1, number]
