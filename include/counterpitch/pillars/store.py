"""Write readings and their pillars: a text's reading is replaced whole, so a run repeated leaves the same rows.

A reading belongs to (market, text), not to a day. Writers of one market take turns on an advisory lock,
because two partitions of one market often hold the same texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from counterpitch.pillars.ground import Reading
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection

_READING = [
    "market_id",
    "text_hash",
    "extractor",
    "extractor_version",
    "status",
    "reason",
    "read_from",
    "product",
    "tone",
    "mentions",
    "dropped",
]
_PILLAR = ["market_id", "text_hash", "field", "position", "value", "quote", "quote_start", "quote_end", "extractor"]


@dataclass(frozen=True)
class Read:
    """A text's reading and who made it; without a reading it is pending, for `reason`."""

    text_hash: str
    extractor: str
    version: str
    read_from: str
    reading: Reading | None = None
    reason: str | None = None

    @property
    def status(self) -> str:
        """read, empty (it names no audience, need or feature) or pending."""
        if self.reading is None:
            return "pending"
        return "empty" if self.reading.empty else "read"


def save(conn: Connection, market_id: str, reads: Sequence[Read]) -> None:
    """Replace the readings of these texts in one market, with all their pillars.

    A text that is pending under a new reader keeps what an older one read: yesterday's evidence is better
    than none.
    """
    write.lock(conn, "mart.reading", market_id)
    reads = [_proven(read) for read in reads]
    pending = [read.text_hash for read in reads if read.status == "pending"]
    bound = {"market_id": market_id, "texts": pending}
    kept = {row["text_hash"] for row in query.rows(conn, query.sql(__file__, "select_kept"), bound)} if pending else ()
    reads = [read for read in reads if read.text_hash not in kept]
    texts = [read.text_hash for read in reads]
    query.execute(conn, query.sql(__file__, "delete_readings"), {"market_id": market_id, "texts": texts})
    write.copy(conn, "mart.reading", _READING, (_reading_row(market_id, read) for read in reads))
    write.copy(conn, "mart.pillar", _PILLAR, (row for read in reads for row in _pillar_rows(market_id, read)))


def _proven(read: Read) -> Read:
    """Without the mentions that no words of the ad prove: a reader may infer them, the warehouse claims none."""
    if read.reading is None:
        return read
    proven = [each for each in read.reading.evidence if each.quote is not None]
    unproven = len(read.reading.evidence) - len(proven)
    return replace(read, reading=replace(read.reading, evidence=proven, dropped=read.reading.dropped + unproven))


def counts(conn: Connection, markets: Sequence[str], texts: Sequence[str]) -> Mapping[str, int]:
    """read, empty, pending (distinct texts), mentions and dropped of these texts as they stand now."""
    scope = {"markets": list(markets), "texts": list(texts)}
    return query.rows(conn, query.sql(__file__, "count_readings"), scope)[0]


def _reading_row(market_id: str, read: Read) -> dict[str, Any]:
    reading = read.reading or Reading()
    return {
        "market_id": market_id,
        "text_hash": read.text_hash,
        "extractor": read.extractor,
        "extractor_version": read.version,
        "status": read.status,
        "reason": read.reason,
        "read_from": read.read_from,
        "product": reading.product,
        "tone": reading.tone,
        "mentions": len(reading.evidence),
        "dropped": reading.dropped,
    }


def _pillar_rows(market_id: str, read: Read) -> list[dict[str, Any]]:
    return [
        {
            "market_id": market_id,
            "text_hash": read.text_hash,
            "field": e.field,
            "position": e.position,
            "value": e.value,
            "quote": e.quote,
            "quote_start": e.start,
            "quote_end": e.end,
            "extractor": read.extractor,
        }
        for e in (read.reading.evidence if read.reading else ())
    ]
