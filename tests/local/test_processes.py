"""A program ends with all it started, and nobody else's process is ever signalled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from counterpitch.local.processes import Program, birth_mark, listening, stop

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""
FAMILY = """
import os, sys, time
if os.fork() == 0:
    os.setpgid(0, 0)  # as Airflow's task supervisors do
time.sleep(600)
"""
LISTENER = """
import socket, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(600)
"""


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[[str], Program]]:
    started: list[Program] = []

    def start(code: str, name: str = "program") -> Program:
        program = Program(name, tmp_path / "state with spaces")
        program.start([sys.executable, "-c", code], os.environ, tmp_path)
        started.append(program)
        return program

    yield start
    stop(started, patience=0)


def wait(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_program_runs_in_the_background_and_stops(launch: Callable[..., Program]) -> None:
    program = launch("import time; print('hello', flush=True); time.sleep(600)")
    wait(lambda: "hello" in program.last_words())
    assert program.alive()
    assert stop([program]) == 1
    assert not program.alive()
    assert program.members() == []
    assert not program.pidfile.exists()


def test_a_program_that_ignores_term_is_killed(launch: Callable[..., Program]) -> None:
    program = launch(STUBBORN)
    wait(lambda: "deaf" in program.last_words())
    stop([program], patience=0.3)
    assert program.members() == []


def test_children_in_a_group_of_their_own_end_too(launch: Callable[..., Program]) -> None:
    program = launch(FAMILY)
    wait(lambda: len(program.members()) == 2)
    assert stop([program]) == 2
    assert program.members() == []


def test_children_are_found_when_their_leader_was_killed(launch: Callable[..., Program]) -> None:
    program = launch(FAMILY)
    wait(lambda: len(program.members()) == 2)
    leader = json.loads(program.pidfile.read_text())["pid"]
    os.kill(leader, signal.SIGKILL)
    wait(lambda: not program.alive())
    assert len(program.members()) == 1
    stop([program])
    assert program.members() == []


def test_a_reused_pid_is_never_signalled(launch: Callable[..., Program], tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    program = Program("program", tmp_path)
    program.pidfile.parent.mkdir(parents=True)
    program.pidfile.write_text(json.dumps({"pid": stranger.pid, "mark": "an-earlier-boot:42"}))
    try:
        assert not program.alive()
        assert stop([program]) == 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_another_session_with_the_same_number_is_not_ours(tmp_path: Path) -> None:
    """The leader is gone and its pid leads somebody else's session: the mark in the environment tells."""
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    program = Program("program", tmp_path)
    program.pidfile.parent.mkdir(parents=True)
    program.pidfile.write_text(json.dumps({"pid": stranger.pid, "mark": birth_mark(stranger.pid)}))
    try:
        assert program.members() == []
    finally:
        stranger.kill()
        stranger.wait()


def test_a_child_that_hides_its_environment_is_found(
    launch: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow's supervisors make themselves undumpable: an ordinary user may not read their environment."""
    program = launch(FAMILY)
    wait(lambda: len(program.members()) == 2)

    def refuse(process: psutil.Process) -> dict[str, str]:
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "environ", refuse)
    assert len(program.members()) == 2


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"pid": "x"}', '{"pid": 1}'])
def test_a_broken_pidfile_means_nothing_runs(tmp_path: Path, content: str) -> None:
    program = Program("program", tmp_path)
    program.pidfile.parent.mkdir(parents=True)
    program.pidfile.write_text(content)
    assert not program.alive()
    assert stop([program]) == 0


def test_a_large_log_is_moved_aside(launch: Callable[..., Program], monkeypatch: pytest.MonkeyPatch) -> None:
    program = launch("print('first run ' * 10, flush=True)")
    wait(lambda: "first run" in program.last_words())
    monkeypatch.setattr("counterpitch.local.processes.LOG_LIMIT", 10)
    program = launch("print('second run', flush=True)")
    wait(lambda: "second run" in program.last_words())
    assert "first run" not in program.last_words()
    assert "first run" in program.log.with_suffix(".log.1").read_text()


def test_listening_names_every_socket(launch: Callable[..., Program]) -> None:
    program = launch(LISTENER)
    wait(lambda: program.last_words().strip().isdigit())
    assert listening(program.members()) == [("127.0.0.1", int(program.last_words()))]


def test_the_mark_tells_two_lives_of_a_pid_apart() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    mine, theirs = birth_mark(os.getpid()), birth_mark(child.pid)
    child.kill()
    child.wait()
    assert mine is not None
    assert mine != theirs
    assert mine == birth_mark(os.getpid())
    assert birth_mark(child.pid) is None or not psutil.pid_exists(child.pid)
