"""Addresses of the Desk's pages, under whatever prefix the Airflow UI is served."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urlencode

from starlette.requests import Request


def root(request: Request) -> str:
    """Where the Desk is mounted, without a slash at the end."""
    return str(request.scope.get("root_path", "")).rstrip("/")


@dataclass(frozen=True)
class Links:
    """Builds addresses within one market and day: `links("ads", brand="acme")`."""

    root: str
    market_id: str
    day: date | None

    def __call__(self, view: str = "", *parts: str, **query: object) -> str:
        """Address of a view; parts become path segments, query values that are None or empty are left out."""
        path = "/".join(quote(part, safe=":") for part in (self.market_id, str(self.day), view, *parts) if part)
        asked = urlencode({key: value for key, value in query.items() if value not in {None, ""}})
        return f"{self.root}/m/{path}" + (f"?{asked}" if asked else "")


def web(url: str | None) -> str | None:
    """The address if a browser should open it, else None: an ad's link is a stranger's and may be a script."""
    return url if url and url.lower().startswith(("https://", "http://")) else None
