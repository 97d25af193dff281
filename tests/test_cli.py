"""The `counterpitch` command as a person or a script meets it: help, output, one-line failures, exit codes."""

from __future__ import annotations

import csv
import io
import json
import socket
import subprocess
import sys
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from counterpitch import brands
from counterpitch.cli import app
from counterpitch.commands.tables import as_csv, harmless
from counterpitch.local.errors import LocalFailure
from counterpitch.warehouse.connection import Connection

WAREHOUSE = ("up", "down", "status", "migrate", "run", "summary", "import", "brand", "backfill", "sql", "export")
COMMANDS = (*WAREHOUSE, "sandbox")
HEAVY = ("pandas", "sklearn", "lightgbm", "great_expectations", "langchain", "airflow", "sqlalchemy", "psycopg2")


def call(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS), ("import", "ads"), ("brand", "add")])
def test_help_teaches_every_command(command: tuple[str, ...]) -> None:
    done = call(*command, "--help")
    assert done.exit_code == 0
    assert "Usage: " in done.output
    if command and command not in {("import",), ("brand",), ("migrate",), ("down",)}:
        assert "Example" in done.output


def test_a_port_that_the_sandbox_cannot_have_is_named_with_its_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for option in ("--port", "--site-port"):
            ports = {"--port": "0", option: port}
            done = call("sandbox", "--start", "2026-11-01", "--day", "2026-11-02", *chain(*ports.items()))
            assert done.exit_code == 1
            assert f"Port {port} cannot be used" in done.output
            assert f"Choose another with {option}." in " ".join(done.output.split())
    done = call("sandbox", "--start", "2026-11-01", "--day", "2026-11-02", "--port", "0", "--site-port", "65535")
    assert "Port 65536 cannot be used (ports end at 65535)." in " ".join(done.output.split())


def test_the_port_of_the_sandbox_is_a_setting_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from counterpitch.settings import settings

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setenv("COUNTERPITCH_SANDBOX_PORT", port)
        settings.cache_clear()
        served_elsewhere = SimpleNamespace(Event=lambda: SimpleNamespace(wait=lambda: None))  # ends instead of waiting
        monkeypatch.setattr("counterpitch.commands.sandbox.threading", served_elsewhere)
        done = call("sandbox", "--start", "2026-11-01", "--day", "2026-11-02")
    settings.cache_clear()
    assert done.exit_code == 1
    assert f"Port {port} cannot be used" in done.output
    assert "Choose another with --port." in " ".join(done.output.split())


def test_help_lists_every_command() -> None:
    output = call("--help").output
    assert all(name in output for name in COMMANDS)


def test_help_loads_nothing_heavy() -> None:
    """What makes `counterpitch --help` answer at once, said without a clock."""
    code = f"""
import sys
from counterpitch.cli import app
try:
    app(["--help"])
except SystemExit:
    pass
print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip().splitlines()[-1] == "[]"


def test_a_foreseen_failure_is_a_sentence_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERPITCH_DESK_URL", "postgresql://nobody@127.0.0.1:1/none")
    from counterpitch.settings import settings

    settings.cache_clear()
    done = call("sql", "select 1")
    settings.cache_clear()
    assert done.exit_code == 1
    assert done.output.startswith("Failed. The warehouse does not answer. Start it with `make run`")
    assert "Traceback" not in done.output


def test_an_unforeseen_failure_is_one_line_too_and_debug_shows_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("a defect\nof two lines")

    monkeypatch.setattr("counterpitch.local.airflow.stack", broken)
    done = call("status")
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "Failed. ZeroDivisionError: a defect. Run `counterpitch --debug ...` for the trace."
    ]
    debugged = call("--debug", "status")
    assert isinstance(debugged.exception, ZeroDivisionError)


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from counterpitch.settings import settings

    monkeypatch.setenv("COUNTERPITCH_WORKERS", "many")
    settings.cache_clear()
    done = call("status")
    settings.cache_clear()
    assert "The setting COUNTERPITCH_WORKERS cannot be used" in done.output


def test_markup_in_a_failure_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise LocalFailure("The file [/red] ads[0].csv is empty.\nline [two]")

    monkeypatch.setattr("counterpitch.local.airflow.stack", fail)
    assert call("status").output.splitlines() == ["Failed. The file [/red] ads[0].csv is empty.", "line [two]"]


@pytest.mark.usefixtures("warehouse")
class TestSql:
    """`counterpitch sql`."""

    def test_a_table_for_people(self) -> None:
        done = call("sql", "select 'acme' as brand, 3 as ads")
        assert [line.split() for line in done.output.splitlines()] == [["brand", "ads"], ["acme", "3"]]

    def test_json_for_scripts(self) -> None:
        done = call("sql", "--json", "select 'é' as a, null as b, array[1, 2] as c, date '2026-11-20' as d")
        assert json.loads(done.output) == [{"a": "é", "b": None, "c": [1, 2], "d": "2026-11-20"}]

    def test_csv_with_formulas_disarmed(self) -> None:
        done = call("sql", "--csv", "select '=cmd|'' /C calc''!A0' as text, -1 as number")
        assert list(csv.reader(io.StringIO(done.output))) == [["text", "number"], ["'=cmd|' /C calc'!A0", "-1"]]

    def test_a_statement_from_standard_input(self) -> None:
        assert json.loads(call("sql", "--json", "-", stdin="select 1 as one;\n").output) == [{"one": 1}]

    @pytest.mark.parametrize(
        "statement",
        [
            "insert into core.brand (brand_id, name) values ('x', 'x')",
            "commit; insert into core.brand (brand_id, name) values ('x', 'x')",
            "set session characteristics as transaction read write; commit; delete from core.brand",
            "drop schema core cascade",
        ],
    )
    def test_it_reads_only_unless_asked(self, statement: str, conn: Connection) -> None:
        brands.register_brand(conn, "Acme")
        conn.commit()
        done = call("sql", statement)
        assert done.exit_code == 1
        assert "--write" in done.output
        assert brands.registered(conn) == ["acme"]

    def test_write_commits(self, conn: Connection) -> None:
        done = call("sql", "--write", "insert into core.brand (brand_id, name) values ('x', 'X')")
        assert done.output == "INSERT 0 1\n"
        assert brands.registered(conn) == ["x"]

    def test_what_postgres_says_is_shown(self) -> None:
        done = call("sql", "select nonsense from nowhere")
        assert done.exit_code == 1
        assert 'Failed. Postgres says: relation "nowhere" does not exist' in done.output


@pytest.mark.usefixtures("warehouse")
class TestBrand:
    """`counterpitch brand`."""

    def test_any_name_is_registered(self) -> None:
        name = """O'Brien & "Sons"; drop table core.brand;--"""
        added = json.loads(call("brand", "add", name, "--json").output)
        listed = json.loads(call("brand", "list", "--json").output)
        assert [(brand["brand_id"], brand["name"]) for brand in listed] == [(added["brand_id"], name)]

    def test_a_market_with_competitors(self) -> None:
        call("brand", "add", "Globex")
        done = call("brand", "add", "Acme", "--market", "Shoes", "--against", "globex")
        assert "Registered acme in market shoes." in done.output

    def test_an_unknown_competitor_is_named(self) -> None:
        done = call("brand", "add", "Acme", "--market", "Shoes", "--against", "nobody")
        assert done.exit_code == 1
        assert "Not registered: nobody." in done.output

    def test_a_brand_joins_a_market_that_is_there(self, conn: Connection) -> None:
        call("brand", "add", "Acme", "--market", "Shoes")
        for _ in range(2):
            assert call("brand", "add", "Globex", "--competitor-of", "shoes").exit_code == 0
        assert brands.markets_of(conn, ["globex"]) == ["shoes"]
        refused = call("brand", "add", "Globex", "--competitor-of", "boots")
        assert "No market is called boots. There are: shoes." in refused.output
        assert "cannot compete with itself" in call("brand", "add", "Acme", "--competitor-of", "shoes").output

    def test_competitors_need_a_market(self) -> None:
        assert call("brand", "add", "Acme", "--against", "globex").exit_code == 2

    def test_no_brand_yet(self) -> None:
        assert "counterpitch brand add" in call("brand", "list").output


@pytest.mark.usefixtures("warehouse")
class TestImport:
    """`counterpitch import`."""

    def test_a_missing_file_is_said(self) -> None:
        done = call("import", "ads", "nowhere.csv")
        assert done.exit_code == 1
        assert "There is no file or folder nowhere.csv" in done.output

    def test_a_file_that_holds_nothing_we_know(self, tmp_path: Path) -> None:
        file = tmp_path / "shopping.csv"
        file.write_text("apples,pears\n1,2\n")
        done = call("import", "ads", str(file))
        assert done.exit_code == 1
        assert "shopping.csv" in done.output
        assert "Traceback" not in done.output


def test_run_wants_ads_before_anything_about_them() -> None:
    done = call("run", "--own-brand", "acme")
    assert done.exit_code == 1
    assert "add --ads FILE" in done.output


def test_run_names_a_path_that_is_not_there() -> None:
    done = call("run", "--ads", "nowhere.csv", "--own-brand", "acme")
    assert done.exit_code == 2
    assert "nowhere.csv" in done.output


def test_backfill_refuses_days_that_are_not_over() -> None:
    assert "comes after" in call("backfill", "--from", "2026-02-02", "--to", "2026-02-01").output
    assert "is not over yet" in call("backfill", "--from", "2026-02-02", "--to", "2999-01-01").output
    assert call("backfill", "--from", "yesterday", "--to", "today").exit_code == 2


@pytest.mark.usefixtures("warehouse")
def test_export_without_a_market_says_how_to_get_one(tmp_path: Path) -> None:
    done = call("export", str(tmp_path))
    assert done.exit_code == 1
    assert "`counterpitch run` makes the first one" in done.output


def test_export_writes_a_folder_a_market(conn: Connection, tmp_path: Path) -> None:
    brands.register_brand(conn, "Acme")
    brands.register_market(conn, "Shoes", "acme", [])
    conn.commit()
    done = call("export", str(tmp_path), "--json")
    assert done.exit_code == 0, done.output
    names = {Path(file["file"]).name for file in json.loads(done.output)}
    assert {"gap.csv", "persona.csv", "brief.csv"} <= names
    assert (tmp_path / "shoes" / "gap.csv").read_text(encoding="utf-8-sig").startswith("market_id,partition_key,")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1"])
def test_a_formula_becomes_text(text: str) -> None:
    assert harmless(text) == "'" + text


def test_numbers_stay_numbers_and_words_words() -> None:
    file = io.StringIO()
    assert as_csv(["a", "b", "c"], [(-1, "plain", None), (2.5, "a,b", ["x"])], file) == 2
    assert list(csv.reader(io.StringIO(file.getvalue())))[1:] == [["-1", "plain", ""], ["2.5", "a,b", '["x"]']]
