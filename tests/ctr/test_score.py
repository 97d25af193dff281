"""From results in the warehouse to a champion, and from a champion to a score for every ad seen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from counterpitch.ctr import registry, score
from counterpitch.ctr.refusals import NotEnoughData
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.ctr import planted

SCORES = "select * from mart.ad_score order by market_id, partition_key, ad_key"


def test_every_ad_seen_gets_a_score_rank_interval_and_reasons(conn: Connection) -> None:
    planted.fill(conn)
    model_id = registry.ensure_champion(planted.DAY)
    assert score.score_partition(planted.DAY, ["rival"]) == {"ads": 200, "markets": ["m"], "model_id": model_id}
    rows = query.rows(conn, SCORES)
    assert len(rows) == 200
    assert sorted(row["rank_in_market"] for row in rows) == list(range(1, 201))
    assert sorted(row["rank_in_brand"] for row in rows if row["brand_id"] == "rival") == list(range(1, 41))
    assert all(0 < row["ctr_low"] < row["ctr"] < row["ctr_high"] < 1 for row in rows)
    assert all(row["reasons"] for row in rows)
    assert {"what", "points", "text"} <= set(rows[0]["reasons"][0])


def test_scores_follow_the_planted_click_model_on_ads_that_never_had_results(conn: Connection) -> None:
    planted.fill(conn)
    registry.ensure_champion(planted.DAY)
    score.score_partition(planted.DAY, ["acme"])
    said = {row["ad_key"]: row for row in query.rows(conn, SCORES)}
    rival = [(said[f"files:{n}"], ad["logit"]) for n, ad in enumerate(planted.ads(200)) if n >= 160]
    tau = stats.kendalltau([row["ctr"] for row, _ in rival], [logit for _, logit in rival]).statistic
    assert tau > 0.6
    assert np.mean([row["ctr"] for row, _ in rival]) == pytest.approx(
        np.mean([1 / (1 + np.exp(-logit)) for _, logit in rival]), rel=0.15
    )


def test_scoring_twice_leaves_the_same_table(conn: Connection) -> None:
    planted.fill(conn)
    registry.ensure_champion(planted.DAY)
    score.score_partition(planted.DAY, ["acme"])
    first = query.rows(conn, SCORES)
    conn.commit()
    score.score_partition(planted.DAY, ["acme"])
    assert query.rows(conn, SCORES) == first


def test_a_day_without_ads_empties_its_slice(conn: Connection) -> None:
    planted.fill(conn)
    registry.ensure_champion(planted.DAY)
    score.score_partition(planted.DAY, ["acme"])
    query.execute(conn, "delete from core.ad_seen_daily")
    conn.commit()
    assert score.score_partition(planted.DAY, ["acme"])["ads"] == 0
    assert query.rows(conn, SCORES) == []


def test_without_a_champion_nothing_is_scored_and_the_message_says_why(conn: Connection) -> None:
    planted.fill(conn, own_results=False, tests=0)
    with pytest.raises(NotEnoughData, match="No ad with results and no test arm"):
        registry.ensure_champion(planted.DAY)
    with pytest.raises(NotEnoughData, match="No champion yet"):
        score.score_partition(planted.DAY, ["acme"])


def test_trained_on_other_peoples_experiments_the_model_says_whose(conn: Connection) -> None:
    planted.fill(conn, own_results=False)
    query.execute(conn, "update core.experiment_arm set owner = 'upworthy archive'")
    conn.commit()
    model_id = registry.ensure_champion(planted.DAY)
    trained_on = query.scalar(conn, "select trained_on from ml.model where model_id = %(id)s", {"id": model_id})
    assert list(trained_on["owners"]) == ["upworthy archive"]
    assert trained_on["owners"]["upworthy archive"]["examples"] == 160
