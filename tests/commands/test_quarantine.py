"""`counterpitch quarantine`: what was held is listed, shown whole, and put back once its reason is gone."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from counterpitch.cli import app
from counterpitch.sources.importing import import_ads
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

HEADER = "source,brand,ad_id,observed_on,body\n"


def _counterpitch(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def _held(tmp_path: Path) -> None:
    path = tmp_path / "ads.csv"
    path.write_text(HEADER + "meta,Acme,1,2026-11-19,Good shoes\nmeta,Acme,,2026-11-19,No id\n")
    import_ads(path)


def test_nothing_held_is_said(warehouse: str) -> None:
    assert "No row is held." in _counterpitch("quarantine", "list").output


def test_a_held_row_is_listed_with_its_reason_and_shown_whole(warehouse: str, tmp_path: Path) -> None:
    _held(tmp_path)
    [row] = json.loads(_counterpitch("quarantine", "list", "--json").output)
    assert "no ad_id" in row["reason"]
    shown = json.loads(_counterpitch("quarantine", "show", str(row["quarantine_id"]), "--json").output)
    assert shown["row"]["body"] == "No id"


def test_a_number_that_is_not_held_says_where_to_look(warehouse: str) -> None:
    result = _counterpitch("quarantine", "show", "7")
    assert result.exit_code == 1
    assert "quarantine list" in result.output + result.stderr


def test_replay_keeps_what_is_still_bad_and_says_so(conn: Connection, tmp_path: Path) -> None:
    _held(tmp_path)
    result = _counterpitch("quarantine", "replay")
    assert "0 rows landed, 1 are still held." in result.output
    assert query.scalar(conn, "select status from ops.quarantine") == "held"
