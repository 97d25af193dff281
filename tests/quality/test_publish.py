"""A day's rows become core rows, merged rows or quarantined rows, and the three add up to what was read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from counterpitch.quality import quarantine
from counterpitch.quality.outcomes import DayRefused
from counterpitch.quality.publish import validate_and_load
from counterpitch.sources import snapshots
from counterpitch.sources.base import State
from counterpitch.sources.collect import collect_brand
from counterpitch.sources.importing import import_ads
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.sources.ads import DAY, TODAY, ad, run_day, write_ads

CORE = ("core.ad", "core.ad_seen_daily", "core.ad_text", "ops.intake", "core.brand", "core.page", "core.feed")


def land(tmp_path: Path, rows: Sequence[dict[str, str]], name: str = "ads.csv") -> None:
    import_ads(write_ads(tmp_path / name, rows), today=TODAY)


def table(conn: Connection, name: str) -> list[dict[str, Any]]:
    rows = query.rows(conn, f'select * from {name} t order by t::text collate "C"')
    conn.commit()
    return [{key: value for key, value in row.items() if key != "created_at"} for row in rows]


def one(conn: Connection, text: str) -> dict[str, Any]:
    found = query.rows(conn, text)
    conn.commit()
    assert len(found) == 1
    return found[0]


def test_a_day_is_loaded_and_the_account_adds_up(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, [ad(), ad(ad_id="2"), ad(ad_id="2", body="Other words for the same ad."), ad(ad_id="3", reach="-1")])
    assert run_day() == {"brands": ["acme"], "ads": 2, "rows": 4, "merged": 1, "quarantined": 1}
    assert one(conn, "select rows_read, rows_core, rows_merged, rows_quarantined from ops.intake") == {
        "rows_read": 4,
        "rows_core": 2,
        "rows_merged": 1,
        "rows_quarantined": 1,
    }


def test_running_a_day_twice_changes_no_byte(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, [ad(), ad(ad_id="2", body="Zwei Wochen gratis testen, jetzt."), ad(ad_id="3", page_rank="0")])
    run_day()
    before = {name: table(conn, name) for name in CORE}
    held = table(conn, "ops.quarantine")
    run_day()
    assert {name: table(conn, name) for name in CORE} == before
    again = table(conn, "ops.quarantine")
    volatile = {"quarantine_id", "held_at"}
    assert [{k: r[k] for k in r.keys() - volatile} for r in again] == [
        {k: r[k] for k in r.keys() - volatile} for r in held
    ]


def test_an_ad_with_other_words_on_one_day_keeps_all_of_them(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, [ad(body="Short words here."), ad(body="The longer of both texts stands for the ad.")])
    run_day()
    row = one(
        conn,
        "select s.version_hashes, t.clean_text from core.ad_seen_daily s join core.ad_text t using (text_hash)",
    )
    assert len(row["version_hashes"]) == 2
    assert row["clean_text"] == "The longer of both texts stands for the ad."


def test_the_very_same_row_twice_is_merged_not_lost(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, [ad(), ad()])
    assert run_day() == {"brands": ["acme"], "ads": 1, "rows": 2, "merged": 1, "quarantined": 0}


@pytest.mark.parametrize(
    ("changes", "expectation", "says"),
    [
        ({"delivery_start": "2027-03-01"}, "delivery_has_started", "cannot be seen before its delivery starts"),
        ({"delivery_start": "1999-03-01"}, "delivery_start_is_plausible", "so long ago"),
        ({"delivery_stop": "2026-10-01"}, "delivery_stops_after_it_starts", "stops before it starts"),
        ({"delivery_start": "March"}, "delivery_start_is_a_date", "delivery_start 'March' is not a day"),
        ({"page_rank": "0"}, "page_rank_is_plausible", "must lie between 1 and"),
        ({"page_rank": "first"}, "page_rank_is_a_count", "page_rank 'first' is not a number"),
        ({"low_impressions": "perhaps"}, "low_impressions_is_a_bool", "neither true nor false"),
        ({"landing_url": "javascript:alert(1)"}, "landing_url_is_a_web_address", "must start with http"),
        ({"body": "x" * 30_000}, "body_is_not_too_long", "more than 20,000 characters"),
        ({"ad_id": "two words"}, "ad_id_is_a_word", "an ad id has no spaces"),
    ],
)
def test_a_bad_row_is_held_with_the_reason_and_the_raw_row(
    conn: Connection, tmp_path: Path, changes: dict[str, str], expectation: str, says: str
) -> None:
    land(tmp_path, [ad(ad_id="9"), ad(**changes)])
    assert run_day()["quarantined"] == 1
    row = one(conn, "select * from ops.quarantine")
    assert (row["expectation"], row["stage"], row["brand_id"]) == (expectation, "validate", "acme")
    assert says in row["reason"]
    assert row["row"]["observed_on"] == DAY
    assert [each["quarantine_id"] for each in quarantine.listed(conn, brands=["acme"])] == [row["quarantine_id"]]
    assert quarantine.shown(conn, row["quarantine_id"]) == row
    assert one(conn, "select ad_id from core.ad_seen_daily") == {"ad_id": "9"}


def test_an_odd_row_is_recorded_and_let_through(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, [ad(media_type="Hologram")])
    assert run_day()["quarantined"] == 0
    rule = one(conn, "select * from ops.validation_result where expectation = 'media_type_is_known'")
    assert (rule["success"], rule["rows_checked"], rule["rows_failed"]) == (False, 1, 1)
    assert (rule["level"], rule["observed"]) == ("warn", "1 of 1 rows, such as hologram")


def test_too_many_bad_rows_stop_the_day_before_core_moves(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, [ad(ad_id=str(i)) for i in range(30)])
    run_day()
    before = {name: table(conn, name) for name in CORE}
    land(tmp_path, [ad(ad_id=str(100 + i), reach="-5") for i in range(12)], "broken.csv")
    collect_brand("acme", DAY)
    with pytest.raises(DayRefused, match=r"held back: 12 of 42 rows, most of them: reach must lie between .*, 12 rows"):
        validate_and_load(DAY, ["acme"])
    assert {name: table(conn, name) for name in CORE} == before
    assert len(quarantine.listed(conn, brands=["acme"])) == 12


def test_an_ad_absent_on_a_day_without_a_sweep_has_not_stopped(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, [ad(observed_on="2026-11-10"), ad(ad_id="2", observed_on="2026-11-10"), ad(ad_id="2")])
    land(tmp_path, [ad(brand="Rival", ad_id="8", observed_on="2026-11-15")], "rival.csv")
    run_day("2026-11-10")
    run_day("2026-11-15", ["acme", "rival"])
    assert {row["ad_id"]: row["status"] for row in table(conn, "core.ad")} == {
        "1": "active",
        "2": "active",
        "8": "active",
    }
    run_day()
    assert {row["ad_id"]: row["status"] for row in table(conn, "core.ad")} == {
        "1": "stopped",
        "2": "active",
        "8": "active",
    }


def test_an_old_day_run_after_a_new_one_turns_nothing_back(conn: Connection, tmp_path: Path) -> None:
    old, new = {"observed_on": "2026-11-10", "body": "The old words of it."}, {"body": "The new words of it."}
    land(tmp_path, [ad(**old), ad(**new)])
    run_day("2026-11-10")
    run_day()
    before = table(conn, "core.ad")
    run_day("2026-11-10")
    assert table(conn, "core.ad") == before
    row = one(conn, "select first_seen, last_seen, running_days, days_seen, status, clean_text "
                    "from core.ad join core.ad_text using (text_hash)")  # fmt: skip
    assert row == {
        "first_seen": date(2026, 11, 10),
        "last_seen": date(2026, 11, 20),
        "running_days": 20,
        "days_seen": 2,
        "status": "active",
        "clean_text": "The new words of it.",
    }


def test_one_brand_never_touches_another(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, [ad(), ad(brand="Rival", ad_id="8")])
    run_day(brands=["acme", "rival"])
    rival = [row for row in table(conn, "core.ad_seen_daily") if row["brand_id"] == "rival"]
    land(tmp_path, [ad(ad_id="2")], "more.csv")
    run_day()
    assert [row for row in table(conn, "core.ad_seen_daily") if row["brand_id"] == "rival"] == rival
    assert len(table(conn, "core.ad")) == 3


def test_an_ad_that_leaves_one_brand_stays_with_the_brand_whose_day_shows_it(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, [ad(observed_on="2026-11-19"), ad(brand="Rival")])
    run_day("2026-11-19")
    before = table(conn, "core.ad")
    run_day(brands=["rival"])
    assert one(conn, "select brand_id, days_seen from core.ad") == {"brand_id": "rival", "days_seen": 2}
    with conn:
        snapshots.cover(conn, "meta", "rival", DAY, datetime.now(UTC), state=State.EMPTY)
    validate_and_load(DAY, ["rival"])
    left = table(conn, "core.ad")
    assert [row | {"variant_group": None} for row in left] == [row | {"variant_group": None} for row in before]


def test_an_empty_sweep_empties_the_slice_and_a_failed_one_leaves_it(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, [ad()])
    run_day()
    with conn:
        snapshots.cover(conn, "meta", "acme", DAY, datetime.now(UTC), state=State.FAILED, code="190", message="token")
    assert validate_and_load(DAY, ["acme"])["ads"] == 1
    with conn:
        snapshots.cover(conn, "meta", "acme", DAY, datetime.now(UTC), state=State.EMPTY)
    assert validate_and_load(DAY, ["acme"])["ads"] == 0
    assert table(conn, "core.ad") == []


@pytest.mark.parametrize("later", [State.FAILED, State.NOT_COVERED])
def test_a_sweep_that_brought_nothing_does_not_hide_one_that_did(
    conn: Connection, tmp_path: Path, later: State
) -> None:
    land(tmp_path, [ad()])
    run_day()
    with conn:
        snapshots.cover(conn, "meta", "acme", DAY, datetime.now(UTC), state=later, listing="none", code="too_old")
    assert one(conn, "select state, rows, listing from ops.coverage")["state"] == "ok"
    assert validate_and_load(DAY, ["acme"])["ads"] == 1


def test_a_day_no_file_speaks_of_is_not_covered(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, [ad()])
    swept = collect_brand("acme", "2026-11-19")
    assert (swept["state"], swept["rows"]) == ("not_covered", 0)
    assert validate_and_load("2026-11-19", ["acme"]) == {
        "brands": [],
        "ads": 0,
        "rows": 0,
        "merged": 0,
        "quarantined": 0,
    }
    row = one(conn, "select state, code, message from ops.coverage")
    assert row == {
        "state": "not_covered",
        "code": "no_file",
        "message": "No imported file speaks of this day. Import one with `counterpitch import`.",
    }
