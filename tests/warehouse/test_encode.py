"""Whatever Python holds, COPY stores to the letter, however it falls into blocks and columns."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection
from counterpitch.warehouse.encode import BLOCK_ROWS, CopyText

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
ROW = st.fixed_dictionaries(
    {
        "words": st.none() | TEXT,
        "tags": st.none()
        | st.lists(TEXT | st.sampled_from(['a"b', "c\\d", "e,f", "{}", "null", "NULL", " "]), max_size=3),
        "counts": st.none() | st.integers(-(2**60), 2**60),
        "share": st.none() | st.floats(allow_nan=False),
        "money": st.none() | st.decimals(-1000, 1000, places=2),
        "day": st.none() | st.dates(),
        "at": st.none() | st.datetimes(),
        "yes": st.none() | st.booleans(),
        "payload": st.none()
        | st.dictionaries(TEXT, TEXT | st.integers(-9, 9) | st.lists(TEXT, max_size=2), max_size=2),
    }
)
TYPES = {
    "words": "text",
    "tags": "text[]",
    "counts": "bigint",
    "share": "double precision",
    "money": "numeric",
    "day": "date",
    "at": "timestamp",
    "yes": "boolean",
    "payload": "jsonb",
}


def test_any_rows_come_back_to_the_letter(conn: Connection) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
    query.execute(conn, f"create table public.kept (source text, position int, {columns})")

    @given(TEXT, st.lists(ROW, max_size=8))
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def holds(source: str, rows: list[dict[str, Any]]) -> None:
        numbered = [row | {"position": i} for i, row in enumerate(rows)]
        key = {"source": source}
        assert write.replace_slice(conn, "public.kept", key, [*TYPES, "position"], numbered) == len(rows)
        text = "select * from public.kept where source = %(source)s order by position"
        assert query.rows(conn, text, key) == [{**key, **row} for row in numbered]

    holds()


def test_a_stream_is_cut_anywhere_and_keeps_its_rows() -> None:
    rows = [{"n": i, "word": "x" * (i % 50)} for i in range(BLOCK_ROWS * 2 + 7)]
    whole = CopyText(["n", "word"], rows, {"key": "a\tb"}).read()
    stream = CopyText(["n", "word"], rows, {"key": "a\tb"})
    pieces = list(iter(lambda: stream.read(1000), b""))
    assert b"".join(pieces) == whole
    assert all(len(piece) <= 1000 for piece in pieces)
    assert whole.splitlines()[3] == b"a\\tb\t3\txxx"
    assert stream.count == len(rows)


def test_values_of_mixed_kinds_share_a_column() -> None:
    rows = [{"v": value} for value in ("a", 1, 2.5, None, date(2026, 1, 2), datetime(2026, 1, 2), Decimal("1.10"))]  # noqa: DTZ001
    assert CopyText(["v"], rows, {}).read().decode().splitlines() == [
        "a", "1", "2.5", "\\N", "2026-01-02", "2026-01-02 00:00:00", "1.10",
    ]  # fmt: skip
    assert CopyText(["v", "w"], [{"v": math.inf}, {"w": 1}], {}).read() == b"inf\t\\N\n\\N\t1\n"
