"""Every row of a file is landed on its slice or held with the reason; nothing else is lost."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from counterpitch import brands
from counterpitch.sources.importing import (
    ImportResult,
    import_ads,
    import_experiments,
    import_files,
    import_results,
    partitions,
)
from counterpitch.sources.mapping import MappingUnknown
from counterpitch.sources.reading import FileUnreadable
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.sources.ads import COLUMNS, DAY, TODAY, ad, write_ads

RESULT = "source,brand,ad_id,result_date,as_of,impressions,clicks,spend,currency"
ARM = "experiment_id,arm_id,headline,impressions,clicks,started_on"


def counts(result: ImportResult) -> tuple[int, int, int]:
    return (result.rows_read, sum(each.rows_landed for each in result.files), result.rows_quarantined)


def held(conn: Connection) -> list[tuple[str, str]]:
    found = query.rows(conn, 'select expectation, reason from ops.quarantine order by row_ref collate "C"')
    return [(row["expectation"], row["reason"]) for row in found]


def text(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_ads_wait_on_the_slices_they_speak_of(conn: Connection, tmp_path: Path) -> None:
    rows = [ad(), ad(ad_id="2", observed_on="2026-11-18"), ad(ad_id="3", brand="Rival & Sons")]
    result = import_ads(write_ads(tmp_path / "ads.csv", rows), today=TODAY)
    assert counts(result) == (3, 3, 0)
    assert (result.files[0].mapping, result.files[0].first_day, result.files[0].last_day) == ("ads", "2026-11-18", DAY)
    assert partitions(conn, ["acme"]) == ["2026-11-18", DAY]
    assert brands.registered(conn) == ["acme", "rival-sons"]
    assert query.rows(conn, "select source, page_id, brand_id from core.page") == [
        {"source": "meta", "page_id": "77", "brand_id": "acme"}
    ]
    assert query.rows(conn, "select brand_id, enabled from core.feed order by 1") == [
        {"brand_id": "acme", "enabled": True},
        {"brand_id": "rival-sons", "enabled": True},
    ]


def test_the_same_bytes_again_change_nothing(conn: Connection, tmp_path: Path) -> None:
    path = write_ads(tmp_path / "ads.csv", [ad(), ad(ad_id="")])
    first = import_ads(path, today=TODAY)
    renamed = path.rename(tmp_path / "again.csv")
    again = import_ads(renamed, today=TODAY)
    assert not first.files[0].already
    assert again.files[0].already
    assert counts(first) == counts(again) == (2, 1, 1)
    assert query.scalar(conn, "select count(*) from raw.landed_row") == 1
    assert query.scalar(conn, "select count(*) from ops.quarantine") == 1


@pytest.mark.parametrize(
    ("changes", "expectation", "says"),
    [
        ({"brand": ""}, "row_has_brand", "the row has no brand"),
        ({"source": " "}, "row_has_source", "the row has no source"),
        ({"ad_id": ""}, "row_has_ad_id", "the row has no ad_id"),
        ({"observed_on": ""}, "row_has_observed_on", "the row has no observed_on"),
        ({"observed_on": "31/02/2026"}, "observed_on_is_a_date", "'31/02/2026' is not a day"),
        ({"observed_on": "2027-01-01"}, "day_is_past", "in the future"),
        ({"observed_on": "1970-01-01"}, "day_is_past", "before the year 2000"),
        ({"ad_id": "x" * 201}, "ad_id_is_a_word", "not an id that a platform gives"),
        ({"ad_id": "1\t2"}, "ad_id_is_a_word", "not an id that a platform gives"),
    ],
)
def test_a_row_that_belongs_to_no_slice_is_held_with_the_reason(
    conn: Connection, tmp_path: Path, changes: dict[str, str], expectation: str, says: str
) -> None:
    result = import_ads(write_ads(tmp_path / "ads.csv", [ad(ad_id="9"), ad(**changes)]), today=TODAY)
    assert counts(result) == (2, 1, 1)
    assert [name for name, _ in held(conn)] == [expectation]
    assert says in held(conn)[0][1]
    raw = query.scalar(conn, "select row from ops.quarantine")
    assert raw["body"] == "Learn Spanish on your way to work."


def test_broken_rows_of_a_file_are_held_and_the_others_land(conn: Connection, tmp_path: Path) -> None:
    path = write_ads(tmp_path / "ads.csv", [ad(), ad(ad_id="2", body="Caf?"), ad(ad_id="3", body="x" * 200_000)])
    content = path.read_bytes().replace(b"Caf?", b"Caf\xe9") + b"meta,Acme\n"
    path.write_bytes(content)
    assert counts(import_ads(path, today=TODAY)) == (4, 1, 3)
    assert [name for name, _ in held(conn)] == ["cell_is_utf8", "cell_is_not_too_long", "row_has_all_cells"]


def test_nul_bytes_html_and_formulas_are_kept_as_they_stand(conn: Connection, tmp_path: Path) -> None:
    words = {"body": "<b>Speak</b>\0 now\x07", "title": "=cmd|' /C calc'!A0"}
    import_ads(write_ads(tmp_path / "ads.csv", [ad(**words)]), today=TODAY)
    payload = query.scalar(conn, "select payload from raw.landed_row")
    assert payload["body"] == "<b>Speak</b>\ufffd now\x07"
    assert payload["title"] == words["title"]


def test_a_brand_name_of_quotes_and_semicolons_is_a_brand(conn: Connection, tmp_path: Path) -> None:
    name = 'Bobby\'s "Tables"; drop table core.ad;--'
    result = import_ads(write_ads(tmp_path / "ads.csv", [ad(brand=name)]), today=TODAY)
    assert query.rows(conn, "select brand_id, name from core.brand") == [{"brand_id": result.brands[0], "name": name}]
    assert query.scalar(conn, "select to_regclass('core.ad') is not null")


def test_a_missing_column_is_named_with_those_that_were_found(warehouse: str, tmp_path: Path) -> None:
    path = write_ads(tmp_path / "ads.csv", [ad()], [name for name in COLUMNS if name != "ad_id"])
    with pytest.raises(MappingUnknown, match="needs the columns ad_id, which are missing; found: source, brand"):
        import_ads(path, today=TODAY)
    with pytest.raises(MappingUnknown, match="lacks the columns ad_id"):
        import_ads(path, layout="ads", today=TODAY)
    with pytest.raises(MappingUnknown, match=r"no mapping 'adds'\. Choose from: ad_library_export, ads"):
        import_ads(path, layout="adds", today=TODAY)


def test_a_file_that_breaks_off_leaves_nothing_behind(conn: Connection, tmp_path: Path) -> None:
    whole = write_ads(tmp_path / "ads.csv", [ad(ad_id=str(i), body=f"{i * 7919}") for i in range(20_000)])
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(whole.read_bytes())[:-2000])
    with pytest.raises(FileUnreadable, match="cut off"):
        import_ads(cut, today=TODAY)
    assert query.scalar(conn, "select count(*) from raw.landed_row") == 0
    assert query.scalar(conn, "select count(*) from raw.landed_file") == 0


def test_a_folder_takes_what_it_can_and_says_what_it_skipped(conn: Connection, tmp_path: Path) -> None:
    write_ads(tmp_path / "ads.csv", [ad()])
    text(tmp_path / "results.csv", RESULT, f"meta,Acme,1,{DAY},,10,1,,")
    text(tmp_path / "empty.csv")
    text(tmp_path / "notes.csv", "a,b", "1,2")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    result = import_ads(tmp_path, today=TODAY)
    assert [(each.file, each.rows_landed, bool(each.skipped)) for each in result.files] == [
        ("ads.csv", 1, False),
        ("empty.csv", 0, True),
        ("logo.png", 0, True),
        ("notes.csv", 0, True),
        ("results.csv", 0, True),
    ]
    assert json.dumps(result.to_json())
    everything = import_files(tmp_path, today=TODAY)
    assert [(each.kind, each.already) for each in everything.files if not each.skipped] == [
        ("ads", True),
        ("results", False),
    ]


def test_in_a_folder_endings_count_in_any_case_and_others_are_said(conn: Connection, tmp_path: Path) -> None:
    write_ads(tmp_path / "EXPORT.CSV", [ad()])
    plain = write_ads(tmp_path / "plain", [ad(ad_id="2")])
    (tmp_path / "b.csv.GZ").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    text(tmp_path / "SOURCE.txt", "from the team")
    text(tmp_path / "old.xls", "?")
    text(tmp_path / ".hidden.csv", "a,b")
    (tmp_path / "inner.csv").mkdir()
    result = import_ads(tmp_path, today=TODAY)
    assert [(each.file, each.rows_landed, (each.skipped or "")[:40]) for each in result.files] == [
        ("EXPORT.CSV", 1, ""),
        ("SOURCE.txt", 0, "SOURCE.txt: files ending in .txt are not"),
        ("b.csv.GZ", 1, ""),
        ("old.xls", 0, "old.xls: files ending in .xls are not re"),
    ]


def test_progress_is_told_while_rows_are_read(warehouse: str, tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    path = write_ads(tmp_path / "ads.csv", [ad(ad_id=str(i)) for i in range(4500)])
    import_ads(path, today=TODAY, progress=lambda name, rows: told.append((name, rows)))
    assert told == [("ads.csv", 2000), ("ads.csv", 4000), ("ads.csv", 4500)]


def test_the_later_statement_of_a_result_wins_in_any_order(conn: Connection, tmp_path: Path) -> None:
    late = text(tmp_path / "late.csv", RESULT, f"meta,Acme,1,{DAY},2026-11-21,1000,20,4.5,eur")
    early = text(tmp_path / "early.csv", RESULT, f"meta,Acme,1,{DAY},{DAY},900,18,4.0,EUR", f"meta,Acme,2,{DAY},,7,1,,")
    for path in (late, early, late):
        import_results(path, today=TODAY)
    stored = query.rows(
        conn, "select ad_key, as_of, impressions, clicks, currency from core.ad_result_daily order by 1"
    )
    assert stored == [
        {"ad_key": "meta:1", "as_of": date(2026, 11, 21), "impressions": 1000, "clicks": 20, "currency": "EUR"},
        {"ad_key": "meta:2", "as_of": date(2026, 11, 20), "impressions": 7, "clicks": 1, "currency": None},
    ]
    account = query.rows(conn, "select rows_read, rows_core, rows_merged from ops.intake where kind = 'results'")
    assert account == [{"rows_read": 3, "rows_core": 2, "rows_merged": 1}]


@pytest.mark.parametrize(
    ("row", "expectation"),
    [
        (f"meta,Acme,1,{DAY},,10,11,,", "clicks_within_impressions"),
        (f"meta,Acme,1,{DAY},,-1,0,,", "impressions_is_not_negative"),
        (f"meta,Acme,1,{DAY},,,0,,", "row_has_impressions"),
        (f"meta,Acme,1,{DAY},,many,0,,", "impressions_is_a_count"),
        (f"meta,Acme,1,{DAY},2026-11-01,10,1,,", "as_of_not_before_its_day"),
        (f"meta,Acme,1,{DAY},,10,1,3.5,euros", "currency_is_iso"),
        ("meta,Acme,1,2027-01-01,,10,1,,", "day_is_past"),
    ],
)
def test_an_impossible_result_is_held(conn: Connection, tmp_path: Path, row: str, expectation: str) -> None:
    path = text(tmp_path / "results.csv", RESULT, f"meta,Acme,5,{DAY},,10,1,,", row)
    assert counts(import_results(path, today=TODAY)) == (2, 1, 1)
    assert [name for name, _ in held(conn)] == [expectation]


def test_experiments_say_whose_audience_they_were(conn: Connection, tmp_path: Path) -> None:
    path = text(tmp_path / "tests.csv", ARM, "t1,a,Speak up,100,3,2026-01-01", "t1,b,Speak now,100,5,", "t1,c,No,1,2,")
    assert counts(import_experiments(path, owner="own", today=TODAY)) == (3, 2, 1)
    import_experiments(path, owner="own", today=TODAY)
    arms = query.rows(conn, "select source, arm_id, owner, clicks from core.experiment_arm order by arm_id")
    assert arms == [
        {"source": "own", "arm_id": "a", "owner": "own", "clicks": 3},
        {"source": "own", "arm_id": "b", "owner": "own", "clicks": 5},
    ]
