"""Briefs as files: a Markdown and an HTML page each, and one CSV of all. What stands in the folder is what was asked.

Files of an earlier export in the same folder are replaced and those of briefs that are gone are removed, so a
stale proposal cannot be picked up. Words of ads are a stranger's: in HTML they are text, in CSV never a formula.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from counterpitch.errors import Permanent
from counterpitch.personas.embed import tokens
from counterpitch.settings import settings
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import transaction

STATUSES = ("waiting", "approved", "rejected", "expired")
COLUMNS = (
    "rank", "brief_id", "decision", "kind", "title", "persona", "theme", "story", "key_message", "proof", "facts",
    "their_ads", "their_brands", "their_share", "our_share", "difference_low", "difference_high", "evidence_ads",
)  # fmt: skip
_STYLE = (
    "body{font:16px/1.55 system-ui,sans-serif;color:#1c1c1c;max-width:44rem;margin:2.5rem auto;padding:0 1rem}"
    "h1{line-height:1.2}blockquote{margin:1rem 0;padding:.1rem 1rem;border-left:3px solid #b9b9b9;color:#333}"
    "code{font-size:.85em}@media print{body{margin:0;max-width:none}}"
)


class ExportFailed(Permanent):
    """The files cannot be written; the message says why."""


def export_proposals(market_id: str, partition_key: str) -> dict[str, Any]:
    """Export all briefs of the day into the project's state folder: exports/<market>/<day>."""
    return export_briefs(market_id, partition_key, settings().home / "exports" / market_id / partition_key)


def export_approved(market_id: str, partition_key: str) -> dict[str, Any]:
    """Export the day's approved briefs, for the creative: exports/<market>/<day>/approved."""
    folder = settings().home / "exports" / market_id / partition_key / "approved"
    return export_briefs(market_id, partition_key, folder, status="approved")


def export_briefs(market_id: str, partition_key: str, folder: str | Path, status: str | None = None) -> dict[str, Any]:
    """Write the briefs of the latest written day up to the key; {"briefs": n, "folder": str}.

    status: approved, rejected, expired or waiting; None: all. Raises ExportFailed for another status, or where
    the folder cannot be written.
    """
    if status is not None and status not in STATUSES:
        raise ExportFailed(f"There is no status {status!r}. Choose one of: {', '.join(STATUSES)}; or none for all.")
    with transaction(application="export_briefs") as conn:
        key = {"market_id": market_id, "partition_key": partition_key, "status": status}
        briefs = query.rows(conn, query.sql(__file__, "select_briefs"), key)
    target = Path(folder)
    try:
        _write(target, briefs)
    except OSError as error:
        raise ExportFailed(
            f"The briefs could not be written to {target} ({error.strerror}). Choose a folder that you may write to."
        ) from error
    return {"briefs": len(briefs), "folder": str(target)}


def csv_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows of `COLUMNS` as CSV that a spreadsheet reads as text and numbers, never as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([[_cell(row.get(column)) for column in COLUMNS] for row in rows])
    return out.getvalue()


def html_page(title: str, body_md: str) -> str:
    """A page that stands alone: no script, no foreign request, no markup but our own."""
    parser = MarkdownIt("commonmark", {"html": False})
    parser.validateLink = lambda url: url.startswith(("https://", "http://"))  # type: ignore[method-assign]
    parser.disable("image")
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n{parser.render(body_md)}</body>\n</html>\n"
    )


def _write(folder: Path, briefs: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {"briefs.csv": "\ufeff" + csv_text(_row(brief) for brief in briefs)}  # Excel needs the mark to read UTF-8
    for brief in briefs:
        wanted[f"{_file_name(brief)}.md"] = brief["body_md"]
        wanted[f"{_file_name(brief)}.html"] = html_page(brief["title"], brief["body_md"])
    for old in folder.iterdir():
        if re.fullmatch(r"\d\d-.*-b-[0-9a-f]{10}\.(md|html)", old.name) and old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


def _file_name(brief: Mapping[str, Any]) -> str:
    slug = "-".join(tokens(brief["title"]))[:60].strip("-")
    safe = re.sub(r"[^a-z0-9-]", "", slug) or "brief"
    return f"{brief['rank']:02d}-{safe}-{brief['brief_id']}"


def _row(brief: Mapping[str, Any]) -> dict[str, Any]:
    story = brief["story"]
    value = {name: number for figure in brief["numbers"] for name, number in figure["value"].items()}
    return {
        **{name: value.get(name) for name in COLUMNS},
        **{name: brief[name] for name in ("rank", "brief_id", "decision", "title")},
        **{name: story[name] for name in ("kind", "persona", "theme", "key_message", "proof")},
        "story": story["sentence"],
        "facts": " | ".join(fact["quote"] for fact in story["facts"]),
        "evidence_ads": " ".join(evidence["ad_key"] for evidence in brief["evidence"]),
    }


def _cell(value: Any) -> Any:
    """A cell that no spreadsheet runs: text that could be one gets an apostrophe before it (OWASP CSV injection)."""
    if not isinstance(value, str):
        return value
    plain = value.replace("\0", "")
    return f"'{plain}" if plain.lstrip()[:1] in {"=", "+", "-", "@", "|"} or plain[:1] in {"\t", "\r", "\n"} else plain
