"""The distinct words of a day: each text is cleaned, hashed and its language told once, then stored by content."""

from __future__ import annotations

from counterpitch.quality.cleaning import AdText, read_text
from counterpitch.sources.canonical import Record
from counterpitch.warehouse import write
from counterpitch.warehouse.connection import Connection

FIELDS = ("body", "title", "description", "call_to_action")
COLUMNS = [*FIELDS, "clean_text", "cleaning", "language", "words", "readable"]


class Texts:
    """Collects the texts of records and stores those that are new."""

    def __init__(self) -> None:
        self._read: dict[tuple[str | None, ...], AdText | None] = {}

    def take(self, record: Record) -> None:
        """Read a record's words and put `text_hash` (or None), `words` and `language` on it."""
        fields = tuple(record.get(name) for name in FIELDS)
        if fields not in self._read:
            self._read[fields] = read_text(*fields) if any(fields) else None
        text = self._read[fields]
        record["text_hash"] = text.text_hash if text else None
        record["words"] = text.words if text else 0
        record["language"] = text.language if text else "und"

    def store(self, conn: Connection) -> int:
        """Add the new texts to `core.ad_text`; returns how many were new."""
        rows = {text.text_hash: text.row() for text in self._read.values() if text}
        return write.append_new(conn, "core.ad_text", ["text_hash"], COLUMNS, [rows[key] for key in sorted(rows)])
