"""The figures that table-level suites judge, as frames: one row for each source and brand, or each source.

A figure without anything to compare it with is null, and `<figure>_said` says why: a first day has no history,
a brand that shows nothing is empty, a list of single ads has no size.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any

import pandas as pd

from counterpitch.quality.bounds import bounds
from counterpitch.secrecy import without_tokens
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

_CURRENCY = re.compile(r"[A-Z]{3}")
Slice = tuple[str, str]  # source, brand_id


@dataclass
class Counts:
    """What the day's rows hold, by slice: rows, bad rows, ads, and the language of each text; and why rows are bad."""

    rows: Counter[Slice] = field(default_factory=Counter)
    bad: Counter[Slice] = field(default_factory=Counter)
    ads: dict[Slice, set[str]] = field(default_factory=lambda: defaultdict(set))
    languages: dict[Slice, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    reasons: Counter[str] = field(default_factory=Counter)


def sweeps(conn: Connection, partition_key: str, brands: Sequence[str], counts: Counts) -> pd.DataFrame:
    """One row for each source x brand of the run: source, brand_id, day, looked_on, days_old, volume, bad_share,
    foreign_share, and median and ads as they were compared."""
    limit = bounds("sweeps")
    params = {"partition_key": partition_key, "brands": list(brands), "days": int(limit["days_before"])}
    params["enough"] = int(limit["enough_days"])
    spoken = {row["brand_id"]: row["languages"] for row in _rows(conn, "select_languages", params)}
    rows = []
    for found in _rows(conn, "select_sweeps", params):
        slice_of = (found["source"], found["brand_id"])
        whole = _size(found, len(counts.ads[slice_of]))
        row = {"source": slice_of[0], "brand_id": slice_of[1], "day": date.fromisoformat(partition_key)}
        row |= {"looked_on": found["looked_on"] if found["state"] in {"ok", "empty"} else None}
        row |= _age(row["day"], found["newest"]) | whole
        row |= _bad(counts.bad[slice_of], counts.rows[slice_of], least=int(bounds("run")["few_bad_rows"]))
        rows.append(row | _foreign(counts.languages[slice_of], spoken.get(slice_of[1])))
    return _typed(
        rows, dates=("day", "looked_on"), numbers=("days_old", "volume", "bad_share", "foreign_share", "fell")
    )


def run(sweeps_of: pd.DataFrame, counts: Counts) -> pd.DataFrame:
    """One row for the run (source '') and one for each source: source, brand_id '', bad_share, collapsed_share."""
    limit = bounds("run")
    whole: dict[str, Any] = {
        "source": "",
        "brand_id": "",
        "collapsed_share": None,
        "collapsed_share_said": "said of each source",
    }
    whole |= _bad(counts.bad.total(), counts.rows.total(), least=int(limit["few_bad_rows"]))
    for worst, times in counts.reasons.most_common(1):
        whole["bad_share_said"] += f", most of them: {worst}, {times:,} rows"
    rows = [whole]
    row: dict[str, Any]
    for source, listed in sweeps_of.groupby("source") if len(sweeps_of) else ():
        fell = listed["fell"].dropna()
        gone = int(fell.sum())
        share = gone / len(fell) if gone >= limit["few_collapsed"] else None
        said = f"{gone} of {len(fell)} brands that can be compared"
        row = {"source": source, "brand_id": "", "collapsed_share": share, "collapsed_share_said": said}
        rows.append(row | {"bad_share": None, "bad_share_said": "said of the whole run"})
    return _typed(rows, numbers=("bad_share", "collapsed_share"))


def core_ads(conn: Connection, partition_key: str, brands: Sequence[str]) -> pd.DataFrame:
    """The day's rows of core.ad_seen_daily with what they name."""
    params = {"partition_key": partition_key, "brands": list(brands)}
    return _typed(
        _rows(conn, "select_core_ads", params), dates=("day", "first_seen", "last_seen"), numbers=("running_days",)
    )


def results(conn: Connection, partition_key: str, brands: Sequence[str]) -> pd.DataFrame:
    """Our results of the days that may still be restated."""
    days = int(bounds("results")["restated_days"])
    params = {"partition_key": partition_key, "brands": list(brands), "days": days}
    numbers = ("impressions", "clicks", "link_clicks", "spend")
    return _typed(_rows(conn, "select_results", params), dates=("result_date", "as_of"), numbers=numbers)


def experiments(conn: Connection) -> pd.DataFrame:
    """One row for each archive of experiments: counts and shares of its arms."""
    numbers = ("impossible", "future", "wordless", "single_share", "unseen_share")
    return _typed(_rows(conn, "profile_experiments", {}), numbers=numbers)


def pages(conn: Connection, partition_key: str, brands: Sequence[str]) -> pd.DataFrame:
    """The day's looks at pages, with tokens hidden: `secrets` addresses that held one, `words` where it was read,
    `odd_prices` that are no amount (0 is free), `bare_prices` above 0 without an ISO currency."""
    rows = []
    for found in _rows(conn, "select_pages", {"partition_key": partition_key, "brands": list(brands)}):
        said = [found[name] for name in ("url", "final_url") if found[name]]
        told = {name: found[name] and without_tokens(found[name]) for name in ("url", "final_url")}
        told |= {"secrets": sum(without_tokens(each) != each for each in said)}
        seen = found["state"] in {"read", "unchanged"} and not found["code"]
        told |= {"words": len(found["text"].split()) if seen else None}
        rows.append(found | told | _prices(found["products"]))
    numbers = ("secrets", "words", "odd_prices", "bare_prices")
    return _typed(rows, dates=("day", "looked_on", "today"), numbers=numbers)


def _prices(products: Sequence[Mapping[str, Any]]) -> dict[str, int | None]:
    """Null where the page names no price."""
    priced = [each for each in products if each.get("price") is not None]
    if not priced:
        return {"odd_prices": None, "bare_prices": None}
    odd = [each for each in priced if not _amount(each["price"])]
    bare = [
        each
        for each in priced
        if each not in odd and each["price"] > 0 and not _CURRENCY.fullmatch(str(each.get("currency") or ""))
    ]
    return {"odd_prices": len(odd), "bare_prices": len(bare)}


def _amount(price: Any) -> bool:
    return isinstance(price, int | float) and not isinstance(price, bool) and price >= 0


def _size(found: Mapping[str, Any], ads: int) -> dict[str, Any]:
    """`volume`: ads over the median of the whole listings before; `fell`: whether next to nothing is left of them
    since lately."""
    limit, before = bounds("sweeps"), found["before"]
    if found["state"] not in {"ok", "empty"}:
        return {"volume": None, "fell": None, "volume_said": f"not read ({found['state'] or 'not asked'})"}
    if found["listing"] != "brand":
        return {"volume": None, "fell": None, "volume_said": f"{ads} ads; not a listing of all ads"}
    if len(before) < limit["enough_days"]:
        return {"volume": None, "fell": None, "volume_said": f"{ads} ads; no history (listings before: {len(before)})"}
    usual = median(before)
    said = f"{ads} ads, median before {usual:g}"
    least = limit["least_volume"] * usual
    lately = found["lately"]  # refused days among them: what is small for days is no accident of one day
    stays_small = len(lately) >= limit["enough_days"] and max(lately) < least
    if max(ads, usual) < limit["few_ads"]:
        return {"volume": None, "fell": None, "volume_said": f"{said}: too few to compare"}
    fell = float(ads < least and not stays_small)
    if found["state"] == "empty":
        return {"volume": None, "fell": fell, "volume_said": f"empty: the brand shows no ads; median before {usual:g}"}
    return {"volume": ads / max(usual, 1), "fell": fell, "volume_said": said}


def _age(day: date, newest: date | None) -> dict[str, Any]:
    if newest is None:
        return {"days_old": None, "days_old_said": "no history: never read"}
    days = (day - newest).days
    return {"days_old": days, "days_old_said": "of the day" if days == 0 else f"{days} days, last read {newest}"}


def _bad(bad: int, rows: int, *, least: int) -> dict[str, Any]:
    """A share of few bad rows is not judged."""
    return {"bad_share": bad / rows if bad >= least else None, "bad_share_said": f"{bad:,} of {rows:,} rows"}


def _foreign(languages: Mapping[str, str], spoken: Sequence[str] | None) -> dict[str, Any]:
    told = [language for language in languages.values() if language != "und"]
    if not spoken:
        return {"foreign_share": None, "foreign_share_said": "the market names no language"}
    foreign = Counter(language for language in told if language not in spoken)
    said = f"{foreign.total()} of {len(told)} texts" + (f", most in {foreign.most_common(1)[0][0]}" if foreign else "")
    enough = len(told) >= bounds("sweeps")["enough_texts"]
    return {"foreign_share": foreign.total() / len(told) if enough else None, "foreign_share_said": said}


def _rows(conn: Connection, name: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    return query.rows(conn, query.sql(__file__, name), params)


def _typed(rows: Sequence[Mapping[str, Any]], dates: Sequence[str] = (), numbers: Sequence[str] = ()) -> pd.DataFrame:
    """A frame with dates as datetime64 and numbers as nullable floats; everything else as it is."""
    frame = pd.DataFrame(list(rows), dtype=object)
    if frame.empty:
        return frame
    for name in dates:
        frame[name] = pd.to_datetime(frame[name], errors="coerce")
    for name in numbers:
        frame[name] = frame[name].astype("Float64")
    return frame
