"""A partition is read once a text, in each market that holds the brand; a second run changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest

from counterpitch.llm.prices import Price
from counterpitch.llm.standin import FAULTS, StandIn, serving
from counterpitch.pillars.extract import read_partition
from counterpitch.pillars.ground import Reading, ground
from counterpitch.pillars.schema import Mention, Pillars
from counterpitch.settings import settings
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection

DAY = "2026-11-20"
TODAY = {"day": DAY}
BODIES = {
    "t1": "Tired of losing receipts?\nTidy scans every receipt in seconds.",
    "t2": "Tired of losing receipts?\nTidy scans every receipt in minutes.",
    "t3": "Invoices for freelancers. Send them in one tap.",
    "t4": "x",
}


@pytest.fixture
def market(conn: Connection) -> Connection:
    """Two markets that share the brand `tidy`; t1 and t2 are one variant group, t4 is not readable."""
    with conn:
        write.copy(
            conn, "core.brand", ["brand_id", "name"], [{"brand_id": b, "name": b} for b in ("us", "tidy", "bill")]
        )
        write.copy(
            conn,
            "core.market",
            ["market_id", "name", "own_brand_id"],
            [{"market_id": m, "name": m, "own_brand_id": "us"} for m in ("m1", "m2")],
        )
        held = [("m1", "us", "own"), ("m1", "tidy", "competitor"), ("m2", "us", "own"), ("m2", "tidy", "competitor")]
        held.append(("m2", "bill", "competitor"))
        columns = ["market_id", "brand_id", "role"]
        write.copy(conn, "core.market_brand", columns, [dict(zip(columns, row, strict=True)) for row in held])
        texts = [
            {"text_hash": h, "clean_text": b, "cleaning": "1", "words": len(b.split()), "readable": h != "t4"}
            for h, b in BODIES.items()
        ]
        write.copy(conn, "core.ad_text", ["text_hash", "clean_text", "cleaning", "words", "readable"], texts)
        ads = [
            ("a1", "tidy", "t1", "g", 3),
            ("a2", "tidy", "t2", "g", 9),
            ("a3", "bill", "t3", None, 1),
            ("a4", "tidy", "t4", None, 1),
        ]
        for ad, brand, text, group, days in ads:
            seen = {"source": "files", "brand_id": brand, "partition_key": DAY, "ad_id": ad, "text_hash": text}
            write.copy(conn, "core.ad_seen_daily", list(seen), [seen])
            write.copy(conn, "core.ad", list(_ad(ad, brand, text, group, days)), [_ad(ad, brand, text, group, days)])
    return conn


def _ad(ad: str, brand: str, text: str, group: str | None, days: int) -> dict[str, Any]:
    return {
        "ad_key": f"files:{ad}",
        "source": "files",
        "ad_id": ad,
        "brand_id": brand,
        "text_hash": text,
        "first_seen": DAY,
        "last_seen": DAY,
        "running_days": days,
        "days_seen": 1,
        "status": "active",
        "variant_group": group,
    }


def show(conn: Connection, day: str, bodies: Sequence[str]) -> None:
    """Ads of `bill` with these words, seen on the day."""
    with conn:
        for body in bodies:
            text = {"text_hash": body, "clean_text": body, "cleaning": "1", "words": 6, "readable": True}
            write.copy(conn, "core.ad_text", list(text), [text])
            seen = {"source": "files", "brand_id": "bill", "partition_key": day, "ad_id": body, "text_hash": body}
            write.copy(conn, "core.ad_seen_daily", list(seen), [seen])


class Paid:
    """A reader that costs money: it notes what it was asked, and finds each ad's first sentence."""

    name, version, paid = "openai:test", "p1", True

    def __init__(self, reason: str | None = None) -> None:
        self.asked: list[str] = []
        self.reason = reason

    def read(self, texts: Sequence[str]) -> list[Reading | str]:
        self.asked += texts
        return [self.reason or ground(_first_and_last(text), text) for text in texts]


def _first_and_last(text: str) -> Pillars:
    first, last = text.split("?")[0], text.split()[-1]
    return Pillars(
        customer_need=[Mention(value="need", quote=first)], product_feature=[Mention(value="feature", quote=last)]
    )


def everything(conn: Connection) -> list[dict[str, Any]]:
    with conn:
        return [
            *query.rows(conn, "select * from mart.reading order by market_id, text_hash"),
            *query.rows(conn, "select * from mart.pillar order by market_id, text_hash, field, position"),
        ]


def test_each_readable_text_is_read_in_each_market_that_holds_the_brand(market: Connection) -> None:
    counts = read_partition(DAY, ["tidy", "bill"])
    assert (counts["texts"], counts["read"] + counts["empty"], counts["pending"]) == (3, 3, 0)
    rows = query.rows(market, "select market_id, text_hash, extractor from mart.reading order by 1, 2")
    assert [(r["market_id"], r["text_hash"]) for r in rows] == [
        ("m1", "t1"),
        ("m1", "t2"),
        ("m2", "t1"),
        ("m2", "t2"),
        ("m2", "t3"),
    ]
    assert {r["extractor"] for r in rows} == {"extractive"}


def test_a_second_run_leaves_the_same_rows_and_the_same_counts(market: Connection) -> None:
    first = read_partition(DAY, ["tidy", "bill"])
    before = everything(market)
    assert read_partition(DAY, ["bill", "tidy"]) == first
    assert everything(market) == before
    assert before


def test_a_day_without_ads_reads_nothing(market: Connection) -> None:
    counts = read_partition("2020-01-01", ["tidy"])
    assert counts == dict.fromkeys(["texts", "read", "empty", "pending", "waiting", "mentions", "dropped"], 0)


def test_evidence_shows_each_value_with_its_quote_in_the_ad(market: Connection) -> None:
    read_partition(DAY, ["tidy", "bill"])
    rows = query.rows(market, "select * from mart.pillar_evidence")
    assert rows
    for row in rows:
        if row["quote"] is not None:
            assert row["clean_text"][row["quote_start"] : row["quote_end"]] == row["quote"]


def test_a_paid_reader_reads_one_text_a_variant_group_the_longest_running_first(market: Connection) -> None:
    reader = Paid()
    read_partition(DAY, ["tidy", "bill"], reader=reader)
    assert reader.asked == [BODIES["t2"], BODIES["t3"]]
    rows = query.rows(market, "select text_hash, read_from from mart.reading where market_id = 'm1' order by 1")
    assert [(r["text_hash"], r["read_from"]) for r in rows] == [("t1", "t2"), ("t2", "t2")]
    said = query.rows(market, "select text_hash, quote from mart.pillar where market_id = 'm1' order by 1, field")
    assert [(r["text_hash"], r["quote"]) for r in said] == [
        ("t1", "Tired of losing receipts"),
        ("t2", "Tired of losing receipts"),
        ("t2", "minutes."),
    ], "the near-duplicate keeps only the mention whose quote it also holds"


def test_a_models_reading_is_kept_when_the_model_is_gone_and_read_again_by_a_new_version(market: Connection) -> None:
    read_partition(DAY, ["bill"], reader=Paid())
    read_partition(DAY, ["bill"])
    assert query.scalar(market, "select extractor from mart.reading where text_hash = 't3'") == "openai:test"
    newer = Paid()
    newer.version = "p2"
    read_partition(DAY, ["bill"], reader=newer)
    assert newer.asked == [BODIES["t3"]]


def test_what_is_left_unread_says_why_and_is_read_next_time_without_losing_what_was_there(market: Connection) -> None:
    read_partition(DAY, ["bill"])
    counts = read_partition(DAY, ["tidy", "bill"], reader=Paid("the budget of the day is spent"))
    assert (counts["pending"], counts["read"]) == (2, 1)
    reasons = query.rows(market, "select text_hash, status, reason from mart.reading where market_id = 'm2' order by 1")
    assert [(r["text_hash"], r["status"]) for r in reasons] == [("t1", "pending"), ("t2", "pending"), ("t3", "read")]
    assert reasons[0]["reason"] == "the budget of the day is spent"
    assert read_partition(DAY, ["tidy", "bill"], reader=Paid())["pending"] == 0


def first_words(body: dict[str, Any]) -> dict[str, Any]:
    """What a quick model would say of an ad."""
    ad = str(body["messages"][-1]["content"]).split("\n")[1]
    return {"customer_need": [{"value": "some need", "quote": ad[:20]}]}


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A model at work, and the settings that name it."""
    standin = StandIn(first_words)
    with serving(standin) as url:
        monkeypatch.setenv("COUNTERPITCH_HOME", "/nonexistent-home")
        monkeypatch.setenv("COUNTERPITCH_LLM", "openai:test")
        monkeypatch.setenv("COUNTERPITCH_LLM_BASE_URL", url)
        settings.cache_clear()
        yield standin


def test_a_second_run_another_day_and_another_brand_cost_nothing(market: Connection, model: StandIn) -> None:
    assert read_partition(DAY, ["bill"])["read"] == 1
    assert query.scalar(market, "select extractor from mart.reading where text_hash = 't3'") == "openai:test"
    cost = query.scalar(market, "select count(*) from llm.ledger")
    with market:
        query.execute(market, "delete from mart.reading")
        for brand, day in (("bill", "2026-11-21"), ("tidy", "2026-11-22")):
            seen = {"source": "files", "brand_id": brand, "partition_key": day, "ad_id": "b1", "text_hash": "t3"}
            write.copy(market, "core.ad_seen_daily", list(seen), [seen])
    for day, brand in ((DAY, "bill"), ("2026-11-21", "bill"), ("2026-11-22", "tidy")):
        assert read_partition(day, [brand], run=f"run of {day}")["read"] == 1
    assert model.calls == cost == 1
    assert query.scalar(market, "select count(*) from llm.ledger") == 1


def test_a_batch_is_waited_for_and_read_when_it_is_answered(
    market: Connection, model: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERPITCH_LLM_BATCH", "on")
    settings.cache_clear()
    for _ in range(2):
        counts = read_partition(DAY, ["tidy", "bill"], run="one")
        assert (counts["waiting"], counts["pending"], counts["read"]) == (2, 3, 0)
    model.batches.finish(errors=1)
    counts = read_partition(DAY, ["tidy", "bill"], run="one")
    assert (counts["waiting"], counts["read"]) == (0, 2), "t1 goes with t2; the one with an error stays pending"
    reason = query.scalar(market, "select reason from mart.reading where status = 'pending'")
    assert "this request cannot be done" in reason
    market.rollback()
    assert read_partition(DAY, ["tidy", "bill"], run="tomorrow's")["waiting"] == 1
    model.batches.finish()
    assert read_partition(DAY, ["tidy", "bill"], run="tomorrow's")["read"] == 3
    assert (model.calls, max(model.asked.values())) == (0, 1)


def test_a_batch_is_booked_when_the_flag_is_off_again_and_when_no_model_is_left(
    market: Connection, model: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERPITCH_LLM_BATCH", "on")
    settings.cache_clear()
    read_partition(DAY, ["bill"])
    monkeypatch.delenv("COUNTERPITCH_LLM_BATCH")
    settings.cache_clear()
    assert read_partition(DAY, ["bill"])["pending"] == 1
    assert model.calls == 0, "it is not paid at full price while the batch works on it"
    model.batches.finish()
    monkeypatch.delenv("COUNTERPITCH_LLM")
    settings.cache_clear()
    read_partition(DAY, ["bill"])
    assert query.scalar(market, "select count(*) from llm.ledger") == 1


def test_the_best_predicted_then_the_longest_running_are_read_before_the_budget_ends(
    market: Connection, model: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("counterpitch.llm.prices.of", lambda *_: Price(Decimal(0), Decimal(10)))
    monkeypatch.setenv("COUNTERPITCH_LLM_DAILY_BUDGET", "0.0401")  # one answer of the longest kind
    settings.cache_clear()
    with market:
        query.execute(market, "update core.ad set running_days = 90 where ad_id = 'a2'")
    read_partition(DAY, ["tidy", "bill"])
    assert [text for text in BODIES.values() if any(text in asked for asked in model.asked)] == [BODIES["t2"]]
    with market:
        query.execute(market, "delete from mart.reading")
        query.execute(market, "delete from llm.ledger")
        query.execute(
            market, "insert into ml.model values ('c', 'ctr', %(day)s, '{}', '{}', '{}', '{}', '', '')", TODAY
        )
        query.execute(
            market,
            "insert into mart.ad_score values ('m2', %(day)s, 'files:a3', 'bill', 'c', 0.02, 0, 1, 1, 1, '[]')",
            TODAY,
        )
    model.asked.clear()
    with market:
        query.execute(market, "delete from llm.answer")
    counts = read_partition(DAY, ["tidy", "bill"])
    (asked,) = model.asked
    assert BODIES["t3"] in asked, "a prediction goes before a proxy"
    assert (counts["read"], counts["pending"]) == (1, 2)


def test_a_backfill_of_many_days_is_one_days_budget(
    market: Connection, model: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("counterpitch.llm.prices.of", lambda *_: Price(Decimal(0), Decimal(10)))
    monkeypatch.setenv("COUNTERPITCH_LLM_DAILY_BUDGET", "0.041")
    settings.cache_clear()
    days = [f"2026-08-{day:02}" for day in range(1, 21)]
    for day in days:
        show(market, day, [f"A chore of {day}. Tidy does it."])
    counts = [read_partition(day, ["bill"], run=f"run of {day}") for day in days]
    spent = query.scalar(market, "select sum(cost) from llm.ledger")
    assert 0 < spent <= Decimal("0.041")
    assert sum(c["read"] + c["empty"] for c in counts) == model.calls < len(days)
    assert sum(c["pending"] for c in counts) == len(days) - model.calls


def test_with_every_fault_on_each_ad_ends_read_or_pending_with_its_reason(market: Connection, model: StandIn) -> None:
    model.faults, model.seed, model.slow = dict.fromkeys(FAULTS, 0.05), 3, 0.3
    bodies = [f"Chore number {number} again? Tidy does it." for number in range(120)]
    show(market, "2026-08-01", bodies)
    counts = read_partition("2026-08-01", ["bill"])
    assert counts["texts"] == counts["read"] + counts["empty"] + counts["pending"] == 120
    assert set(FAULTS) <= set(model.met), "each kind was met"
    assert counts["read"] > 60
    assert counts["dropped"] > 0, "an invented quote is not stored"
    pending = query.rows(market, "select split_part(reason, ':', 1) as why from mart.reading where status = 'pending'")
    assert {row["why"] for row in pending} <= {"truncated", "unparsable", "refused", "filtered", "unreachable"}
    assert len(pending) == counts["pending"]
    stored = query.scalar(
        market, "select count(*) from mart.pillar p where not p.text_hash like '%%' || p.quote || '%%'"
    )
    assert stored == 0
    books = query.rows(market, "select sum(prompt_tokens) as asked, sum(completion_tokens) as said from llm.ledger")[0]
    assert (books["asked"], books["said"]) == (model.prompt_tokens, model.completion_tokens)


def test_a_configured_model_stops_at_its_budget_and_says_so(
    market: Connection, model: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_partition(DAY, ["bill"])
    monkeypatch.setattr("counterpitch.llm.prices.of", lambda *_: Price(Decimal(1), Decimal(1)))
    monkeypatch.setenv("COUNTERPITCH_LLM_DAILY_BUDGET", "0.0001")
    settings.cache_clear()
    counts = read_partition(DAY, ["tidy", "bill"])
    assert (counts["texts"], counts["read"], counts["pending"]) == (3, 1, 2)
    reason = query.scalar(market, "select reason from mart.reading where status = 'pending' limit 1")
    assert "COUNTERPITCH_LLM_DAILY_BUDGET" in reason
