"""Who judges a model that reads a taught encoder: no ad that taught it, nor one that it reads as the same."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from counterpitch.ctr import embeddings, examples, model, splits, train, tune, tuned
from counterpitch.ctr.refusals import ModelUnusable, NotEnoughData
from counterpitch.warehouse.connection import Connection
from tests.ctr import planted, rote

pytestmark = pytest.mark.usefixtures("by_rote")


def test_a_model_is_never_judged_on_what_its_encoder_was_taught(tmp_path: Path) -> None:
    known = planted.frame(0, 150)
    held = splits.newest(known)
    older = known[splits.without_copies(known, held)].reset_index(drop=True)
    honest = rote.taught(tmp_path, older, "honest")
    figures, judged = train.evaluation(known, model.Params(embedder=honest))
    assert set(judged["example_key"]) == set(known.loc[held, "example_key"])
    assert 0.5 < figures["table"]["model"]["all_pairs"]["accuracy"] < 0.99, "it does not know the answers"
    cheat = rote.taught(tmp_path, known, "cheat")
    with pytest.raises(ModelUnusable, match=r"taught on results up to 2027-.*tune-encoder"):
        train.evaluation(known, model.Params(embedder=cheat))


def test_where_too_little_is_older_no_row_that_taught_judges(tmp_path: Path) -> None:
    known = planted.frame(0, 150)
    name = rote.taught(tmp_path, known.iloc[:400].reset_index(drop=True))
    later = known.iloc[384:].reset_index(drop=True)  # four of its tests, and fifty later ones
    later.loc[16:, "day"] = later["day"].max()
    assert len(train.hold_out(later, seed=1)[1]) == 5, "without an encoder each fold judges"
    with pytest.raises(NotEnoughData, match="are 24 pairs; a model that reads a taught encoder"):
        train.hold_out(later, seed=1, embedder=name)


def test_where_later_results_have_come_only_those_judge(tmp_path: Path) -> None:
    known = planted.frame(0, 150)
    border = known["day"].sort_values().iloc[int(0.9 * len(known))]
    name = rote.taught(tmp_path, known[known["day"] < border].reset_index(drop=True))
    _, judged = train.evaluation(known, model.Params(embedder=name))
    assert len(judged) > 0
    assert pd.to_datetime(judged["day"]).min() >= border
    assert pd.to_datetime(judged["day"]).min() > known.loc[splits.newest(known), "day"].min()


def test_what_nearly_says_a_taught_text_does_not_judge(tmp_path: Path) -> None:
    known = planted.frame(0, 150)
    known.loc[known.index[-1], "text"] = known["text"].iloc[0].upper() + "!"
    name = rote.taught(tmp_path, known.iloc[:480].reset_index(drop=True))
    found = embeddings.taught(name)
    assert found
    may = tuned.judges(known, np.ones(len(known), bool), found[1], found[0]["taught_until"])
    assert not may[-4:].any(), "its whole test is out"
    assert may[:-4].sum() == 600 - 480 - 4


def test_an_ad_that_opens_like_a_taught_one_does_not_judge(tmp_path: Path) -> None:
    known = planted.opening_alike(planted.frame(0, 150), 560)
    found = embeddings.taught(rote.taught(tmp_path, known.iloc[:480].reset_index(drop=True)))
    assert found
    may = tuned.judges(known, np.ones(len(known), bool), found[1], found[0]["taught_until"])
    assert not may[560:].any(), "they open like the first 40"
    assert may[480:560].all()


def test_an_encoder_taught_on_other_texts_of_own_ads_is_taught_again(tmp_path: Path) -> None:
    known = planted.frame(40, 150)
    arms = known[known["brand_id"].isna()].reset_index(drop=True)
    name = rote.taught(tmp_path, arms[~splits.newest(arms)].reset_index(drop=True))
    train.hold_out(known, seed=1, embedder=name)
    folder = tmp_path / "taught"
    said = json.loads((folder / tuned.SCORES).read_text(encoding="utf-8"))
    assert said.pop("ads") == tuned.COPY
    (folder / tuned.SCORES).write_text(json.dumps(said), encoding="utf-8")
    card = json.loads((folder / tuned.CARD).read_text(encoding="utf-8"))
    (folder / tuned.CARD).write_text(json.dumps(card | {"sha256": tuned.fingerprint(folder)}), encoding="utf-8")
    train.hold_out(arms, seed=1, embedder=name)  # arms have the text that they had
    with pytest.raises(ModelUnusable, match=r"held its button and description.*Teach the encoder again"):
        train.hold_out(known, seed=1, embedder=name)


def test_nothing_that_opens_like_what_judges_is_taught(
    conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = planted.opening_alike(planted.frame(0, 150), 560)
    monkeypatch.setattr(examples, "read", lambda *_: known)
    card = tune.tune(tmp_path / "taught", rote.base(tmp_path), planted.DAY)
    assert card["texts"] == 480 - 40
    _, [(_, held)] = train.hold_out(known, seed=1, embedder=f"huggingface:{tmp_path / 'taught'}")
    assert held.sum() == 120, "so the whole newest fifth judges"
