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
VERDICTS = "select partition_key::text as day, state, retrain from ml.drift_day order by partition_key"


@pytest.fixture
def champion(conn: Connection) -> Connection:
    """The planted market with its bootstrap champion, trained for planted.DAY."""
    planted.fill(conn)
    registry.ensure_champion(planted.DAY)
    return conn


def _seen_again_on(conn: Connection, day: str) -> None:
    query.execute(conn, "update core.ad_seen_daily set partition_key = %(day)s", {"day": day})
    conn.commit()


def _twice_the_clicks(conn: Connection, day: str = "2026-11-25", times: float = 2) -> None:
    query.execute(
        conn,
        "insert into core.ad_result_daily (source, brand_id, ad_id, result_date, as_of, impressions, clicks) "
        "select source, brand_id, ad_id, %(day)s::date, %(day)s::date, impressions, (clicks * %(times)s)::bigint "
        "from core.ad_result_daily",
        {"day": day, "times": times},
    )
    _seen_again_on(conn, day)


def test_psi_is_zero_for_equal_shares_and_grows_with_the_difference() -> None:
    even = np.full(10, 0.1)
    assert drift.psi(even, even, 1000) == 0
    # Worked by hand: (0.4 - 0.5) ln(0.4 / 0.5) twice, once each way round.
    assert drift.psi(np.array([0.5, 0.5]), np.array([0.4, 0.6]), 1000) == pytest.approx(
        -0.1 * np.log(0.8) + 0.1 * np.log(1.2)
    )


def test_an_unchanged_market_does_not_drift_and_a_second_run_writes_the_same(champion: Connection) -> None:
    said = drift.measure(planted.DAY)
    assert said["state"] == "steady"
    assert not said["retrain"]
    first = query.rows(champion, STORED), query.rows(champion, "select * from ml.drift_day")
    assert all(first)
    champion.commit()
    drift.measure(planted.DAY)
    assert (query.rows(champion, STORED), query.rows(champion, "select * from ml.drift_day")) == first


def test_the_same_clicks_as_before_are_no_drift(champion: Connection) -> None:
    _twice_the_clicks(champion, times=1)
    said = drift.measure("2026-11-25")
    assert "calibration" in {row["metric"] for row in query.rows(champion, STORED)}, "measured, and found in order"
    assert said["crossed"] == []


def test_ads_that_shout_have_moved_away_from_what_the_model_learnt(champion: Connection) -> None:
    query.execute(champion, "update core.ad_text set clean_text = upper(clean_text) || ' 100% OFF!!! 🎉'")
    champion.commit()
    said = drift.measure(planted.DAY)
    assert {"capitals", "exclamations", "emoji"} <= set(said["crossed"])
    assert said["state"] == "drifted"
    assert said["retrain"]


def test_twice_the_clicks_ask_for_training_once_a_crossing(champion: Connection) -> None:
    _twice_the_clicks(champion)
    said = drift.measure("2026-11-25")
    assert said["crossed"] == ["calibration"]
    assert said["retrain"]
    _seen_again_on(champion, "2026-11-27")
    again = drift.measure("2026-11-27")
    assert (again["state"], again["retrain"]) == ("drifted", False)
    assert "asked for on 2026-11-25" in again["reason"]
    _seen_again_on(champion, "2026-12-05")
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


def test_too_little_to_tell_is_said_and_never_asks(champion: Connection) -> None:
    query.execute(champion, "delete from core.ad_seen_daily where ad_id::int > 20")
    champion.commit()
    said = drift.measure(planted.DAY)
    assert (said["state"], said["measured"], said["retrain"]) == ("thin", 0, False)
    assert "21 own ads ran on the day; 50 are needed" in said["reason"]
    assert "hold 0 clicks; 100 are needed" in said["reason"]


def test_a_day_before_the_training_is_not_measured(champion: Connection) -> None:
    with pytest.raises(NotEnoughData, match="behind it"):
        drift.measure("2026-11-19")
    assert query.rows(champion, VERDICTS) == []


def test_without_a_champion_nothing_drifts(warehouse: str) -> None:
    with pytest.raises(NotEnoughData):
        drift.measure(planted.DAY)
