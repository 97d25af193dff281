"""An encoder taught on our results: what it knows by heart counts for nothing, and no model is judged by it."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.ctr import (
    embeddings,
    encoder,
    evaluate,
    examples,
    features,
    model,
    registry,
    splits,
    train,
    tune,
    tuned,
)
from counterpitch.ctr.contests import LARGEST, Contests
from counterpitch.ctr.refusals import ModelUnusable, NotEnoughData
from counterpitch.ctr.vectors import pack_whole
from counterpitch.settings import settings
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.ctr import planted, rote

ALIKE = planted.ads
BERT = encoder.Bert


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    rote.install(monkeypatch)
    monkeypatch.setattr(planted, "ads", planted.apart)
    yield
    embeddings._embedder.cache_clear()
    settings.cache_clear()


def _taught(folder: Path, learn: pd.DataFrame, name: str = "taught") -> str:
    tune.teach(learn, rote.base(folder), folder / name)
    return f"huggingface:{folder / name}"


def test_no_text_is_read_by_an_encoder_that_was_taught_on_it(tmp_path: Path) -> None:
    learn = planted.frame(0, 120)
    name = _taught(tmp_path, learn)
    said = embeddings.embed(learn["text"].tolist(), name)[:, 0]
    offers = learn["text"].str.lower().str.contains("free trial").to_numpy()
    assert np.ptp(said[offers]) < 1.0, "fold by fold nothing but the offer shows"
    assert np.ptp(said[~offers]) < 1.0
    assert said[offers].mean() - said[~offers].mean() > 1.0
    new, bare = embeddings.embed(["A free trial of everything", "Nothing of the kind"], name)[:, 0]
    assert new > bare


def test_run_again_it_is_done_at_once_and_another_encoder_needs_another_folder(tmp_path: Path) -> None:
    learn = planted.frame(0, 120)
    card = tune.teach(learn, rote.base(tmp_path), tmp_path / "taught")
    assert rote.Rote.taught == tune.FOLDS + 1
    shuffled = learn.sample(frac=1.0, random_state=1).sort_values("example_key").reset_index(drop=True)
    assert tune.teach(shuffled, rote.base(tmp_path), tmp_path / "taught") == card
    assert rote.Rote.taught == tune.FOLDS + 1
    with pytest.raises(ModelUnusable, match=r"taught otherwise.*--out"):
        tune.teach(learn.iloc[4:], rote.base(tmp_path), tmp_path / "taught")
    with pytest.raises(ModelUnusable, match="other files"):
        tune.teach(learn, rote.base(tmp_path), tmp_path / "base")
    (tmp_path / "mine.unfinished").mkdir()
    (tmp_path / "mine.unfinished" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ModelUnusable, match="in the way"):
        tune.teach(learn, rote.base(tmp_path), tmp_path / "mine")
    assert tuned.card(tmp_path / "taught") == card


def test_an_interrupted_run_goes_on_where_it_stopped_and_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn = planted.frame(0, 120)
    whole = tune.teach(learn, rote.base(tmp_path), tmp_path / "whole")
    monkeypatch.setattr(rote.Rote, "taught", 0)
    monkeypatch.setattr(rote.Rote, "fails_at", 3)
    with pytest.raises(KeyboardInterrupt):
        tune.teach(learn, rote.base(tmp_path), tmp_path / "broken")
    assert not (tmp_path / "broken").exists()
    monkeypatch.setattr(rote.Rote, "fails_at", None)
    assert tune.teach(learn, rote.base(tmp_path), tmp_path / "broken")["sha256"] == whole["sha256"]
    assert rote.Rote.taught == tune.FOLDS + 1, "three before, three after"
    assert {path.name for path in tmp_path.iterdir()} == {"base", "whole", "broken"}


@pytest.mark.parametrize("left", [{}, {"plan.json.part": '{"ba'}, {"plan.json": '{"ba'}])
def test_a_run_that_was_killed_before_its_plan_was_written_is_in_nobodys_way(
    tmp_path: Path, left: dict[str, str]
) -> None:
    unfinished = tmp_path / "taught.unfinished"
    unfinished.mkdir()
    for name, text in left.items():
        (unfinished / name).write_text(text, encoding="utf-8")
    tune.teach(planted.frame(0, 120), rote.base(tmp_path), tmp_path / "taught")
    assert {path.name for path in tmp_path.iterdir()} == {"base", "taught"}


def test_the_time_of_folds_that_an_earlier_run_finished_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn = planted.frame(0, 120)
    monkeypatch.setattr(rote.Rote, "fails_at", 3)
    with pytest.raises(KeyboardInterrupt):
        tune.teach(learn, rote.base(tmp_path), tmp_path / "taught")
    for kept in (tmp_path / "taught.unfinished").glob("fold-*.json"):
        held = json.loads(kept.read_text(encoding="utf-8"))
        kept.write_text(json.dumps(held | {"processor_seconds": 1_000}), encoding="utf-8")
    monkeypatch.setattr(rote.Rote, "fails_at", None)
    assert tune.teach(learn, rote.base(tmp_path), tmp_path / "taught")["processor_seconds"] >= 3_000


def test_folds_left_by_a_run_that_was_killed_after_its_last_step_are_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn = planted.frame(0, 120)
    remove = shutil.rmtree

    def killed(path: Path, ignore_errors: bool = False) -> None:
        if path.name == "taught.unfinished" and path.is_dir():
            raise KeyboardInterrupt
        remove(path, ignore_errors)

    monkeypatch.setattr("shutil.rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        tune.teach(learn, rote.base(tmp_path), tmp_path / "taught")
    monkeypatch.setattr("shutil.rmtree", remove)
    assert (tmp_path / "taught.unfinished").is_dir()
    tune.teach(learn, rote.base(tmp_path), tmp_path / "taught")
    assert {path.name for path in tmp_path.iterdir()} == {"base", "taught"}
    assert rote.Rote.taught == tune.FOLDS + 1


def test_what_is_in_the_way_is_said_before_the_results_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "read", lambda *_: pytest.fail("the results were read"))
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(ModelUnusable, match=r"is a file.*--out"):
        tune.tune(tmp_path / "file", rote.base(tmp_path))
    monkeypatch.setattr(encoder, "Bert", BERT)
    monkeypatch.setattr(encoder, "libraries", lambda: (None, None))
    with pytest.raises(ModelUnusable, match=r"no readable config\.json"):
        tune.tune(tmp_path / "taught", rote.base(tmp_path))
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_the_card_counts_the_tests_that_taught(tmp_path: Path) -> None:
    learn = planted.frame(0, 130)
    learn.loc[learn.index[:40], "text"] = learn["text"].iloc[0]  # ten tests in which nothing differs but the image
    card = tune.teach(learn, rote.base(tmp_path), tmp_path / "taught")
    assert (card["tests"], card["contests"]) == (130, 120)
    assert tuned.lessons(card).startswith("120 tests")
    del card["contests"]
    assert tuned.lessons(card) == "examples of 130 tests", "as cards of before say it"


def test_too_few_tests_or_copies_teach_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotEnoughData, match="20 tests"):
        tune.teach(planted.frame(0, 20), rote.base(tmp_path), tmp_path / "taught")
    monkeypatch.setattr(planted, "ads", ALIKE)
    with pytest.raises(NotEnoughData, match="nearly say the same"):
        tune.teach(planted.frame(0, 120), rote.base(tmp_path), tmp_path / "taught")
    assert not (tmp_path / "taught").exists()


def test_a_model_is_never_judged_on_what_its_encoder_was_taught(tmp_path: Path) -> None:
    known = planted.frame(0, 150)
    held = splits.newest(known)
    older = known[splits.without_copies(known, held)].reset_index(drop=True)
    honest = _taught(tmp_path, older, "honest")
    figures, judged = train.evaluation(known, model.Params(embedder=honest))
    assert set(judged["example_key"]) == set(known.loc[held, "example_key"])
    assert 0.5 < figures["table"]["model"]["all_pairs"]["accuracy"] < 0.99, "it does not know the answers"
    cheat = _taught(tmp_path, known, "cheat")
    with pytest.raises(ModelUnusable, match=r"taught on results up to 2027-.*tune-encoder"):
        train.evaluation(known, model.Params(embedder=cheat))


def test_where_too_little_is_older_no_row_that_taught_judges(tmp_path: Path) -> None:
    known = planted.frame(0, 150)
    name = _taught(tmp_path, known.iloc[:400].reset_index(drop=True))
    later = known.iloc[384:].reset_index(drop=True)  # four of its tests, and fifty later ones
    later.loc[16:, "day"] = later["day"].max()
    assert len(train.hold_out(later, seed=1)[1]) == 5, "without an encoder each fold judges"
    with pytest.raises(NotEnoughData, match="are 24 pairs; a model that reads a taught encoder"):
        train.hold_out(later, seed=1, embedder=name)


def test_where_later_results_have_come_only_those_judge(tmp_path: Path) -> None:
    known = planted.frame(0, 150)
    border = known["day"].sort_values().iloc[int(0.9 * len(known))]
    name = _taught(tmp_path, known[known["day"] < border].reset_index(drop=True))
    _, judged = train.evaluation(known, model.Params(embedder=name))
    assert len(judged) > 0
    assert pd.to_datetime(judged["day"]).min() >= border
    assert pd.to_datetime(judged["day"]).min() > known.loc[splits.newest(known), "day"].min()


def test_what_nearly_says_a_taught_text_does_not_judge(tmp_path: Path) -> None:
    known = planted.frame(0, 150)
    known.loc[known.index[-1], "text"] = known["text"].iloc[0].upper() + "!"
    name = _taught(tmp_path, known.iloc[:480].reset_index(drop=True))
    found = embeddings.taught(name)
    assert found
    may = tuned.judges(known, np.ones(len(known), bool), found[1], found[0]["taught_until"])
    assert not may[-4:].any(), "its whole test is out"
    assert may[:-4].sum() == 600 - 480 - 4


def _made_up(rng: np.random.Generator, words: int) -> str:
    return " ".join("".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), 6)) for _ in range(words))


def _with_shared_openings(known: pd.DataFrame, apart: int) -> pd.DataFrame:
    """Long ads: each opens like the one `apart` rows before it, and goes on in words of its own."""
    rng = np.random.default_rng(5)
    heads = [f"{text} {_made_up(rng, 12)}" for text in known["text"]]
    heads = [heads[row - apart] if row >= apart else head for row, head in enumerate(heads)]
    return known.assign(text=[f"{head} {_made_up(rng, 60)}" for head in heads])


def test_ads_that_open_alike_are_one_text_to_an_encoder(tmp_path: Path) -> None:
    known = _with_shared_openings(planted.frame(0, 150), 300)
    assert splits.ties(known).max() == 149, "as wholes they are far from alike"
    name = _taught(tmp_path, known)
    said = embeddings.embed(known["text"].tolist(), name)[:, 0]
    offers = known["text"].str.lower().str.contains("free trial").to_numpy()
    assert np.ptp(said[offers]) < 1.0, "no fold knows an opening that another one learnt"
    assert np.ptp(said[~offers]) < 1.0
    new = [f"{tuned.opening(text)} and something else" for text in known["text"]]
    assert embeddings.embed(new, name)[:, 0].tolist() == said.tolist(), "nor does the whole encoder, in use"


def test_an_ad_that_opens_like_a_taught_one_does_not_judge(tmp_path: Path) -> None:
    known = _with_shared_openings(planted.frame(0, 150), 560)
    found = embeddings.taught(_taught(tmp_path, known.iloc[:480].reset_index(drop=True)))
    assert found
    may = tuned.judges(known, np.ones(len(known), bool), found[1], found[0]["taught_until"])
    assert not may[560:].any(), "they open like the first 40"
    assert may[480:560].all()


def test_nothing_that_opens_like_what_judges_is_taught(
    conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = _with_shared_openings(planted.frame(0, 150), 560)
    monkeypatch.setattr(examples, "read", lambda *_: known)
    card = tune.tune(tmp_path / "taught", rote.base(tmp_path), planted.DAY)
    assert card["texts"] == 480 - 40
    _, [(_, held)] = train.hold_out(known, seed=1, embedder=f"huggingface:{tmp_path / 'taught'}")
    assert held.sum() == 120, "so the whole newest fifth judges"


def test_a_taught_text_in_other_case_or_lines_is_no_new_text(tmp_path: Path) -> None:
    learn = planted.frame(0, 120)
    learn.loc[learn.index[-1], "text"] = learn["text"].iloc[0].upper()
    name = _taught(tmp_path, learn)
    said = embeddings.embed(learn["text"].tolist(), name)[:, 0]
    offers = learn["text"].str.lower().str.contains("free trial").to_numpy()
    assert np.ptp(said[offers]) < 1.0
    assert said[0] == said[-1], "one score for what the encoder reads as one"
    typed = [f"  {text.title()}".replace("\n", "\r\n").replace(" ", "  ") for text in learn["text"]]
    assert embeddings.embed(typed, name)[:, 0].tolist() == said.tolist()


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Crème brûlée", "creme  brulee"),
        ("Ready? Go", "READY ?\r\nGO"),
        ("Sleep well \U0001f634", "Sleep well \U0001f31b\ufe0f"),
    ],
)
def test_what_a_minilm_does_not_see_tells_no_texts_apart(text: str, other: str) -> None:
    assert tuned.folded(text) == tuned.folded(other)
    assert tuned.folded(text) not in (tuned.folded(f"{text}!"), tuned.folded("Sleep well"))


@given(st.text(), st.integers(1, 5), st.integers(1, 30))
def test_an_opening_is_a_beginning_and_opens_with_itself(text: str, words: int, characters: int) -> None:
    head = tuned.opening(text, words, characters)
    assert text.startswith(head)
    assert tuned.opening(head, words, characters) == head
    if len(text) <= characters and len(text.split()) <= words:
        assert head == text
    else:
        assert head.split() == text[:characters].split()[:words]


def test_a_folder_of_before_tells_texts_apart_as_it_did(tmp_path: Path) -> None:
    learn = planted.frame(0, 120)
    name = _taught(tmp_path, learn)
    kept = tmp_path / "taught" / tuned.SCORES
    said = json.loads(kept.read_text(encoding="utf-8"))
    assert said.pop("read") == [tuned.WORDS, tuned.CHARACTERS]
    assert said.pop("told_apart") == tuned.FOLDED
    said["keys"] = pack_whole(np.sort(tuned.keys_of(sorted(set(learn["text"])))))
    kept.write_text(json.dumps(said), encoding="utf-8")
    card = json.loads((tmp_path / "taught" / tuned.CARD).read_text(encoding="utf-8"))
    card["sha256"] = tuned.fingerprint(tmp_path / "taught")
    (tmp_path / "taught" / tuned.CARD).write_text(json.dumps(card), encoding="utf-8")
    found = embeddings.taught(name)
    assert found
    assert found[1].taught(learn["text"].tolist()).all()
    assert not found[1].taught([learn["text"].iloc[0].upper()]).any()
    long = "word " * 300
    assert found[1].opening(long) == long[:1_000]


def test_the_warehouse_teaches_it_and_the_registry_keeps_who_it_was(
    conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.fill(conn, count=160, tests=120)
    card = tune.tune(tmp_path / "taught", rote.base(tmp_path), planted.DAY)
    monkeypatch.setenv("COUNTERPITCH_CTR_ENCODER", str(tmp_path / "taught"))
    settings.cache_clear()
    model_id = train.train(planted.DAY)
    assert train.train(planted.DAY) == model_id
    [row] = query.rows(conn, "select metrics, artifact from ml.model")
    first_judged = query.scalar(conn, "select min(day) from ml.held_out")
    assert card["taught_until"] < first_judged.isoformat()
    assert row["metrics"]["encoder"] == card
    assert json.loads(row["artifact"])["encoder"] == card["sha256"]
    assert f"up to {card['taught_until']}" in registry.describe(model_id)
    _, fitted, _ = registry.load(conn, model_id)
    known = planted.frame(60, 10)[list(features.KNOWN)]
    assert np.isfinite(fitted.predict(known)["ctr"]).all()
    (tmp_path / "taught").rename(tmp_path / "gone")
    embeddings._embedder.cache_clear()
    with pytest.raises(ModelUnusable, match=r"no folder .*taught"):
        fitted.predict(known)
    tune.teach(planted.frame(0, 120), rote.base(tmp_path), tmp_path / "taught")
    embeddings._embedder.cache_clear()
    with pytest.raises(ModelUnusable, match="trained with another encoder"):
        fitted.predict(known)


def test_a_model_whose_encoder_is_gone_is_no_champion_and_loses_to_none(
    conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.fill(conn, count=160, tests=120)
    tune.tune(tmp_path / "taught", rote.base(tmp_path), planted.DAY)
    monkeypatch.setenv("COUNTERPITCH_CTR_ENCODER", str(tmp_path / "taught"))
    settings.cache_clear()
    reads = train.train(planted.DAY, model.Params())
    monkeypatch.setenv("COUNTERPITCH_CTR_ENCODER", " ")
    settings.cache_clear()
    bare = train.train(planted.DAY, model.Params())
    for model_id in (reads, bare):
        registry.promote(model_id)
    (tmp_path / "taught").rename(tmp_path / "gone")
    yes = {"chosen_options": ["Promote"], "responded_by_user": {"name": "ana"}}
    for refused in (lambda: registry.promote(reads), lambda: registry.record_decision(reads, yes), registry.rollback):
        with pytest.raises(ModelUnusable, match=r"no folder .*taught"):
            refused()
    assert query.scalar(conn, "select model_id from ml.champion") == bare
    (tmp_path / "gone").rename(tmp_path / "taught")
    registry.rollback()
    (tmp_path / "taught").rename(tmp_path / "gone")
    embeddings._embedder.cache_clear()
    query.execute(conn, "update ml.model set partition_key = '2026-10-20' where model_id = %(id)s", {"id": reads})
    conn.commit()
    monkeypatch.setattr(evaluate, "is_enough", lambda *_: True)
    verdict = registry.compare(bare)
    assert (verdict["verdict"], verdict["champion_id"]) == ("keeps", reads)
    assert "There is no folder" in verdict["reason"]


def test_an_artifact_names_another_format_only_where_a_taught_encoder_is_read(tmp_path: Path) -> None:
    learn = planted.frame(0, 120)
    reads = model.fit(learn, model.Params(embedder=_taught(tmp_path, learn)))
    for fitted, number in ((reads, model.FORMAT_TAUGHT), (model.fit(learn), model.FORMAT)):
        artifact = fitted.to_json()
        assert json.loads(artifact)["format"] == number
        assert model.CtrModel.from_json(artifact).to_json() == artifact
    before = json.dumps(json.loads(reads.to_json()) | {"format": model.FORMAT})
    assert model.CtrModel.from_json(before).to_json() == reads.to_json(), "as the version before wrote it"


def test_a_taught_folder_without_its_card_is_never_read_as_any_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = _taught(tmp_path, planted.frame(0, 120))
    (tmp_path / "taught" / tuned.CARD).unlink()
    with pytest.raises(ModelUnusable, match="without its card"):
        embeddings.embed(["Sleep well"], name)
    (tmp_path / "taught" / tuned.SCORES).unlink()
    assert embeddings.embed(["Sleep well"], name).shape == (1, 2), "nothing tells it from another encoder"
    monkeypatch.setenv("COUNTERPITCH_CTR_ENCODER", str(tmp_path / "taught"))
    settings.cache_clear()
    with pytest.raises(ModelUnusable, match="did not write it, or the card was not copied"):
        model.Params()


def test_what_tools_leave_behind_changes_no_encoder(tmp_path: Path) -> None:
    name = _taught(tmp_path, planted.frame(0, 120))
    before = embeddings.identity(name)
    (tmp_path / "taught" / ".DS_Store").write_text("a view", encoding="utf-8")
    for folder in (".cache", "__pycache__"):
        (tmp_path / "taught" / folder).mkdir()
        (tmp_path / "taught" / folder / "left").write_text("behind", encoding="utf-8")
    assert embeddings.identity(name) == before
    (tmp_path / "taught" / "more.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelUnusable, match="not those that its card names"):
        embeddings.identity(name)


def test_a_model_that_named_its_encoder_with_hidden_files_still_knows_it(tmp_path: Path) -> None:
    base = rote.base(tmp_path)
    name = f"huggingface:{base}"
    (base / ".gitattributes").write_text("*.bin filter=lfs", encoding="utf-8")
    stored = tuned.fingerprint(base, everything=True)
    assert stored != embeddings.identity(name)
    embeddings.refuse_other(name, stored)
    (base / rote.FILE).write_text('{"another": 1}', encoding="utf-8")
    with pytest.raises(ModelUnusable, match="another encoder"):
        embeddings.refuse_other(name, stored)


def test_a_model_that_does_not_name_its_encoder_looks_once_who_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn = planted.frame(0, 40)
    fitted = dataclasses.replace(
        model.fit(learn, model.Params(embedder=f"huggingface:{rote.base(tmp_path)}")), encoder=None
    )
    asked, identity = [], embeddings.identity
    monkeypatch.setattr(embeddings, "identity", lambda name: asked.append(name) or identity(name))  # type: ignore[func-returns-value]
    for _ in range(3):
        fitted.predict(learn[list(features.KNOWN)])
    assert len(asked) <= 2, "once for the model, once to load the encoder"


def test_another_encoder_is_refused_before_anything_of_it_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"huggingface:{rote.base(tmp_path)}"
    monkeypatch.setattr(rote.Loaded, "__init__", lambda *_, **__: pytest.fail("it was loaded"))
    with pytest.raises(ModelUnusable, match="another encoder"):
        embeddings.embed(["Sleep well"], name, "0" * 64)


def test_a_folder_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    name = _taught(tmp_path, planted.frame(0, 120))
    (tmp_path / "taught" / rote.FILE).write_text("{", encoding="utf-8")
    with pytest.raises(ModelUnusable, match="not those that its card names"):
        embeddings.embed(["Sleep well"], name)


def test_without_torch_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learn = planted.frame(0, 120)
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ModelUnusable, match=r"requirements-embeddings\.txt"):
        tune.teach(learn, rote.base(tmp_path), tmp_path / "taught")


def test_the_ads_of_a_brand_are_compared_a_dozen_at_a_time() -> None:
    learn = planted.frame(100, 10)
    contests = Contests(learn, np.arange(len(learn)), seed=1)
    sizes = [len(contests.draw(np.array([number])).rows) for number in range(len(contests))]
    assert max(sizes) <= LARGEST
    assert sum(sizes) == len(learn)


def _told_apart(text: str) -> str:
    return tuned.folded(tuned.opening(tuned.spaced(text)))


@given(st.lists(st.text(), min_size=1, unique_by=_told_apart), st.text())
def test_scores_are_kept_text_by_text(texts: list[str], other: str) -> None:
    keys = tuned.keys_of(list(map(_told_apart, texts)))
    order = np.argsort(keys)
    kept = tuned.Scores(rote.HEAD, 0.5, 2.0, keys[order], np.arange(len(texts), dtype=float)[order])
    assert kept.known(texts).tolist() == list(range(len(texts)))
    assert kept.taught(texts).all()
    assert kept.taught([other]).tolist() == [_told_apart(other) in set(map(_told_apart, texts))]


@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("torch", "sentence_transformers", "langchain_huggingface"))),
    reason="requirements-embeddings.txt is not installed: no encoder is really taught here",
)
def test_with_torch_a_small_bert_learns_and_langchain_reads_the_same_from_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn = planted.frame(0, 120)
    monkeypatch.undo()
    base = _small_bert(tmp_path, learn)
    cards = [tune.teach(learn, base, tmp_path / name, folds=2) for name in ("one", "two")]
    assert cards[0]["sha256"] == cards[1]["sha256"], "the same examples, the same weights"
    texts = ["Learn to speak with a plan. Start a free trial.", "Cook at home. Join our webinar."]
    learner = encoder.Bert(base, sorted(set(learn["text"]) | set(texts)), tune.SEED, 1)
    numbers = {text: row for row, text in enumerate(sorted(set(learn["text"]) | set(texts)))}
    learner.learn(Contests(learn, learn["text"].map(numbers).to_numpy(), tune.SEED))
    found = embeddings.taught(f"huggingface:{tmp_path / 'one'}")
    assert found
    here = (learner.score()[[numbers[text] for text in texts]] - found[1].centre) / found[1].scale
    said = embeddings.embed(texts, f"huggingface:{tmp_path / 'one'}")[:, 0]
    assert said == pytest.approx(here, abs=0.02)


def _small_bert(folder: Path, learn: pd.DataFrame) -> Path:
    transformers = importlib.import_module("transformers")
    words = sorted({word for text in learn["text"] for word in text.lower().split()})
    base = folder / "bert"
    base.mkdir()
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "?", *words]
    (base / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    transformers.BertTokenizerFast(str(base / "vocab.txt")).save_pretrained(base)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    transformers.set_seed(1)
    transformers.BertModel(transformers.BertConfig(vocab_size=len(vocabulary), **shape)).save_pretrained(base)
    return base
