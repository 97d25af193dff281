"""A Postgres of a benchmark's own, gone afterwards, and warehouses in it that the settings name."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from counterpitch.local.postgres import Cluster
from counterpitch.settings import settings
from counterpitch.warehouse.migrate import migrate


@contextmanager
def server(*, durable: bool = True) -> Iterator[Cluster]:
    """A running Postgres in a new folder, `home.parent`, which is the benchmark's to use and is removed with it.

    durable: whether a commit waits for the disk, as it does in use.
    """
    folder = Path(tempfile.mkdtemp(prefix="cp-bench-"))
    folder.chmod(0o755)  # root's Postgres runs as somebody else
    cluster = Cluster(folder / "pg", folder / "s", durable=durable)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def warehouse(cluster: Cluster, name: str) -> str:
    """An empty warehouse, which the settings name from now on; returns its address."""
    cluster.create_database(name)
    migrate(cluster.url(name))
    os.environ["COUNTERPITCH_WAREHOUSE_URL"] = cluster.url(name)
    settings.cache_clear()
    return cluster.url(name)
