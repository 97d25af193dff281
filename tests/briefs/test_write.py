"""A planted gap becomes a brief that reads as one; its id and the decisions on it outlive every rewriting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from counterpitch.briefs import write as brief_writing
from counterpitch.briefs.write import brief_id, write_briefs
from counterpitch.personas.aggregate import aggregate_market
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection
from tests.personas.planted import DAY, MARKET, OWN, RIVALS, even_mix, invent, plant, register


def planted_gap(conn: Connection) -> None:
    rng = np.random.default_rng(1)
    register(conn)
    theirs = even_mix() | {("students", "price"): 2.0}
    ours = {pair: weight for pair, weight in even_mix().items() if pair != ("students", "price")}
    plant(conn, [ad for brand in RIVALS for ad in invent(rng, brand, 90, theirs)] + invent(rng, OWN, 120, ours))
    aggregate_market(MARKET, DAY)


def briefs(conn: Connection) -> list[dict[str, Any]]:
    conn.rollback()
    return query.rows(conn, "select * from mart.brief order by partition_key, rank, brief_id")


def test_a_white_space_becomes_a_user_story_with_its_evidence(conn: Connection) -> None:
    planted_gap(conn)
    assert write_briefs(MARKET, DAY) == {"briefs": 1}
    (brief,) = briefs(conn)
    story = brief["story"]
    assert story["kind"] == "white_space"
    assert story["sentence"].startswith("As a ")
    assert "student" in story["as_a"]
    assert {evidence["brand_id"] for evidence in brief["evidence"]} == set(RIVALS)
    words = query.rows(conn, "select ad_key, clean_text from core.ad join core.ad_text using (text_hash)")
    said = {row["ad_key"]: row["clean_text"] for row in words}
    assert all(quote["quote"] in said[e["ad_key"]] for e in brief["evidence"] for quote in e["quotes"])
    assert all(fact["quote"] in said[fact["ad_key"]] for fact in story["facts"])


def test_the_audience_that_is_shown_is_the_persona_and_not_another_of_the_same_ad(conn: Connection) -> None:
    planted_gap(conn)
    conn.rollback()
    query.execute(conn, "update mart.pillar set position = position + 10 where field = 'target_audience'")
    query.execute(
        conn,
        "insert into mart.pillar (market_id, text_hash, field, position, value, quote, quote_start, quote_end,"
        " extractor) select market_id, text_hash, 'target_audience', 0, 'parents of toddlers', quote, quote_start,"
        " quote_end, extractor from mart.pillar where field = 'customer_need'",
    )
    conn.commit()
    write_briefs(MARKET, DAY)
    (brief,) = briefs(conn)
    named = [q["value"] for e in brief["evidence"] for q in e["quotes"] if q["field"] == "target_audience"]
    assert named
    assert all("students" in value for value in named)


def test_writing_twice_changes_nothing(conn: Connection) -> None:
    planted_gap(conn)
    write_briefs(MARKET, DAY)
    once = briefs(conn)
    write_briefs(MARKET, DAY)
    assert briefs(conn) == once


def test_a_decision_survives_rewriting_and_the_next_day(conn: Connection) -> None:
    planted_gap(conn)
    write_briefs(MARKET, DAY)
    (first,) = briefs(conn)
    decision = {"market_id": MARKET, "brief_id": first["brief_id"], "decision": "approved", "decided_by": "Ana"}
    write.copy(conn, "mart.brief_decision", list(decision), [decision])
    conn.commit()
    aggregate_market(MARKET, "2026-11-21")
    write_briefs(MARKET, "2026-11-21")
    again = [brief["brief_id"] for brief in briefs(conn)]
    assert again == [first["brief_id"]] * 2
    assert query.scalar(conn, "select count(*) from mart.brief_decision where decision = 'approved'") == 1


def test_what_was_decided_stays_on_the_list_and_takes_no_place(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted_gap(conn)
    write_briefs(MARKET, DAY)
    (first,) = briefs(conn)
    monkeypatch.setattr(brief_writing, "MOST", 0)
    write_briefs(MARKET, DAY)
    assert briefs(conn) == []
    for decision in ("approved", "rejected"):
        query.execute(conn, "delete from mart.brief_decision")
        row = {"market_id": MARKET, "brief_id": first["brief_id"], "decision": decision, "decided_by": "Ana"}
        write.copy(conn, "mart.brief_decision", list(row), [row])
        conn.commit()
        write_briefs(MARKET, DAY)
        assert [brief["brief_id"] for brief in briefs(conn)] == [first["brief_id"]]


def test_the_id_of_a_brief_is_that_of_its_persona_and_theme() -> None:
    assert brief_id("m", "p", "t") == brief_id("m", "p", "t") != brief_id("m", "t", "p")


def test_a_market_without_gaps_has_no_briefs(conn: Connection) -> None:
    register(conn)
    conn.commit()
    assert write_briefs(MARKET, DAY) == {"briefs": 0}
