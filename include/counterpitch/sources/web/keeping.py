"""Keep what a sweep of pages brought: the bytes to raw.web_page, each content once, and the day's look to core.

A page that could not be read never replaces what the day already has of it, and no page is lost because its content
cannot be parsed: the bytes are in raw, and the row says so.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg2 import Binary

from counterpitch.sources.base import Observation
from counterpitch.sources.reading import storable
from counterpitch.sources.web.content import PageContent, read_page
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection

log = logging.getLogger(__name__)
SEEN = ("read", "unchanged")


def known(conn: Connection, brand_id: str) -> dict[str, dict[str, Any]]:
    """The content that each page of a brand had when it was last seen: {url: {content_hash, etag, last_modified}}."""
    return {row["url"]: row for row in query.rows(conn, query.sql(__file__, "list_known"), {"brand_id": brand_id})}


def append(
    conn: Connection,
    source: str,
    brand_id: str,
    partition_key: str,
    observed_at: datetime,
    records: Sequence[Observation],
) -> int:
    """Keep the pages of a sweep (`web_pages.WebPages` says what is in a payload); returns how many were seen."""
    for record in records:
        told: dict[str, Any] = {"source": source, "brand_id": brand_id, "partition_key": partition_key}
        told |= {"url": record.ad_id, "observed_at": observed_at, **record.payload}
        content = PageContent()
        if told["state"] in SEEN:
            content = _keep(conn, told)
        row = told | _columns(content)
        query.execute(conn, query.sql(__file__, "upsert_page"), row)
    return sum(record.payload["state"] in SEEN for record in records)


def _keep(conn: Connection, told: dict[str, Any]) -> PageContent:
    """Note that this content was seen, and read it. What is unchanged is read again: the parser may be a better one."""
    if told.get("body") is not None:
        query.execute(conn, query.sql(__file__, "keep_body"), told | {"body": Binary(told["body"])})
    else:
        query.execute(conn, query.sql(__file__, "see_again"), told)
    kept = query.rows(conn, query.sql(__file__, "read_body"), told)[0]
    try:
        return read_page(bytes(kept["body"]), kept["content_type"], kept["final_url"])
    except Exception as error:  # a parser's fault must not cost the page: its bytes are kept, and the row says so
        log.warning("%s was kept, and could not be parsed (%s).", told["url"], type(error).__name__)
        told["code"], told["message"] = (
            "unparsed",
            storable(f"The page was kept and could not be parsed ({error})."[:500]),
        )
        return PageContent()


def _columns(content: PageContent) -> dict[str, Any]:
    return {
        "title": content.title,
        "description": content.description,
        "language": content.language,
        "text": content.text,
        "claims": content.claims,
        "products": write.as_json(content.products),
    }
