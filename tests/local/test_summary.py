"""What a marketer is told: counts that add up, and a model that is never praised beyond its measure."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from counterpitch import brands
from counterpitch.commands import console, summarise
from counterpitch.local.summary import quality, summary, taught_by
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection


@pytest.mark.usefixtures("warehouse")
def test_an_empty_warehouse_is_summarised() -> None:
    found = summary()
    assert found["markets"] == []
    assert found["model"] is None
    assert found["rows"]["read"] == 0


def test_brands_without_a_market_are_told_how_to_make_one(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.StringIO()
    monkeypatch.setattr(console, "out", Console(file=told, width=200))
    summarise.show(summary())
    brands.register_brand(conn, "Acme")
    conn.commit()
    assert "`counterpitch run` makes the first one" in told.getvalue()
    summarise.show(summary())
    assert '--market "Our Market" --against acme' in told.getvalue()


def test_counts_come_from_the_warehouse(conn: Connection) -> None:
    for name in ("Acme", "Globex"):
        brands.register_brand(conn, name)
    brands.register_market(conn, "Shoes", "acme", ["globex"])
    query.execute(
        conn,
        """
        insert into core.ad (ad_key, source, ad_id, brand_id, first_seen, last_seen, running_days, days_seen, status)
        values ('meta:1', 'meta', '1', 'acme', '2026-11-01', '2026-11-20', 20, 2, 'active'),
               ('meta:2', 'meta', '2', 'globex', '2026-11-01', '2026-11-20', 20, 2, 'active'),
               ('meta:3', 'meta', '3', 'globex', '2026-11-01', '2026-11-20', 20, 2, 'active')
        """,
    )
    query.execute(
        conn,
        """
        insert into ops.intake
            (source, brand_id, partition_key, rows_read, rows_core, rows_merged, rows_quarantined)
        values ('meta', 'acme', '2026-11-20', 10, 7, 2, 1)
        """,
    )
    conn.commit()
    found = summary(seconds=61.25, address="http://127.0.0.1:8080", login=("admin", "secret"))
    [market] = found["markets"]
    assert (market["own_brand"], market["own_ads"], market["competitor_ads"]) == ("Acme", 1, 2)
    rows = found["rows"]
    assert rows["read"] == rows["kept"] + rows["merged"] + rows["rejected"] == 10
    assert found["ui"] == {"address": "http://127.0.0.1:8080", "user": "admin", "password": "secret"}
    assert found["seconds"] == 61.2


def test_what_was_left_unread_is_counted_and_shown(monkeypatch: pytest.MonkeyPatch, conn: Connection) -> None:
    brands.register_brand(conn, "Acme")
    brands.register_market(conn, "Shoes", "acme", [])
    for number, why in enumerate(("budget: spent", "budget: spent", "refused: no")):
        text = f"t{number}"
        query.execute(
            conn,
            "insert into core.ad_text (text_hash, clean_text, cleaning, words, readable)"
            " values (%(text)s, 'w', '1', 1, true)",
            {"text": text},
        )
        query.execute(
            conn,
            "insert into mart.reading (market_id, text_hash, extractor, extractor_version, status, reason, read_from,"
            " mentions, dropped) values ('shoes', %(text)s, 'openai:x', '1', 'pending', %(why)s, %(text)s, 0, 0)",
            {"text": text, "why": why},
        )
    conn.commit()
    text_out = io.StringIO()
    monkeypatch.setattr(console, "out", Console(file=text_out, width=200))
    summarise.show(summary())
    assert "not read for pillars yet: 2 (budget), 1 (refused)" in text_out.getvalue()


@pytest.mark.parametrize(
    ("every", "said"),
    [
        ({}, "not measured"),
        ({"accuracy": 0.7, "accuracy_95": [0.6, 0.8], "pairs": 90}, "70% of the time (60% to 80% with 95% confidence"),
        ({"accuracy": 0.55, "accuracy_95": [0.45, 0.65], "pairs": 90}, "not sure to beat the coin"),
        ({"accuracy": 0.7, "accuracy_95": None}, "70% of the time"),
    ],
)
def test_the_model_is_praised_only_as_far_as_it_was_measured(every: dict[str, object], said: str) -> None:
    text = quality(every, {})
    assert said in text
    assert ("not sure" in text) == (said == "not sure to beat the coin")


def test_a_perfect_score_on_few_pairs_stands_behind_the_honest_one() -> None:
    text = quality({"accuracy": 0.77, "accuracy_95": [0.66, 0.85], "pairs": 107}, {"accuracy": 1.0, "pairs": 34})
    assert text.index("77%") < text.index("100% (34 pairs)")


def test_other_peoples_experiments_are_called_so() -> None:
    assert taught_by({"owners": {"own": 10}}) == "your own results"
    assert taught_by({"owners": {"upworthy": 10}}).endswith("other people's audience, not yours")
    assert taught_by({}) == "an unknown teacher"


def test_markup_in_a_brief_is_text(monkeypatch: pytest.MonkeyPatch, conn: Connection) -> None:
    brands.register_brand(conn, "[red]Acme")
    brands.register_market(conn, "Shoes [/]", "red-acme", [])
    conn.commit()
    text = io.StringIO()
    monkeypatch.setattr(console, "out", Console(file=text, width=200))
    summarise.show(summary())
    assert "Shoes [/]" in text.getvalue()
    assert "[red]Acme against 0 competitors" in text.getvalue()
