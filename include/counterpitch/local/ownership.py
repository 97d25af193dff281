"""Which state folder an embedded database belongs to: the one whose keys it was filled with, not any of the same path.

Root's database lies outside the state folder. Where the folder was deleted and made again (a fresh clone at the same
place), the old database holds another installation's runs, models and connections, sealed with keys that are gone.
It is set aside, never deleted: what was collected may be all there is.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from counterpitch.local.postgres import Cluster
from counterpitch.local.state import State

MARK = "belongs-to"  # beside the data: the name of the state folder that filled them


def claim(state: State, cluster: Cluster) -> Path | None:
    """Make the cluster's folder the state's own; returns where another installation's database was set aside to.

    A state that an older version made has no name yet: the database at its place is taken for its own.
    Raises PostgresFailed when the other installation's server runs and cannot be stopped.
    """
    mark = cluster.home / MARK
    written = mark.read_text() if mark.exists() else None
    aside = None
    if cluster.data.exists() and not _is_own(state, written):
        cluster.stop()
        aside = _free(cluster.home)
        shutil.move(cluster.home, aside)
    name = state.name()
    if written != name:
        cluster.home.mkdir(parents=True, exist_ok=True)
        mark.write_text(name)
    return aside


def _is_own(state: State, written: str | None) -> bool:
    if written is None:
        return state.has_keys()
    return written == state.name()


def _free(home: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return home.with_name(f"{home.name}-set-aside-{stamp}")
