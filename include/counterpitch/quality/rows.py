"""Judge the raw ad rows of a day: the first broken rule of each bad row is the reason for which it is held."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd

from counterpitch.quality.check import Outcome, check
from counterpitch.quality.suites.ads import ads_suite
from counterpitch.sources.canonical import Problem, Record

DATES = ("delivery_start", "delivery_stop")
NUMBERS = ("page_rank", "reach", "variants")
WORDS = ("ad_id", "body", "title", "description", "call_to_action", "media_type", "landing_url", "public_url")
COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass
class Verdict:
    """The first problem of each bad row by its position, every rule's outcome over all rows, and the rows judged."""

    frame: pd.DataFrame
    bad: dict[int, Problem] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)


def check_ads(records: Sequence[Record], unreadable: Mapping[int, Problem], day: date) -> Verdict:
    """Validate the rows of a day; `unreadable` are the positions whose cells could not be read, and why."""
    frame = _frame(records, unreadable, day)
    verdict = Verdict(frame, outcomes=check(ads_suite(), frame))
    for outcome in verdict.outcomes:
        if outcome.level != "row":
            continue
        for position in outcome.failed.nonzero()[0].tolist():
            problem = unreadable.get(position) if outcome.column == "unreadable" else None
            verdict.bad.setdefault(position, problem or _problem(outcome, records[position]))
    return verdict


def _frame(records: Sequence[Record], unreadable: Mapping[int, Problem], day: date) -> pd.DataFrame:
    """One row a record, index = position; dates as datetime64, counts as nullable integers, texts as objects."""
    columns: dict[str, Any] = {name: pd.Series([r.get(name) for r in records], dtype=object) for name in WORDS}
    for name in NUMBERS:
        columns[name] = pd.Series([r.get(name) for r in records], dtype="Float64")
    for name in DATES:
        columns[name] = pd.to_datetime(pd.Series([r.get(name) for r in records], dtype=object), errors="coerce")
    columns["day_after"] = pd.to_datetime(pd.Series([day + timedelta(days=1)] * len(records)))
    columns["unreadable"] = pd.Series(
        [unreadable[i].reason if i in unreadable else None for i in range(len(records))], dtype=object
    )
    columns["odd_country"] = pd.Series([_odd_country(r.get("countries")) for r in records], dtype=object)
    return pd.DataFrame(columns)


def _odd_country(countries: Sequence[str] | None) -> str | None:
    return next((code for code in countries or () if not COUNTRY.fullmatch(code)), None)


def _problem(outcome: Outcome, record: Record) -> Problem:
    value = record.get(outcome.column)
    shown = None if value is None else str(value)[:200]
    reason = outcome.reason if shown is None else f"{outcome.reason} ({outcome.column}: {shown!r})"
    return Problem(outcome.name, outcome.column, shown, reason)
