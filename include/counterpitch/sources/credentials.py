"""Where tokens and addresses come from: an Airflow connection, or the environment. Never a table or a feed's options.

`AIRFLOW_CONN_META` or a connection `meta` in any of Airflow's backends holds the token as its password and, where
it is not the platform itself, the base address as its host.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from counterpitch.sources.base import SweepFailed


@dataclass(frozen=True)
class Credentials:
    """A base address ('' for the platform's own), a token or secret that no repr shows, and who it belongs to."""

    address: str
    token: str = field(repr=False)
    login: str = ""


def credentials(connection_id: str) -> Credentials:
    """What the connection of this id holds. Raises SweepFailed when there is none that can be read."""
    told = os.environ.get(f"AIRFLOW_CONN_{connection_id.upper()}")
    try:
        found = _told(told) if told else _kept(connection_id)
    except ValueError:  # its own words would quote the token
        raise SweepFailed(
            "bad_connection",
            f"AIRFLOW_CONN_{connection_id.upper()} is neither JSON nor an address. Write it as JSON, "
            "or percent-encode the token's special letters.",
        ) from None
    if not found or not found.token:
        raise SweepFailed(
            "no_token",
            f"There is no connection {connection_id!r} with a token. Add it in Airflow (Admin, Connections), "
            f"or set AIRFLOW_CONN_{connection_id.upper()}, which is read at the start: `make stop`, then run again.",
        )
    return found


def _told(text: str) -> Credentials:
    """A connection as Airflow reads it from the environment: JSON, or a URI."""
    if text.lstrip().startswith("{"):
        fields = json.loads(text)
        return Credentials(
            str(fields.get("host") or ""), str(fields.get("password") or ""), str(fields.get("login") or "")
        )
    parts = urlsplit(text)
    host = parts.hostname or ""
    scheme = parts.scheme if parts.scheme in {"http", "https"} else "https"
    address = f"{scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path.rstrip('/')}" if host else ""
    return Credentials(address, unquote(parts.password or ""), unquote(parts.username or ""))


def _kept(connection_id: str) -> Credentials | None:
    """A connection of Airflow's own store, inside a task."""
    try:
        from airflow.sdk import Connection

        kept = Connection.get(connection_id)
    except Exception:
        return None
    return Credentials(str(kept.host or ""), str(kept.password or ""), str(kept.login or ""))
