"""Google's transparency tables, by a query or as an exported file: what is shown, when and where, without words."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from counterpitch import brands
from counterpitch.quality.publish import validate_and_load
from counterpitch.sources import google_transparency as google
from counterpitch.sources.base import State, SweepFailed, Window
from counterpitch.sources.collect import CollectionFailed, collect_brand
from counterpitch.sources.credentials import Credentials
from counterpitch.sources.importing import import_ads
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

DAY = "2026-11-20"
ADVERTISER = "AR01614014350098432001"


def region(code: str, first: str, last: str, **told: Any) -> dict[str, Any]:
    bounds = {"times_shown_lower_bound": None, "times_shown_upper_bound": None}
    return {"region_code": code, "first_shown": first, "last_shown": last, **bounds, **told}


def creative(name: str, *regions: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    row = {"advertiser_id": ADVERTISER, "creative_id": name, "ad_format_type": "VIDEO", "region_stats": list(regions)}
    row |= {"creative_page_url": f"https://adstransparency.google.com/advertiser/{ADVERTISER}/creative/{name}"}
    return row | {"advertiser_disclosed_name": "Acme Ltd", "advertiser_legal_name": "Acme Limited"} | changes


SURFACES = {"surface_serving_stats": {"surface_serving_stats": [{"surface": "YOUTUBE"}, {"surface": "SEARCH"}]}}
SHOWN = [
    creative("CR1", region("DE", "2026-10-01", "2026-11-19", **SURFACES), region("FR", "2026-09-12", "2026-11-02")),
    creative("CR2", region("TR", "2026-11-20", "2026-11-20"), ad_format_type="TEXT"),
]
REMOVED = [creative("CR3", region("IT", "2026-11-01", "2026-11-18"), disapproval=[{"removal_reason": "LEGAL"}])]


class Tables:
    """What BigQuery would answer, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, sql: str, params: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        self.asked.append((sql, params))
        return REMOVED if "removed_creative_stats" in sql else SHOWN


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch, conn: Connection) -> Tables:
    made = Tables()
    monkeypatch.setattr("counterpitch.sources.readers.BigQuery.__call__", lambda _, sql, params: made(sql, params))
    monkeypatch.setenv("AIRFLOW_CONN_GOOGLE", json.dumps({"password": "{}", "login": "our-project"}))
    with conn:
        brands.register_brand(conn, "Acme", brand_id="acme")
        brands.register_page(conn, "google", ADVERTISER, "acme")
        brands.register_feed(conn, "acme", "google", options={"reader": "google_transparency"})
    return made


def test_creatives_are_stored_with_the_platform_s_own_dates_and_without_words(conn: Connection, tables: Tables) -> None:
    assert collect_brand("acme", DAY)["sources"] == {"google": "ok"}
    validate_and_load(DAY, ["acme"])
    rows = query.rows(conn, "select * from core.ad_seen_daily order by ad_id")
    assert [row["ad_key"] for row in rows] == ["google:CR1", "google:CR2", "google:CR3"]
    first = rows[0]
    assert (first["delivery_start"], first["countries"]) == (date(2026, 9, 12), ["DE", "FR"])
    assert first["platforms"] == ["google_search", "google_youtube"]
    assert first["reach"] is None
    assert [row["media_type"] for row in rows] == ["video", "text", "video"]
    assert [row["is_active"] for row in rows] == [True, True, False]  # what was removed runs no more
    texts = query.rows(conn, "select bool_or(readable) as readable from core.ad_text")
    assert not texts[0]["readable"]


def test_only_our_advertisers_and_days_are_asked_for_by_parameters(conn: Connection, tables: Tables) -> None:
    collect_brand("acme", DAY)
    assert len(tables.asked) == 2
    for sql, params in tables.asked:
        assert "in unnest(@advertisers)" in sql
        assert ADVERTISER not in sql
        assert "select *" not in sql
        assert params == {"advertisers": [ADVERTISER], "first": date(2026, 11, 13), "last": date(2026, 11, 20)}


def test_what_the_tables_never_held_is_not_covered() -> None:
    source = google.GoogleTransparency(Tables(), lambda brand: [ADVERTISER] if brand == "acme" else [])
    assert source.sweep("acme", Window.day("2023-02-28")).code == "too_early"
    answer = source.sweep("globex", Window.day(DAY))
    assert (answer.state, answer.code) == (State.NOT_COVERED, "no_page")


def test_without_the_library_it_fails_and_says_what_to_do(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_GOOGLE", json.dumps({"password": "s3cret", "login": "our-project"}))
    monkeypatch.setattr("importlib.import_module", lambda name: (_ for _ in ()).throw(ImportError(name)))
    with conn:
        brands.register_brand(conn, "Acme", brand_id="acme")
        brands.register_page(conn, "google", ADVERTISER, "acme")
        brands.register_feed(conn, "acme", "google", options={"reader": "google_transparency"})
    with pytest.raises(CollectionFailed, match="Install google-cloud-bigquery, or export the rows"):
        collect_brand("acme", DAY)
    assert "s3cret" not in str(query.rows(conn, "select * from ops.coverage"))


def test_a_key_that_is_none_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        class Client:
            @staticmethod
            def from_service_account_info(*_: object, **__: object) -> None:
                raise AssertionError

        ScalarQueryParameter = ArrayQueryParameter = staticmethod(lambda *told: told)

    monkeypatch.setattr(google, "_library", lambda: Library)
    with pytest.raises(SweepFailed, match="JSON key") as error:
        google.BigQuery(Credentials("", "not json s3cret"))("select 1", {"last": date(2026, 1, 1)})
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_exported_file_says_the_same(conn: Connection, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"creative_stats.{form}"
    if form == "jsonl":
        path.write_text("\n".join(json.dumps(row) for row in SHOWN))
    else:
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(SHOWN[0]))
            writer.writeheader()
            writer.writerows({**row, "region_stats": json.dumps(row["region_stats"])} for row in SHOWN)
    result = import_ads(path, today=date(2026, 11, 21))
    assert (result.files[0].mapping, result.rows_read, result.rows_quarantined) == ("google_transparency", 2, 0)
    for day in ("2026-11-19", DAY):
        collect_brand("acme-ltd", day)
        validate_and_load(day, ["acme-ltd"])
    rows = query.rows(conn, "select partition_key, ad_id, delivery_start, countries from core.ad_seen_daily order by 2")
    assert [tuple(row.values()) for row in rows] == [
        (date(2026, 11, 19), "CR1", date(2026, 9, 12), ["DE", "FR"]),
        (date(2026, 11, 20), "CR2", date(2026, 11, 20), ["TR"]),
    ]


def test_regions_that_cannot_be_read_are_a_problem_and_never_a_guess() -> None:
    for broken in ("{", "5", [1], [{"first_shown": "soon"}]):
        _, problems = google.read({"creative_id": "CR1", "region_stats": broken})
        assert problems, broken
    record, problems = google.read({"creative_id": "CR1", "region_stats": None})
    assert (record["delivery_start"], problems) == (None, [])
