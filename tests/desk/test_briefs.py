"""Briefs on the Desk: what they lead to, what was decided, and under which name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, connect
from tests.desk.page import read


def test_a_brief_links_the_ads_that_it_names(desk: TestClient, at: str) -> None:
    links = [str(a["href"]) for a in read(desk, at + "/briefs/b-1").found("a")]
    assert f"/counterpitch{at}/ads/files:bean-co-0" in links
    assert not any("nobody" in link for link in links)


def test_a_brief_says_what_was_decided(
    empty_desk: TestClient, at: str, warehouse: str, seeding: Callable[..., None]
) -> None:
    with connect(warehouse) as conn:
        seeding(conn)
    assert "Waiting for a decision" in read(empty_desk, at + "/briefs/b-1").text
    with connect(warehouse) as conn:
        query.execute(
            conn,
            "insert into mart.brief_decision (market_id, brief_id, decision, decided_by, reason)"
            " values ('coffee', 'b-1', 'rejected', 'mara', 'not our voice')",
        )
    text = read(empty_desk, at + "/briefs/b-1").text
    assert "Rejected by mara" in text
    assert "not our voice" in text


def _decided(conn: Connection, brief: str, decision: str) -> None:
    row = {"market_id": "coffee", "brief_id": brief, "decision": decision, "decided_by": "mara"}
    write.copy(conn, "mart.brief_decision", [*row, "decided_at"], [row | {"decided_at": "2026-11-13 12:00"}])


@pytest.mark.parametrize(("decision", "told"), [("rejected", True), ("expired", False)])
def test_a_decision_that_a_person_took_is_shown_with_the_name_that_it_was_taken_under(
    empty_desk: TestClient, at: str, warehouse: str, seeding: Callable[..., None], decision: str, told: bool
) -> None:
    with connect(warehouse) as conn:
        seeding(conn)
        _decided(conn, "b-1", decision)
        query.execute(
            conn,
            "insert into mart.brief select market_id, brief_id, '2026-11-13', rank, persona_id, theme_id,"
            " 'Cups of old',"
            """ '{"theme": "Cups", "persona": "Anyone"}', evidence, numbers, body_md, writer from mart.brief""",
        )
    for page in ("/briefs", "/briefs/b-1"):
        assert ("when it was called “Cups of old”" in read(empty_desk, at + page).text) == told


def test_a_decided_brief_that_is_no_longer_proposed_is_still_found(
    empty_desk: TestClient, at: str, warehouse: str, seeding: Callable[..., None]
) -> None:
    with connect(warehouse) as conn:
        seeding(conn)
        query.execute(
            conn,
            "insert into mart.brief select market_id, brief_id || id, '2026-11-13', rank, persona_id, theme_id,"
            " 'Earlier' || id, story, evidence, numbers, body_md, writer from mart.brief, unnest(array['-a', '-b']) id",
        )
        assert "no longer proposed" not in read(empty_desk, at + "/briefs").text
        _decided(conn, "b-1-a", "approved")
        _decided(conn, "b-1", "approved")
        conn.commit()
    page = read(empty_desk, at + "/briefs")
    earlier = page.text.split("Decided before, and no longer proposed")[1]
    assert "Earlier-a Approved · written for 13 Nov 2026" in earlier
    assert "Earlier-b" not in page.text
    assert "muted, merged or gathered anew" in earlier
    found = read(empty_desk, at + "/briefs/b-1-a")
    assert "Earlier-a" in found.text
    links = [str(a["href"]) for a in found.found("a")]
    assert "/counterpitch/m/coffee/2026-11-13/gaps/p-parents/h-patience" in links  # the counts of its own day


def test_a_weekly_brief_is_still_there_the_day_after(desk: TestClient) -> None:
    text = read(desk, "/m/coffee/2026-11-21/briefs").text
    assert "As of 20 Nov 2026" in text
