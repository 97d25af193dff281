"""Writes docs/data-model.md from a freshly migrated warehouse: `python docs/generate_data_model.py [--check]`.

The page is read from Postgres' own catalog, comments included, so it shows what the migrations really make.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from itertools import groupby
from pathlib import Path
from typing import Any

from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection, transaction

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "data-model.md"
SCHEMAS = ["raw", "core", "mart", "ml", "llm", "ops"]
HEAD = """# The data model

<!-- Written by docs/generate_data_model.py from the migrations. Change those, then run `make docs`. -->

One Postgres, six schemas, in the order in which an ad passes through them. A line in a picture is a foreign key;
a column in bold belongs to the primary key.
"""

OBJECTS = """
select n.nspname as schema, obj_description(n.oid, 'pg_namespace') as schema_says,
       c.relname as name, c.relkind in ('v', 'm') as view, obj_description(c.oid, 'pg_class') as says,
       a.attname as column, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
       a.attgenerated <> '' as generated, a.attidentity <> '' as identity,
       pg_get_expr(d.adbin, d.adrelid) as default, col_description(c.oid, a.attnum) as column_says,
       coalesce(a.attnum = any(k.conkey), false) as key
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
where n.nspname = any(%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm')
order by array_position(%(schemas)s, n.nspname::text), c.relkind in ('v', 'm'), c.relname, a.attnum
"""
RULES = """
select n.nspname as schema, c.relname as name, k.contype as kind, pg_get_constraintdef(k.oid, true) as rule,
       f.relname as other, g.nspname as other_schema
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_class f on f.oid = k.confrelid
left join pg_namespace g on g.oid = f.relnamespace
where n.nspname = any(%(schemas)s) and k.contype in ('c', 'f', 'u')
order by n.nspname, c.relname, k.contype, k.conname
"""

Row = dict[str, Any]


def main() -> int:
    """Write the page, or with --check say whether it is what it should be; returns the exit code."""
    page = _from_migrations()
    if "--check" not in sys.argv:
        PAGE.write_text(page, encoding="utf-8")
        return 0
    fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page
    print("docs/data-model.md is up to date." if fresh else "docs/data-model.md is stale: run `make docs`.")
    return 0 if fresh else 1


def render(conn: Connection) -> str:
    """The page for the warehouse behind `conn`."""
    objects = query.rows(conn, OBJECTS, {"schemas": SCHEMAS})
    rules = query.rows(conn, RULES, {"schemas": SCHEMAS})
    parts = [HEAD]
    for schema, rows in groupby(objects, key=lambda row: row["schema"]):
        columns = list(rows)
        parts += [f"## {schema}", "", str(columns[0]["schema_says"] or ""), ""]
        parts.append(_picture(schema, columns, [rule for rule in rules if rule["kind"] == "f"]))
        for name, of_table in groupby(columns, key=lambda row: row["name"]):
            told = [rule for rule in rules if (rule["schema"], rule["name"]) == (schema, name)]
            parts.append(_table(f"{schema}.{name}", list(of_table), told))
    return "\n".join(parts).rstrip() + "\n"


def _picture(schema: str, columns: list[Row], references: list[Row]) -> str:
    tables = list(dict.fromkeys(row["name"] for row in columns if not row["view"]))
    lines = sorted(
        {
            f"    {_entity(rule['other_schema'], rule['other'])} ||--o{{ {_entity(rule['schema'], rule['name'])} : in"
            for rule in references
            if rule["schema"] == schema
        }
    )
    return "\n".join(
        ["```mermaid", "erDiagram", *(f"    {_entity(schema, table)}" for table in tables), *lines, "```", ""]
    )


def _entity(schema: str, table: str) -> str:
    return f'"{schema}.{table}"'


def _table(name: str, columns: list[Row], rules: list[Row]) -> str:
    kind = " (view)" if columns[0]["view"] else ""
    lines = [f"### {name}{kind}", "", str(columns[0]["says"] or ""), "", "| column | type | |", "|---|---|---|"]
    lines += [f"| {_name(column)} | {column['type']} | {_note(column)} |" for column in columns]
    lines += ["", *(f"- {_cell(rule['rule'])}" for rule in rules)]
    return "\n".join(lines).rstrip() + "\n"


def _name(column: Row) -> str:
    return f"**{column['column']}**" if column["key"] else str(column["column"])


def _note(column: Row) -> str:
    notes = []
    if not column["required"] and not column["view"]:
        notes.append("may be null")
    if column["identity"]:
        notes.append("numbered by Postgres")
    elif column["default"] is not None:
        notes.append(f"{'always' if column['generated'] else 'default'} {_cell(column['default'])}")
    if column["column_says"]:
        notes.append(column["column_says"])
    return "; ".join(notes)


def _cell(sql: str) -> str:
    """A piece of SQL as code that a table cell can hold."""
    return "`" + " ".join(sql.split()).replace("|", "\\|") + "`"


def _from_migrations() -> str:
    from counterpitch.local.postgres import Cluster
    from counterpitch.warehouse.migrate import migrate

    folder = Path(tempfile.mkdtemp(prefix="cp-docs-"))
    folder.chmod(0o755)
    server = Cluster(folder / "pg", folder / "s", durable=False)
    try:
        server.start()
        server.create_database("warehouse")
        migrate(server.url("warehouse"))
        with transaction(server.url("warehouse")) as conn:
            return render(conn)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
