"""The embedded Postgres: started twice, killed, found again, and reachable only through its socket."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from counterpitch.local.postgres import Cluster
from counterpitch.local.processes import listening


@pytest.fixture(scope="module")
def own() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="cp test "))
    folder.chmod(0o755)
    cluster = Cluster(folder / "state with spaces", folder / "s", durable=False)
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(own: Cluster) -> Cluster:
    own.start()
    return own


def answer(server: Cluster, query: str, role: str = "counterpitch") -> object:
    connection = psycopg2.connect(server.url("postgres", role))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
            return row[0] if row else None
    finally:
        connection.close()


def wait_until_gone(server: Cluster) -> None:
    deadline = time.monotonic() + 120
    while server.processes():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_answers_in_a_path_with_spaces(server: Cluster) -> None:
    assert str(answer(server, "select version()")).startswith("PostgreSQL 18")
    assert answer(server, "select count(*) from pg_available_extensions where name = 'vector'") == 1


def test_starting_again_changes_nothing(server: Cluster) -> None:
    begun = answer(server, "select pg_postmaster_start_time()")
    server.start()
    assert answer(server, "select pg_postmaster_start_time()") == begun


def test_nothing_listens_on_the_network(server: Cluster) -> None:
    assert server.processes()
    assert listening(server.processes()) == []


def test_the_socket_folder_is_private(server: Cluster) -> None:
    assert server.sockets.stat().st_mode & 0o077 == 0


def test_the_desk_reads_and_cannot_write(server: Cluster) -> None:
    assert answer(server, "select 1", role="counterpitch_desk") == 1
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        answer(server, "create table t (x int)", role="counterpitch_desk")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        answer(server, "set default_transaction_read_only = off; commit; create schema mine", role="counterpitch_desk")


def test_a_foreign_pgport_does_not_matter(server: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "6000")
    server.stop()
    server.start()
    assert answer(server, "select 1") == 1


def test_a_killed_server_comes_back_with_its_data(server: Cluster) -> None:
    server.create_database("kept")
    for process in server.processes():
        process.send_signal(signal.SIGKILL)
    wait_until_gone(server)
    assert not server.running()
    server.start()
    assert answer(server, "select count(*) from pg_database where datname = 'kept'") == 1


def test_a_pidfile_whose_pid_belongs_to_somebody_else_is_stale(server: Cluster) -> None:
    """After a machine was killed: Postgres itself would refuse to start."""
    pidfile = server.data / "postmaster.pid"
    lines = pidfile.read_text().splitlines()
    for process in server.processes():
        process.send_signal(signal.SIGKILL)
    wait_until_gone(server)
    pidfile.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert not server.running()
    server.start()
    assert answer(server, "select 1") == 1
    assert psutil.pid_exists(os.getpid())


def test_a_half_made_cluster_is_made_again(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="cp-"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "pg", folder / "s", durable=False)
    try:
        (folder / "pg" / "data.new").mkdir(parents=True)
        (folder / "pg" / "data.new" / "half").write_text("an initdb that was killed")
        cluster.start()
        assert cluster.running()
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
    assert not cluster.sockets.exists()


def test_a_cluster_set_aside_is_whole_and_its_place_is_free() -> None:
    folder = Path(tempfile.mkdtemp(prefix="cp-"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "pg", folder / "s", durable=False)
    try:
        assert cluster.set_aside() is None
        cluster.start()
        cluster.create_database("collected")
        cluster.set_comment("collected", "all there is")
        aside = cluster.set_aside()
        assert aside is not None
        assert not cluster.home.exists()
        assert cluster.set_aside() is None
        moved = Cluster(aside, cluster.sockets, durable=False)
        moved.start()
        assert moved.comment("collected") == "all there is"
        moved.stop()
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_comments_are_kept_on_databases(server: Cluster) -> None:
    server.create_database("noted")
    assert server.comment("noted") == ""
    server.set_comment("noted", "it's prepared")
    assert server.comment("noted") == "it's prepared"


def test_another_process_finds_it_running(server: Cluster) -> None:
    code = f"""
import json
from pathlib import Path
from counterpitch.local.postgres import Cluster
cluster = Cluster(Path({str(server.home)!r}), Path({str(server.sockets)!r}))
print(json.dumps(cluster.running()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) is True
