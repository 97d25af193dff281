"""`sql`: one query against the warehouse, read-only unless asked otherwise."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import Annotated, Any

import typer

from counterpitch.commands import console
from counterpitch.errors import Permanent


class QueryRefused(Permanent):
    """Postgres did not take the statement; the message is its own."""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(sql)


def sql(
    statement: Annotated[str, typer.Argument(help="A statement in quotes, or - to read it from standard input.")],
    write: Annotated[
        bool, typer.Option("--write", help="Allow changes; they are committed when all of it worked.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list of objects.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV; formulas are disarmed.")] = False,
) -> None:
    """Ask the warehouse. Read-only, by a role that cannot write, unless --write.

    Examples:

        counterpitch sql "select brand_id, count(*) from core.ad group by 1 order by 2 desc"

        counterpitch sql --csv "select * from mart.gap" > gaps.csv

        counterpitch sql - < question.sql
    """
    statement = sys.stdin.read() if statement == "-" else statement
    columns, rows, note = _ask(statement, write=write)
    if as_json:
        console.emit([dict(zip(columns, row, strict=True)) for row in rows])
    elif not columns:
        console.out.print(note)
    elif as_csv:
        from counterpitch.commands.tables import print_csv

        print_csv(columns, rows)
    else:
        from counterpitch.commands.tables import show

        show(columns, rows)


def _ask(statement: str, *, write: bool) -> tuple[list[str], list[tuple[Any, ...]], str]:
    import psycopg2

    from counterpitch.settings import settings
    from counterpitch.warehouse.connection import connect

    url = settings().warehouse if write else settings().desk_warehouse
    with closing(connect(url, application="counterpitch sql")) as conn:
        conn.set_session(readonly=not write)
        try:
            with conn, conn.cursor() as cursor:
                cursor.execute(statement)
                columns = [column.name for column in cursor.description or []]
                return columns, cursor.fetchall() if columns else [], cursor.statusmessage or ""
        except psycopg2.errors.ReadOnlySqlTransaction as error:
            raise QueryRefused("This query would change the warehouse. Add --write if you mean it.") from error
        except psycopg2.errors.InsufficientPrivilege as error:
            raise QueryRefused(f"{_first(error)}. Add --write if you mean to change the warehouse.") from error
        except psycopg2.Error as error:
            raise QueryRefused(f"Postgres says: {str(error).strip() or _first(error)}") from error


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["Postgres refused"])[0]
