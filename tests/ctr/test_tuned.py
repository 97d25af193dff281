"""What a taught encoder says of texts: of those that taught it, what an encoder says that never read them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.ctr import embeddings, splits, tuned
from counterpitch.ctr.vectors import pack_whole
from tests.ctr import planted, rote

BY_ROTE = pytest.mark.usefixtures("by_rote")


@BY_ROTE
def test_no_text_is_read_by_an_encoder_that_was_taught_on_it(tmp_path: Path) -> None:
    learn = planted.frame(0, 120)
    name = rote.taught(tmp_path, learn)
    said = embeddings.embed(learn["text"].tolist(), name)[:, 0]
    offers = learn["text"].str.lower().str.contains("free trial").to_numpy()
    assert np.ptp(said[offers]) < 1.0, "fold by fold nothing but the offer shows"
    assert np.ptp(said[~offers]) < 1.0
    assert said[offers].mean() - said[~offers].mean() > 1.0
    new, bare = embeddings.embed(["A free trial of everything", "Nothing of the kind"], name)[:, 0]
    assert new > bare


@BY_ROTE
def test_ads_that_open_alike_are_one_text_to_an_encoder(tmp_path: Path) -> None:
    known = planted.opening_alike(planted.frame(0, 150), 300)
    assert splits.ties(known).max() == 149, "as wholes they are far from alike"
    name = rote.taught(tmp_path, known)
    said = embeddings.embed(known["text"].tolist(), name)[:, 0]
    offers = known["text"].str.lower().str.contains("free trial").to_numpy()
    assert np.ptp(said[offers]) < 1.0, "no fold knows an opening that another one learnt"
    assert np.ptp(said[~offers]) < 1.0
    new = [f"{tuned.opening(text)} and something else" for text in known["text"]]
    assert embeddings.embed(new, name)[:, 0].tolist() == said.tolist(), "nor does the whole encoder, in use"


@BY_ROTE
def test_a_taught_text_in_other_case_or_lines_is_no_new_text(tmp_path: Path) -> None:
    learn = planted.frame(0, 120)
    learn.loc[learn.index[-1], "text"] = learn["text"].iloc[0].upper()
    name = rote.taught(tmp_path, learn)
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


@BY_ROTE
def test_a_folder_of_before_tells_texts_apart_as_it_did(tmp_path: Path) -> None:
    learn = planted.frame(0, 120)
    name = rote.taught(tmp_path, learn)
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
