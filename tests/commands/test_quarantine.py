"""`counterpitch quarantine`: what was held is listed, shown whole, and put back once its reason is gone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from counterpitch.cli import app
from counterpitch.sources.importing import import_ads
from counterpitch.sources.mapping import mapping, mappings
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
    assert "1 x the row has no ad_id" in result.output
    assert "mend the file and import it" in result.output
    assert query.scalar(conn, "select status from ops.quarantine") == "held"


def test_replay_counts_every_row_that_is_still_held(conn: Connection) -> None:
    with conn:
        query.execute(
            conn,
            "insert into ops.quarantine (source, brand_id, partition_key, stage, row_ref, expectation, reason, row)"
            " select 'meta', 'acme', '2026-11-19', 'validate', n::text, 'rule ' || n, 'reason ' || n, '{}'"
            " from generate_series(1, 12) n",
        )
    output = _counterpitch("quarantine", "replay").output
    assert "0 rows landed, 12 are still held." in output
    assert output.count(" x reason") == 10
    assert "and 2 more reasons" in output
    assert len(json.loads(_counterpitch("quarantine", "replay", "--json").output)["left"]) == 12


def test_replay_of_what_is_not_held_says_so(conn: Connection, tmp_path: Path) -> None:
    assert "No row is held." in _counterpitch("quarantine", "replay").output
    assert "No row of nobody is held" in _counterpitch("quarantine", "replay", "--brand", "nobody").output
    missing = _counterpitch("quarantine", "replay", "--row", "99")
    assert (missing.exit_code, "No row 99 is held" in missing.output + missing.stderr) == (1, True)
    _held(tmp_path)
    with conn:
        query.execute(conn, "update ops.quarantine set status = 'replayed'")
    again = _counterpitch("quarantine", "replay", "--row", "1")
    assert "was replayed already" in again.output + again.stderr


def test_a_mended_mapping_brings_a_row_back_and_names_the_day_to_run(
    conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ads.csv"
    path.write_text(HEADER + "meta,Acme,1,19.11.2026,Good shoes\n")
    import_ads(path)
    monkeypatch.setitem(mappings(), "ads", replace(mapping("ads"), dates=("%d.%m.%Y",)))
    output = _counterpitch("quarantine", "replay", "--brand", "acme").output
    assert "1 rows landed, 0 are still held." in output
    assert "counterpitch backfill --brand acme --from 2026-11-19 --to 2026-11-19" in output
