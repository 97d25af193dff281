"""docker-compose.yaml, checked without an engine: by schema, and against what the project and Airflow really have."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from counterpitch.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
TEXT = (PROJECT / "docker-compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NOT_OF_COMPOSE = {f"COUNTERPITCH_{n}" for n in ("METADATA_URL", "UI_PORT", "SANDBOX_PORT", "WORKERS")}  # one machine's
AIRFLOW = [name for name, service in SERVICES.items() if service["image"].startswith("counterpitch:")]

# What the compose file says to Airflow, asked of Airflow itself.
ASK = """
import json, sys
from airflow.cli import cli_parser
from airflow.configuration import conf
asked = json.load(sys.stdin)
def understood(command):
    try:
        cli_parser.get_parser().parse_args(command)
    except SystemExit as stop:
        return stop.code == 0
    return True
known = {(s, k) for s, options in conf.configuration_description.items() for k in options["options"]}
print("\\x1e" + json.dumps({
    "misunderstood": [c for c in asked["commands"] if not understood(c)],
    "unknown": [o for o in asked["options"] if tuple(o) not in known],
}))
"""


def schema(name: str) -> dict[str, Any]:
    """A schema that the package check-jsonschema carries."""
    found = importlib.util.find_spec("check_jsonschema")
    assert found
    assert found.origin
    path = Path(found.origin).parent / "builtin_schemas" / "vendor" / f"{name}.json"
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def faults(read: Any, name: str) -> list[str]:
    """What a schema finds wrong in a file, and where."""
    rules = schema(name)
    found = jsonschema.validators.validator_for(rules)(rules).iter_errors(read)
    return [f"{error.json_path}: {error.message}" for error in found]


def test_the_file_is_a_compose_file() -> None:
    assert faults(COMPOSE, "compose-spec") == []


def test_the_workflow_is_a_workflow() -> None:
    workflow = yaml.safe_load((PROJECT / ".github/workflows/ci.yml").read_text())
    plain = {"on" if key is True else key: value for key, value in workflow.items()}
    assert faults(plain, "github-workflows") == []


def test_the_parts_are_all_there() -> None:
    assert set(SERVICES) == {
        *("postgres", "redis", "init", "api-server", "scheduler", "dag-processor", "triggerer", "worker"),
    }


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    commands = [service["command"][1:] for service in SERVICES.values() if service.get("command", [""])[0] == "airflow"]
    for service in SERVICES.values():
        test = " ".join(service["healthcheck"].get("test", []))
        if "airflow jobs" in test:
            commands.append(test.split("airflow ", 1)[1].replace('"', "").split())
    assert len(commands) == 7
    options = [
        [part.lower() for part in name.removeprefix("AIRFLOW__").split("__", 1)]
        for service in [*SERVICES.values(), {"environment": dockerfile_environment()}]
        for name in service.get("environment", {})
        if name.startswith("AIRFLOW__")
    ]
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        input=json.dumps({"commands": commands, "options": options}),
        env=os.environ | {"AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow"))},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.split("\x1e")[-1])
    return found


def test_airflow_understands_every_command(answers: dict[str, Any]) -> None:
    assert answers["misunderstood"] == []


def test_airflow_knows_every_option(answers: dict[str, Any]) -> None:
    assert answers["unknown"] == []


@pytest.mark.parametrize("name", AIRFLOW)
def test_each_counterpitch_variable_is_a_setting(name: str) -> None:
    ours = {v for v in SERVICES[name]["environment"] if v.startswith("COUNTERPITCH_")}
    known = {f"COUNTERPITCH_{field.upper()}" for field in Settings.model_fields}
    assert ours - known <= ({"COUNTERPITCH_ADMIN_PASSWORD"} if name == "init" else set())


@pytest.mark.parametrize("name", AIRFLOW)
def test_each_setting_can_be_made_in_the_file_of_settings(name: str) -> None:
    known = {f"COUNTERPITCH_{field.upper()}" for field in Settings.model_fields}
    assert known - set(SERVICES[name]["environment"]) == NOT_OF_COMPOSE


def test_only_who_needs_a_secret_gets_it() -> None:
    assert [name for name in AIRFLOW if "COUNTERPITCH_ADMIN_PASSWORD" in SERVICES[name]["environment"]] == ["init"]
    assert not any("POSTGRES_PASSWORD" in SERVICES[name]["environment"] for name in AIRFLOW)
    assert not any("env_file" in service for service in SERVICES.values())


def test_every_address_names_a_service_and_a_database_that_postgres_makes() -> None:
    hosts = re.findall(r"@([a-z-]+):\d+/(\w+)", TEXT)
    made = (PROJECT / "deploy/postgres.sh").read_text()
    for host, database in hosts:
        assert host in SERVICES
        assert host == "redis" or f"create database {database} " in made


def test_nothing_listens_beyond_this_machine() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(published) == 1
    assert all(str(port).startswith("127.0.0.1:") for port in published)
    for name in ("postgres", "redis"):
        assert [COMPOSE["networks"][network].get("internal") for network in SERVICES[name]["networks"]] == [True]


def test_every_part_comes_back_and_says_how_it_is() -> None:
    for name, service in SERVICES.items():
        if name == "init":
            assert service["restart"] == "no"
        else:
            assert service["restart"] == "unless-stopped"
            assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


def test_the_order_of_starting_holds_together() -> None:
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES
            if how["condition"] == "service_healthy":
                assert "test" in SERVICES[other]["healthcheck"]
    for name in set(AIRFLOW) - {"init"}:
        assert SERVICES[name]["depends_on"]["init"]["condition"] == "service_completed_successfully"


def test_a_worker_can_be_scaled() -> None:
    assert not {"container_name", "ports", "hostname"} & set(SERVICES["worker"])


def test_volumes_are_declared_and_files_are_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = str(volume).split(":")[0]
            assert (PROJECT / source).is_file() if source.startswith(".") else source in COMPOSE["volumes"]
    assert (PROJECT / str(SERVICES["init"]["command"][1])).is_file()


def test_images_of_others_are_pinned() -> None:
    for name in set(SERVICES) - set(AIRFLOW):
        assert re.search(r":\d+\.\d+", SERVICES[name]["image"]), name


def test_every_variable_is_made_by_the_secrets_script_or_has_a_default() -> None:
    made = set(re.findall(r"^([A-Z_]+)=", secrets(), re.MULTILINE))
    used = re.findall(r"(?<!\$)\$\{([A-Z_]+)(:[-?])?", TEXT)
    assert {name for name, default in used if default != ":-"} == made
    required = {name for name, default in used if default == ":?"}
    assert required == made


def test_the_example_explains_every_setting_and_secret_and_nothing_else() -> None:
    named = set(re.findall(r"^# ([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    passed = {v for name in AIRFLOW for v, value in SERVICES[name]["environment"].items() if value is None}
    settings = {f"COUNTERPITCH_{field.upper()}" for field in Settings.model_fields}
    made = set(re.findall(r"^([A-Z_]+)=", secrets(), re.MULTILINE))
    assert named == settings | passed | made | {"COUNTERPITCH_WORKER_SLOTS"}


def test_secrets_are_fresh_and_of_use() -> None:
    from cryptography.fernet import Fernet

    first, second = (dict(line.split("=", 1) for line in secrets().splitlines() if "#" not in line) for _ in range(2))
    assert all(first[name] != second[name] for name in first)
    assert all(len(value) >= 24 for value in first.values())
    assert all(re.fullmatch(r"[0-9a-f]+", value) for name, value in first.items() if name != "AIRFLOW_FERNET_KEY")
    Fernet(first["AIRFLOW_FERNET_KEY"])


def secrets() -> str:
    """What deploy/secrets.sh prints."""
    return subprocess.run(
        ["sh", str(PROJECT / "deploy/secrets.sh")], capture_output=True, text=True, check=True, timeout=120
    ).stdout


def dockerfile_environment() -> dict[str, str]:
    """The ENV of the image."""
    block = re.search(r"^ENV (.*?)(?<!\\)$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE | re.DOTALL)
    assert block
    return dict(re.findall(r"([A-Z_]+)=(\S+)", block.group(1)))
