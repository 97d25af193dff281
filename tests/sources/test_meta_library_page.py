"""A saved page of the Ad Library's site: every ad of it with its words; an error of the site is said, not imported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from counterpitch.quality.publish import validate_and_load
from counterpitch.sources.collect import collect_brand
from counterpitch.sources.importing import import_ads, import_results
from counterpitch.sources.meta_library_page import ads_of, read
from counterpitch.sources.reading import FileUnreadable
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection


@pytest.mark.real_data
class TestRealPayloads:
    def test_the_saved_page_is_imported_whole(self, conn: Connection, real_data: Path) -> None:
        result = import_ads(real_data / "meta_payloads" / "ad_library_graphql_page1.json")
        file = result.files[0]
        assert (file.mapping, file.rows_read, file.rows_quarantined) == ("meta_library_page", 27, 0)
        assert (file.first_day, file.last_day) == ("2026-05-16", "2026-05-17")
        assert len(file.brands) == 19
        for day in ("2026-05-16", "2026-05-17"):
            for brand in file.brands:
                collect_brand(brand, day)
            validate_and_load(day, file.brands)
        ads = query.rows(conn, "select a.*, t.body from core.ad a left join core.ad_text t using (text_hash)")
        assert len(ads) == 27
        assert sum(bool(ad["body"]) for ad in ads) >= 25
        assert all(ad["delivery_start"] and ad["delivery_stop"] is None for ad in ads)
        assert not any("{{" in (ad["body"] or "") for ad in ads)

    @pytest.mark.parametrize(
        ("name", "said"), [("error_rate_limited", "Rate limit exceeded"), ("error_data_null", "1675030")]
    )
    def test_an_error_of_the_site_is_said(self, conn: Connection, real_data: Path, name: str, said: str) -> None:
        with pytest.raises(FileUnreadable, match=said):
            import_ads(real_data / "meta_payloads" / f"graphql_{name}.json")
        assert query.scalar(conn, "select count(*) from raw.landed_file") == 0

    @pytest.mark.usefixtures("warehouse")
    def test_a_page_without_ads_has_no_rows(self, real_data: Path) -> None:
        result = import_ads(real_data / "meta_payloads" / "graphql_search_empty.json")
        assert (result.files[0].mapping, result.rows_read) == ("meta_library_page", 0)

    def test_fivetran_s_daily_results_are_read(self, conn: Connection, real_data: Path) -> None:
        folder = real_data / "meta_payloads" / "marketing_api_fivetran_seeds"
        result = import_results(folder / "facebook_ads_basic_ad_data.csv")
        assert (result.files[0].mapping, result.rows_read, result.rows_quarantined) == ("fivetran_basic_ad", 10, 0)
        total = query.rows(
            conn, "select sum(impressions) as i, sum(clicks) as c, sum(spend) as s from core.ad_result_daily"
        )
        assert (total[0]["i"], total[0]["c"], float(total[0]["s"])) == (37275, 149, 643.63)


def test_texts_of_cards_are_kept_once_and_placeholders_are_none() -> None:
    cards = [{"body": " ", "title": "One"}, {"body": "{{product.brand}}", "title": "Two"}, {"title": "One"}]
    ad = {
        "ad_archive_id": "1",
        "is_active": False,
        "end_date": 1779001200,
        "snapshot": {"body": {"text": "Hi"}, "cards": cards},
    }
    record, problems = read(ad)
    assert (record["body"], record["title"], problems) == ("Hi", "One\nTwo", [])
    assert record["delivery_stop"].isoformat() == "2026-05-17"


@pytest.mark.usefixtures("warehouse")
def test_any_other_document_is_no_page(tmp_path: Path) -> None:
    assert ads_of({"data": []}) is None
    assert ads_of([]) is None
    assert ads_of({"ad_id": "1"}) is None
    path = tmp_path / "rows.json"
    path.write_text(json.dumps({"data": {"x": 1}, "ad_id": "1"}))
    with pytest.raises(Exception, match="has no layout we know"):
        import_ads(path)
