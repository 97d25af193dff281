"""Each thing that is wrong with a machine is named before anything starts, with the way out."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
from pathlib import Path

import pytest

from counterpitch.local import checks
from counterpitch.local.errors import LocalFailure


def test_this_machine_will_do(tmp_path: Path) -> None:
    checks.machine([tmp_path / "not" / "made" / "yet"])
    assert list(tmp_path.iterdir()) == [], "looked at, and nothing made"


def test_missing_openmp_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    with pytest.raises(LocalFailure, match="apt-get install libgomp1"):
        checks.machine([tmp_path])


def test_a_full_disk_says_where_and_how_much(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 9 * 10**8, 10**8))
    with pytest.raises(LocalFailure, match=f"Only 100 MB are free at {tmp_path}"):
        checks.machine([tmp_path])


def test_a_user_without_a_name_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 987_654)
    with pytest.raises(LocalFailure, match="User id 987654 has no name"):
        checks.machine([tmp_path])


def test_a_taken_port_gives_the_next_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = checks.free_port(port)
    assert port < found < port + checks.PORTS_TO_TRY


def test_a_port_taken_on_all_addresses_counts_as_taken() -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:  # noqa: S104 what a careless server does
        assert checks.free_port(taken.getsockname()[1]) != taken.getsockname()[1]


def test_no_free_port_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_is_free", lambda _: False)
    with pytest.raises(LocalFailure, match="COUNTERPITCH_UI_PORT"):
        checks.free_port(8080)
