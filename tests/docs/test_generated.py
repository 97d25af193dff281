"""The generated pages say what is there now; when they are stale, `make docs` writes them again."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

DOCS = Path(__file__).resolve().parents[2] / "docs"


def script(name: str) -> ModuleType:
    """A script of docs/ as a module."""
    found = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_page_of_dags_is_up_to_date() -> None:
    """In a process of its own: reading DAG files sets up all of Airflow."""
    done = subprocess.run(
        [sys.executable, str(DOCS / "generate_dags.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-1000:]


def test_the_page_of_dags_names_every_dag_file() -> None:
    page = (DOCS / "DAGS.md").read_text()
    for path in DOCS.parent.glob("dags/*.py"):
        assert f"\n## {path.stem}\n" in page


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("0 6 * * *", "daily at 06:00 UTC"),
        ("30 4 * * 1", "Mondays at 04:30 UTC"),
        ("0 4 1 * *", "cron `0 4 1 * *` UTC"),
        ("*/5 * * * *", "cron `*/5 * * * *` UTC"),
    ],
)
def test_schedules_are_said_in_words(expression: str, said: str) -> None:
    assert script("generate_dags")._when(expression) == said


def test_the_data_model_is_up_to_date(conn: Connection) -> None:
    page = (DOCS / "data-model.md").read_text()
    assert script("generate_data_model").render(conn) == page, "docs/data-model.md is stale: run `make docs`"


def test_every_table_and_schema_says_what_it_is(conn: Connection) -> None:
    silent = [
        f"{row['schema']}.{row['name']}"
        for row in query.rows(conn, script("generate_data_model").OBJECTS, {"schemas": ["raw", "core", "mart", "ml"]})
        if not row["says"] or not row["schema_says"]
    ]
    assert silent == []


def test_a_new_column_makes_the_page_stale(conn: Connection) -> None:
    query.execute(conn, "alter table core.brand add column slogan text")
    assert "| slogan | text | may be null |" in script("generate_data_model").render(conn)
