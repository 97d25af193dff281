"""Which encoder a model reads: kept by the registry, named by its files, refused where it is another or gone."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from counterpitch.ctr import embeddings, evaluate, features, model, registry, train, tune, tuned
from counterpitch.ctr.refusals import ModelUnusable
from counterpitch.settings import settings
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.ctr import planted, rote

pytestmark = pytest.mark.usefixtures("by_rote")


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
    reads = model.fit(learn, model.Params(embedder=rote.taught(tmp_path, learn)))
    for fitted, number in ((reads, model.FORMAT_TAUGHT), (model.fit(learn), model.FORMAT)):
        artifact = fitted.to_json()
        assert json.loads(artifact)["format"] == number
        assert model.CtrModel.from_json(artifact).to_json() == artifact
    before = json.dumps(json.loads(reads.to_json()) | {"format": model.FORMAT})
    assert model.CtrModel.from_json(before).to_json() == reads.to_json(), "as the version before wrote it"


def test_a_taught_folder_without_its_card_is_never_read_as_any_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = rote.taught(tmp_path, planted.frame(0, 120))
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
    name = rote.taught(tmp_path, planted.frame(0, 120))
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
    name = rote.taught(tmp_path, planted.frame(0, 120))
    (tmp_path / "taught" / rote.FILE).write_text("{", encoding="utf-8")
    with pytest.raises(ModelUnusable, match="not those that its card names"):
        embeddings.embed(["Sleep well"], name)
