"""From listing to listing: what is new, changed, stopped, relaunched; and silence where nobody looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from counterpitch.sources.importing import import_ads
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.sources.ads import TODAY, ad, run_day, write_ads

DAYS = ["2026-11-10", "2026-11-13", "2026-11-14", "2026-11-17"]
SHOWN = {
    "always": "0123",
    "stops": "01",
    "returns": "023",
    "comes": "23",
    "rewords": "0123",
}


def events(conn: Connection) -> list[tuple[str, str, str]]:
    found = query.rows(conn, "select ad_key, partition_key, event from core.ad_event order by 1, 2, 3")
    conn.commit()
    return [(row["ad_key"].split(":")[1], row["partition_key"].isoformat(), row["event"]) for row in found]


def words(name: str, day: str) -> str:
    return "The words of rewords anew." if name == "rewords" and day > "1" else f"The words of {name}."


def land(tmp_path: Path) -> None:
    rows = [
        ad(
            ad_id=name,
            observed_on=DAYS[int(day)],
            body=f"The words of {name}{' anew' * (name == 'rewords' and day > '1')}.",
        )
        for name, days in SHOWN.items()
        for day in days
    ]
    import_ads(write_ads(tmp_path / "ads.csv", rows), today=TODAY)


def test_events_follow_from_the_listings(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path)
    for day in DAYS:
        run_day(day)
    expected = [
        ("comes", DAYS[2], "new"),
        ("returns", DAYS[1], "stopped"),
        ("returns", DAYS[2], "relaunched"),
        ("rewords", DAYS[2], "changed"),
        ("stops", DAYS[2], "stopped"),
    ]
    assert events(conn) == expected
    words = query.rows(
        conn,
        "select b.clean_text as before, a.clean_text as after from core.ad_event e "
        "join core.ad_text a using (text_hash) join core.ad_text b on b.text_hash = e.before_hash",
    )
    conn.commit()
    assert words == [{"before": "The words of rewords.", "after": "The words of rewords anew."}]
    for day in (DAYS[1], DAYS[0]):  # an old day again, in any order, tells the same story
        run_day(day)
    assert events(conn) == expected


def test_the_first_look_at_a_brand_is_no_news(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path)
    run_day(DAYS[0])
    assert events(conn) == []


def land_lists(path: Path, lists: Mapping[str, Sequence[int]]) -> None:
    """Lists of one page, each whole as far as its scrape came."""
    columns = ["pipeline", "competitor", "page_id", "ad_id", "scrape_date", "page_rank"]
    place = {"pipeline": "facebook", "competitor": "Acme", "page_id": "77", "page_rank": "1"}
    rows = [place | {"ad_id": f"ad{n}", "scrape_date": day} for day, shown in lists.items() for n in shown]
    import_ads(write_ads(path, rows, columns), today=TODAY)


def test_a_list_that_broke_off_stops_no_ad(conn: Connection, tmp_path: Path) -> None:
    whole, short, later = range(12), range(4), "2026-11-19"
    land_lists(tmp_path / "lists.csv", {DAYS[0]: whole, DAYS[1]: short, DAYS[2]: whole, DAYS[3]: short})
    for day in DAYS:
        run_day(day)
    assert events(conn) == []  # the second broke off, and the fourth may have
    assert statuses(conn) == {"active"}
    land_lists(tmp_path / "later.csv", {later: short})
    run_day(later)
    assert {(day, event) for _, day, event in events(conn)} == {(DAYS[3], "stopped")}  # the next list confirms it
    assert len(events(conn)) == 8


def statuses(conn: Connection) -> set[str]:
    found = {row["status"] for row in query.rows(conn, "select distinct status from core.ad")}
    conn.commit()
    return found
