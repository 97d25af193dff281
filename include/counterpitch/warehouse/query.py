"""Run the `.sql` files that lie beside the modules, with bound parameters.

SQL stays in files so that it can be pasted into psql; values are bound, never formatted into the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from psycopg2.extras import RealDictCursor

from counterpitch.warehouse.connection import Connection

Params = Mapping[str, Any]


@lru_cache(maxsize=256)
def sql(module_file: str, name: str) -> str:
    """Text of `sql/<name>.sql` beside the module whose `__file__` is given."""
    return (Path(module_file).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def rows(conn: Connection, text: str, params: Params | None = None) -> list[dict[str, Any]]:
    """Run a query and return its rows as dicts, in the query's order."""
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(text, params)
        return [dict(row) for row in cursor.fetchall()]


def scalar(conn: Connection, text: str, params: Params | None = None) -> Any:
    """Run a query and return the first column of its first row, or None when there is no row."""
    with conn.cursor() as cursor:
        cursor.execute(text, params)
        row = cursor.fetchone()
    return row[0] if row else None


def execute(conn: Connection, text: str, params: Params | None = None) -> int:
    """Run a statement and return how many rows it touched."""
    with conn.cursor() as cursor:
        cursor.execute(text, params)
        return int(cursor.rowcount)
