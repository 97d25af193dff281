"""What Airflow is told: loopback, a login, no telemetry, and nothing of it in a file that somebody edits."""

from __future__ import annotations

import os
from pathlib import Path

import airflow
import pytest
import yaml

from counterpitch.local.configuration import environment, metadata_url
from counterpitch.local.state import State
from counterpitch.settings import Settings

ADDRESS = "http://127.0.0.1:8123"


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State(tmp_path / "state")
    made.prepare()
    return made


@pytest.fixture
def told(state: State) -> dict[str, str]:
    return environment(state, Settings(home=state.home, workers=3), ADDRESS)


def test_every_address_is_loopback(told: dict[str, str]) -> None:
    assert told["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert told["AIRFLOW__API__PORT"] == "8123"
    assert told["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"{ADDRESS}/execution/"
    assert told["AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK"] == "False"


def test_a_login_is_asked_for(told: dict[str, str], state: State) -> None:
    assert told["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"
    assert told["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"] == str(state.login_file)


def test_nothing_is_sent_to_anybody(told: dict[str, str]) -> None:
    assert told["AIRFLOW__API__ENABLE_SWAGGER_UI"] == "False"
    assert told["GX_ANALYTICS_ENABLED"] == "false"
    assert told["DO_NOT_TRACK"] == "1"
    assert told["AIRFLOW__CORE__HOSTNAME_CALLABLE"] == "socket.gethostname"


def test_workers_are_those_of_the_settings(told: dict[str, str]) -> None:
    assert told["AIRFLOW__CORE__PARALLELISM"] == "3"


def test_what_the_user_exports_is_kept_but_cannot_break_the_stack(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__SMTP__SMTP_HOST", "mail.example.com")
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW__API__HOST", "0.0.0.0")  # noqa: S104 what must not win
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    told = environment(state, Settings(home=state.home), ADDRESS)
    assert told["AIRFLOW__SMTP__SMTP_HOST"] == "mail.example.com"
    assert told["OMP_NUM_THREADS"] == "7"
    assert told["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert told["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_a_proxy_does_not_come_between_tasks_and_the_api(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", "intranet.example.com")
    told = environment(state, Settings(home=state.home), ADDRESS)
    assert told["NO_PROXY"] == "intranet.example.com,127.0.0.1,localhost"


def test_the_same_secrets_every_time(state: State) -> None:
    given = Settings(home=state.home)
    keys = ("AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__API__SECRET_KEY")
    first, second = environment(state, given, ADDRESS), environment(state, given, ADDRESS)
    assert all(first[key] == second[key] for key in keys)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"metadata_url": "postgresql://u@h/meta"}, "postgresql://u@h/meta"),
        (
            {"warehouse_url": "postgresql://u:p@h:5433/wh?sslmode=require"},
            "postgresql://u:p@h:5433/airflow?sslmode=require",
        ),
    ],
)
def test_the_metadata_lie_beside_the_warehouse(given: dict[str, str], url: str) -> None:
    assert metadata_url(Settings.model_validate(given)) == url


def test_airflow_knows_every_option_that_it_is_told(told: dict[str, str]) -> None:
    """An option that Airflow does not know is ignored in silence, and what it was meant to do does not happen."""
    package = Path(airflow.__file__).parent
    known = yaml.safe_load((package / "config_templates" / "config.yml").read_text())
    options = {f"AIRFLOW__{section}__{name}".upper() for section, held in known.items() for name in held["options"]}
    # Read for each component by name, and so listed for none of them.
    by_component = (package / "utils" / "process_utils.py").read_text()
    options |= {
        f"AIRFLOW__SCHEDULER__{name}".upper()
        for name in ("mp_start_method", "mp_forkserver_preload")
        if f'"{name}"' in by_component
    }
    ours = {name for name in told if name.startswith("AIRFLOW__") and name not in os.environ}
    assert len(ours) > 20
    assert ours - options == set()
