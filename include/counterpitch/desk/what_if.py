"""What the champion says of words that nobody has shown yet, and of the words before them.

Nothing is stored: a question lives in the page's address. Each side keeps its own call to action, format and
language, so that a change of any of them shows as a change.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from counterpitch.desk.queries import Row
from counterpitch.warehouse.connection import Connection

LANGUAGES = ("en", "de", "es", "fr", "it", "nl", "pt")
NO_MODEL = "There is no CTR model yet. Import results with `counterpitch import`, then trigger the DAG train_ctr."


@dataclass(frozen=True)
class Asked:
    """An ad that might be: its words, and what else is known of it before it runs (empty: not decided)."""

    text: str
    button: str
    format: str
    language: str

    def context(self) -> dict[str, str]:
        """As explain_text takes it."""
        return {"call_to_action": self.button, "language": self.language or "und", "media_type": self.format}


def answer(conn: Connection, market: Row, now: Asked, before: Asked | None) -> dict[str, Any]:
    """{"said": prediction, interval, reasons, and `before` with `change_points`; "refused": why there is none;
    "overlaps": whether the two intervals meet; "now": the question}.
    """
    from counterpitch.ctr.explain import explain_text  # LightGBM loads with it: at the first question, not at the start
    from counterpitch.ctr.refusals import ModelUnusable, NotEnoughData

    out: dict[str, Any] = {
        "said": None,
        "refused": "",
        "overlaps": False,
        **asdict(now),
        "before": before.text if before else "",
    }
    out["languages"] = LANGUAGES
    if not now.text.strip():
        return out
    try:
        said = _said(explain_text, conn, market, now)
        earlier = _said(explain_text, conn, market, before) if before and before.text.strip() else None
    except NotEnoughData:
        return out | {"refused": NO_MODEL}
    except ModelUnusable as error:
        return out | {"refused": str(error)}
    if earlier:
        said["change_points"] = 100 * (said["ctr"] - earlier["ctr"])
        out["overlaps"] = said["ctr_low"] <= earlier["ctr_high"] and earlier["ctr_low"] <= said["ctr_high"]
    return out | {"said": said | {"before": earlier}}


def _said(explain: Any, conn: Connection, market: Row, asked: Asked) -> dict[str, Any]:
    told: dict[str, Any] = explain(asked.text, owner=market["own_brand_id"], context=asked.context(), conn=conn)
    return told
