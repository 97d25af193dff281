"""Drift is quiet on the market the model learnt from, and speaks when words or clicks change."""

from __future__ import annotations

import numpy as np
import pytest

from counterpitch.ctr import drift, registry
from counterpitch.ctr.refusals import NotEnoughData
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.ctr import planted

STORED = "select metric, feature, value, crossed from ml.drift order by metric, feature"


def test_psi_is_zero_for_equal_shares_and_grows_with_the_difference() -> None:
    even = np.full(10, 0.1)
    assert drift.psi(even, even, 1000) == 0
    # Worked by hand: (0.4 - 0.5) ln(0.4 / 0.5) twice, once each way round.
    assert drift.psi(np.array([0.5, 0.5]), np.array([0.4, 0.6]), 1000) == pytest.approx(
        -0.1 * np.log(0.8) + 0.1 * np.log(1.2)
    )


def test_an_unchanged_market_does_not_drift_and_a_second_run_writes_the_same(conn: Connection) -> None:
    planted.fill(conn)
    registry.ensure_champion(planted.DAY)
    said = drift.measure(planted.DAY)
    assert not said["retrain"]
    first = query.rows(conn, STORED)
    assert first
    conn.commit()
    drift.measure(planted.DAY)
    assert query.rows(conn, STORED) == first


def test_shouting_ads_and_twice_the_clicks_ask_for_training(conn: Connection) -> None:
    planted.fill(conn)
    registry.ensure_champion(planted.DAY)
    query.execute(conn, "update core.ad_text set clean_text = upper(clean_text) || ' 100% OFF!!! 🎉'")
    query.execute(
        conn,
        "insert into core.ad_result_daily (source, brand_id, ad_id, result_date, as_of, impressions, clicks) "
        "select source, brand_id, ad_id, '2026-11-25', '2026-11-25', impressions, clicks * 2 from core.ad_result_daily",
    )
    conn.commit()
    assert {"capitals", "exclamations", "emoji"} <= set(drift.measure(planted.DAY)["crossed"])
    query.execute(conn, "update core.ad_seen_daily set partition_key = '2026-11-25'")
    conn.commit()
    said = drift.measure("2026-11-25")
    assert "calibration" in said["crossed"]
    assert said["retrain"]


def test_without_a_champion_nothing_drifts(warehouse: str) -> None:
    with pytest.raises(NotEnoughData):
        drift.measure(planted.DAY)
