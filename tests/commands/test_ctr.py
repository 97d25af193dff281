"""`counterpitch ctr`: why a text is predicted to do what it does, which models there are, and the way back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.ctr import planted, rote
from typer.testing import CliRunner, Result

from counterpitch.cli import app
from counterpitch.ctr import drift, registry, second, tune
from counterpitch.ctr.refusals import NotEnoughData
from counterpitch.warehouse.connection import Connection


def _counterpitch(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_without_a_model_each_command_says_what_to_do(warehouse: str) -> None:
    asked = _counterpitch("ctr", "explain", "--text", "Sleep well?")
    assert asked.exit_code == 1
    assert "No champion yet" in asked.stderr
    assert "`counterpitch run` trains the first one" in _counterpitch("ctr", "list").output
    assert "no earlier champion" in _counterpitch("ctr", "rollback").stderr


def test_explain_says_the_rate_the_reasons_and_what_a_change_does(conn: Connection) -> None:
    planted.fill(conn)
    registry.ensure_champion(planted.DAY)
    said = _counterpitch("ctr", "explain", "--text", "Start a free trial", "--before", "Join our webinar").output
    assert "% click-through" in said
    assert "The change: +" in said
    [model] = json.loads(_counterpitch("ctr", "list", "--json").output)
    assert model["mark"] == "bootstrap"


def test_list_says_how_far_the_world_has_moved(conn: Connection) -> None:
    planted.fill(conn)
    registry.ensure_champion(planted.DAY)
    drift.measure(planted.DAY)
    [model] = json.loads(_counterpitch("ctr", "list", "--json").output)
    assert (model["drift"], model["drift_on"]) == ("thin", planted.DAY)
    assert f"Drift on {planted.DAY}: 0 own ads are new" in _counterpitch("ctr", "list").output


def test_list_says_in_words_what_pillars_are_worth(conn: Connection) -> None:
    planted.fill(conn)
    base = registry.ensure_champion(planted.DAY)
    with pytest.raises(NotEnoughData):
        second.weigh(base)
    said = " ".join(_counterpitch("ctr", "list").output.split())
    assert "Pillars: 0 of our own ads were both read for pillars and shown; 40 are needed" in said
    assert json.loads(_counterpitch("ctr", "list", "--json").output)[0]["pillars"] == "unknown"


def test_tune_encoder_says_what_it_taught_and_how_it_is_used(
    conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rote.install(monkeypatch)
    monkeypatch.setattr(tune, "LEAST_TESTS", 8)
    monkeypatch.setattr(planted, "ads", planted.apart)
    planted.fill(conn)
    asked = ["ctr", "tune-encoder", "--base", str(rote.base(tmp_path)), "--out", str(tmp_path / "taught")]
    said = _counterpitch(*asked, "--day", planted.DAY)
    told = " ".join(said.output.split())
    assert "(50 tests, or dozens of a brand's ads, with different texts) up to 2026-10-" in told, "40 and 10"
    assert f"COUNTERPITCH_CTR_ENCODER={tmp_path / 'taught'}" in said.output
    assert f"{tune.FOLDS + 1} of {tune.FOLDS + 1}" in said.stderr
    assert json.loads(_counterpitch(*asked, "--day", planted.DAY, "--json").stdout)["tests"] == 41
    other = _counterpitch("ctr", "tune-encoder", "--base", str(tmp_path), "--out", str(tmp_path / "taught"))
    assert other.exit_code == 1
    assert "Name a new folder with --out" in other.stderr
