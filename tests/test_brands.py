"""Brands and markets register once, keep their ids, and never disturb one another."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch import brands
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection


@given(st.text(min_size=1).filter(str.strip))
def test_any_name_has_an_id(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", brands.slug(name))
    assert brands.slug(name) == brands.slug(f"  {name} ")


@pytest.mark.parametrize(
    ("name", "identity"),
    [("Praktika AI", "praktika-ai"), ("speak", "speak"), ("Ben & Jerry's", "ben-jerry-s"), ("Яндекс", "iandeks")],
)
def test_ids_are_readable(name: str, identity: str) -> None:
    assert brands.slug(name) == identity


def test_registering_again_adds_what_is_new_and_keeps_what_is_known(conn: Connection) -> None:
    brands.register_brand(conn, "speak", feeds=["meta"])
    assert brands.register_brand(conn, "Speak", homepage="https://speak.com", feeds=["google"]) == "speak"
    brands.register_brand(conn, "SPEAK", homepage="https://other.example")
    brands.register_feed(conn, "speak", "meta", options={"reader": "meta_ad_library", "connection": "meta"})
    brands.register_feed(conn, "speak", "meta")
    assert query.rows(conn, "select brand_id, name, homepage from core.brand") == [
        {"brand_id": "speak", "name": "Speak", "homepage": "https://speak.com"}
    ]
    assert query.rows(conn, "select source, options->>'reader' as reader from core.feed order by 1") == [
        {"source": "google", "reader": "files"},
        {"source": "meta", "reader": "meta_ad_library"},
    ]


def test_a_market_holds_exactly_its_brands_and_changes_as_told(conn: Connection) -> None:
    for name in ("Us", "Them", "Others"):
        brands.register_brand(conn, name)
    market = brands.register_market(conn, "Language apps", "us", ["them"], countries=["DE"], languages=["de", "en"])
    assert market == "language-apps"
    assert brands.register_market(conn, "Language apps", "them", ["us", "others", "us"]) == market
    members = query.rows(conn, "select brand_id, role from core.market_brand order by brand_id")
    assert [(row["brand_id"], row["role"]) for row in members] == [
        ("others", "competitor"),
        ("them", "own"),
        ("us", "competitor"),
    ]
    assert brands.markets_of(conn, ["others"]) == [market]
    assert brands.markets_of(conn, []) == []
    assert [row["markets"] for row in brands.list_brands(conn)] == [[market]] * 3


def test_what_is_not_said_of_a_market_stays(conn: Connection) -> None:
    for name in ("Us", "Them", "Others"):
        brands.register_brand(conn, name)
    brands.register_market(conn, "M", "us", ["them"], countries=["DE"], languages=["de"])
    for _ in range(2):
        brands.register_market(conn, "M", "us", ["others"], keep=True)
    assert brands.markets_of(conn, ["them"]) == brands.markets_of(conn, ["others"]) == ["m"]
    assert query.rows(conn, "select countries, languages from core.market") == [
        {"countries": ["DE"], "languages": ["de"]}
    ]
    brands.register_market(conn, "M", "them", [], countries=[], keep=True)
    members = query.rows(conn, "select brand_id, role from core.market_brand order by brand_id")
    assert [(row["brand_id"], row["role"]) for row in members] == [("others", "competitor"), ("them", "own")]
    assert query.scalar(conn, "select countries from core.market") == []


def test_a_market_of_unknown_brands_is_refused(conn: Connection) -> None:
    brands.register_brand(conn, "Us")
    with pytest.raises(brands.BrandUnknown, match="Not registered: them"):
        brands.register_market(conn, "M", "us", ["them"])
    with pytest.raises(brands.MarketRefused, match="cannot compete with itself"):
        brands.register_market(conn, "M", "us", ["us"])
