"""The ranking benchmark takes any two files with the archive's columns and predicts every row of the second."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from counterpitch.settings import settings
from tests.ctr import planted, rote

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "ctr_ranking.py"


@pytest.fixture(scope="module")
def ranking() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ctr_ranking", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def settings_as_before() -> Iterator[None]:
    yield
    settings.cache_clear()


def _archive(seed: int, tests: int) -> pd.DataFrame:
    """Headlines with the planted effects, each with made-up words of its own, so that none is another's copy."""
    frame = planted.frame(0, max(10, tests), seed).head(4 * tests)
    rng = np.random.default_rng(seed)
    own = ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), 40)) for _ in range(len(frame))]
    return pd.DataFrame(
        {
            "clickability_test_id": f"{seed}-" + frame["test_key"],
            "eyecatcher_id": "image",
            "headline": frame["text"] + [f" {word[:20]} {word[20:]}" for word in own],
            "test_week": 201340 + frame.index // 40,
            "impressions": frame["impressions"],
            "clicks": frame["clicks"],
        }
    )


def _run(
    ranking: ModuleType, monkeypatch: pytest.MonkeyPatch, folder: Path, test: pd.DataFrame, *more: str
) -> pd.DataFrame:
    _archive(1, 40).to_parquet(folder / "train.parquet")
    test.to_parquet(folder / "test.parquet")
    out = folder / "p.csv"
    files = ["--train", str(folder / "train.parquet"), "--test", str(folder / "test.parquet"), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["ctr_ranking.py", *files, *more])
    ranking.main()
    return pd.read_csv(out)


def test_every_row_gets_a_score_without_outcomes_headline_or_image(
    ranking: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = _archive(2, 5).drop(columns=["impressions", "clicks"])
    test.loc[3, "headline"] = None
    test.loc[5, "eyecatcher_id"] = None
    said = _run(ranking, monkeypatch, tmp_path, pd.concat([test, test.head(2)], ignore_index=True))
    assert list(said) == ["clickability_test_id", "eyecatcher_id", "headline", "score", "ctr"]
    assert len(said) == len(test) + 2
    assert said[["score", "ctr"]].notna().all().all()
    assert said["ctr"].between(0, 1).all()
    assert said["score"].iloc[0] == said["score"].iloc[-2]
    assert json.loads(capsys.readouterr().out)["arms"] == len(test)


def test_with_outcomes_the_model_stands_beside_the_baselines(
    ranking: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _run(ranking, monkeypatch, tmp_path, _archive(2, 30))
    table = json.loads(capsys.readouterr().out)["table"]
    assert {"model", "campaign mean", "longer text wins", "hand features LR", "TF-IDF LR"} <= set(table)
    assert table["model"]["all_pairs"]["accuracy"] > 0.7


def test_no_arm_that_nearly_says_what_a_test_arm_says_teaches(ranking: ModuleType, tmp_path: Path) -> None:
    train, test = _archive(1, 40), _archive(2, 5)
    train.loc[0, "headline"] = test["headline"].iloc[0].upper() + "!"
    for name, rows in (("train", train), ("test", test)):
        rows.to_parquet(tmp_path / f"{name}.parquet")
    learn, judge = (ranking.as_examples(ranking.read(tmp_path / f"{n}.parquet")) for n in ("train", "test"))
    kept = ranking.without_copies(learn, judge)
    assert 0 < len(kept) < len(learn)
    assert train["headline"].iloc[0] not in set(kept["text"])


def test_what_the_embeddings_need_is_named_before_anything_is_trained(
    ranking: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    monkeypatch.setattr(ranking.model, "fit", lambda *_: pytest.fail("trained"))
    with pytest.raises(SystemExit, match=r"requirements-embeddings\.txt"):
        _run(ranking, monkeypatch, tmp_path, _archive(2, 5), "--embeddings", "minilm")


def test_with_embeddings_the_encoder_is_taught_on_the_training_tests_alone(
    ranking: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rote.install(monkeypatch)
    monkeypatch.setattr(ranking.encoder, "libraries", lambda: None)
    monkeypatch.setattr(ranking.tune, "LEAST_TESTS", 20)
    test = _archive(2, 10)
    _run(ranking, monkeypatch, tmp_path, test, "--embeddings", f"huggingface:{rote.base(tmp_path)}")
    said = json.loads(capsys.readouterr().out)
    assert {"model", "model, words only", "model, new words unseen"} <= set(said["table"])
    assert said["encoder"]["tests"] == said["trained_on"]["tests"] == 40


def test_an_encoder_that_was_taught_on_judged_tests_is_refused(
    ranking: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rote.install(monkeypatch)
    monkeypatch.setattr(ranking.tune, "LEAST_TESTS", 5)
    test = _archive(2, 10)
    test.to_parquet(tmp_path / "judged.parquet")
    judged = ranking.examples.usable(ranking.as_examples(ranking.read(tmp_path / "judged.parquet")))
    ranking.tune.teach(judged, rote.base(tmp_path), tmp_path / "taught")
    monkeypatch.setenv("COUNTERPITCH_CTR_ENCODER", str(tmp_path / "taught"))
    settings.cache_clear()
    with pytest.raises(SystemExit, match="cannot be judged on these tests"):
        _run(ranking, monkeypatch, tmp_path, test)
