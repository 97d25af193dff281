"""The shapes every layout is translated to: the columns of an ad, a result, an experiment arm, a transcript.

A cell is read leniently in form (`TRUE`, `1,204`, `12.0`, ` 2026-06-04 `) and strictly in meaning: what
cannot be read becomes a named problem, never a guess and never a silent null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

Record = dict[str, Any]

ADS: Mapping[str, str] = {
    "source": "word",
    "brand": "text",
    "brand_name": "text",
    "page_id": "word",
    "page_name": "text",
    "ad_id": "word",
    "observed_on": "date",
    "seen_from": "date",
    "seen_until": "date",
    "last_shown": "date",
    "body": "text",
    "title": "text",
    "description": "text",
    "call_to_action": "text",
    "media_type": "name",
    "platforms": "names",
    "countries": "list",
    "landing_url": "text",
    "public_url": "text",
    "delivery_start": "date",
    "delivery_stop": "date",
    "page_rank": "count",
    "reach": "count",
    "variants": "count",
    "low_impressions": "bool",
}
RESULTS: Mapping[str, str] = {
    "source": "word",
    "brand": "text",
    "ad_id": "word",
    "result_date": "date",
    "as_of": "date",
    "impressions": "count",
    "clicks": "count",
    "link_clicks": "count",
    "spend": "number",
    "currency": "word",
    "conversions": "number",
}
EXPERIMENTS: Mapping[str, str] = {
    "source": "word",
    "owner": "word",
    "experiment_id": "word",
    "arm_id": "word",
    "headline": "text",
    "body": "text",
    "image_id": "word",
    "impressions": "count",
    "clicks": "count",
    "started_on": "date",
}
TRANSCRIPTS: Mapping[str, str] = {
    "source": "word",
    "brand": "text",
    "ad_id": "word",
    "made_on": "date",
    "made_by": "text",
    "language": "text",
    "spoken": "text",
    "on_screen": "text",
    "summary": "text",
}
KINDS: Mapping[str, Mapping[str, str]] = {
    "ads": ADS,
    "results": RESULTS,
    "experiments": EXPERIMENTS,
    "transcripts": TRANSCRIPTS,
}
# The columns that put a row on its slice; a row without one of them belongs to none.
SLICE: Mapping[str, tuple[str, ...]] = {
    "ads": ("source", "brand", "ad_id", "observed_on"),
    "results": ("source", "brand", "ad_id", "result_date"),
    "experiments": ("source", "experiment_id"),
    "transcripts": ("source", "brand", "ad_id", "made_on"),
}
# Problems of the file itself: the cells of such a row were shortened when it was held, so it cannot be read again.
DAMAGED = ("cell_is_utf8", "cell_is_not_too_long", "row_has_all_cells", "row_is_json")
DAY = {kind: columns[-1] for kind, columns in SLICE.items() if kind != "experiments"}


@dataclass(frozen=True)
class Problem:
    """Why a row, or a cell of it, is refused; `expectation` names the rule as the quarantine keeps it."""

    expectation: str
    column: str | None
    value: str | None
    reason: str


class Unreadable(ValueError):
    """A cell does not say what its column is for; the message is a reason in words."""


def read_cell(kind: str, value: Any, dates: tuple[str, ...] = ()) -> Any:
    """The value of a cell read as `kind`, None where it is empty. Raises Unreadable."""
    if value is None or value == "" or (isinstance(value, str) and not value.strip()):
        return None
    return _date(value, dates) if kind == "date" else _READERS[kind](value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _word(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a spreadsheet turns an id into a number
    return str(value).strip()


def _name(value: Any) -> str:
    return re.sub(r"\W+", "_", str(value).strip().casefold()).strip("_")


def _list(value: Any) -> list[str]:
    items = value if isinstance(value, list | tuple) else re.split(r"[,;|]", str(value))
    return [text for item in items if (text := str(item).strip())]


def _names(value: Any) -> list[str]:
    return sorted({_name(item) for item in _list(value)})


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word in {"true", "t", "yes", "y", "1", "1.0"}:
        return True
    if word in {"false", "f", "no", "n", "0", "0.0"}:
        return False
    raise Unreadable("is neither true nor false")


def _number(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    else:
        text = str(value).strip().replace(" ", "").replace(" ", "")
        if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", text):
            text = text.replace(",", "")
        if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text, re.ASCII):
            raise Unreadable("is not a number")
        number = float(text)
    if number != number or abs(number) > 1e15:
        raise Unreadable("is not a number that can be stored")
    return number


def _count(value: Any) -> int:
    number = _number(value)
    if not number.is_integer():
        raise Unreadable("is not a whole number")
    return int(number)


def _date(value: Any, formats: tuple[str, ...]) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if "epoch" in formats and isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC).date()
    text = str(value).strip()
    match = re.fullmatch(r"(\d{4}-\d{2}-\d{2})([T ]\d{2}:\d{2}.*)?", text, re.ASCII)
    if match:
        try:
            return date.fromisoformat(match[1])
        except ValueError as error:
            raise Unreadable("is not a day of the calendar") from error
    for form in formats:
        try:
            return datetime.strptime(*_dated(text, form)).date()  # noqa: DTZ007 a day has no time zone
        except ValueError:
            continue
    raise Unreadable("is not a day; write it as YYYY-MM-DD")


def _dated(text: str, form: str) -> tuple[str, str]:
    """A year and week, `201446`, is the Monday of that week; week 00 holds the days before the first Monday."""
    return (text + "1", "%Y%W%w") if form == "yearweek" else (text, form)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "text": _text,
    "word": _word,
    "name": _name,
    "names": _names,
    "list": _list,
    "bool": _bool,
    "number": _number,
    "count": _count,
}
