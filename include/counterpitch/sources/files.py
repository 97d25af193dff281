"""The source that reads imported files: the rows that were landed on the brand's days.

Files say nothing of days they do not mention: such a day is `not_covered`, never empty.
"""

from __future__ import annotations

from collections.abc import Iterator

from counterpitch.sources.base import Listing, Observation, Page, State, Sweep, Window
from counterpitch.sources.mapping import mapping
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

BLOCK = 5000
STRONGEST: tuple[Listing, ...] = ("brand", "pages", "none")


class FilesSource:
    """Landed rows of one platform (`name`: 'meta', 'google')."""

    def __init__(self, conn: Connection, name: str) -> None:
        self.name = name
        self._conn = conn

    def sweep(self, brand_id: str, window: Window, cursor: str | None = None) -> Sweep:  # noqa: ARG002 one file, no cursor
        """The rows that files hold of the brand's ads in the window."""
        params = {"source": self.name, "brand_id": brand_id, "first": window.first, "last": window.last}
        layouts = query.rows(self._conn, query.sql(__file__, "list_landed_layouts"), params)
        if not layouts:
            message = "No imported file speaks of this day. Import one with `counterpitch import`."
            return Sweep(state=State.NOT_COVERED, listing="none", code="no_file", message=message)
        said = {mapping(row["mapping"]).listing for row in layouts}
        listing = next(each for each in STRONGEST if each in said)
        return Sweep(pages=self._pages(params), listing=listing)

    def _pages(self, params: dict[str, object]) -> Iterator[Page]:
        with self._conn.cursor(name="landed_ads") as cursor:
            cursor.execute(query.sql(__file__, "list_landed_ads"), params)
            while block := cursor.fetchmany(BLOCK):
                yield Page([Observation(ad_id, shape, payload) for ad_id, shape, payload in block])
