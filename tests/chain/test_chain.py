"""The whole chain on the bundled market, collected over HTTP, through the functions that the tasks call; and again.

Running any step twice for one day, with the same model, leaves every table of `core` and `mart` byte for byte the
same. What may differ is named here and nowhere else: the times at which a row was written.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest

from counterpitch.local.market import set_up
from counterpitch.local.postgres import Cluster
from counterpitch.sandbox.market import DAYS
from counterpitch.sandbox.platforms.accounts import META_TOKEN, TIKTOK_KEY, TIKTOK_SECRET
from counterpitch.sandbox.platforms.server import Sandbox, serving
from counterpitch.sandbox.platforms.world import World
from counterpitch.settings import settings
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection, connect

LAST_DAY = date(2026, 11, 20)
WRITTEN_AT = {"created_at", "decided_at", "written_at"}

Snapshot = dict[str, str]


@pytest.fixture(scope="module")
def market(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The bundled market, the last two days on which it is looked at taken through the chain. Yields (conn, days)."""
    patch = pytest.MonkeyPatch()
    cluster.create_database("chain", template="template_warehouse")
    patch.setenv("COUNTERPITCH_WAREHOUSE_URL", cluster.url("chain"))
    patch.setenv("COUNTERPITCH_HOME", str(tmp_path_factory.mktemp("home")))
    settings.cache_clear()
    conn = connect(cluster.url("chain"))
    conn.autocommit = True
    with serving(Sandbox(World(LAST_DAY - timedelta(days=DAYS), LAST_DAY), LAST_DAY)) as served:
        looked_at = f"{served.url.removeprefix('http://')}/on/{{day}}"
        patch.setenv("AIRFLOW_CONN_SANDBOX_META", f"http://:{META_TOKEN}@{looked_at}")
        patch.setenv("AIRFLOW_CONN_SANDBOX_TIKTOK", f"http://{TIKTOK_KEY}:{TIKTOK_SECRET}@{looked_at}")
        days = set_up(tmp_path_factory.mktemp("market"), LAST_DAY)[-2:]
        for day in days:
            _chain(day)
        yield conn, days
    conn.close()
    patch.undo()
    settings.cache_clear()


def test_every_floor_has_something_to_show(market: tuple[Connection, list[str]]) -> None:
    conn, _ = market
    for table, least in {
        "core.ad": 300,
        "core.ad_result_daily": 5000,
        "mart.ad_score": 300,
        "mart.pillar": 1000,
        "mart.theme": 3,
        "mart.persona": 3,
        "mart.gap": 9,
        "mart.brief": 1,
    }.items():
        assert query.scalar(conn, f"select count(*) from {table}") >= least, table
    assert query.scalar(conn, "select mark from ml.champion") == "bootstrap"


def test_every_row_is_accounted_for(market: tuple[Connection, list[str]]) -> None:
    conn, _ = market
    landed, read = query.rows(
        conn,
        """
        select 'landed', sum(rows_read) as read, sum(rows_landed) + sum(rows_quarantined) as kept
        from raw.landed_file
        union all
        select 'slices', sum(rows_read), sum(rows_core + rows_merged + rows_quarantined) from ops.intake
        """,
    )
    assert landed["read"] == landed["kept"] > 0
    assert read["read"] == read["kept"] > 0
    assert query.scalar(conn, "select count(*) from ops.coverage where state <> 'ok'") == 0


def test_every_quote_stands_in_its_ad_to_the_letter(market: tuple[Connection, list[str]]) -> None:
    conn, _ = market
    wrong = query.scalar(
        conn,
        """
        select count(*) from mart.pillar join core.ad_text using (text_hash)
        where quote is null or substr(clean_text, quote_start + 1, quote_end - quote_start) <> quote
        """,
    )
    assert wrong == 0


def test_the_same_day_again_changes_no_byte(market: tuple[Connection, list[str]]) -> None:
    conn, days = market
    before = _snapshot(conn)
    _chain(days[-1])
    assert _changed(before, _snapshot(conn)) == []


def test_an_old_day_again_after_a_new_one_turns_nothing_back(market: tuple[Connection, list[str]]) -> None:
    conn, days = market
    before = _snapshot(conn)
    _chain(days[0])
    assert _changed(before, _snapshot(conn)) == []


def _chain(day: str) -> None:
    from counterpitch import brands
    from counterpitch.briefs.write import write_briefs
    from counterpitch.ctr.registry import ensure_champion
    from counterpitch.ctr.score import score_partition
    from counterpitch.personas.aggregate import aggregate_market
    from counterpitch.pillars.extract import read_partition
    from counterpitch.quality.publish import validate_and_load
    from counterpitch.sources.collect import collect_brand
    from counterpitch.warehouse.connection import transaction

    with transaction() as conn:
        names = brands.registered(conn)
        markets = brands.markets_of(conn, names)
    for brand in names:
        collect_brand(brand, day)
    moved = validate_and_load(day, names)["brands"]
    ensure_champion(day)
    score_partition(day, moved)
    read_partition(day, moved)
    for market_id in markets:
        aggregate_market(market_id, day)
        write_briefs(market_id, day)


def _snapshot(conn: Connection) -> Snapshot:
    tables = query.rows(
        conn,
        """
        select table_schema || '.' || table_name as name,
               string_agg(quote_ident(column_name), ', ' order by ordinal_position)
                   filter (where column_name <> all(%(times)s)) as columns
        from information_schema.columns join information_schema.tables using (table_schema, table_name)
        where table_schema in ('core', 'mart') and table_type = 'BASE TABLE'
        group by 1
        """,
        {"times": list(WRITTEN_AT)},
    )
    return {table["name"]: _fingerprint(conn, table["name"], table["columns"]) for table in tables}


def _fingerprint(conn: Connection, table: str, columns: str) -> str:
    rows = query.rows(conn, f"select row({columns})::text as line from {table} order by 1")
    return hashlib.sha256("\n".join(row["line"] for row in rows).encode()).hexdigest()


def _changed(before: Snapshot, after: Snapshot) -> list[str]:
    return sorted(name for name in before if before[name] != after[name])
