"""A marketer's hand on themes and personas holds through the next clustering."""

from __future__ import annotations

import pytest

from counterpitch.personas.aggregate import aggregate_market
from counterpitch.personas.curate import BadCuration, curate, read_curation, undo
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.personas.planted import DAY, MARKET
from tests.personas.test_aggregate import planted_market, written

NEXT = "2026-11-21"


def test_a_name_a_pin_a_mute_and_a_merge_survive_the_next_day(conn: Connection) -> None:
    planted_market(conn)
    aggregate_market(MARKET, DAY)
    before = written(conn, DAY)
    first, second, third = sorted(row["persona_id"] for row in before["persona"])
    curate(conn, MARKET, "persona", first, "rename", "Ana", "Our people")
    curate(conn, MARKET, "persona", first, "pin", "Ana")
    curate(conn, MARKET, "persona", second, "merge", "Ana", first)
    curate(conn, MARKET, "theme", before["theme"][0]["theme_id"], "mute", "Ana")
    conn.commit()
    for day in (DAY, NEXT, NEXT):
        aggregate_market(MARKET, day)
        after = written(conn, day)
        assert {row["persona_id"] for row in after["persona"]} == {first, third}
        (named,) = [row for row in after["persona"] if row["persona_id"] == first]
        assert (named["name"], named["pinned"]) == ("Our people", True)
        assert [row["theme_id"] for row in after["theme"] if row["muted"]] == [before["theme"][0]["theme_id"]]
        assert before["theme"][0]["theme_id"] not in {row["theme_id"] for row in after["gap"]}
    texts = {p["persona_id"]: p["texts"] for p in before["persona"]}
    assert named["texts"] == texts[first] + texts[second]


def test_a_change_can_be_taken_back(conn: Connection) -> None:
    planted_market(conn)
    curate(conn, MARKET, "theme", "t-1", "rename", "Ana", "Name")
    assert read_curation(conn, MARKET, "theme").renamed == {"t-1": "Name"}
    assert undo(conn, MARKET, "theme", "t-1", "rename")
    assert not undo(conn, MARKET, "theme", "t-1", "rename")
    assert read_curation(conn, MARKET, "theme").renamed == {}


def test_merges_follow_chains_and_never_run_in_a_circle(conn: Connection) -> None:
    planted_market(conn)
    curate(conn, MARKET, "theme", "a", "merge", "Ana", "b")
    curate(conn, MARKET, "theme", "b", "merge", "Ana", "c")
    assert read_curation(conn, MARKET, "theme").merged == {"a": "c", "b": "c"}
    with pytest.raises(BadCuration, match="undo"):
        curate(conn, MARKET, "theme", "c", "merge", "Ana", "a")


@pytest.mark.parametrize(("action", "value"), [("paint", None), ("rename", " "), ("merge", None), ("pin", "x")])
def test_what_cannot_be_done_is_said(conn: Connection, action: str, value: str | None) -> None:
    with pytest.raises(BadCuration):
        curate(conn, MARKET, "theme", "t", action, "Ana", value)
    assert query.scalar(conn, "select count(*) from mart.curation") == 0
