"""The real stack: Airflow and Postgres on this machine, with toy DAGs that carry the names of ours."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import pytest
from rich.console import Console

from counterpitch.local.airflow import SET_ASIDE, Stack
from counterpitch.local.backfill import backfill
from counterpitch.local.checks import free_port
from counterpitch.local.pipeline import CHAIN, LEARN, PEOPLE, PROMPTS, WEEK, WRITE, Outcome, Pipeline
from counterpitch.local.processes import listening
from counterpitch.local.progress import Progress
from counterpitch.local.rest import Airflow
from counterpitch.local.state import State
from counterpitch.settings import Settings

pytestmark = pytest.mark.airflow

TOYS = f"""
from datetime import datetime
from airflow.sdk import Asset, CronPartitionTimetable, PartitionedAssetTimetable, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from counterpitch import partition

CHAIN = {CHAIN!r}
ASSETS = [Asset(name=name, uri=f"toy://{{name}}") for name in CHAIN]
MORNING = dict(timezone="UTC", key_format="%Y-%m-%d")


def make(name, schedule, outlet=None):
    @dag(dag_id=name, schedule=schedule, start_date=datetime(2026, 1, 1), catchup=False, max_active_runs=2)
    def toy():
        @task
        def work():
            key = get_current_context()["dag_run"].partition_key
            if (name, key) == ("score_ads", "2026-11-03"):
                raise ValueError("this day is broken")

        @task(outlets=[outlet] if outlet else [])
        def publish():
            context = get_current_context()
            key = context["dag_run"].partition_key
            if key == "2026-11-04":
                raise AirflowSkipException("nothing to pass on")
            if outlet and key == "2026-11-06":
                partition.publish(context, outlet, ["acme"], ["2026-10-29", "2026-11-06"] if name == CHAIN[0] else [])

        work() >> publish()

    toy()


make(CHAIN[0], CronPartitionTimetable("0 6 * * *", run_offset=-1, **MORNING), ASSETS[0])
for number, name in enumerate(CHAIN[1:], 1):
    make(name, PartitionedAssetTimetable(assets=ASSETS[number - 1]), ASSETS[number])
for name in {(LEARN, WEEK, WRITE, PROMPTS)!r}:
    make(name, CronPartitionTimetable("0 4 * * 1", run_offset=0, **MORNING))
for name in {PEOPLE!r}:
    make(name, PartitionedAssetTimetable(assets=Asset(name="other_" + name, uri="toy://other/" + name)))
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="cp test "))
    dags = folder / "toy dags"
    dags.mkdir()
    (dags / "toys.py").write_text(TOYS)
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("COUNTERPITCH_")}
    given = Settings(home=folder / "state", ui_port=free_port(18080), workers=2)
    made = Stack(State(given.home), given, dags)
    try:
        made.start(lambda _: None)
        yield made
    finally:
        made.stop()
        made.remove()
        os.environ.update(before)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def airflow(stack: Stack) -> Iterator[Airflow]:
    with Airflow(address_of(stack), *stack.state.login()) as session:
        yield session


def address_of(stack: Stack) -> str:
    return stack.start(lambda _: None)  # also brings back what an earlier test killed


def passage(stack: Stack, airflow: Airflow, days: list[str]) -> Outcome:
    progress = Progress(Console(file=io.StringIO()), live=False)
    pipeline = Pipeline(airflow, address_of(stack), progress, since=datetime.now(UTC), minutes=20)
    return pipeline.run(days, max(days), learn=True, write=True)


def healthy(stack: Stack) -> bool:
    """Whether all of it is, as soon as a busy machine has let every heart beat."""
    until = time.monotonic() + 240
    while set(stack.health().values()) != {"running", "healthy"} and time.monotonic() < until:
        time.sleep(0.5)
    return set(stack.health().values()) == {"running", "healthy"}


def leaders(stack: Stack) -> dict[str, int]:
    return {name: json.loads(program.pidfile.read_text())["pid"] for name, program in stack.programs.items()}


def is_left(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def test_everything_is_healthy(stack: Stack) -> None:
    assert healthy(stack)


def test_nothing_listens_beyond_loopback(stack: Stack) -> None:
    port = int(address_of(stack).rpartition(":")[2])
    assert listening(stack.processes()) == [("127.0.0.1", port)]


def test_the_api_asks_for_a_login(stack: Stack) -> None:
    address = address_of(stack)
    assert httpx.get(f"{address}/api/v2/dags", timeout=120).status_code == 401
    wrong = httpx.post(f"{address}/auth/token", json={"username": "admin", "password": "admin"}, timeout=120)
    assert wrong.status_code == 401


def test_pages_of_the_ui_ask_no_other_host(stack: Stack) -> None:
    address = address_of(stack)
    for path in ("/", "/docs", "/redoc", "/auth/login"):
        page = httpx.get(f"{address}{path}", follow_redirects=True, timeout=120).text
        assert "<html" in page, path
        assert "https://" not in page, path


def test_starting_again_starts_nothing_twice(stack: Stack) -> None:
    before = leaders(stack)
    assert len(before) == len(stack.programs)
    address_of(stack)
    assert leaders(stack) == before


def test_days_go_through_the_real_scheduler(stack: Stack, airflow: Airflow) -> None:
    outcome = passage(stack, airflow, ["2026-11-01", "2026-11-02"])
    assert sorted(outcome.done) == ["2026-11-01", "2026-11-02"]
    assert outcome.failures == []
    for dag_id in CHAIN:
        keys = [run.key for run in airflow.runs(dag_id) if run.key in {"2026-11-01", "2026-11-02"}]
        assert sorted(keys) == ["2026-11-01", "2026-11-02"], dag_id
    assert not any(airflow.dags().values())


def test_a_broken_day_and_an_empty_day_are_told_apart(stack: Stack, airflow: Airflow) -> None:
    outcome = passage(stack, airflow, ["2026-11-03", "2026-11-04"])
    assert outcome.empty == ["2026-11-04"]
    [failure] = outcome.failures
    assert "Task work of score_ads failed on 2026-11-03" in str(failure)
    assert "ValueError: this day is broken" in str(failure)


def test_a_day_that_was_caught_up_goes_down_the_chain_as_its_own_partition(stack: Stack, airflow: Airflow) -> None:
    outcome = passage(stack, airflow, ["2026-11-06"])
    assert outcome.done == ["2026-11-06"]
    until = time.monotonic() + 300
    while not any(run.key == "2026-10-29" and run.over for run in airflow.runs(CHAIN[-1])):
        assert time.monotonic() < until
        time.sleep(1)
    assert "2026-10-29" not in {run.key for run in airflow.runs(CHAIN[0])}


def test_a_backfill_runs_each_day_and_its_followers(stack: Stack, airflow: Airflow) -> None:
    first, last = datetime(2026, 10, 1, tzinfo=UTC).date(), datetime(2026, 10, 2, tzinfo=UTC).date()
    progress = Progress(Console(file=io.StringIO()), live=False)
    outcome = backfill(address_of(stack), stack.state.login(), first, last, [], progress, minutes=20)
    assert sorted(outcome.done) == ["2026-10-01", "2026-10-02"]
    assert {run.key for run in airflow.runs(CHAIN[-1])} >= {"2026-10-01", "2026-10-02"}


def test_a_killed_part_shows_and_the_next_start_mends_it(stack: Stack) -> None:
    os.kill(leaders(stack)["scheduler"], signal.SIGKILL)
    deadline = time.monotonic() + 120
    while stack.health()["scheduler"] != "stopped":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert stack.address() is None
    address_of(stack)
    assert healthy(stack)


def test_a_stop_leaves_nothing(stack: Stack) -> None:
    address_of(stack)
    pids = {process.pid for process in stack.processes()}
    assert stack.stop() >= 4
    assert [pid for pid in pids if is_left(pid)] == []
    assert set(stack.health().values()) == {"stopped"}
    assert not stack.given.sockets.exists()
    assert stack.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's database lies outside the state folder")
def test_a_state_folder_made_anew_does_not_wake_the_database_of_before() -> None:
    folder = Path(tempfile.mkdtemp(prefix="cp test "))
    given = Settings(home=folder / "state", warehouse_url=None)
    made, said = Stack(State(given.home), given), list[str]()
    assert made.cluster
    try:
        for note in ("first", "second", "second"):  # what the database says of itself, as it was left
            made.check(said.append)
            made.start_postgres()
            made.cluster.set_comment("warehouse", made.cluster.comment("warehouse") or note)
            assert made.cluster.comment("warehouse") == note
            if note == "first":
                shutil.rmtree(made.state.home)
        assert [text.startswith(SET_ASIDE) for text in said] == [True], "once, and a second start changes nothing"
        assert list(made.cluster.home.parent.glob(f"{given.instance}-set-aside-*/data/PG_VERSION"))
    finally:
        made.stop()
        made.remove()
        for aside in made.cluster.home.parent.glob(f"{given.instance}-set-aside-*"):
            shutil.rmtree(aside)
        shutil.rmtree(folder, ignore_errors=True)
