"""What is stored of a reading: only what the ad's own words prove."""

from __future__ import annotations

from counterpitch.pillars import store
from counterpitch.pillars.ground import Evidence, Reading
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection


def test_a_mention_that_no_words_prove_is_counted_and_not_stored(conn: Connection) -> None:
    query.execute(
        conn,
        """
        insert into core.brand (brand_id, name) values ('ours', 'Ours');
        insert into core.market (market_id, name, own_brand_id) values ('m', 'M', 'ours');
        insert into core.ad_text (text_hash, clean_text, cleaning, words, readable)
        values ('h', 'Sleep well tonight', 'clean-1', 3, true);
        """,
    )
    quoted = Evidence("customer_need", 0, "sleep", "Sleep well", 0, 10)
    inferred = Evidence("target_audience", 0, "tired people", None, None, None)
    for _ in range(2):
        store.save(conn, "m", [store.Read("h", "extractive", "1", "h", Reading(evidence=(inferred, quoted)))])
        assert query.rows(conn, "select field, quote from mart.pillar") == [
            {"field": "customer_need", "quote": "Sleep well"}
        ]
        assert query.rows(conn, "select status, mentions, dropped from mart.reading") == [
            {"status": "read", "mentions": 1, "dropped": 1}
        ]
