"""What Meta's Graph API does the same everywhere: errors, tokens, throttle headers, fields, cursors.

Error bodies and codes: https://developers.facebook.com/docs/graph-api/guides/error-handling ; usage headers:
https://developers.facebook.com/docs/graph-api/overview/rate-limiting ; cursors:
https://developers.facebook.com/docs/graph-api/results
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import Request
from fastapi.responses import JSONResponse

from counterpitch.sandbox.platforms.accounts import META_EXPIRED, META_TOKEN, META_UNCONFIRMED, Quota, Usage
from counterpitch.sandbox.streams import stream

T = TypeVar("T")
TOO_MUCH = "Please reduce the amount of data you're asking for, then retry your request"


class GraphError(Exception):
    """An answer that is an error, with Meta's code and subcode."""

    def __init__(self, code: int, message: str, *, subcode: int = 0, status: int = 400, usage: Usage | None = None):
        super().__init__(message)
        self.code, self.message, self.subcode, self.status, self.usage = code, message, subcode, status, usage


def error_response(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 Starlette's signature
    """The error as Meta words it: HTTP 400 even for throttling, with the code in the body."""
    assert isinstance(error, GraphError)  # noqa: S101 registered for this class only
    kind = "OAuthException" if error.code in (1, 2, 4, 10, 17, 100, 190, 613) else "GraphMethodException"
    body: dict[str, Any] = {"message": error.message, "type": kind, "code": error.code, "fbtrace_id": "Asandbox"}
    if error.subcode:
        body["error_subcode"] = error.subcode
    if error.code in (1, 2):
        body["is_transient"] = True
    headers = usage_headers(error.usage, "ads_archive") if error.usage else {}
    return JSONResponse({"error": body}, status_code=error.status, headers=headers)


async def parameters(request: Request) -> dict[str, str]:
    """Query and form parameters in one, the form's winning; a bearer token counts as access_token."""
    asked = dict(request.query_params)
    if request.method == "POST":
        asked |= dict(parse_qsl((await request.body()).decode()))
    bearer = request.headers.get("authorization", "")
    if bearer.lower().startswith("bearer "):
        asked.setdefault("access_token", bearer[7:])
    return asked


def admit(asked: Mapping[str, str], quota: Quota, fault: str, throttled: tuple[int, int]) -> Usage:
    """Check the token, then the quota. throttled: code and subcode that this edge throttles with.

    Raises GraphError 190 (bad or expired token), 10 (identity not confirmed), or the throttling code.
    """
    token = asked.get("access_token", "")
    if token == META_EXPIRED:
        raise GraphError(190, "Error validating access token: Session has expired.", subcode=463)
    if token == META_UNCONFIRMED:
        raise GraphError(10, "Application does not have permission for this action", subcode=2332002)
    if token != META_TOKEN:
        raise GraphError(190, "Invalid OAuth access token - Cannot parse access token")
    usage = quota.take(token)
    if usage.refused or fault == "throttle_400":
        raise GraphError(
            throttled[0], "Calls to this api have exceeded the rate limit.", subcode=throttled[1], usage=usage
        )
    if fault == "too_much_data":
        raise GraphError(1, TOO_MUCH, status=500)
    if fault == "transient_code":
        raise GraphError(2, "Service temporarily unavailable", status=500)
    return usage


def usage_headers(usage: Usage, kind: str, account: str = "0") -> dict[str, str]:
    """X-Business-Use-Case-Usage: percentages, and minutes until access is regained."""
    told = {
        "type": kind,
        "call_count": usage.percent,
        "total_cputime": usage.percent // 2,
        "total_time": usage.percent // 2,
        "estimated_time_to_regain_access": math.ceil(usage.regain / 60),
        "ads_api_access_tier": "standard_access",
    }
    return {"x-business-use-case-usage": json.dumps({account: [told]})}


def listed(asked: Mapping[str, str], name: str) -> list[str]:
    """A list parameter, as JSON (`["GB"]`) or separated by commas (`GB,IE`)."""
    value = asked.get(name, "").strip()
    if not value.startswith("["):
        return [item.strip() for item in value.strip("'\"").split(",") if item.strip()]
    try:
        return [str(item) for item in json.loads(value.replace("'", '"'))]
    except json.JSONDecodeError as error:
        raise GraphError(100, f"(#100) param {name} must be an array") from error


def whole(asked: Mapping[str, str], name: str, default: int) -> int:
    """A whole-number parameter."""
    try:
        return int(asked.get(name) or default)
    except ValueError as error:
        raise GraphError(100, f"(#100) param {name} must be an integer") from error


def page(
    request: Request,
    asked: Mapping[str, str],
    rows: Sequence[T],
    key: Callable[[T], str],
    show: Callable[[T], dict[str, Any]],
    *,
    default: int = 25,
    late: dict[str, list[T]],
) -> dict[str, Any]:
    """One page of rows after the asked cursor. A cursor names a row, so rows that come or go shift nothing.

    Plays the faults of paging: no `paging`, rows of the page before once more, another order, a row withheld until
    the last page.
    """
    limit, start = whole(asked, "limit", default), _start(asked.get("after", ""), rows, key)
    here = list(rows[start : start + limit])
    if not here:
        return {"data": []}
    end = start + len(here)
    more, last = end < len(rows), _cursor(end - 1, key(here[-1]))
    shown, fault = here, getattr(request.state, "fault", "")
    listing = f"{request.state.day} " + urlencode(
        sorted((k, v) for k, v in asked.items() if k not in ("after", "access_token", "limit"))
    )
    rng = stream(1, "page", listing, start)
    if fault == "duplicates":
        shown = list(rows[max(0, start - 3) : start]) + here
    elif fault == "shuffled":
        shown = [here[n] for n in rng.permutation(len(here))]
    elif fault == "late_ad" and more:
        withheld = here[int(rng.integers(len(here)))]
        late.setdefault(listing, []).append(withheld)
        shown = [row for row in here if row is not withheld]
    if not more:
        shown = [*shown, *late.get(listing, [])]
    answer: dict[str, Any] = {"data": [show(row) for row in shown]}
    if fault != "no_paging":
        answer["paging"] = {"cursors": {"before": _cursor(start, key(here[0])), "after": last}}
        if more:
            query = urlencode({**asked, "limit": limit, "after": last})
            answer["paging"]["next"] = f"{request.url.replace(path=request.state.path, query='')}?{query}"
    return answer


def _cursor(place: int, key: str) -> str:
    return base64.urlsafe_b64encode(f"{place}:{key}".encode()).decode()


def _start(after: str, rows: Sequence[T], key: Callable[[T], str]) -> int:
    if not after:
        return 0
    try:
        told, _, wanted = base64.urlsafe_b64decode(after.encode()).decode().partition(":")
        place = int(told)
    except (binascii.Error, ValueError) as error:
        raise GraphError(100, "(#100) Invalid cursor") from error
    if place < len(rows) and key(rows[place]) == wanted:
        return place + 1
    places = {key(row): place for place, row in enumerate(rows)}
    if wanted not in places:
        raise GraphError(100, "(#100) Invalid cursor")
    return places[wanted] + 1
