"""What a person said of a brief: asked for in the Airflow UI, kept in `mart.brief_decision`.

A decision is kept apart from the brief, so that writing briefs again loses none; an unanswered question is
`expired`, never a rejection, because silence is not a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from counterpitch.briefs.export import export_approved
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import transaction


def undecided(markets: Sequence[str], partition_key: str) -> list[dict[str, Any]]:
    """The briefs to ask about: market_id, brief_id, partition_key, subject (plain) and body (Markdown)."""
    with transaction(application="approve_briefs") as conn:
        found = query.rows(
            conn,
            query.sql(__file__, "select_undecided"),
            {"markets": list(markets), "partition_key": partition_key},
        )
    return [
        {
            "market_id": row["market_id"],
            "brief_id": row["brief_id"],
            "partition_key": row["partition_key"],
            "subject": f"Approve this brief? {row['title']}",
            "body": row["body_md"],
        }
        for row in found
    ]


def record_decision(brief: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """Store the answer of Airflow's HITL operator to one brief of `undecided`; export what is approved now.

    `answer` has chosen_options (list of str), params_input ({"reason": str}) and responded_by_user, which is
    None where the time ran out.
    """
    user = answer.get("responded_by_user")
    decision = "expired"
    if user:
        decision = "approved" if "Approve" in answer["chosen_options"] else "rejected"
    row = {
        "market_id": brief["market_id"],
        "brief_id": brief["brief_id"],
        "decision": decision,
        "decided_by": (user or {}).get("name") or "nobody",
        "reason": (answer.get("params_input") or {}).get("reason") or None,
    }
    with transaction(application="approve_briefs") as conn:
        query.execute(conn, query.sql(__file__, "store_decision"), row)
    if decision == "approved":
        export_approved(brief["market_id"], brief["partition_key"])
    return row
