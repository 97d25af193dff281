"""The sandbox server beside the stack: there while the bundled market is collected, and Airflow told where it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from counterpitch.local import market
from counterpitch.local.checks import free_port
from counterpitch.local.platforms import Platforms
from counterpitch.local.processes import listening
from counterpitch.local.rest import Airflow
from counterpitch.local.state import State
from counterpitch.sandbox.market import DAYS
from counterpitch.settings import Settings
from counterpitch.sources.collect import collect_brand
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)  # the server looks on the machine's own day


class Told(Airflow):
    """An Airflow that only remembers its connections."""

    def __init__(self) -> None:
        self.connections: dict[str, dict[str, str]] = {}

    def keep_connection(self, connection_id: str, *, host: str, password: str, login: str = "") -> None:
        self.connections[connection_id] = {"host": host, "login": login, "password": password}


@pytest.fixture
def platforms(warehouse: str, tmp_path: Path) -> Iterator[Platforms]:
    given = Settings(home=tmp_path, warehouse_url=warehouse, sandbox_port=free_port(18765))
    made = Platforms(State(tmp_path), given)
    made.state.prepare()
    yield made
    made.end()


def test_it_runs_while_the_bundled_market_is_collected(
    platforms: Platforms, conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not platforms.begin()
    assert platforms.health() == {}
    market.set_up(tmp_path / "market", YESTERDAY)
    airflow = Told()
    assert platforms.begin()
    platforms.settle(airflow)
    assert platforms.health() == {"sandbox": "running"}
    assert not platforms.begin()
    assert {ip for ip, _ in listening(platforms.program.members())} == {"127.0.0.1"}
    assert airflow.connections[market.META]["host"] == f"{platforms.address}/on/{{day}}"
    assert httpx.get(f"{platforms.address}/_sandbox").json()["start"] == (YESTERDAY - timedelta(days=DAYS)).isoformat()

    for name, told in airflow.connections.items():
        there = told["host"].replace("://", f"://{told['login']}:{told['password']}@")
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", there)
    for day in (YESTERDAY, YESTERDAY + timedelta(days=11)):  # the market goes on as the days do
        assert collect_brand("platelark", day.isoformat())["sources"] == {"meta": "ok", "tiktok": "ok"}

    with conn:
        market.set_aside(conn)
    assert not platforms.begin()
    assert platforms.health() == {}
    assert not platforms.program.members()


def test_going_live_changes_the_connection_and_nothing_else(
    platforms: Platforms, conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A live platform knows no day of looking: the same feed asks it by the dates of delivery alone."""
    market.set_up(tmp_path / "market", YESTERDAY)
    platforms.begin()
    platforms.settle(Told())
    bare = platforms.address.removeprefix("http://")
    for address in (f"{bare}/on/{{day}}", bare):
        monkeypatch.setenv("AIRFLOW_CONN_SANDBOX_META", f"http://:EAASandboxValid0@{address}")
        assert collect_brand("forkmoss", (YESTERDAY - timedelta(days=9)).isoformat())["sources"] == {"meta": "ok"}
    shapes = query.rows(
        conn, "select shape, count(distinct ad_id) as ads from raw.ad_snapshot group by shape order by 1"
    )
    assert [row["shape"] for row in shapes] == ["meta_ad_library", "meta_ad_library_past"]
    assert shapes[0]["ads"] == shapes[1]["ads"] > 50
