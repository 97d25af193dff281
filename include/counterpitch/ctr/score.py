"""Score every ad seen on a day with the champion, as "if it ran for us", and write mart.ad_score.

A market's slice of a day is replaced whole. The score of a competitor's ad is a prediction for our audience,
learnt from our results; it stands beside the proxies in core.ad (running days, reach, variants) and is never
blended with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from counterpitch.ctr import examples, explain, features, pillars, registry
from counterpitch.ctr.model import CtrModel
from counterpitch.ctr.refusals import NotEnoughData
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, transaction

COLUMNS = (
    "ad_key brand_id model_id ctr ctr_low ctr_high rank_in_brand rank_in_market reasons".split()  # noqa: SIM905
)


def score_partition(partition_key: str, brands: Sequence[str]) -> dict[str, Any]:
    """Score all ads of every market that holds one of `brands`; returns {"ads", "markets", "model_id"}.

    Raises NotEnoughData when there is no champion, ModelUnusable when the champion cannot score here; either
    way nothing is written.
    """
    with transaction(application="counterpitch ctr score") as conn:
        held = registry.champion(conn)
        if held is None:
            raise NotEnoughData("No champion yet, so nothing is scored. `ensure_champion` trains one from results.")
        model_id, model, _ = held
        markets = query.rows(conn, query.sql(__file__, "select_markets"), {"brands": list(brands)})
        ads = sum(_score_market(conn, model_id, model, market, partition_key) for market in markets)
    return {"ads": ads, "markets": [market["market_id"] for market in markets], "model_id": model_id}


def score_ads(
    model: CtrModel, rows: list[dict[str, Any]], owner: str, readings: Sequence[dict[str, Any]] = ()
) -> pd.DataFrame:
    """Prediction, ranks and reasons of each row of sql/select_market_ads.sql, as if run for `owner`.

    readings: what was found in the texts (sql/select_readings.sql), for a model with pillars.
    """
    known = examples.known(rows)
    distinct = known.drop_duplicates(ignore_index=True)
    asked = distinct
    if model.pillars:
        asked = pd.concat([distinct, pillars.of_texts(distinct["text"], readings)], axis=1)
    said = explain.predictions(model, asked, owner)
    said["reasons"] = [write.as_json(reasons) for reasons in said["reasons"]]
    said = known.merge(pd.concat([distinct, said], axis=1), on=list(features.KNOWN), how="left")
    out = pd.DataFrame({name: [row[name] for row in rows] for name in ("ad_key", "brand_id")})
    out = pd.concat([out, said[["score", "ctr", "ctr_low", "ctr_high", "reasons"]]], axis=1)
    out = out.sort_values(["score", "ad_key"], ascending=[False, True], kind="stable", ignore_index=True)
    out["rank_in_market"] = range(1, len(out) + 1)
    out["rank_in_brand"] = out.groupby("brand_id").cumcount() + 1
    return out


def replace(conn: Connection, key: dict[str, str], scored: pd.DataFrame, model_id: str) -> int:
    """Put what `score_ads` said in the place of a market's slice of a day (market_id, partition_key)."""
    return write.replace_slice(conn, "mart.ad_score", key, COLUMNS, examples.records(scored.assign(model_id=model_id)))


def _score_market(conn: Connection, model_id: str, model: CtrModel, market: dict[str, Any], day: str) -> int:
    key = {"market_id": market["market_id"], "partition_key": day}
    rows = query.rows(conn, query.sql(__file__, "select_market_ads"), key)
    scored = score_ads(model, rows, market["own_brand_id"]) if rows else pd.DataFrame()
    return replace(conn, key, scored, model_id)
