"""A market's planted personas, themes and gaps are found again, and writing them twice changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from counterpitch.personas.aggregate import aggregate_market
from counterpitch.personas.corpus import NoSuchMarket
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.personas.planted import DAY, MARKET, OWN, RIVALS, Planted, even_mix, invent, plant, register

TABLES = ("clustering", "theme", "theme_member", "persona", "persona_member", "gap")


def written(conn: Connection, day: str | None = None) -> dict[str, list[dict[str, Any]]]:
    conn.rollback()
    return {
        table: query.rows(
            conn,
            f"select * from mart.{table} t where partition_key = coalesce(%(day)s, partition_key) order by t::text",
            {"day": day},
        )
        for table in TABLES
    }


def planted_market(conn: Connection, *, named: float = 1.0, seed: int = 1) -> list[Planted]:
    """Rivals say all things; we never speak of price to students, though our ads hold a fact on price."""
    rng = np.random.default_rng(seed)
    register(conn)
    ours = {pair: weight for pair, weight in even_mix().items() if pair != ("students", "price")}
    theirs = even_mix() | {("students", "price"): 2.0}
    ads = [ad for brand in RIVALS for ad in invent(rng, brand, 90, theirs, named=named)]
    ads += invent(rng, OWN, 120, ours, named=named)
    plant(conn, ads)
    return ads


def test_planted_personas_and_themes_are_found_again(conn: Connection) -> None:
    ads = planted_market(conn)
    counts = aggregate_market(MARKET, DAY)
    assert counts["personas"] == 3
    assert counts["themes"] == 4
    truth = {ad.text_hash: ad.truth for ad in ads}
    found = written(conn)
    personas = [(truth[row["text_hash"]][0], row["persona_id"]) for row in found["persona_member"]]
    themes = [(truth[row["text_hash"]][1], row["theme_id"]) for row in found["theme_member"]]
    assert adjusted_mutual_info_score(*zip(*personas, strict=True)) > 0.9
    assert adjusted_mutual_info_score(*zip(*themes, strict=True)) > 0.9
    assert all(row["stability"] > 0.7 for row in found["persona"] + found["theme"])


def test_the_planted_gap_is_white_space_and_nothing_else_is(conn: Connection) -> None:
    planted_market(conn)
    aggregate_market(MARKET, DAY)
    gaps = query.rows(
        conn,
        "select p.name, t.label, g.* from mart.gap g join mart.persona p using (market_id, partition_key, persona_id) "
        "join mart.theme t using (market_id, partition_key, theme_id) where g.kind in ('white_space', 'behind')",
    )
    assert [(row["kind"], row["rank"], row["our_messages"], row["their_brands"]) for row in gaps] == [
        ("white_space", 1, 0, 4)
    ]
    assert "student" in gaps[0]["name"].lower()
    assert any(word in gaps[0]["label"].lower() for word in ("groceries", "grocery", "price", "money"))
    assert gaps[0]["difference_high"] < 0


def test_running_twice_leaves_every_table_as_it_was(conn: Connection) -> None:
    planted_market(conn, named=0.6)
    aggregate_market(MARKET, DAY)
    once = written(conn)
    aggregate_market(MARKET, DAY)
    assert written(conn) == once


def test_texts_without_an_audience_are_inferred_or_counted_as_unassigned(conn: Connection) -> None:
    planted_market(conn, named=0.5)
    aggregate_market(MARKET, DAY)
    account = next(row for row in written(conn)["clustering"] if row["kind"] == "persona")
    assert account["named"] + account["inferred"] + account["unassigned"] == account["texts"] == 480
    # What is said to each persona is the same here, so the words around cannot tell: nothing may be inferred.
    assert account["inferred"] <= 0.1 * account["unassigned"]


def test_a_market_that_is_not_registered_is_refused(warehouse: str) -> None:
    with pytest.raises(NoSuchMarket, match="counterpitch brand list"):
        aggregate_market("nowhere", DAY)


def test_a_market_without_ads_is_empty_and_not_an_error(conn: Connection) -> None:
    register(conn)
    conn.commit()
    assert aggregate_market(MARKET, DAY) == {"themes": 0, "personas": 0, "gaps": 0}
    assert {row["texts"] for row in written(conn)["clustering"]} == {0}


def test_an_old_day_run_again_changes_nothing_of_a_newer_one(conn: Connection) -> None:
    planted_market(conn)
    for day in (DAY, "2026-11-21"):
        aggregate_market(MARKET, day)
    before = written(conn)
    aggregate_market(MARKET, DAY)
    assert written(conn) == before


def test_ids_persist_when_ads_come_and_go(conn: Connection) -> None:
    planted_market(conn)
    aggregate_market(MARKET, DAY)
    rng = np.random.default_rng(9)
    plant(conn, [ad for brand in RIVALS for ad in invent(rng, brand, 20, even_mix(), days=["2026-11-25"])])
    aggregate_market(MARKET, "2026-11-25")
    days = {day: written(conn, day) for day in (DAY, "2026-11-25")}
    for table, key in (("persona", "persona_id"), ("theme", "theme_id")):
        ids = [{row[key] for row in days[day][table]} for day in days]
        assert ids[0] == ids[1]
        assert {row["change"] for row in days["2026-11-25"][table]} == {"kept"}


def test_a_backfilled_past_takes_the_ids_of_the_day_that_is_known(conn: Connection) -> None:
    ads = planted_market(conn)
    aggregate_market(MARKET, DAY)
    for ad in ads:
        ad.days = ["2026-11-12"]
    plant(conn, ads)
    for _ in range(2):
        aggregate_market(MARKET, "2026-11-12")
    past, known = written(conn, "2026-11-12"), written(conn, DAY)
    assert {row["persona_id"] for row in past["persona"]} == {row["persona_id"] for row in known["persona"]}


@pytest.mark.parametrize("count", [1, 3])
def test_a_handful_of_texts_is_enough_to_say_something(conn: Connection, count: int) -> None:
    register(conn)
    plant(conn, invent(np.random.default_rng(1), "alpha", count, even_mix()))
    counts = aggregate_market(MARKET, DAY)
    assert 1 <= counts["personas"] <= count
    assert {row["kind"] for row in written(conn)["gap"]} <= {"thin"}


def test_what_a_persona_wants_is_told_in_phrases_that_stand_alone(conn: Connection) -> None:
    register(conn)
    words = "For nurses: your weekly budget. It tells you what the shop"
    said = [
        ("target_audience", "nurses"),
        ("customer_need", "weekly budget"),
        ("customer_need", "tells you what the shop"),
    ]
    plant(conn, [Planted(brand, said, words=words) for brand in (OWN, *RIVALS)])
    aggregate_market(MARKET, DAY)
    (persona,) = query.rows(conn, "select summary, needs from mart.persona")
    assert [need["value"] for need in persona["needs"]] == ["weekly budget"]
    assert persona["summary"].endswith("Most said to them: weekly budget.")
