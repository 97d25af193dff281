"""Files of any kind become rows; what is wrong with the file is one sentence, what is wrong with a row is on it."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterpitch.sources.reading import FileRow, FileUnreadable, open_rows, storable

TABLE = pd.DataFrame({"ad_id": ["1", "2"], "body": ["Grüße, Welt", 'a "quoted"\nline']})


def read(path: Path) -> list[FileRow]:
    with open_rows(path) as file:
        return list(file.rows)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.parquet", "a.xlsx", "a.csv.gz", "a.jsonl.gz"])
def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    plain = path.with_suffix("") if name.endswith(".gz") else path
    {
        ".csv": lambda: TABLE.to_csv(plain, index=False),
        ".tsv": lambda: TABLE.to_csv(plain, index=False, sep="\t"),
        ".jsonl": lambda: TABLE.to_json(plain, orient="records", lines=True),
        ".parquet": lambda: TABLE.to_parquet(plain),
        ".xlsx": lambda: TABLE.to_excel(plain, index=False),
    }[plain.suffix]()
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(plain.read_bytes()))
    assert [dict(row.cells) for row in read(path)] == TABLE.to_dict("records")
    assert [row.number for row in read(path)] == [1, 2]


def test_excels_semicolons_and_utf16_are_read(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.csv", b"\xef\xbb\xbfad_id;body\r\n1;Hi\r\n"))[0].cells == {
        "ad_id": "1",
        "body": "Hi",
    }
    assert read(write(tmp_path / "b.csv", "ad_id,body\n1,Grüße\n".encode("utf-16")))[0].cells["body"] == "Grüße"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv.gz", gzip.compress(b""), "is empty"),
        ("a.csv", gzip.compress(b"a,b\n1,2\n"), "gzip inside"),
        ("a.csv.gz", b"a,b\n1,2\n", "not gzip inside"),
        ("a.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 50_000)[:200], "cut off"),
        ("a.csv", b"PAR1....", "Parquet inside"),
        ("a.csv", b"PK\x03\x04....", "Excel workbook inside"),
        ("a.csv", b"\x89PNG\r\n", "PNG image inside"),
        ("a.csv", b"%PDF-1.7", "PDF inside"),
        ("a.csv", b"<!DOCTYPE html><html>", "HTML page inside"),
        ("a.csv", b"\x00\x00\x01\x02", "not text in UTF-8"),
        ("a.parquet", b"ad_id,body\n", "not Parquet inside"),
        ("a.parquet", b"PAR1 but nothing else", "damaged Parquet"),
        ("a.xlsx", b"PK\x03\x04 but nothing else", "not a readable Excel workbook"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0", "save it as .xlsx"),
        ("a.jsonl", b"[1]\nnull\n", "no JSON objects"),
        ("a.csv", b"ad_id,ad_id\n", "every column needs a name of its own"),
        ("a.doc", b"words", "are not read"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    with pytest.raises(FileUnreadable, match=says) as refusal:
        read(write(tmp_path / name, content))
    assert str(refusal.value).startswith(name)
    assert "\n" not in str(refusal.value)


def test_a_missing_file_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="cannot be opened"):
        read(tmp_path / "nothing.csv")


def test_bytes_that_are_not_utf8_spoil_their_own_row_only(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", b"ad_id,body\n1,caf\xe9\n2,caf\xc3\xa9\n"))
    assert rows[0].problem is not None
    assert rows[0].problem.expectation == "cell_is_utf8"
    assert rows[0].cells["body"] == "caf\\udce9"
    assert (rows[1].problem, rows[1].cells["body"]) == (None, "café")


def test_a_cell_of_50_mb_spoils_its_own_row_only(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", b"ad_id,body\n1," + b"x" * 50_000_000 + b"\n2,short\n"))
    assert rows[0].problem is not None
    assert "50,000,000 characters" in rows[0].problem.reason
    assert len(json.dumps(rows[0].cells)) < 5000
    assert (rows[1].problem, rows[1].cells["body"]) == (None, "short")


def test_nul_bytes_are_marked_and_lose_nothing(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", b"ad_id,body\n1,sp\0ak\n2,speak\n"))
    assert [row.cells["body"] for row in rows] == ["sp\ufffdak", "speak"]
    assert [row.problem for row in rows] == [None, None]


@pytest.mark.parametrize("line", ["1", "1,2,3"])
def test_a_row_with_too_few_or_too_many_cells_is_said(tmp_path: Path, line: str) -> None:
    rows = read(write(tmp_path / "a.csv", f"ad_id,body\n{line}\n5,good\n".encode()))
    assert rows[0].problem is not None
    assert rows[0].problem.expectation == "row_has_all_cells"
    assert list(rows[0].cells.values()) == line.split(",")
    assert rows[1].problem is None


def test_broken_json_spoils_its_own_line_only(tmp_path: Path) -> None:
    rows = read(
        write(tmp_path / "a.jsonl", b'{"ad_id": "1"}\n{"ad_id": "2"\n{"ad_id": "3", "x": NaN, "y": "\\ud800"}\n')
    )
    assert [row.problem is None for row in rows] == [True, False, True]
    assert rows[2].cells == {"ad_id": "3", "y": "\ufffd"}


@given(
    st.lists(
        st.fixed_dictionaries({"ad_id": st.text(min_size=1), "body": st.text(min_size=1)}), min_size=1, max_size=20
    )
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_that_a_csv_holds_comes_back(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, ["ad_id", "body"], quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    path = write(tmp_path / "any.csv", stream.getvalue().encode("utf-8", "replace"))
    said = [{name: storable(value) for name, value in row.items()} for row in rows]
    assert [dict(row.cells) for row in read(path)] == said


@given(st.binary(max_size=300))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_rows_or_one_sentence(tmp_path: Path, content: bytes) -> None:
    for name in ("any.csv", "any.jsonl", "any.csv.gz"):
        try:
            rows = read(write(tmp_path / name, content))
        except FileUnreadable as refusal:
            assert str(refusal).startswith(name)  # noqa: PT017 either end is right
        else:
            assert all("\0" not in json.dumps(dict(row.cells), default=str) for row in rows)
