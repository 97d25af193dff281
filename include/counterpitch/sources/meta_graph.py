"""What Meta's APIs share: the meaning of error codes, the usage headers, and how a listing goes from page to page.

Error codes: https://developers.facebook.com/docs/graph-api/guides/error-handling ; usage headers:
https://developers.facebook.com/docs/graph-api/overview/rate-limiting ; paging:
https://developers.facebook.com/docs/graph-api/results . Throttling comes as HTTP 400 with a code in the body.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from counterpitch.sources.base import SweepFailed
from counterpitch.sources.http import Answer, Api, AskAgain, TooSlow

VERSION = "v25.0"
THROTTLED = {4, 17, 32, 341, 613, 80000, 80003, 80004, 80014}
TRANSIENT = {1, 2}
TOKEN = {102, 190}
REDUCE = "reduce the amount of data"
MINUTE = 60.0
TRIES_WITHOUT_PAGING = 4
SMALL = 50  # rows of a page whose slowness is not of its size: it is asked for again as it is


class TooMuchData(Exception):
    """Code 1 with "reduce the amount of data", or 100/1487534: ask for less a page."""


def check(answer: Answer) -> None:
    """Raise for an answer that is an error: AskAgain, TooMuchData or SweepFailed with what to do."""
    error = answer.body.get("error")
    if not isinstance(error, Mapping):
        return
    code, subcode = int(error.get("code") or 0), int(error.get("error_subcode") or 0)
    message = str(error.get("message") or "no message")
    name = f"{code}/{subcode}" if subcode else str(code)
    if REDUCE in message or (code, subcode) == (100, 1487534):
        raise TooMuchData
    if code in THROTTLED:
        raise AskAgain(name, f"Meta throttles (code {name}).", regain(answer) or None, throttled=True)
    if code in TRANSIENT or answer.status >= 500:
        raise AskAgain(name, f"Meta had a passing error (code {name}).")
    raise SweepFailed(name, f"Meta refused (code {name}): {message} {_remedy(code)}")


def _remedy(code: int) -> str:
    if code in TOKEN:
        return "The token is no longer valid: make a new one and put it into the connection."
    if code == 10 or 200 <= code < 300:
        return "Confirm identity and location at facebook.com/ID, and give the app the permission it lacks."
    if code == 3018:
        return "Ask for the last 37 months only."
    return "Check the feed's options."


def regain(answer: Answer) -> float:
    """Seconds until calls are allowed again, by X-Business-Use-Case-Usage; 0 while they are."""
    minutes = [float(each.get("estimated_time_to_regain_access") or 0) for each in usage(answer)]
    return max(minutes, default=0.0) * MINUTE


def usage(answer: Answer) -> list[dict[str, Any]]:
    """The entries of X-Business-Use-Case-Usage over all accounts; [] where the header is absent or broken."""
    try:
        told = json.loads(answer.headers.get("x-business-use-case-usage", "{}"))
        return [entry for entries in told.values() for entry in entries]
    except (ValueError, AttributeError, TypeError):
        return []


def pages(
    api: Api, path: str, question: Mapping[str, str | int], after: str | None, limit: int
) -> Iterator[tuple[list[dict[str, Any]], str | None, int]]:
    """Each page of a listing as (rows, cursor after it or None at the end, limit that worked).

    The cursor is passed back in our own request; the `next` address is never followed, since it may lead anywhere.
    """
    while True:
        answer, limit = _page(api, path, question, after, limit)
        rows = list(answer.body.get("data") or [])
        paging = answer.body.get("paging") or {}
        more = bool(rows) and "next" in paging
        after = paging.get("cursors", {}).get("after") if more else None
        yield rows, after, limit
        if not after:
            return


def _page(api: Api, path: str, question: Mapping[str, str | int], after: str | None, limit: int) -> tuple[Answer, int]:
    """One page, with the limit halved as often as Meta asks, or as a page above SMALL drips until its time is up.

    A page with rows but no `paging` is asked for again.
    """
    for _ in range(TRIES_WITHOUT_PAGING):
        while True:
            try:
                asked = {**question, "limit": limit} | ({"after": after} if after else {})
                answer = api.get(path, asked, can_shrink=limit > SMALL)
                break
            except (TooMuchData, TooSlow):
                if limit == 1:
                    raise SweepFailed(
                        "too_much_data", "Meta finds a page of one row too much. Ask for fewer fields."
                    ) from None
                limit = max(1, limit // 2)
        if wait := regain(answer):
            api.come_back_in(wait)
        if "paging" in answer.body or not answer.body.get("data"):
            break
    return answer, limit
