"""Put held rows back once a mapping was mended: what has its slice now is landed, the rest stays held.

A row whose cells were damaged in the file (bytes, length, broken JSON) is not put back: its cells were shortened
when it was held. Mend the file and import it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from counterpitch.sources import facts
from counterpitch.sources.canonical import DAMAGED
from counterpitch.sources.landing import Landing
from counterpitch.sources.mapping import mapping
from counterpitch.sources.reading import FileRow
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection


def replay(
    conn: Connection, *, brands: Sequence[str] = (), ids: Sequence[int] = (), today: date | None = None
) -> dict[str, Any]:
    """Try the held rows again (all, or those of `brands` or of these quarantine ids).

    Returns {"landed", "still_held", "days", "brands"}: run collect_ads for these days and brands. The days also hold
    those of rows that failed validation, which are judged anew by that run.
    """
    params = {"brands": list(brands) or None, "ids": list(ids) or None, "damaged": list(DAMAGED)}
    held = query.rows(conn, query.sql(__file__, "list_held_rows"), params)
    files: dict[str, list[dict[str, Any]]] = defaultdict(list)
    days, named, landed = set[str](), set[str](), 0
    for row in held:
        if row["stage"] == "import":
            files[row["file_sha256"]].append(row)
        else:
            days.add(row["partition_key"].isoformat())
            named.add(row["brand_id"])
    for sha256, rows in files.items():
        landing, count = _land(conn, sha256, rows, today)
        landed += count
        if landing.layout.kind == "ads":
            days |= {day.isoformat() for day in landing.days}
            named |= set(landing.brands)
    return {"landed": landed, "still_held": len(held) - landed, "days": sorted(days), "brands": sorted(named)}


def _land(conn: Connection, sha256: str, rows: Sequence[dict[str, Any]], today: date | None) -> tuple[Landing, int]:
    file = rows[0]
    landing = Landing(conn, mapping(file["mapping"]), sha256, file["options"], today)
    good = {row["quarantine_id"]: row for row in rows if not landing.judge(_row(row))}
    landing.land([_row(row) for row in good.values()])
    landing.register()
    params = {"sha256": sha256, "ids": list(good), "count": len(good)}
    query.execute(conn, query.sql(__file__, "mark_replayed"), params)
    query.execute(conn, query.sql(__file__, "move_to_landed"), params)
    facts.load(conn, sha256, landing.layout, file["options"])
    return landing, len(good)


def _row(held: dict[str, Any]) -> FileRow:
    return FileRow(int(held["row_ref"].split(":")[1]), held["row"])
