"""The state folder: private, whole, and held by one at a time."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from counterpitch.local.errors import LocalFailure
from counterpitch.local.state import Busy, State


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State(tmp_path / "a folder with spaces")
    made.prepare()
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_this_user_reads_it(state: State) -> None:
    state.login()
    state.keys()
    state.remember_address("http://127.0.0.1:8080")
    assert mode(state.home) == 0o700
    assert {mode(path) for path in state.home.glob("*.json")} == {0o600}


def test_it_says_whether_it_was_there(state: State) -> None:
    assert not state.prepare()
    shutil.rmtree(state.home)
    assert state.prepare()


def test_secrets_are_made_once(state: State) -> None:
    assert state.keys() == state.keys()
    assert len(set(state.keys().values())) == 3
    assert state.login() == state.login()


def test_two_installations_share_no_secret(state: State, tmp_path: Path) -> None:
    other = State(tmp_path / "other")
    other.prepare()
    assert set(state.keys().values()).isdisjoint(other.keys().values())
    assert state.login() != other.login()


def test_the_login_is_in_the_form_that_airflow_reads(state: State) -> None:
    user, password = state.login()
    assert json.loads(state.login_file.read_text()) == {user: password}


@pytest.mark.parametrize("half", ["", "{", '["x"]', '{"adm'])
def test_a_file_that_a_killed_writer_left_is_made_again(state: State, half: str) -> None:
    state.login_file.write_text(half)
    user, password = state.login()
    assert user == "admin"
    assert len(password) >= 12


def test_the_address_lives_from_start_to_stop(state: State) -> None:
    assert state.address() is None
    state.remember_address("http://127.0.0.1:8081")
    assert state.address() == "http://127.0.0.1:8081"
    state.forget_address()
    assert state.address() is None


def test_a_second_holder_is_told_at_once_and_who_holds(state: State) -> None:
    again = state.lock("start", "Somebody starts.")
    with state.lock("start", "Somebody starts."), pytest.raises(Busy, match=r"Somebody starts\.") as refused, again:
        pass
    assert refused.value.holder == os.getpid()


def test_a_lock_ends_with_its_holder(state: State) -> None:
    code = f"""
import os
from pathlib import Path
from counterpitch.local.state import State
with State(Path({str(state.home)!r})).lock("start", "busy"):
    os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9, "it held the lock when it died"
    with state.lock("start", "busy"), pytest.raises(Busy) as refused, state.lock("start", "busy"):
        pass
    assert refused.value.holder == os.getpid(), "it is ours now"


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(LocalFailure, match="COUNTERPITCH_HOME"):
        State(file / "state").prepare()
