"""The real export of 13 brands: dirty, repeated, unevenly scraped. Nothing of it vanishes."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterpitch.quality.publish import validate_and_load
from counterpitch.sources.collect import collect_brand
from counterpitch.sources.importing import import_ads, import_experiments, partitions
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

DAYS = ["2026-05-28", "2026-06-01", "2026-06-04"]

pytestmark = pytest.mark.real_data


def test_every_row_of_the_four_files_is_accounted_for(conn: Connection, real_data: Path) -> None:
    imported = import_ads(real_data / "competitor_ads")
    read = [each for each in imported.files if not each.skipped]
    assert [(each.mapping, each.rows_read, each.rows_quarantined) for each in read] == [
        ("competitor_meta", 11047, 0),
        ("competitor_google", 2335, 0),
        ("competitor_rank", 24942, 0),
        ("competitor_transcripts", 2570, 0),
    ]
    assert [each.file for each in imported.files if each.skipped] == ["SOURCE.txt"]
    days = partitions(conn)
    names = [row["brand_id"] for row in query.rows(conn, "select distinct brand_id from core.feed order by 1")]
    waiting = query.rows(conn, "select partition_key::text as day, count(*) as rows from raw.landed_row "
                               "where kind = 'ads' group by 1")  # fmt: skip
    conn.commit()
    assert (len(days), len(names)) == (17, 13)
    assert sum(row["rows"] for row in waiting) == 11047 + 2335 + 24942
    landed = {row["day"]: row["rows"] for row in waiting}
    for day in DAYS:
        for brand in names:
            collect_brand(brand, day)
        counts = validate_and_load(day, names)
        assert counts["rows"] == landed[day] == counts["ads"] + counts["merged"] + counts["quarantined"]
    told = query.scalar(conn, "select sum(rows_core) from ops.intake where kind = 'ads'")
    assert told == query.scalar(conn, "select count(*) from core.ad_seen_daily")
    assert query.scalar(conn, "select count(*) from core.ad_transcript") == 2570


def test_only_a_listing_of_its_page_stops_an_ad(conn: Connection, real_data: Path) -> None:
    import_ads(real_data / "competitor_ads")
    for day in ("2026-06-11", "2026-06-12"):
        collect_brand("mysivi", day)
        validate_and_load(day, ["mysivi"])
    listed = query.rows(
        conn,
        """
        select s.page_id in (select page_id from core.ad_seen_daily where partition_key = '2026-06-12') as listed,
               array_agg(distinct a.status order by a.status) as statuses
        from core.ad a join core.ad_seen_daily s using (ad_key)
        where s.partition_key = '2026-06-11' group by 1 order by 1
        """,
    )
    assert [(row["listed"], row["statuses"]) for row in listed] == [(False, ["active"]), (True, ["active", "stopped"])]


def test_the_archive_of_headline_tests_lands_whole_and_says_whose_it_is(conn: Connection, real_data: Path) -> None:
    result = import_experiments(real_data / "upworthy" / "upworthy_exploratory_dev.parquet")
    assert (result.rows_read, result.rows_quarantined) == (19355, 0)
    row = query.rows(
        conn,
        "select owner, count(*) as arms, count(distinct experiment_id) as tests from core.experiment_arm group by 1",
    )[0]
    assert (row["owner"], row["arms"], row["tests"]) == ("upworthy", 19355, 4165)
