"""Airflow's configuration for one machine, as environment variables and nothing else.

No airflow.cfg is edited, so what a process was told is what `/proc/PID/environ` shows. Every address is
loopback, nothing is sent to anybody, and only the processes that we start see it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from counterpitch.local.state import ADMIN, State
from counterpitch.settings import PROJECT, Settings

METADATA = "airflow"  # name of the database
LOOPBACK = "127.0.0.1"


def environment(state: State, given: Settings, address: str, dags: Path | None = None) -> dict[str, str]:
    """Environment of every Airflow process of the local stack: this process's own, `.env`, and Airflow's options.

    `address` is the UI's, such as http://127.0.0.1:8080. `dags` replaces the project's dags/ folder (tests do).
    What the user exports is kept where it does not decide how the stack hangs together: mail, connections, keys.
    """
    inherited = {**_dotenv(), **os.environ}
    options = {**_core(state, given, dags or PROJECT / "dags"), **_servers(address), **_pace(), **_quiet()}
    settled = {f"AIRFLOW__{name.replace('.', '__').upper()}": value for name, value in options.items()}
    return {
        **_defaults(given),
        **inherited,
        **settled,
        "AIRFLOW_HOME": str(state.airflow_home),
        "COUNTERPITCH_HOME": str(state.home),
        "NO_PROXY": _without_proxy(inherited),
        "no_proxy": _without_proxy(inherited),
        "PYTHONUNBUFFERED": "1",
    }


def metadata_url(given: Settings) -> str:
    """Libpq address of Airflow's own database: configured, else beside the warehouse, else embedded."""
    if given.metadata_url:
        return given.metadata_url
    if given.warehouse_url:
        return urlunsplit(urlsplit(given.warehouse_url)._replace(path=f"/{METADATA}"))
    return given.embedded_url(METADATA)


def _core(state: State, given: Settings, dags: Path) -> dict[str, str]:
    keys = state.keys()
    return {
        "core.dags_folder": str(dags),
        "core.plugins_folder": str(PROJECT / "plugins"),
        "core.load_examples": "False",
        "core.executor": "LocalExecutor",
        "core.parallelism": str(given.workers),
        "core.fernet_key": keys["fernet"],
        "core.auth_manager": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "core.simple_auth_manager_users": f"{ADMIN}:admin",
        "core.simple_auth_manager_all_admins": "False",
        "core.simple_auth_manager_passwords_file": str(state.login_file),
        # The default asks the name service who we are: that may leave the machine, or hang without a network.
        "core.hostname_callable": "socket.gethostname",
        "database.sql_alchemy_conn": metadata_url(given).replace("postgresql://", "postgresql+psycopg2://", 1),
        "api_auth.jwt_secret": keys["jwt"],
        "api.secret_key": keys["session"],
        "logging.base_log_folder": str(state.task_logs),
        "logging.dag_processor_child_process_log_directory": str(state.task_logs / "dag_processor"),
        "logging.colored_console_log": "False",
        "logging.namespace_levels": "great_expectations=WARNING",  # it says hundreds of lines at each import
    }


def _servers(address: str) -> dict[str, str]:
    parts = urlsplit(address)
    return {
        "api.base_url": address,
        "api.host": LOOPBACK,
        "api.port": str(parts.port),
        "api.workers": "1",
        "api.instance_name": "Counterpitch",
        "api.expose_config": "False",
        "core.execution_api_server_url": f"{address}/execution/",
        "scheduler.enable_health_check": "False",
    }


def _pace() -> dict[str, str]:
    """How often what is looked at: two cores must serve the tasks, and a killed machine must not cost minutes."""
    return {
        "scheduler.scheduler_idle_sleep_time": "0.5",
        "scheduler.mp_start_method": "forkserver",
        "scheduler.mp_forkserver_preload": "counterpitch.local.preload",
        # Airflow waits 300 s before it asks after the tasks of a scheduler that was killed.
        "scheduler.orphaned_tasks_check_interval": "30",
        "scheduler.task_instance_heartbeat_timeout": "120",
        "workers.execution_api_timeout": "30",
        # A file that Airflow gives up reading is an import error, which ends `run`: on a busy machine it takes minutes.
        "core.dagbag_import_timeout": "240",
        "dag_processor.dag_file_processor_timeout": "300",
        "dag_processor.parsing_processes": "2",
        "dag_processor.refresh_interval": "60",
        "dag_processor.min_file_process_interval": "60",
        "dag_processor.print_stats_interval": "0",
    }


def _quiet() -> dict[str, str]:
    """No request leaves for the maker of any part: the API's documentation page would load scripts from a CDN."""
    return {"api.enable_swagger_ui": "False"}


def _defaults(given: Settings) -> dict[str, str]:
    """What the user may set otherwise: telemetry of libraries, and threads and arenas that idle processes hold."""
    threads = str(max(1, (os.cpu_count() or 1) // given.workers))
    return {
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": "1",  # see preload.py: more would be threads that exist before a fork
        "MALLOC_ARENA_MAX": "2",
    }


def _dotenv() -> dict[str, str]:
    """`.env` whole: it holds not only COUNTERPITCH_ settings but keys such as OPENAI_API_KEY."""
    from dotenv import dotenv_values

    return {name: value for name, value in dotenv_values(PROJECT / ".env").items() if value is not None}


def _without_proxy(inherited: Mapping[str, str]) -> str:
    """The tasks talk to the api-server on loopback, whatever proxy the machine uses."""
    known = inherited.get("NO_PROXY") or inherited.get("no_proxy") or ""
    return ",".join(dict.fromkeys([*filter(None, known.split(",")), LOOPBACK, "localhost"]))
