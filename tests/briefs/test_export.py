"""Exported briefs: whole, current, chosen by verdict, and harmless in a browser and a spreadsheet."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.briefs.export import COLUMNS, ExportFailed, csv_text, export_briefs, html_page
from counterpitch.warehouse import write
from counterpitch.warehouse.connection import Connection
from tests.personas.planted import DAY, MARKET, register


def brief(number: int, title: str, body: str = "# Brief\n") -> dict[str, Any]:
    names = ("kind", "persona", "theme", "sentence", "key_message", "proof")
    story = dict.fromkeys(names, "said") | {"facts": [{"quote": "=1+1"}]}
    return {
        "brief_id": f"b-{number:010x}",
        "rank": number,
        "persona_id": "p",
        "theme_id": "t",
        "title": title,
        "story": write.as_json(story),
        "evidence": write.as_json([{"ad_key": "files:1"}]),
        "numbers": write.as_json([{"value": {"their_ads": 7}}]),
        "body_md": body,
        "writer": "templates",
    }


def store(conn: Connection, *briefs: dict[str, Any]) -> None:
    register(conn)
    key = {"market_id": MARKET, "partition_key": DAY}
    write.replace_slice(conn, "mart.brief", key, list(briefs[0]), briefs)
    conn.commit()


def test_each_brief_is_a_page_in_two_forms_and_a_row(conn: Connection, tmp_path: Path) -> None:
    store(conn, brief(1, "Speak to students about price"), brief(2, "Größe: ¿cuánto?"))
    assert export_briefs(MARKET, DAY, tmp_path) == {"briefs": 2, "folder": str(tmp_path)}
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[0] == "01-speak-to-students-about-price-b-0000000001.html"
    assert len(names) == 5
    assert (tmp_path / "briefs.csv").read_text(encoding="utf-8-sig").count("\n") == 3


def test_an_earlier_export_leaves_nothing_stale_and_other_files_alone(conn: Connection, tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("kept")
    store(conn, brief(1, "One"), brief(2, "Two"))
    export_briefs(MARKET, DAY, tmp_path)
    store(conn, brief(1, "One"))
    export_briefs(MARKET, DAY, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "01-one-b-0000000001.html",
        "01-one-b-0000000001.md",
        "briefs.csv",
        "mine.md",
    ]


def test_only_approved_ones_when_asked(conn: Connection, tmp_path: Path) -> None:
    store(conn, brief(1, "One"), brief(2, "Two"))
    said = {"market_id": MARKET, "brief_id": "b-0000000002", "decision": "approved", "decided_by": "Ana"}
    write.copy(conn, "mart.brief_decision", list(said), [said])
    conn.commit()
    assert export_briefs(MARKET, DAY, tmp_path, status="approved")["briefs"] == 1
    assert export_briefs(MARKET, DAY, tmp_path, status="waiting")["briefs"] == 1
    with pytest.raises(ExportFailed, match="approved"):
        export_briefs(MARKET, DAY, tmp_path, status="liked")


def test_a_folder_that_cannot_be_written_is_a_clear_error(conn: Connection, tmp_path: Path) -> None:
    store(conn, brief(1, "One"))
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportFailed, match="Choose a folder"):
        export_briefs(MARKET, DAY, tmp_path / "file")


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(["", "=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1", "\t=1", " =1"]),
)
def test_no_cell_is_a_formula(tail: str, head: str) -> None:
    text = csv_text([dict.fromkeys(COLUMNS, head + tail)])
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 2
    assert all(cell[:1] not in {"=", "+", "-", "@", "|", "\t", "\r", "\n"} for cell in rows[1])
    assert all(cell.lstrip()[:1] not in {"=", "+", "-", "@"} for cell in rows[1])


def test_the_words_of_an_ad_stay_text_in_html() -> None:
    page = html_page("<b>", "> <script>alert(1)</script> [x](javascript:alert(1)) ![i](https://tracker/i.png)")
    assert "<script>" not in page
    assert 'href="javascript' not in page
    assert "<img" not in page
    assert "<title>&lt;b&gt;</title>" in page
