"""A person decides on briefs; silence is recorded as silence."""

from __future__ import annotations

from typing import Any

from counterpitch.briefs import approval
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

DAY = "2026-11-20"


def _brief(conn: Connection, brief_id: str, day: str = DAY) -> None:
    query.execute(
        conn,
        """
        insert into core.brand (brand_id, name) values ('ours', 'Ours') on conflict do nothing;
        insert into core.market (market_id, name, own_brand_id) values ('m', 'M', 'ours') on conflict do nothing;
        insert into mart.brief
        values ('m', %(id)s, %(day)s, 1, 'p', 't', 'Speak to nurses', '{}', '[]', '{}', '# Hi', 'template')
        """,
        {"id": brief_id, "day": day},
    )
    conn.commit()


def _answer(option: str, user: str | None, reason: str = "") -> dict[str, Any]:
    return {
        "chosen_options": [option],
        "params_input": {"reason": reason},
        "responded_by_user": {"id": user, "name": user} if user else None,
    }


def test_only_the_latest_day_up_to_the_key_is_asked_about(conn: Connection) -> None:
    _brief(conn, "old", "2026-11-13")
    _brief(conn, "now")
    _brief(conn, "future", "2026-11-27")
    assert [brief["brief_id"] for brief in approval.undecided(["m"], DAY)] == ["now"]


def test_an_approval_is_kept_with_its_reason_and_not_asked_again(conn: Connection) -> None:
    _brief(conn, "b")
    [brief] = approval.undecided(["m"], DAY)
    approval.record_decision(brief, _answer("Approve", "maria", "fits spring"))
    assert query.rows(conn, "select decision, decided_by, reason from mart.brief_decision") == [
        {"decision": "approved", "decided_by": "maria", "reason": "fits spring"}
    ]
    assert approval.undecided(["m"], DAY) == []


def test_silence_is_expired_not_rejected_and_the_brief_is_proposed_again(conn: Connection) -> None:
    _brief(conn, "b")
    [brief] = approval.undecided(["m"], DAY)
    assert approval.record_decision(brief, _answer("Reject", None))["decision"] == "expired"
    assert [again["brief_id"] for again in approval.undecided(["m"], DAY)] == ["b"]


def test_a_rejection_by_a_person_is_a_rejection(conn: Connection) -> None:
    _brief(conn, "b")
    [brief] = approval.undecided(["m"], DAY)
    assert approval.record_decision(brief, _answer("Reject", "maria"))["decision"] == "rejected"
