"""Held rows go back to their slice once a mapping is mended, and the account still adds up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from counterpitch.sources.importing import import_ads
from counterpitch.sources.mapping import mapping, mappings
from counterpitch.sources.replaying import replay
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.sources.ads import DAY, TODAY, ad, run_day, write_ads

COUNTS = "select rows_read, rows_landed, rows_quarantined from raw.landed_file"


def test_rows_come_back_when_the_mapping_reads_them(
    conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        ad(),
        ad(ad_id="2", observed_on="20/11/2026"),
        ad(ad_id="3", observed_on="yesterday"),
        ad(ad_id="4", reach="-1"),
    ]
    import_ads(write_ads(tmp_path / "ads.csv", rows), today=TODAY)
    run_day()
    with conn:
        assert replay(conn, today=TODAY)["landed"] == 0
    monkeypatch.setitem(mappings(), "ads", replace(mapping("ads"), dates=("%d/%m/%Y",)))
    with conn:
        done = replay(conn, today=TODAY)
    assert done == {"landed": 1, "still_held": 2, "days": [DAY], "brands": ["acme"]}
    assert [tuple(row.values()) for row in query.rows(conn, COUNTS)] == [(4, 3, 1)]
    conn.commit()
    assert run_day() == {"brands": ["acme"], "ads": 2, "rows": 3, "merged": 0, "quarantined": 1}
    with conn:
        assert replay(conn, today=TODAY)["landed"] == 0


def test_a_row_that_was_damaged_in_the_file_is_not_put_back(conn: Connection, tmp_path: Path) -> None:
    path = write_ads(tmp_path / "ads.csv", [ad(body="x" * 200_000)])
    import_ads(path, today=TODAY)
    with conn:
        assert replay(conn, today=TODAY)["landed"] == 0
    assert [tuple(row.values()) for row in query.rows(conn, COUNTS)] == [(1, 0, 1)]
