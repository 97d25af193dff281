"""Connections to the warehouse, always our own psycopg2.

Airflow's PostgresHook hands out psycopg 3 under SQLAlchemy 2 and commits in batches; a slice must be
replaced in one transaction with COPY, so tasks open their own connection here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 psycopg2 spells its class in lower case

from counterpitch.errors import Permanent, Transient
from counterpitch.secrecy import without_password
from counterpitch.settings import settings

__all__ = ["Connection", "WarehouseMisnamed", "WarehouseUnreachable", "connect", "transaction"]


class WarehouseUnreachable(Transient):
    """The warehouse did not answer; the message says what to start or set."""


class WarehouseMisnamed(Permanent):
    """The warehouse's address is not one; the message says how it is written."""


def connect(url: str | None = None, *, application: str = "counterpitch") -> Connection:
    """Open a connection to the warehouse (or to `url`). The caller closes it.

    Raises WarehouseUnreachable when nothing answers there, WarehouseMisnamed for an address that is none.
    """
    address = url or settings().warehouse
    try:
        return psycopg2.connect(address, application_name=application, connect_timeout=10)
    except psycopg2.OperationalError as error:
        said = without_password(str(error).strip(), address)
        raise WarehouseUnreachable(
            "The warehouse does not answer. Start it with `make run` (or `counterpitch up`), "
            f"or set COUNTERPITCH_WAREHOUSE_URL. Postgres said: {said}"
        ) from None  # psycopg2's own words may quote the password
    except psycopg2.ProgrammingError as error:
        said = without_password(str(error).strip(), address)
        raise WarehouseMisnamed(
            "The warehouse's address cannot be read. Write COUNTERPITCH_WAREHOUSE_URL as postgresql://user:password@host/"
            f"database, with special letters percent-encoded. Postgres said: {said}"
        ) from None


@contextmanager
def transaction(url: str | None = None, *, application: str = "counterpitch") -> Iterator[Connection]:
    """One transaction: commits when the block ends, rolls back when it raises, closes either way."""
    conn = connect(url, application=application)
    try:
        with conn:
            yield conn
    finally:
        conn.close()
