"""The few ways to write: replace a slice, upsert by key, append what is new. All by COPY, all run-twice safe.

A slice is all rows of a table that share a key such as (source, brand, day). It is replaced whole in the
caller's transaction, keyed by the partition and never by the fetched rows, so an empty day empties the
slice. `replace_slice` takes an advisory lock on its slice, so two runs of one key cannot interleave; the
others rely on the table's key, and a caller that reads before it writes takes a `lock` of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg2 import sql as pg

from counterpitch.warehouse.connection import Connection
from counterpitch.warehouse.encode import CopyText, as_json

__all__ = ["append_new", "as_json", "copy", "lock", "locked", "replace_slice", "upsert"]

Row = Mapping[str, Any]
BLOCK_BYTES = 1 << 18  # what COPY asks the stream for at a time; 8 KiB, the default, asked 50 times a row block

SORT_MEMORY = "128MB"  # the merge sorts its load table once; by the default of 4 MB it sorts on disk


def replace_slice(conn: Connection, table: str, key: Row, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Delete the rows of `table` that match `key`, COPY `rows` in their place; returns how many.

    `columns` are the columns of each row; those of `key` are filled from it. Values: str, numbers, dates,
    None; a dict is JSON, a list is an array (a JSON list goes through `as_json`).
    """
    lock(conn, table, *(str(value) for value in key.values()))
    where = pg.SQL(" and ").join(pg.SQL("{} = {}").format(pg.Identifier(c), pg.Literal(v)) for c, v in key.items())
    with conn.cursor() as cursor:
        cursor.execute(pg.SQL("delete from {} where {}").format(_table(table), where))
    with conn.cursor() as cursor:
        return _copy(cursor, _table(table), columns, rows, same=key)


def upsert(
    conn: Connection,
    table: str,
    key: Sequence[str],
    columns: Sequence[str],
    rows: Iterable[Row],
    *,
    newer: str | None = None,
) -> int:
    """Insert or update `rows` by `key` through a load table; returns how many rows were written.

    With `newer`, a stored row is only replaced by one whose `newer` column is not smaller: restated
    results carry `as_of`, and the later wins whatever the order of the runs. Of two rows in `rows` with
    one key, the last wins.
    """
    names = [*key, *columns]
    with conn.cursor() as cursor:
        load = _load_table(cursor, table, names)
        _copy(cursor, load, names, rows)
        cursor.execute(f"set local work_mem = '{SORT_MEMORY}'")
        cursor.execute(_merge(table, load, key, columns, newer))
        written = int(cursor.rowcount)
        cursor.execute("set local work_mem to default")
        cursor.execute(pg.SQL("drop table {}").format(load))
    return written


def append_new(conn: Connection, table: str, key: Sequence[str], columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Insert the rows whose `key` is not there yet, leave the others as they are; returns how many were new."""
    return upsert(conn, table, key, [], rows) if not columns else _append(conn, table, key, columns, rows)


def copy(conn: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """COPY rows into `table`; returns how many."""
    with conn.cursor() as cursor:
        return _copy(cursor, _table(table), columns, rows)


def lock(conn: Connection, *name: str) -> None:
    """Hold the advisory lock of this name until the transaction ends."""
    with conn.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", ["\x1f".join(name)])


@contextmanager
def locked(conn: Connection, *name: str) -> Iterator[None]:
    """Hold the advisory lock of this name over the commits of the block.

    Rolls back what the block leaves uncommitted. A session that dies gives the lock back.
    """
    _session_lock(conn, "select pg_advisory_lock(hashtextextended(%s, 0))", name)
    try:
        yield
    finally:
        if not conn.closed:
            conn.rollback()
            _session_lock(conn, "select pg_advisory_unlock(hashtextextended(%s, 0))", name)


def _session_lock(conn: Connection, statement: str, name: Sequence[str]) -> None:
    with conn, conn.cursor() as cursor:
        cursor.execute(statement, ["\x1f".join(name)])


def _append(conn: Connection, table: str, key: Sequence[str], columns: Sequence[str], rows: Iterable[Row]) -> int:
    names = [*key, *columns]
    with conn.cursor() as cursor:
        load = _load_table(cursor, table, names)
        _copy(cursor, load, names, rows)
        cursor.execute(
            pg.SQL("insert into {t} ({c}) select {c} from {l} order by ctid on conflict ({k}) do nothing").format(
                t=_table(table), c=_columns(names), l=load, k=_columns(key)
            )
        )
        written = int(cursor.rowcount)
        cursor.execute(pg.SQL("drop table {}").format(load))
    return written


def _load_table(cursor: Any, table: str, names: Sequence[str]) -> pg.Identifier:
    """A temporary table for `names` of `table`. It is only ever appended to, so `ctid` is the order of arrival."""
    load = pg.Identifier("load_" + table.replace(".", "_"))
    cursor.execute(
        pg.SQL("create temp table {} on commit drop as select {} from {} limit 0").format(
            load, _columns(names), _table(table)
        )
    )
    return load


def _merge(
    table: str, load: pg.Identifier, key: Sequence[str], columns: Sequence[str], newer: str | None
) -> pg.Composed:
    names = [*key, *columns]
    action: pg.Composable = pg.SQL("do nothing")
    if columns:
        sets = pg.SQL(", ").join(pg.SQL("{c} = excluded.{c}").format(c=pg.Identifier(c)) for c in columns)
        action = pg.SQL("do update set {}").format(sets)
        if newer:
            action += pg.SQL(" where stored.{c} <= excluded.{c}").format(c=pg.Identifier(newer))
    order: list[pg.Composable] = [pg.Identifier(c) for c in key]
    if newer:
        order.append(pg.SQL("{} desc").format(pg.Identifier(newer)))
    order.append(pg.SQL("ctid desc"))
    return pg.SQL(
        "insert into {t} as stored ({c}) select distinct on ({k}) {c} from {l} order by {o} on conflict ({k}) {a}"
    ).format(t=_table(table), c=_columns(names), k=_columns(key), l=load, o=pg.SQL(", ").join(order), a=action)


def _copy(
    cursor: Any, table: pg.Composable, columns: Sequence[str], rows: Iterable[Row], same: Row | None = None
) -> int:
    """COPY rows; the columns of `same` hold the same value in every row."""
    stream = CopyText(columns, rows, same or {})
    statement = pg.SQL("copy {} ({}) from stdin").format(table, _columns([*(same or {}), *columns]))
    cursor.copy_expert(statement, stream, size=BLOCK_BYTES)
    return stream.count


def _table(name: str) -> pg.Identifier:
    return pg.Identifier(*name.split("."))


def _columns(names: Sequence[str]) -> pg.Composed:
    return pg.SQL(", ").join(pg.Identifier(name) for name in names)
