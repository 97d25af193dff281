"""A person decides on briefs; silence is recorded as silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from counterpitch.briefs import approval
from counterpitch.settings import settings
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

DAY = "2026-11-20"
STORY = """{"kind": "white_space", "persona": "Nurses", "theme": "Sleep", "sentence": "As a nurse ...", "facts": [],
            "key_message": "Sleep well.", "proof": "Ours."}"""


@pytest.fixture(autouse=True)
def home(warehouse: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exports go to a folder of the test's own."""
    monkeypatch.setenv("COUNTERPITCH_HOME", str(tmp_path))
    settings.cache_clear()


def _brief(conn: Connection, brief_id: str, day: str = DAY) -> None:
    query.execute(
        conn,
        """
        insert into core.brand (brand_id, name) values ('ours', 'Ours') on conflict do nothing;
        insert into core.market (market_id, name, own_brand_id) values ('m', 'M', 'ours') on conflict do nothing;
        insert into mart.brief
        values ('m', %(id)s, %(day)s, 1, 'p', 't', 'Speak to nurses', %(story)s, '[]', '{}', '# Hi', 'template')
        """,
        {"id": brief_id, "day": day, "story": STORY},
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


def test_an_approved_brief_lies_ready_for_the_creative_and_the_others_do_not(conn: Connection) -> None:
    _brief(conn, "b-0000000001")
    _brief(conn, "b-0000000002")
    first, second = approval.undecided(["m"], DAY)
    approval.record_decision(second, _answer("Reject", "maria"))
    folder = settings().home / "exports" / "m" / DAY / "approved"
    assert not folder.exists()
    approval.record_decision(first, _answer("Approve", "maria"))
    assert [path.read_text() for path in folder.glob("*.md")] == ["# Hi"]


def test_a_question_that_runs_out_later_does_not_undo_a_decision(conn: Connection) -> None:
    _brief(conn, "b")
    [brief] = approval.undecided(["m"], DAY)
    approval.record_decision(brief, _answer("Approve", "maria"))
    approval.record_decision(brief, _answer("Reject", None))
    assert query.scalar(conn, "select decision from mart.brief_decision") == "approved"


def test_silence_is_expired_not_rejected_and_the_brief_is_proposed_again(conn: Connection) -> None:
    _brief(conn, "b")
    [brief] = approval.undecided(["m"], DAY)
    assert approval.record_decision(brief, _answer("Reject", None))["decision"] == "expired"
    assert [again["brief_id"] for again in approval.undecided(["m"], DAY)] == ["b"]


def test_a_rejection_by_a_person_is_a_rejection(conn: Connection) -> None:
    _brief(conn, "b")
    [brief] = approval.undecided(["m"], DAY)
    assert approval.record_decision(brief, _answer("Reject", "maria"))["decision"] == "rejected"
