"""How much of the truth was found: full marks for the truth itself, none for chance, and honest in between."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pytest

from counterpitch.sandbox.market import write_market
from counterpitch.sandbox.truth import measure, read_truth, recovered
from counterpitch.warehouse.connection import Connection

MARKET, DAY = "meal-planning-apps", "2026-10-12"


def test_the_same_partition_is_fully_recovered() -> None:
    planted = {str(n): "abc"[n % 3] for n in range(60)}
    found = recovered(planted, {item: {"a": "c1", "b": "c2", "c": "c3"}[label] for item, label in planted.items()})
    assert (found.ami, found.found, found.covered) == (1.0, 1.0, 1.0)


def test_chance_is_worth_nothing() -> None:
    rng = np.random.default_rng(4)
    planted = {str(n): "abcd"[rng.integers(4)] for n in range(2000)}
    found = recovered(planted, {item: "wxyz"[rng.integers(4)] for item in planted})
    assert abs(found.ami) < 0.02
    assert found.found == 0.0


def test_one_cluster_for_all_finds_no_label_of_four() -> None:
    planted = {str(n): "abcd"[n % 4] for n in range(40)}
    found = recovered(planted, dict.fromkeys(planted, "everything"))
    assert found.ami == 0.0
    assert found.found == 0.0


def test_what_has_no_cluster_lowers_coverage_and_f1() -> None:
    planted = {str(n): "ab"[n % 2] for n in range(20)}
    half = {item: label for item, label in planted.items() if int(item) < 10}
    found = recovered(planted, half)
    assert found.covered == 0.5
    assert found.f1 == {"a": pytest.approx(0.6667), "b": pytest.approx(0.6667)}


def test_nothing_found_is_not_an_error() -> None:
    assert recovered({"1": "a"}, {}).ami == 0.0
    assert recovered({}, {}).found == 0.0


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("market")
    write_market(folder, seed=5, start=date(2026, 9, 28), last_day=date.fromisoformat(DAY))
    return read_truth(folder)


def load(conn: Connection, truth: dict[str, Any], persona_of: dict[str, str]) -> None:
    """A warehouse in which each readable text sits in a persona (by persona_of) and in its true theme."""
    with conn, conn.cursor() as cur:
        for brand in truth["brands"]:
            cur.execute("insert into core.brand (brand_id, name) values (%s, %s)", (brand, brand))
        cur.execute("insert into core.market (market_id, name, own_brand_id) values (%s, 'm', 'simmerwick')", (MARKET,))
        for kind, ids in (("persona", set(persona_of.values())), ("theme", set(truth["themes"]))):
            for identity in sorted(ids):
                row = {"market_id": MARKET, "partition_key": DAY, f"{kind}_id": identity, "texts": 1, "ads": 1}
                row |= {"brands": 1, "change": "new"}
                more = {"persona": {"name": "n", "summary": "s", "needs": "[]", "quotes": "[]"}}
                row |= more.get(kind, {"label": "l", "terms": "[]"})
                marks = ", ".join(["%s"] * len(row))
                cur.execute(f"insert into mart.{kind} ({', '.join(row)}) values ({marks})", list(row.values()))
        for text_id, text in truth["texts"].items():
            cur.execute(
                "insert into core.ad_text (text_hash, body, clean_text, cleaning, words, readable)"
                " values (%s, %s, %s, 'test', 1, true)",
                (text_id, text["body"], text["body"]),
            )
            cur.execute(
                "insert into mart.reading (market_id, text_hash, extractor, extractor_version, status, read_from,"
                " mentions, dropped) values (%s, %s, 'test', '1', 'read', %s, 0, 0)",
                (MARKET, text_id, text_id),
            )
            if not text["thin"]:
                cur.execute(
                    "insert into mart.persona_member values (%s, %s, %s, %s, 'named', 1)",
                    (MARKET, DAY, text_id, persona_of[text["persona"]]),
                )
                cur.execute(
                    "insert into mart.theme_member values (%s, %s, %s, 'customer_need', 0, %s, 1)",
                    (MARKET, DAY, text_id, text["theme"]),
                )
        for ad_id, ad in truth["ads"].items():
            cur.execute(
                "insert into core.ad_seen_daily (source, brand_id, partition_key, ad_id, text_hash)"
                " values ('sandbox', %s, %s, %s, %s)",
                (ad["brand"], DAY, ad_id, ad["text"]),
            )


def add_gap(conn: Connection, persona: str, theme: str, kind: str) -> None:
    with conn, conn.cursor() as cur:
        cur.execute(
            "insert into mart.gap (market_id, partition_key, persona_id, theme_id, our_ads, their_ads, our_messages,"
            " their_messages, our_total, their_total, their_brands, our_share, their_share, difference,"
            " difference_low, difference_high, p_value, own_facts, by_brand, kind, rank)"
            " values (%s, %s, %s, %s, 0, 9, 0, 9, 50, 90, 3, 0, .1, -.1, -.2, -.05, .01, 1, '{}', %s, 1)",
            (MARKET, DAY, persona, theme, kind),
        )


def test_a_warehouse_that_holds_the_truth_gets_full_marks(conn: Connection, truth: dict[str, Any]) -> None:
    load(conn, truth, {persona: f"p-{persona}" for persona in truth["personas"]})
    add_gap(conn, "p-shift", "time", "white_space")
    told = measure(conn, truth, MARKET, DAY)
    assert told["personas"]["ami"] == told["themes"]["ami"] == 1.0
    assert told["personas"]["found"] == 1.0
    assert told["white_space"]["found"]
    assert told["white_space"]["place"] == 1
    assert not told["strength"]["found"]
    assert json.dumps(told)


def test_a_white_space_in_another_cell_or_of_another_kind_does_not_count(
    conn: Connection, truth: dict[str, Any]
) -> None:
    load(conn, truth, {persona: f"p-{persona}" for persona in truth["personas"]})
    add_gap(conn, "p-two", "waste", "white_space")
    add_gap(conn, "p-shift", "time", "thin")
    told = measure(conn, truth, MARKET, DAY)["white_space"]
    assert not told["found"]
    assert told["kinds_in_cell"] == {"thin": 1}


def test_personas_thrown_together_lose_marks(conn: Connection, truth: dict[str, Any]) -> None:
    load(conn, truth, dict.fromkeys(truth["personas"], "p-all"))
    told = measure(conn, truth, MARKET, DAY)
    assert told["personas"]["ami"] == 0.0
    assert told["themes"]["ami"] == 1.0


def test_quotes_are_measured_against_the_planted_phrases(conn: Connection, truth: dict[str, Any]) -> None:
    load(conn, truth, {persona: f"p-{persona}" for persona in truth["personas"]})
    text_id, text = next((i, t) for i, t in truth["texts"].items() if not t["thin"])
    need = next(m for m in text["mentions"] if m["field"] == "customer_need")
    with conn, conn.cursor() as cur:
        cur.execute(
            "insert into mart.pillar values (%s, %s, 'customer_need', 0, 'v', %s, %s, %s, 'test')",
            (MARKET, text_id, need["quote"], need["start"], need["end"]),
        )
    told = measure(conn, truth, MARKET, DAY)
    assert told["pillars"]["customer_need"]["precision"] == 1.0
    assert 0 < told["pillars"]["customer_need"]["recall"] < 0.1


def test_a_model_that_knows_every_coefficient_reaches_the_ceiling(conn: Connection, truth: dict[str, Any]) -> None:
    load(conn, truth, {persona: f"p-{persona}" for persona in truth["personas"]})
    with conn, conn.cursor() as cur:
        cur.execute(
            "insert into ml.model (model_id, name, partition_key, trained_on, params, features, metrics,"
            " artifact, sha256) values ('m', 'base', %s, '{}', '{}', '[]', '{}', '', '')",
            (DAY,),
        )
        for n, (ad_id, ad) in enumerate(truth["ads"].items()):
            cur.execute(
                "insert into mart.ad_score (market_id, partition_key, ad_key, brand_id, model_id, ctr, ctr_low,"
                " ctr_high, rank_in_brand, rank_in_market, reasons)"
                " values (%s, %s, %s, %s, 'm', %s, 0, 1, %s, %s, '[]')",
                (MARKET, DAY, f"sandbox:{ad_id}", ad["brand"], ad["explained"] + 10, n + 1, n + 1),
            )
    told = measure(conn, truth, MARKET, DAY)["ctr"]
    assert told["own"]["share_of_ceiling"] == told["competitors"]["share_of_ceiling"] == 1.0
    assert told["own"]["kendall_tau_to_explained"] == 1.0
    assert 0.5 < told["own"]["ceiling"] < 0.95
