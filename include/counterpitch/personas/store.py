"""Write a market's day: the clustering's account, themes, personas, their members and gaps, each slice whole."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

from counterpitch.personas.casing import Casing
from counterpitch.personas.corpus import DAYS, Corpus
from counterpitch.personas.describe import persona, theme
from counterpitch.personas.identify import Identified
from counterpitch.warehouse import write
from counterpitch.warehouse.connection import Connection

THEME_COLUMNS = ["theme_id", "label", "terms", "texts", "ads", "brands", "stability", "change", "pinned", "muted"]
PERSONA_COLUMNS = [
    "persona_id", "name", "summary", "needs", "quotes", "texts", "ads", "brands", "stability", "change", "pinned",
    "muted",
]  # fmt: skip
GAP_COLUMNS = [
    "persona_id", "theme_id", "our_ads", "their_ads", "our_messages", "their_messages", "our_total", "their_total",
    "their_brands", "our_share", "their_share", "difference", "difference_low", "difference_high", "p_value",
    "q_value", "own_facts", "by_brand", "kind", "rank",
]  # fmt: skip


def account_for(corpus: Corpus, kind: str, identified: Identified, detail: dict[str, Any]) -> dict[str, Any]:
    """The row of mart.clustering: how many of the texts read were named, inferred, or given to nobody."""
    named: set[str] = set().union(*(draft.named if kind == "persona" else draft.texts for draft in identified.drafts))
    inferred = (
        set().union(*(draft.inferred for draft in identified.drafts)) - named if kind == "persona" else set[str]()
    )
    status = Counter(text.status for text in corpus.texts.values())
    return {
        "kind": kind,
        "clusters": len(identified.ids),
        "texts": len(corpus.read),
        "named": len(named),
        "inferred": len(inferred),
        "unassigned": len(corpus.read) - len(named) - len(inferred),
        "detail": detail
        | {
            "window_days": DAYS,
            "last_sweeps": corpus.last_sweeps,
            "messages": corpus.totals,
            "pending": status["pending"],
            "empty": status["empty"],
        },
    }


def store(
    conn: Connection,
    market_id: str,
    partition_key: str,
    corpus: Corpus,
    casing: Casing,
    found_themes: Identified,
    personas: Identified,
    gaps: list[dict[str, Any]],
    account: list[dict[str, Any]],
) -> None:
    """Replace the market's slices of the day, members before what they refer to."""
    slice_key = {"market_id": market_id, "partition_key": partition_key}

    def replace(table: str, columns: list[str], rows: list[dict[str, Any]]) -> None:
        write.replace_slice(conn, f"mart.{table}", slice_key, columns, rows)

    for table in ("gap", "persona_member", "theme_member"):
        replace(table, [], [])
    replace("clustering", ["kind", "clusters", "texts", "named", "inferred", "unassigned", "detail"], account)
    replace("theme", THEME_COLUMNS, _rows(found_themes, "theme_id", lambda i: theme(corpus, found_themes, i)))
    replace("persona", PERSONA_COLUMNS, _rows(personas, "persona_id", lambda i: persona(corpus, casing, personas, i)))
    replace("theme_member", ["text_hash", "field", "position", "theme_id", "similarity"], _theme_members(found_themes))
    replace("persona_member", ["text_hash", "persona_id", "basis", "similarity"], _persona_members(personas))
    replace("gap", GAP_COLUMNS, [row | {"by_brand": write.as_json(row["by_brand"])} for row in gaps])


def _rows(identified: Identified, id_column: str, one: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            id_column: subject,
            "stability": _number(identified.drafts[i].stability),
            "change": identified.change[i],
            "pinned": str(subject in identified.curation.pinned).lower(),
            "muted": str(subject in identified.curation.muted).lower(),
        }
        | one(i)
        for i, subject in enumerate(identified.ids)
    ]


def _theme_members(found: Identified) -> list[dict[str, Any]]:
    return [
        {"text_hash": text, "field": name, "position": position, "theme_id": subject, "similarity": similarity}
        for subject, draft in zip(found.ids, found.drafts, strict=True)
        for (text, name, position), similarity in sorted(draft.members.items())
    ]


def _persona_members(found: Identified) -> list[dict[str, Any]]:
    return [
        {"text_hash": text, "persona_id": subject, "basis": basis, "similarity": similarity}
        for subject, draft in zip(found.ids, found.drafts, strict=True)
        for basis, members in (("named", draft.named), ("inferred", draft.inferred))
        for text, similarity in sorted(members.items())
        if basis == "named" or text not in draft.named
    ]


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
