"""Score a day again with the champion's second model, where pillars won beyond noise and the day's ads were read.

A market's slice is replaced whole, so all its ranks come from one model, and every row names it; an ad that was not
read counts as the average one. Nobody waits for this: without a winner it is one question to the warehouse, and
where it fails the champion's scores stand. Nothing heavy is imported until there is a winner.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, transaction

log = logging.getLogger(__name__)

LEAST_SHARE = 0.5
"""The share of a market's texts that this model's reader must have read: it was judged on ads that were."""


def rescore_partition(partition_key: str, brands: Sequence[str]) -> dict[str, Any]:
    """Replace the day's scores of the markets that hold `brands`; returns {"ads", "model_id", "reason"}, 0 ads if none.

    Never raises on a model that cannot score: the reason says why, and the scores that were there stay.
    """
    try:
        with transaction(application="counterpitch ctr rescore") as conn:
            said = _rescore(conn, partition_key, brands)
    except Exception as error:  # whatever it is: the champion's scores stand, and the chain goes on
        log.warning("The day keeps the champion's scores: the model with pillars failed.", exc_info=True)
        return {"ads": 0, "model_id": None, "reason": f"The model with pillars failed: {error}"}
    log.info("%s", said["reason"])
    return said


def _rescore(conn: Connection, day: str, brands: Sequence[str]) -> dict[str, Any]:
    held = query.rows(conn, query.sql(__file__, "select_second"), {"name": "base"})
    if not held:
        return {"ads": 0, "model_id": None, "reason": "No model with pillars has won: the champion's scores stand."}
    from counterpitch.ctr import registry, score

    write.lock(conn, "mart.ad_score", "again")  # one at a time: eight days at once would hold eight models
    model_id, model, row = registry.load(conn, str(held[0]["model_id"]))
    ads, left = 0, []
    for market in query.rows(conn, query.sql(__file__, "select_markets"), {"brands": list(brands)}):
        key = {"market_id": market["market_id"], "partition_key": day}
        rows = query.rows(conn, query.sql(__file__, "select_market_ads"), key)
        asked = key | row["metrics"]["reader"] | {"texts": sorted({each["text_hash"] for each in rows})}
        readings = query.rows(conn, query.sql(__file__, "select_readings"), asked)
        texts = len({each["clean_text"] for each in rows})
        if len(readings) < max(1, LEAST_SHARE * texts):  # unread, or read by one of whom this model knows nothing
            left.append(f" {market['market_id']} keeps the champion's: {len(readings)} of {texts} texts were read.")
            continue
        scored = score.score_ads(model, rows, market["own_brand_id"], readings)
        ads += score.replace(conn, key, scored, model_id)
    reason = f"{ads} ads were scored again by {model_id}, with pillars.{''.join(left)}"
    return {"ads": ads, "model_id": model_id, "reason": reason}
