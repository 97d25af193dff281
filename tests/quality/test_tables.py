"""Table-level rules: what is odd is recorded, what is broken stops the day, and a quiet brand is neither."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from counterpitch import brands as registry
from counterpitch.quality import publish
from counterpitch.quality.outcomes import DayRefused
from counterpitch.quality.publish import validate_and_load
from counterpitch.sources import snapshots
from counterpitch.sources.base import State
from counterpitch.sources.importing import import_ads
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection
from tests.sources.ads import DAY, TODAY, ad, run_day, write_ads

WORDS = "Learn Spanish on your way to work, in ten minutes a day, number {}."


def land(tmp_path: Path, brand: str, count: int, **changes: str) -> None:
    rows = [ad(brand=brand, ad_id=f"{brand}-{n}", page_id=brand, body=WORDS.format(n), **changes) for n in range(count)]
    import_ads(write_ads(tmp_path / f"{brand}-{len(changes)}-{count}.csv", rows), today=TODAY)


def listed_before(conn: Connection, brand: str, sizes: Sequence[int]) -> None:
    """Whole listings of the days before, of these sizes."""
    for ago, size in enumerate(sizes, 1):
        key = {"source": "meta", "brand_id": brand, "kind": "ads"}
        key["partition_key"] = (date.fromisoformat(DAY) - timedelta(days=ago)).isoformat()
        swept = key | {"state": "ok", "rows": size, "listing": "brand", "observed_at": f"{DAY} 06:00+00"}
        write.copy(conn, "ops.coverage", list(swept), [swept])
        account = key | {"rows_read": size, "rows_core": size, "rows_merged": 0, "rows_quarantined": 0}
        write.copy(conn, "ops.intake", list(account), [account])
    conn.commit()


def found(conn: Connection, expectation: str, brand: str = "acme") -> dict[str, Any]:
    """What a rule found of a brand."""
    text = "select * from ops.validation_result where expectation = %(expectation)s and brand_id = %(brand)s"
    rows = query.rows(conn, f"{text} and partition_key = '{DAY}'", {"expectation": expectation, "brand": brand})
    conn.commit()
    assert len(rows) == 1
    return rows[0]


def failed(conn: Connection) -> set[tuple[str, str]]:
    rows = query.rows(conn, "select brand_id, expectation from ops.validation_result where not success")
    conn.commit()
    return {(row["brand_id"], row["expectation"]) for row in rows}


def test_a_first_day_has_no_history_and_raises_no_alarm(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, "acme", 15)
    run_day()
    assert failed(conn) == set()
    volume = found(conn, "volume_is_as_before")
    assert (volume["observed"], volume["rows_checked"]) == ("15 ads; no history (listings before: 0)", 0)


@pytest.mark.parametrize(
    ("before", "said"), [([100] * 5, "15 ads, median before 100"), ([2, 3, 3], "15 ads, median before 3")]
)
def test_a_brand_that_changes_size_is_told_of_and_loaded(
    conn: Connection, tmp_path: Path, before: list[int], said: str
) -> None:
    land(tmp_path, "acme", 15)
    listed_before(conn, "acme", before)
    assert run_day()["ads"] == 15
    assert failed(conn) == {("acme", "volume_is_as_before")}
    row = found(conn, "volume_is_as_before")
    assert (row["observed"], row["bound"], row["level"], row["suite_version"]) == (
        said, "0.25 to 4.0", "warn", "sweeps-1"
    )  # fmt: skip
    assert "platform's own page" in row["detail"]["advice"]


def test_a_handful_of_ads_may_double(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, "acme", 9)
    listed_before(conn, "acme", [1, 1, 1])
    run_day()
    assert failed(conn) == set()
    assert "too few to compare" in found(conn, "volume_is_as_before")["observed"]


def test_a_brand_that_stopped_advertising_is_empty_and_no_anomaly(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, "acme", 1, observed_on="2026-11-01")
    listed_before(conn, "acme", [50, 50, 50])
    with conn:
        snapshots.cover(conn, "meta", "acme", DAY, datetime.now(UTC), state=State.EMPTY)
    assert validate_and_load(DAY, ["acme"])["brands"] == ["acme"]
    assert failed(conn) == set()
    assert found(conn, "volume_is_as_before")["observed"] == "empty: the brand shows no ads; median before 50"


def test_a_source_whose_brands_vanish_at_once_stops_the_day(conn: Connection, tmp_path: Path) -> None:
    names = ["acme", "bolt", "cask", "dune"]
    for name in names:
        land(tmp_path, name, 1)
        listed_before(conn, name, [40, 40, 40])
    with pytest.raises(DayRefused, match=r"all but vanished on one day: 4 of 4 brands .* allowed at most 0.5 for meta"):
        run_day(brands=names)
    assert query.scalar(conn, "select count(*) from core.ad_seen_daily") == 0
    assert ("", "source_lists_as_before") in failed(conn)


def test_brands_that_stay_away_for_days_are_loaded_as_they_are(conn: Connection, tmp_path: Path) -> None:
    """A market that did stop is not refused until the median forgets how it was: some days tell that it is no error."""
    names = ["acme", "bolt", "cask", "dune"]
    for name in names:
        land(tmp_path, name, 1)
        listed_before(conn, name, [1, 0, 1, 40, 40, 40])
    with conn:
        query.execute(conn, "delete from ops.intake where partition_key >= '2026-11-17'")  # they were refused
        query.execute(conn, "delete from ops.coverage where partition_key = '2026-11-17'")
    with pytest.raises(DayRefused, match="4 of 4 brands"):
        run_day(brands=names)
    small = "insert into ops.coverage (source, brand_id, partition_key, state, rows, observed_at)"
    small += " select 'meta', b, '2026-11-17', 'ok', 1, now() from unnest(%(names)s) b"
    with conn:
        query.execute(conn, small, {"names": names})
    assert run_day(brands=names)["ads"] == 4
    assert ("acme", "volume_is_as_before") in failed(conn)


def test_a_brand_that_was_not_read_for_days_is_told_of(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, "acme", 3, observed_on="2026-11-10")
    run_day("2026-11-10")
    run_day()
    row = found(conn, "brand_was_read_lately")
    assert (row["observed"], row["success"]) == ("10 days, last read 2026-11-10", False)


def test_a_sweep_made_before_its_day_is_told_of(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, "acme", 1)
    with conn:
        snapshots.cover(conn, "meta", "acme", DAY, datetime(2026, 11, 18, tzinfo=UTC), state=State.EMPTY)
    validate_and_load(DAY, ["acme"])
    assert failed(conn) == {("acme", "sweep_is_of_its_day")}


@pytest.mark.parametrize(("languages", "wrong"), [(["de"], True), (["en"], False), ([], False)])
def test_texts_in_no_language_of_the_market_are_told_of(
    conn: Connection, tmp_path: Path, languages: list[str], wrong: bool
) -> None:
    land(tmp_path, "acme", 12)
    with conn:
        registry.register_brand(conn, "Ours", brand_id="ours")
        market = {"market_id": "m", "name": "M", "own_brand_id": "ours", "languages": languages}
        write.copy(conn, "core.market", list(market), [market])
        query.execute(conn, "insert into core.market_brand values ('m', 'acme', 'competitor')")
    run_day()
    assert failed(conn) == ({("acme", "texts_speak_the_markets_languages")} if wrong else set())


def test_an_ad_of_a_page_that_nobody_registered_is_told_of(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, "acme", 2)
    with conn:
        query.execute(conn, "delete from core.page")
    assert run_day()["ads"] == 2
    assert failed(conn) == {("acme", "page_is_the_brands")}
    assert found(conn, "page_is_the_brands")["rows_failed"] == 2


def test_a_load_that_broke_a_promise_is_undone_and_what_was_found_is_kept(
    conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(tmp_path, "acme", 2)
    monkeypatch.setattr(publish, "_derive", lambda *_: None)
    with pytest.raises(DayRefused, match=r"the ad has no row in core.ad: 2 of 2 rows"):
        run_day()
    assert query.scalar(conn, "select count(*) from core.ad_seen_daily") == 0
    assert ("acme", "ad_exists") in failed(conn)


@pytest.mark.parametrize(
    ("changes", "expectation", "stops"),
    [
        ({"clicks": 11}, "clicks_within_impressions", True),
        ({"spend": -1}, "spend_is_not_negative", True),
        ({"as_of": "2026-11-01"}, "result_is_past", True),
        ({"link_clicks": 7}, "link_clicks_are_clicks", False),
        ({"ad_id": "never-seen"}, "result_names_a_known_ad", False),
    ],
)
def test_results_that_cannot_be_stop_the_day(
    conn: Connection, tmp_path: Path, changes: dict[str, Any], expectation: str, stops: bool
) -> None:
    land(tmp_path, "acme", 1)
    result: dict[str, Any] = {
        "source": "meta",
        "brand_id": "acme",
        "ad_id": "acme-0",
        "result_date": "2026-11-19",
        "as_of": DAY,
    }
    result |= {"impressions": 10, "clicks": 5, "link_clicks": 4, "spend": 2, **changes}
    with conn:
        write.copy(conn, "core.ad_result_daily", list(result), [result])
    if stops:
        with pytest.raises(DayRefused, match=expectation):
            run_day()
    else:
        run_day()
    assert failed(conn) == {("acme", expectation)}


def test_experiments_with_nothing_to_compare_are_told_of(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, "acme", 1)
    arm = {"source": "archive", "headline": "H", "impressions": 10, "clicks": 1, "owner": "archive"}
    arms = [arm | {"experiment_id": str(n), "arm_id": "a"} for n in range(5)]
    with conn:
        write.copy(conn, "core.experiment_arm", list(arms[0]), arms)
    run_day()
    assert failed(conn) == {("", "experiments_have_two_arms")}


PAGE: dict[str, Any] = {
    "source": "web",
    "brand_id": "acme",
    "partition_key": DAY,
    "url": "https://acme.example/shoes",
    "state": "read",
    "final_url": "https://acme.example/shoes",
    "content_hash": "h",
    "text": "Shoes that last.",
    "products": [{"name": "Shoe", "price": 99.5, "currency": "EUR"}, {"name": "App", "price": 0}],
    "observed_at": f"{DAY} 06:00+00",
}
SNAPSHOT = "https://acme.example/?access_token=EAAPlanted"


@pytest.mark.parametrize(
    ("changes", "expectation"),
    [
        ({}, None),
        ({"state": "failed", "code": "network", "final_url": None, "content_hash": None, "text": ""}, None),
        ({"code": "unparsed", "text": ""}, None),
        ({"text": " "}, "page_that_was_read_has_words"),
        ({"observed_at": "2999-01-01"}, "page_look_is_past"),
        ({"observed_at": "2026-11-18"}, "page_look_is_of_its_day"),
        ({"final_url": "ftp://acme.example/"}, "page_final_url_is_of_the_web"),
        ({"final_url": SNAPSHOT}, "page_address_holds_no_secret"),
        ({"content_hash": "lost"}, "page_bytes_are_kept"),
        ({"products": [{"price": -1, "currency": "EUR"}]}, "page_prices_are_amounts"),
        ({"products": [{"price": "12,-", "currency": "EUR"}]}, "page_prices_are_amounts"),
        ({"products": [{"price": 12}]}, "page_prices_have_a_currency"),
        ({"products": [{"price": 12, "currency": "$"}]}, "page_prices_have_a_currency"),
    ],
)
def test_a_page_that_cannot_be_so_is_told_of_and_stops_no_ad(
    conn: Connection, tmp_path: Path, changes: dict[str, Any], expectation: str | None
) -> None:
    land(tmp_path, "acme", 1)
    row = PAGE | changes
    kept = {name: PAGE[name] for name in ("brand_id", "url", "content_hash", "final_url", "observed_at")}
    kept |= {"content_type": "text/html", "body": b"<p>Shoes that last.</p>", "seen_at": PAGE["observed_at"]}
    with conn:
        write.copy(conn, "raw.web_page", list(kept), [kept])
        write.copy(conn, "core.web_page", list(row), [row | {"products": write.as_json(row["products"])}])
    assert run_day()["ads"] == 1
    assert failed(conn) == ({("acme", expectation)} if expectation else set())
    told = query.rows(conn, "select * from ops.validation_result where suite = 'pages'")
    assert {result["source"] for result in told} == {"web"}
    assert "Planted" not in str(told)


def test_one_brand_again_leaves_what_was_found_of_the_others(conn: Connection, tmp_path: Path) -> None:
    text = "select * from ops.validation_result where brand_id <> '' order by source, brand_id, suite, expectation"
    land(tmp_path, "acme", 2, media_type="Hologram")
    land(tmp_path, "bolt", 1)
    run_day(brands=["acme", "bolt"])
    before = [row | {"validated_at": None} for row in query.rows(conn, text)]
    conn.commit()
    run_day(brands=["bolt"])
    assert [row | {"validated_at": None} for row in query.rows(conn, text)] == before
    conn.commit()
    assert failed(conn) == {("acme", "media_type_is_known")}


def test_a_day_that_shows_nothing_any_more_keeps_no_old_finding(conn: Connection, tmp_path: Path) -> None:
    land(tmp_path, "acme", 2, media_type="Hologram")
    run_day()
    assert failed(conn) == {("acme", "media_type_is_known")}
    with conn:
        snapshots.cover(conn, "meta", "acme", DAY, datetime.now(UTC), state=State.EMPTY)
    validate_and_load(DAY, ["acme"])
    assert failed(conn) == set()


def test_one_brand_again_leaves_what_was_found_of_the_whole_run(conn: Connection, tmp_path: Path) -> None:
    observed = "select observed from ops.validation_result where expectation = 'rows_are_mostly_good' and source = ''"
    land(tmp_path, "acme", 2)
    land(tmp_path, "bolt", 1)
    run_day(brands=["acme", "bolt"])
    run_day(brands=["bolt"])
    assert query.scalar(conn, observed) == "0 of 3 rows"
