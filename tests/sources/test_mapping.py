"""The layouts that are shipped recognise their files and translate them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from counterpitch.sources.importing import import_ads, import_results
from counterpitch.sources.mapping import MappingUnknown, mapping, mappings, recognise
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.sources.ads import TODAY

MANAGER = "Account name,Ad ID,Day,Impressions,Clicks (all),Link clicks,Amount spent (EUR),Currency,Results"
LIBRARY = "ad_archive_id,page_id,page_name,ad_creative_bodies,ad_delivery_start_time,publisher_platforms,observed_on"


@pytest.mark.parametrize("name", sorted(mappings()))
def test_every_layout_recognises_its_own_columns_and_no_other(name: str) -> None:
    assert recognise("file.csv", [*mapping(name).identifies, "another column"]).name == name


def test_a_column_is_matched_to_the_letter() -> None:
    with pytest.raises(MappingUnknown, match="needs the columns ad_id"):
        recognise("file.csv", ["source", "brand", "Ad_ID", "observed_on", "body"])


def test_an_ads_manager_export_becomes_results(conn: Connection, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text(f'{MANAGER}\nAcme GmbH,123,2026-11-02,"1,204",37,30,12.50,EUR,4\n', encoding="utf-8")
    assert import_results(path, today=TODAY).files[0].mapping == "ads_manager"
    row = query.rows(
        conn, "select ad_key, brand_id, impressions, clicks, link_clicks, spend from core.ad_result_daily"
    )[0]
    assert (row["ad_key"], row["brand_id"], row["impressions"], row["clicks"]) == ("meta:123", "acme-gmbh", 1204, 37)


def test_an_ad_library_export_becomes_ads(conn: Connection, tmp_path: Path) -> None:
    path = tmp_path / "library.csv"
    line = '55,77,Acme,"Speak now.",2026-11-01,"facebook,instagram",2026-11-20'
    path.write_text(f"{LIBRARY}\n{line}\n", encoding="utf-8")
    assert import_ads(path, today=TODAY).files[0].mapping == "ad_library_export"
    payload = query.scalar(conn, "select payload from raw.landed_row")
    record, problems = mapping("ad_library_export").read(payload)
    assert (record["body"], record["platforms"], record["delivery_start"], problems) == (
        "Speak now.",
        ["facebook", "instagram"],
        date(2026, 11, 1),
        [],
    )
