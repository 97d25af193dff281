"""A small market with something on every page: two competitors, ours, a planted script, gaps and a brief."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from counterpitch.desk.app import create_app
from counterpitch.local.postgres import Cluster
from counterpitch.settings import settings
from counterpitch.warehouse import write
from counterpitch.warehouse.connection import Connection, connect
from counterpitch.warehouse.write import as_json

DAY = date(2026, 11, 20)
BEFORE = DAY - timedelta(days=1)
MARKET = "coffee"
TERMS = as_json([{"value": "cold", "texts": 2, "language": "en"}, {"value": "cup", "texts": 1, "language": "en"}])
SCRIPT = "<script>document.title='owned'</script> Wake up <img src=x onerror=alert(1)> for less"
TEXTS = {
    "t1": "For parents of small kids: coffee that forgives a cold cup. Try it free for 14 days.",
    "t2": "Fair pay for every farmer. Roasted on Monday, at your door by Thursday.",
    "t3": SCRIPT,
    "t4": "Kaffee, der wartet: bleibt zwei Stunden heiß. Für Eltern kleiner Kinder.",
    "t5": "Night shift? A slow roast for long hours, with half the acid.",
}
TRAINED_ON = {
    "owners": {
        "kaffa": {
            "examples": 200,
            "impressions": 1_200_000,
            "clicks": 15_000,
            "first_day": "2026-09-21",
            "last_day": "2026-11-15",
        }
    }
}
METRICS = {
    "split": "newest fifth",
    "table": {
        "model": {"significant_pairs": {"pairs": 240, "accuracy": 0.66, "accuracy_95": [0.61, 0.71]}},
        "longer text wins": {"significant_pairs": {"pairs": 240, "accuracy": 0.55}},
    },
}


def table(conn: Connection, name: str, rows: list[dict[str, Any]]) -> None:
    """Write rows that all have the same columns."""
    write.copy(conn, name, list(rows[0]), rows)


def seed(conn: Connection, ads_per_brand: int = 12) -> None:
    """Fill every table that the Desk reads."""
    brands = {"kaffa": "Kaffa", "bean-co": "Bean & Co", "slowpour": 'Slow"Pour; Ltd'}
    table(conn, "core.brand", [{"brand_id": key, "name": name} for key, name in brands.items()])
    table(conn, "core.market", [{"market_id": MARKET, "name": "Coffee, Germany", "own_brand_id": "kaffa"}])
    roles = [{"market_id": MARKET, "brand_id": b, "role": "own" if b == "kaffa" else "competitor"} for b in brands]
    table(conn, "core.market_brand", roles)
    sweep = {
        "source": "files",
        "kind": "ads",
        "state": "ok",
        "rows": ads_per_brand,
        "observed_at": "2026-11-20 06:00+00",
    }
    table(conn, "ops.coverage", [sweep | {"brand_id": b, "partition_key": d} for b in brands for d in (BEFORE, DAY)])
    table(conn, "core.ad_text", [_text(key, words) for key, words in TEXTS.items()])
    ads = [_ad(brand, n) for brand in brands for n in range(ads_per_brand)]
    table(conn, "core.ad", ads)
    _model(conn)
    scored = [ad for ad in ads if ad["last_seen"] == DAY and ad["text_hash"]]
    table(conn, "mart.ad_score", [_score(ad, place) for place, ad in enumerate(scored, 1)])
    _pillars(conn)
    _insights(conn)
    _checks(conn)
    conn.commit()


def _text(key: str, words: str) -> dict[str, Any]:
    return {
        "text_hash": key,
        "body": words,
        "clean_text": words,
        "cleaning": "1",
        "language": "de" if key == "t4" else "en",
        "words": len(words.split()),
        "readable": True,
    }


def _ad(brand: str, n: int) -> dict[str, Any]:
    """Of each brand: the first is new on DAY, the second stopped the day before, the last has no words."""
    texts = [*TEXTS, None]
    first = DAY if n == 0 else DAY - timedelta(days=3 + n)
    last = BEFORE if n == 1 else DAY
    ad_id = f"{brand}-{n}"
    return {
        "ad_key": f"files:{ad_id}",
        "source": "files",
        "ad_id": ad_id,
        "brand_id": brand,
        "text_hash": texts[n % len(texts)],
        "media_type": "video" if n % 2 else "image",
        "countries": ["DE", "AT"],
        "landing_url": "javascript:alert(1)" if n == 2 else "https://example.org/?a=1&b=<2>",
        "public_url": f"https://library.example.org/?id={ad_id}",
        "first_seen": first,
        "last_seen": last,
        "running_days": (last - first).days + 1,
        "days_seen": (last - first).days + 1,
        "reach": 1000 * n,
        "status": "stopped" if n == 1 else "active",
    }


def _model(conn: Connection) -> None:
    model = {
        "model_id": "ctr-2026-11-16",
        "name": "ctr",
        "partition_key": "2026-11-16",
        "trained_on": TRAINED_ON,
        "params": {},
        "features": {},
        "metrics": METRICS,
        "artifact": "{}",
        "sha256": "0",
    }
    table(conn, "ml.model", [model])
    promotion = {
        "name": "ctr",
        "model_id": "ctr-2026-11-16",
        "mark": "bootstrap",
        "decided_by": "counterpitch",
        "reason": "first model",
    }
    table(conn, "ml.promotion", [promotion])


def _score(ad: dict[str, Any], place: int) -> dict[str, Any]:
    rate = 0.031 * 0.98**place
    return {
        "market_id": MARKET,
        "partition_key": DAY,
        "ad_key": ad["ad_key"],
        "brand_id": ad["brand_id"],
        "model_id": "ctr-2026-11-16",
        "ctr": rate,
        "ctr_low": rate * 0.7,
        "ctr_high": rate * 1.4,
        "rank_in_brand": place,
        "rank_in_market": place,
        "reasons": as_json([{"what": "says “free”", "points": 0.2}, {"what": "long text", "points": -0.1}]),
    }


def _checks(conn: Connection) -> None:
    """A good day of ours, a brand of which a row is held and a warning was raised."""
    account = {"source": "files", "kind": "ads", "partition_key": DAY, "rows_read": 13, "rows_core": 12}
    account |= {"rows_merged": 0, "rows_quarantined": 1, "brand_id": "bean-co"}
    table(conn, "ops.intake", [account])
    row = {"partition_key": DAY, "suite": "ads", "suite_version": "ads-2", "source": "files", "level": "row"}
    row |= {"rows_checked": 13, "rows_failed": 0, "success": "true", "observed": "all good", "bound": "not empty"}
    row |= {"detail": {"reason": "the ad has no id", "advice": "See `counterpitch quarantine show`."}}
    named = row | {"expectation": "ad_has_an_id"}
    odd = row | {"expectation": "volume_is_as_before", "suite": "sweeps", "level": "warn", "success": "false"}
    odd |= {"rows_failed": 1, "observed": "12 ads, median before 90", "bound": "0.25 to 4"}
    odd |= {"detail": {"reason": "ads over the median", "advice": "Compare with <the> page, `run` again."}}
    table(conn, "ops.validation_result", [named | {"brand_id": b} for b in ("kaffa", "bean-co")])
    table(conn, "ops.validation_result", [odd | {"brand_id": "bean-co"}])
    held = {"source": "files", "brand_id": "bean-co", "kind": "ads", "partition_key": DAY, "stage": "validate"}
    held |= {"row_ref": "x:1", "expectation": "reach_is_plausible", "column_name": "reach", "value": "<b>-1</b>"}
    table(conn, "ops.quarantine", [held | {"reason": "reach must lie between", "row": {"reach": "-1"}}])


def _pillars(conn: Connection) -> None:
    reading = {
        "market_id": MARKET,
        "extractor": "extractive",
        "extractor_version": "1",
        "status": "read",
        "mentions": 3,
        "dropped": 1,
    }
    table(conn, "mart.reading", [reading | {"text_hash": key, "read_from": key} for key in TEXTS])
    said = [
        ("t1", "target_audience", "parents of small kids", "parents of small kids"),
        ("t1", "customer_need", "coffee that survives a cold cup", "coffee that forgives a cold cup"),
        ("t1", "product_feature", "forgives a cold cup", "forgives a cold cup"),
        ("t1", "offer", "14 days free", "Try it free for 14 days"),
        ("t2", "customer_need", "fair trade", "Fair pay for every farmer"),
        ("t3", "hook", "wake up <b>cheaply</b>", "Wake up <img src=x onerror=alert(1)> for less"),
        ("t4", "target_audience", "Eltern kleiner Kinder", "Eltern kleiner Kinder"),
    ]
    rows = []
    for position, (key, field, value, quote) in enumerate(said):
        start = TEXTS[key].index(quote)
        rows.append(
            {
                "market_id": MARKET,
                "text_hash": key,
                "field": field,
                "position": position,
                "value": value,
                "quote": quote,
                "quote_start": start,
                "quote_end": start + len(quote),
                "extractor": "extractive",
            }
        )
    table(conn, "mart.pillar", rows)


def _insights(conn: Connection) -> None:
    slice_ = {"market_id": MARKET, "partition_key": DAY}
    counts = {"texts": 2, "ads": 8, "brands": 3, "stability": 0.82, "change": "kept"}
    personas = [("p-parents", "Parents of small kids"), ("p-night", "Night-shift workers <i>")]
    themes = [("h-patience", "Coffee that waits"), ("h-fair", "Fair to farmers"), ("h-acid", "Gentle on the stomach")]
    table(
        conn,
        "mart.persona",
        [
            slice_
            | counts
            | {
                "persona_id": key,
                "name": name,
                "summary": "Have little time and cold cups.",
                "needs": as_json([{"value": "coffee that waits", "texts": 2, "language": "en"}]),
                "quotes": as_json([{"quote": "parents of small kids", "ad_key": "files:bean-co-0", "language": "en"}]),
            }
            for key, name in personas
        ],
    )
    table(
        conn,
        "mart.theme",
        [slice_ | counts | {"theme_id": key, "label": label, "terms": TERMS} for key, label in themes],
    )
    table(
        conn,
        "mart.persona_member",
        [slice_ | {"text_hash": "t1", "persona_id": "p-parents", "basis": "named", "similarity": 0.9}],
    )
    table(
        conn,
        "mart.theme_member",
        [
            slice_
            | {
                "text_hash": "t1",
                "field": "customer_need",
                "position": 1,
                "theme_id": "h-patience",
                "similarity": 0.9,
            }
        ],
    )
    kinds = ["white_space", "behind", "even", "ahead", "thin", "even"]
    pairs = [(p, t) for p, _ in personas for t, _ in themes]
    table(conn, "mart.gap", [slice_ | _gap(p, t, kind) for (p, t), kind in zip(pairs, kinds, strict=True)])
    brief = {
        "brief_id": "b-1",
        "rank": 1,
        "persona_id": "p-parents",
        "theme_id": "h-patience",
        "title": "Coffee that waits, for parents",
        "story": {},
        "evidence": as_json([]),
        "numbers": as_json([]),
        "body_md": "# Coffee that waits\n\nAs a **parent** I want <script>alert(1)</script>\n\n"
        "| who | share |\n|---|---|\n| they | 18% |\n\n[bad](javascript:alert(1)) [good](https://example.org) "
        "![pixel](https://example.org/p.png)\n\nSee `files:bean-co-0`, not `files:nobody`.\n",
        "writer": "template",
    }
    table(conn, "mart.brief", [slice_ | brief])


def _gap(persona: str, theme: str, kind: str) -> dict[str, Any]:
    ours, theirs = {"white_space": (0, 18), "behind": (2, 12), "ahead": (20, 4)}.get(kind, (5, 6))
    bean = {"messages": theirs, "ads": theirs, "total": 60, "share": theirs / 60}
    slow = {"messages": 0, "ads": 0, "total": 40, "share": 0}
    by_brand = {
        "bean-co": bean | {"difference": -0.2, "low": -0.3, "high": -0.1},
        "slowpour": slow | {"difference": 0.0, "low": -0.05, "high": 0.05},
    }
    difference = ours / 50 - theirs / 100
    return {
        "persona_id": persona,
        "theme_id": theme,
        "our_ads": ours,
        "their_ads": theirs,
        "our_messages": ours,
        "their_messages": theirs,
        "our_total": 50,
        "their_total": 100,
        "their_brands": 1,
        "our_share": ours / 50,
        "their_share": theirs / 100,
        "difference": difference,
        "difference_low": difference - 0.05,
        "difference_high": difference + 0.05,
        "p_value": 0.01,
        "q_value": 0.02,
        "own_facts": 1,
        "by_brand": by_brand,
        "kind": kind,
        "rank": {"white_space": 1, "behind": 2}.get(kind),
    }


def open_to_all() -> None:
    """The guard of a test: everybody may read."""


def _client() -> TestClient:
    return TestClient(create_app(open_to_all), root_path="/counterpitch")


@pytest.fixture(scope="session")
def seeded(cluster: Cluster) -> str:
    """Name of a database with the market in it, for all tests that only read."""
    cluster.create_database("desk_seeded", template="template_warehouse")
    conn = connect(cluster.url("desk_seeded"))
    seed(conn)
    conn.close()
    return "desk_seeded"


@pytest.fixture
def desk(cluster: Cluster, seeded: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The Desk on the seeded market. Reads as the Desk's own role, which cannot write."""
    monkeypatch.setenv("COUNTERPITCH_DESK_URL", cluster.url(seeded, "counterpitch_desk"))
    settings.cache_clear()
    with _client() as client:
        yield client
    settings.cache_clear()


@pytest.fixture
def empty_desk(warehouse: str) -> Iterator[TestClient]:
    """The Desk on a migrated warehouse without a row, which the test may fill."""
    with _client() as client:
        yield client


@pytest.fixture
def seeding() -> Callable[..., None]:
    """`seed(conn, ads_per_brand)`, for a test that wants a market of its own."""
    return seed


@pytest.fixture
def at() -> str:
    """Address of the seeded market on its day."""
    return f"/m/{MARKET}/{DAY}"
