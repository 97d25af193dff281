"""What the Desk asks the warehouse, each question one file in `sql/`.

Every page reads in one read-only snapshot, so that its figures agree with each other, and every question has a
limit and a time-out: a page must not hold the api-server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from counterpitch.settings import settings
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection, connect

Row = dict[str, Any]
TIMEOUT = "10s"


@contextmanager
def snapshot() -> Iterator[Connection]:
    """A read-only connection whose questions all see the warehouse as of one moment.

    Raises WarehouseUnreachable.
    """
    conn = connect(settings().desk_warehouse, application="counterpitch desk")
    try:
        conn.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        query.execute(conn, "select set_config('statement_timeout', %(timeout)s, false)", {"timeout": TIMEOUT})
        yield conn
    finally:
        conn.close()


def ask(conn: Connection, name: str, **params: Any) -> list[Row]:
    """The rows of `sql/<name>.sql`."""
    return query.rows(conn, query.sql(__file__, name), params)


def ask_one(conn: Connection, name: str, **params: Any) -> Row | None:
    """The first row of `sql/<name>.sql`, or None."""
    found = ask(conn, name, **params)
    return found[0] if found else None
