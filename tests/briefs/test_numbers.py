"""Every figure says what was counted, of whom, and which rows to look at; a prediction says who taught it."""

from __future__ import annotations

import numpy as np

from counterpitch.briefs.numbers import taught_by
from counterpitch.briefs.write import write_briefs
from counterpitch.personas.aggregate import aggregate_market
from counterpitch.personas.corpus import Corpus
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection
from tests.briefs.test_write import briefs, planted_gap
from tests.personas.planted import DAY, MARKET, OWN, RIVALS, THEMES, even_mix, invent, plant, register

CORPUS = Corpus(OWN, {OWN: "Ours", "alpha": "Alpha"}, (), (), {}, ())


def test_a_model_says_whose_results_taught_it() -> None:
    said = {"own": {"impressions": 1000}, OWN: {"impressions": 500}, "upworthy": {"impressions": 20}}
    assert taught_by({"owners": {"own": {"impressions": 1000}}}, CORPUS) == "our own results (1,000 impressions)"
    assert taught_by({"owners": said}, CORPUS) == (
        "our own results (1,500 impressions) and the results of Upworthy, not ours (20 impressions)"
    )
    assert "does not name" in taught_by({}, CORPUS)


def test_a_prediction_is_shown_with_its_interval_and_its_teachers(conn: Connection) -> None:
    planted_gap(conn)
    model = {"model_id": "m", "name": "ctr", "partition_key": DAY, "artifact": "", "sha256": ""}
    model |= {"params": "{}", "features": "{}", "metrics": "{}"}
    trained_on = write.as_json({"owners": {"upworthy": {"impressions": 7}}})
    write.copy(conn, "ml.model", [*model, "trained_on"], [model | {"trained_on": trained_on}])
    ads = query.rows(conn, "select ad_key, brand_id from core.ad")
    score = {"model_id": "m", "ctr": 0.02, "ctr_low": 0.01, "ctr_high": 0.04, "rank_in_brand": 1, "rank_in_market": 1}
    rows = [ad | score | {"reasons": "[]"} for ad in ads]
    write.replace_slice(conn, "mart.ad_score", {"market_id": MARKET, "partition_key": DAY}, list(rows[0]), rows)
    conn.commit()
    write_briefs(MARKET, DAY)
    (brief,) = briefs(conn)
    (figure,) = [number for number in brief["numbers"] if number["name"] == "expected click rate"]
    assert "If ads like these ran for us" in figure["text"]
    assert "2.00%" in figure["text"]
    assert "1.00% to 4.00%" in figure["text"]
    assert "Upworthy, not ours" in figure["text"]
    assert figure["rows"]["table"] == "mart.ad_score"
    assert all(evidence["predicted"]["low"] == 0.01 for evidence in brief["evidence"])


def test_figures_are_those_of_the_gap(conn: Connection) -> None:
    planted_gap(conn)
    write_briefs(MARKET, DAY)
    (brief,) = briefs(conn)
    (gap,) = query.rows(conn, "select * from mart.gap where kind = 'white_space'")
    value = {name: number for figure in brief["numbers"] for name, number in figure["value"].items()}
    for name in ("their_ads", "their_messages", "our_messages", "difference_low", "difference_high"):
        assert value[name] == gap[name]
    assert f"all four competitors ran {gap['their_ads']} ads" in brief["body_md"]
    assert "none of our 120 messages says it" in brief["body_md"]


def test_without_a_fact_of_ours_nothing_is_claimed(conn: Connection) -> None:
    """Our ads never speak of protein at all: the brief says what to prove first and suggests no headline."""
    rng = np.random.default_rng(3)
    register(conn)
    ours = {pair: weight for pair, weight in even_mix().items() if pair[1] != "protein"}
    plant(conn, [ad for brand in RIVALS for ad in invent(rng, brand, 90, even_mix())] + invent(rng, OWN, 120, ours))
    aggregate_market(MARKET, DAY)
    write_briefs(MARKET, DAY)
    found = [brief for brief in briefs(conn) if "rotein" in brief["story"]["theme"]]
    assert found
    for brief in found:
        assert brief["story"]["kind"] == "behind"
        assert "not ground we can claim" in brief["story"]["proof"]
        assert brief["story"]["headlines"] == brief["story"]["facts"] == []
        assert any(value in brief["body_md"] for value in THEMES["protein"]["product_feature"])
