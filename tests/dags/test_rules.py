"""The rules of the house for DAG files: short, documented, light to parse, nothing read while parsing."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DAG_FILES = sorted((PROJECT / "dags").glob("*.py"))
HEAVY = ["pandas", "numpy", "sklearn", "lightgbm", "langchain", "langchain_core", "great_expectations"]

# Parsed in a process of its own, as the dag-processor does, with a home that holds no database.
PARSE = """
import json, os, sys, time
import airflow.sdk
from airflow.dag_processing.dagbag import DagBag
before = set(sys.modules)
opened = []
def watch(event, args):
    if event in ("psycopg2.connect", "socket.connect"):
        opened.append(event)
sys.addaudithook(watch)
bag = DagBag(sys.argv[1], include_examples=False) if "include_examples" in DagBag.__init__.__code__.co_varnames else DagBag(sys.argv[1])
out = {"errors": bag.import_errors, "loaded": sorted(sys.modules), "opened": opened, "dags": {}}
for name, dag in bag.dags.items():
    out["dags"][name] = {
        "doc": dag.doc_md or "", "tags": sorted(dag.tags), "catchup": dag.catchup, "max_active_runs": dag.max_active_runs,
        "tasks": {t.task_id: {"pool": t.pool, "owner": t.owner, "retries": t.retries, "doc": t.doc_md or t.doc or "",
                  "policy": getattr(t, "retry_policy", None) is not None,
                  "timeout": t.execution_timeout is not None or getattr(t, "response_timeout", None) is not None}
                  for t in dag.tasks}}
print("\\x1e" + json.dumps(out, default=str))
"""  # noqa: E501 a program that is run, not read


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("airflow")
    environment = os.environ | {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run(
        [sys.executable, "-c", PARSE, str(PROJECT / "dags")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, Any] = json.loads(done.stdout.split("\x1e")[-1])
    return result


def test_every_dag_parses(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == {}
    assert {"collect_ads", "score_ads", "extract_pillars", "aggregate_personas", "train_ctr", "write_briefs"} <= set(
        parsed["dags"]
    )


def test_parsing_loads_nothing_heavy(parsed: dict[str, Any]) -> None:
    assert [module for module in HEAVY if module in parsed["loaded"]] == []


def test_parsing_opens_no_connection(parsed: dict[str, Any]) -> None:
    assert parsed["opened"] == []


def test_every_dag_says_what_it_does_and_belongs_to_us(parsed: dict[str, Any]) -> None:
    for name, dag in parsed["dags"].items():
        assert "**What it does.**" in dag["doc"], name
        assert "**When.**" in dag["doc"], name
        assert "counterpitch" in dag["tags"], name
        assert dag["catchup"] is False, name


def test_every_task_has_an_owner_a_time_out_and_the_retry_policy(parsed: dict[str, Any]) -> None:
    for name, dag in parsed["dags"].items():
        for task_id, task in dag["tasks"].items():
            assert task["owner"] == "counterpitch", (name, task_id)
            assert task["timeout"], (name, task_id)
            assert task["policy"], (name, task_id)


def test_every_pool_that_a_task_names_is_made_by_us(parsed: dict[str, Any]) -> None:
    from counterpitch.policy import POOLS

    named = {task["pool"] for dag in parsed["dags"].values() for task in dag["tasks"].values()}
    assert named - {"default_pool"} <= set(POOLS)


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_a_dag_file_is_wiring_only(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 80
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef) and any(_name(d) == "task" for d in function.decorator_list):
            body = [n for n in function.body if not _is_docstring(n) and not isinstance(n, ast.ImportFrom)]
            assert len(body) <= 3, f"{function.name} holds logic: it belongs in include/"
            assert ast.get_docstring(function), f"{function.name} does not say what it does"


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_a_dag_file_reads_nothing_while_it_is_parsed(path: Path) -> None:
    forbidden = {"Variable", "Connection", "BaseHook", "environ", "getenv", "open"}
    used = {
        _name(node)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name | ast.Attribute | ast.Call)
    }
    assert used & forbidden == set()


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        return _name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
