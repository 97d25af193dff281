"""`export`: briefs and marts as files for people and tools outside."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from counterpitch.commands import console
from counterpitch.commands.stack import Json
from counterpitch.errors import Permanent

if TYPE_CHECKING:
    from counterpitch.warehouse.connection import Connection

MARTS = ("ad_score", "pillar_evidence", "theme", "persona", "gap", "brief", "brief_decision")


class NothingToExport(Permanent):
    """There is no such market, or it holds nothing yet; the message says what to do."""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(export)


def export(
    folder: Annotated[Path, typer.Argument(help="Where the files go; made if missing.")] = Path("exports"),
    market: Annotated[list[str] | None, typer.Option(help="A market id. Repeatable; unset: every market.")] = None,
    day: Annotated[str | None, typer.Option(help="The day of the marts (YYYY-MM-DD); unset: each mart's last.")] = None,
    as_json: Json = False,
) -> None:
    """Write the briefs and the tables behind them: one folder a market, CSV that every spreadsheet opens.

    A cell that a spreadsheet would run as a formula is disarmed.

    Examples:

        counterpitch export

        counterpitch export /tmp/for-the-agency --market running-shoes --day 2026-11-20
    """
    from counterpitch.warehouse.connection import connect

    written: list[dict[str, Any]] = []
    with closing(connect(application="counterpitch export")) as conn:
        for market_id in _markets(conn, market):
            written += _market(conn, market_id, day, folder / market_id)
    if as_json:
        console.emit(written)
        return
    for file in written:
        console.out.print(f"{file['file']}  {file['rows']:,} rows", highlight=False, markup=False, soft_wrap=True)


def _markets(conn: Connection, asked: list[str] | None) -> list[str]:
    from counterpitch.warehouse import query

    known = [row["market_id"] for row in query.rows(conn, "select market_id from core.market order by market_id")]
    unknown = sorted(set(asked or []) - set(known))
    if unknown or not known:
        raise NothingToExport(
            f"No market is called {', '.join(unknown)}. There are: {', '.join(known) or 'none'}."
            if unknown
            else "There is no market yet. `counterpitch run` makes the first one."
        )
    return asked or known


def _market(conn: Connection, market_id: str, day: str | None, folder: Path) -> list[dict[str, Any]]:
    from counterpitch.commands.tables import write_csv

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in MARTS:
        columns, rows = _mart(conn, name, market_id, day)
        path = folder / f"{name}.csv"
        written.append({"file": str(path), "rows": write_csv(path, columns, rows)})
    return written + _briefs(conn, market_id, day, folder / "briefs")


def _mart(conn: Connection, name: str, market_id: str, day: str | None) -> tuple[list[str], list[tuple[Any, ...]]]:
    """A mart's rows of the market: of the day, or of its last day where it has days."""
    from psycopg2 import sql as pg

    table = pg.Identifier("mart", name)
    with conn.cursor() as cursor:
        cursor.execute(pg.SQL("select * from {} limit 0").format(table))
        columns = [column.name for column in cursor.description or []]
        condition: pg.Composable = pg.SQL("")
        if "partition_key" in columns:
            condition = pg.SQL(
                "and partition_key = coalesce(%(day)s::date,"
                " (select max(partition_key) from {} where market_id = %(market)s))"
            ).format(table)
        cursor.execute(
            pg.SQL("select * from {} where market_id = %(market)s {} order by 1, 2, 3").format(table, condition),
            {"market": market_id, "day": day},
        )
        return columns, cursor.fetchall()


def _briefs(conn: Connection, market_id: str, day: str | None, folder: Path) -> list[dict[str, Any]]:
    from counterpitch.briefs.export import export_briefs
    from counterpitch.warehouse import query

    last = query.scalar(
        conn,
        "select coalesce(%(day)s, max(partition_key)::text) from mart.brief where market_id = %(market)s",
        {"market": market_id, "day": day},
    )
    if last is None:
        return []
    done = export_briefs(market_id, last, folder)
    return [{"file": str(folder), "rows": int(done.get("briefs", 0)) if isinstance(done, dict) else 0}]
