"""One real Postgres for the session, one fresh and migrated database for each test that asks for it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg2
import pytest

from counterpitch.local.postgres import Cluster
from counterpitch.settings import settings
from counterpitch.warehouse.connection import Connection, connect
from counterpitch.warehouse.migrate import migrate

# The same examples each time, however long one takes: a run says what the commit did, not what the machine or the
# dice did. To look for new ones: --hypothesis-profile=default.
hypothesis.settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("repeatable")
# What a person or a machine exports for the product or for the network is not what is tested.
for name in [name for name in os.environ if name.startswith(("COUNTERPITCH_", "AIRFLOW_")) or name.lower() in {
    "http_proxy", "https_proxy", "all_proxy", "openai_proxy"}]:  # fmt: skip
    del os.environ[name]

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The embedded Postgres, the way the product runs it, with a migrated template database."""
    folder = Path(tempfile.mkdtemp(prefix="cp-test-"))
    folder.chmod(0o755)
    server = Cluster(folder / "pg", folder / "s", durable=False)
    server.start()
    server.create_database("template_warehouse")
    migrate(server.url("template_warehouse"))
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def warehouse(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of an empty migrated warehouse of this test's own; also what `settings().warehouse` says."""
    name = "t_" + str(abs(hash(request.node.nodeid)))
    cluster.create_database(name, template="template_warehouse")
    monkeypatch.setenv("COUNTERPITCH_WAREHOUSE_URL", cluster.url(name))
    monkeypatch.setenv("COUNTERPITCH_DESK_URL", cluster.url(name, "counterpitch_desk"))
    settings.cache_clear()
    yield cluster.url(name)
    settings.cache_clear()
    admin = psycopg2.connect(cluster.url("postgres", "counterpitch"))
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f'drop database if exists "{name}" with (force)')
    admin.close()


@pytest.fixture
def conn(warehouse: str) -> Iterator[Connection]:
    """A connection to the test's warehouse."""
    connection = connect(warehouse)
    yield connection
    connection.close()


@pytest.fixture
def real_data() -> Path:
    """The folder of real data sets; the test skips, saying so, where it is not beside the project."""
    if not REAL_DATA.exists():
        pytest.skip("no real data beside the project (../shared/data)")
    return REAL_DATA
