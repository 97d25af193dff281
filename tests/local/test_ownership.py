"""A database follows its state folder, not its path: a folder made anew never wakes the one of before."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterpitch.local.ownership import claim
from counterpitch.local.postgres import Cluster
from counterpitch.local.state import State


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="cp-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def state(place: Path) -> State:
    made = State(place / "state")
    made.prepare()
    return made


@pytest.fixture
def cluster(place: Path) -> Iterator[Cluster]:
    """A place for a database outside the state folder, as root's is."""
    cluster = Cluster(place / "pg", place / "s", durable=False)
    yield cluster
    cluster.stop()


def deleted_and_made_again(state: State) -> State:
    shutil.rmtree(state.home)
    state.prepare()
    return state


def test_a_state_keeps_its_database(state: State, cluster: Cluster) -> None:
    assert claim(state, cluster) is None
    cluster.start()
    cluster.create_database("kept")
    cluster.set_comment("kept", "mine")
    assert claim(state, cluster) is None
    assert cluster.comment("kept") == "mine"


def test_a_folder_made_anew_gets_a_new_database_and_the_old_one_is_kept_aside(state: State, cluster: Cluster) -> None:
    claim(state, cluster)
    cluster.start()
    cluster.create_database("collected")
    aside = claim(deleted_and_made_again(state), cluster)
    assert aside is not None
    assert not cluster.running(), "nobody is left to stop the server of a deleted folder"
    assert claim(state, cluster) is None, "once"
    cluster.start()
    cluster.set_comment("postgres", "anew")
    cluster.stop()
    old = Cluster(aside, cluster.sockets, durable=False)
    old.start()
    try:
        old.set_comment("collected", "still there")
        assert old.comment("collected") == "still there"
    finally:
        old.stop()


@pytest.mark.parametrize("used", [True, False])
def test_a_database_without_a_mark_belongs_to_a_state_that_was_used(state: State, cluster: Cluster, used: bool) -> None:
    cluster.start()  # as an older version left it
    cluster.stop()
    if used:
        state.keys()
    assert (claim(state, cluster) is None) == used
    assert claim(state, cluster) is None
