"""Drift is quiet on the market the model learnt from, and speaks once when words or clicks change."""

from __future__ import annotations

import numpy as np
import pytest

from counterpitch.ctr import drift, registry
from counterpitch.ctr.refusals import NotEnoughData
from counterpitch.ctr.train import train
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.ctr import planted

STORED = "select metric, feature, value, crossed from ml.drift order by metric, feature"
LATER = "2026-11-25"
VERDICTS = "select partition_key::text as day, state, retrain from ml.drift_day order by partition_key"


@pytest.fixture
def champion(conn: Connection) -> Connection:
    """The planted market with its bootstrap champion, trained for planted.DAY."""
    planted.fill(conn)
    registry.ensure_champion(planted.DAY)
    return conn


def _new_ads(conn: Connection, day: str, count: int = 60, words: str = "") -> None:
    """Ads of ours first seen on the day: the old ones once more under new ids, `words` put behind their text."""
    given = {"day": day, "count": count, "words": words}
    query.execute(
        conn,
        "insert into core.ad_text (text_hash, body, clean_text, cleaning, language, words, readable) "
        "select md5(clean_text || %(words)s), said, said, cleaning, language, words, readable "
        "from core.ad_text, lateral "
        "(select case %(words)s when '' then clean_text else upper(clean_text) end || %(words)s) as shout (said) "
        "on conflict do nothing",
        given,
    )
    query.execute(
        conn,
        "insert into core.ad_seen_daily (source, brand_id, partition_key, ad_id, text_hash, media_type, platforms) "
        "select source, brand_id, %(day)s, %(day)s || ad_id, md5(clean_text || %(words)s), s.media_type, platforms "
        "from core.ad_seen_daily s join core.ad_text using (text_hash) "
        "where brand_id = 'acme' and ad_id ~ '^[0-9]+$' and ad_id::int < %(count)s",
        given,
    )
    conn.commit()


def _twice_the_clicks(conn: Connection, day: str = LATER, times: float = 2) -> None:
    query.execute(
        conn,
        "insert into core.ad_result_daily "
        "(source, brand_id, ad_id, result_date, as_of, impressions, clicks, link_clicks) "
        "select source, brand_id, ad_id, %(day)s::date, %(day)s::date, impressions, (clicks * %(times)s)::bigint, "
        "(link_clicks * %(times)s)::bigint from core.ad_result_daily",
        {"day": day, "times": times},
    )
    conn.commit()


def test_psi_is_zero_for_equal_shares_and_grows_with_the_difference() -> None:
    even = np.full(10, 0.1)
    assert drift.psi(even, even, 1000) == 0
    # Worked by hand: (0.4 - 0.5) ln(0.4 / 0.5) twice, once each way round.
    assert drift.psi(np.array([0.5, 0.5]), np.array([0.4, 0.6]), 1000) == pytest.approx(
        -0.1 * np.log(0.8) + 0.1 * np.log(1.2)
    )


def test_new_ads_like_the_old_do_not_drift_and_a_second_run_writes_the_same(champion: Connection) -> None:
    _new_ads(champion, LATER)
    said = drift.measure(LATER)
    assert said["state"] == "steady"
    assert not said["retrain"]
    first = query.rows(champion, STORED), query.rows(champion, "select * from ml.drift_day")
    assert all(first)
    champion.commit()
    drift.measure(LATER)
    assert (query.rows(champion, STORED), query.rows(champion, "select * from ml.drift_day")) == first


def test_new_words_alone_are_no_drift(champion: Connection) -> None:
    _new_ads(champion, LATER)
    drift.measure(LATER)
    features = {row["feature"] for row in query.rows(champion, STORED)}
    assert "words" in features
    assert not {name for name in features if "rare" in name or name in {"rarity", "uncommon_words"}}


def test_the_same_clicks_as_before_are_no_drift(champion: Connection) -> None:
    _twice_the_clicks(champion, times=1)
    said = drift.measure(LATER)
    assert "calibration" in {row["metric"] for row in query.rows(champion, STORED)}, "measured, and found in order"
    assert said["crossed"] == []


def test_a_model_that_learnt_from_link_clicks_is_checked_by_link_clicks(conn: Connection) -> None:
    planted.fill(conn)
    query.execute(conn, "update core.ad_result_daily set link_clicks = round(clicks * 0.6)")
    conn.commit()
    registry.ensure_champion(planted.DAY)
    _twice_the_clicks(conn, times=1)
    said = drift.measure(LATER)
    assert (said["state"], said["crossed"]) == ("steady", [])
    found = query.scalar(conn, "select value from ml.drift where metric = 'calibration'")
    assert abs(found) < 0.15, "all clicks would be ln(1 / 0.6) = 0.51 above"
    query.execute(
        conn, "update core.ad_result_daily set link_clicks = null where result_date = %(day)s", {"day": LATER}
    )
    conn.commit()
    assert "hold 0 clicks" in drift.measure(LATER)["reason"], "without link clicks there is nothing to compare"


def test_ads_that_shout_have_moved_away_from_what_the_model_learnt(champion: Connection) -> None:
    _new_ads(champion, LATER, words=" 100% OFF!!! 🎉")
    said = drift.measure(LATER)
    assert {"capitals", "exclamations", "emoji"} <= set(said["crossed"])
    assert said["state"] == "drifted"
    assert said["retrain"]


def test_twice_the_clicks_ask_for_training_once_a_crossing(champion: Connection) -> None:
    _twice_the_clicks(champion)
    said = drift.measure(LATER)
    assert said["crossed"] == ["calibration"]
    assert said["retrain"]
    again = drift.measure("2026-11-27")
    assert (again["state"], again["retrain"]) == ("drifted", False)
    assert "asked for on 2026-11-25" in again["reason"]
    assert drift.measure("2026-12-05")["retrain"], "still wrong after the cooldown: ask again"
    assert query.rows(champion, VERDICTS) == [
        {"day": "2026-11-25", "state": "drifted", "retrain": True},
        {"day": "2026-11-27", "state": "drifted", "retrain": False},
        {"day": "2026-12-05", "state": "drifted", "retrain": True},
    ]


def test_a_challenger_that_waits_for_a_person_stops_the_asking(champion: Connection) -> None:
    _twice_the_clicks(champion)
    train("2026-11-25")
    said = drift.measure("2026-11-26")
    assert (said["crossed"], said["retrain"]) == (["calibration"], False)
    assert "A model was trained for 2026-11-25" in said["reason"]


def test_a_weekly_model_that_did_not_win_silences_nothing(champion: Connection) -> None:
    registry.compare(train("2026-11-23"))
    _twice_the_clicks(champion)
    assert drift.measure(LATER)["retrain"]


def test_days_out_of_order_ask_once(champion: Connection) -> None:
    _twice_the_clicks(champion)
    asked = [drift.measure(day)["retrain"] for day in ("2026-11-28", "2026-11-26", "2026-11-25", "2026-11-30")]
    assert asked == [True, False, False, False]
    assert drift.measure("2026-11-28")["retrain"], "the day that asked says the same a second time"
    drift.measure("2026-12-20")
    assert "A later day, 2026-12-20, was measured" in drift.measure("2026-12-10")["reason"]


def test_too_little_to_tell_is_said_and_never_asks(champion: Connection) -> None:
    _new_ads(champion, LATER, count=21)
    said = drift.measure(LATER)
    assert (said["state"], said["measured"], said["retrain"]) == ("thin", 0, False)
    assert "21 own ads are new since the training; 30 are needed" in said["reason"]
    assert "hold 0 clicks; 100 are needed" in said["reason"]


def test_a_day_before_the_training_is_not_measured(champion: Connection) -> None:
    with pytest.raises(NotEnoughData, match="behind it"):
        drift.measure("2026-11-19")
    assert query.rows(champion, VERDICTS) == []


def test_without_a_champion_nothing_drifts(warehouse: str) -> None:
    with pytest.raises(NotEnoughData):
        drift.measure(planted.DAY)
