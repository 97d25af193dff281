"""`counterpitch run --ads` again with other files: the market grows, and only `--against` makes it smaller."""

from __future__ import annotations

import pytest

from counterpitch import brands
from counterpitch.commands import run
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection


def _competitors(conn: Connection) -> list[str]:
    found = "select brand_id from core.market_brand where role = 'competitor' order by brand_id"
    return [row["brand_id"] for row in query.rows(conn, found)]


@pytest.fixture
def market(conn: Connection) -> Connection:
    """The market `acme` of Acme against Globex, in Germany."""
    for name in ("Acme", "Globex", "Initech"):
        brands.register_brand(conn, name)
    brands.register_market(conn, "acme", "acme", ["globex"], countries=["DE"])
    conn.commit()
    return conn


def test_files_of_another_competitor_add_it(market: Connection) -> None:
    run._register("acme", None, None, ["acme", "initech"])
    assert _competitors(market) == ["globex", "initech"]
    assert query.scalar(market, "select countries from core.market") == ["DE"]


def test_competitors_that_are_named_are_the_market(market: Connection) -> None:
    run._register("acme", ["initech"], None, ["acme", "globex", "initech"])
    assert _competitors(market) == ["initech"]
