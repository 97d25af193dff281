"""Teaching an encoder: done once, broken off and gone on with, refused where it cannot be."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from counterpitch.ctr import embeddings, encoder, examples, tune, tuned
from counterpitch.ctr.contests import LARGEST, Contests
from counterpitch.ctr.refusals import ModelUnusable, NotEnoughData
from tests.ctr import planted, rote

ALIKE = planted.ads
BERT = encoder.Bert

pytestmark = pytest.mark.usefixtures("by_rote")


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


def test_the_ads_of_a_brand_are_compared_a_dozen_at_a_time() -> None:
    learn = planted.frame(100, 10)
    contests = Contests(learn, np.arange(len(learn)), seed=1)
    sizes = [len(contests.draw(np.array([number])).rows) for number in range(len(contests))]
    assert max(sizes) <= LARGEST
    assert sum(sizes) == len(learn)


def test_without_torch_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learn = planted.frame(0, 120)
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ModelUnusable, match=r"requirements-embeddings\.txt"):
        tune.teach(learn, rote.base(tmp_path), tmp_path / "taught")


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
