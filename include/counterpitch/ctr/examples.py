"""Training examples: ads and test arms with their impressions and clicks, and the ads that wait for a score.

An example keeps its outcome (impressions, clicks) apart from what is known before it runs (features.KNOWN), so a
feature can never reach it. Which click is counted is one choice for a whole data set, link clicks where every
row has them, because a rate that mixes the two compares nothing.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

import pandas as pd

from counterpitch.ctr.refusals import NotEnoughData
from counterpitch.quality.cleaning import compose
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

log = logging.getLogger(__name__)

OUTCOME = ("impressions", "clicks")
IDENTITY = ("example_key", "group_key", "test_key", "owner", "brand_id")
LEAST_IMPRESSIONS = 100
LEAST_EXAMPLES = 40
LEAST_CLICKS = 200
LEAST_TEXTS = 15
MOST_TEXTS = 60_000
"""More texts without results would cost memory and hardly teach a word."""


def told(row: dict[str, Any]) -> str:
    """The copy of an ad or arm (body, title, description, clean_text) as the click model reads it.

    Not the button's label: it is one of the platform's fixed phrases, so "Try it free" there is no offer of the copy.
    Not the description beside a body: few placements show it. Where an ad has nothing else, that is its copy.
    """
    body, title, description = (row.get(name) or "" for name in ("body", "title", "description"))
    copy = compose((body, title, "" if body else description))
    return str(copy or row.get("clean_text") or "").strip()


def known(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """What is known before each ad runs: the columns of features.KNOWN, text never null, day NaT where unknown."""
    frame = pd.DataFrame(rows)
    if frame.empty:
        return pd.DataFrame({c: pd.Series(dtype=str) for c in _STRINGS}).assign(day=pd.Series(dtype="datetime64[us]"))
    return pd.DataFrame(
        {
            "text": pd.Series([told(row) for row in rows], dtype=str),
            "call_to_action": frame["call_to_action"].fillna("").astype(str),
            "language": frame["language"].fillna("und").astype(str),
            "media_type": frame["media_type"].fillna("").astype(str),
            "placement": [" ".join(sorted(p.lower() for p in value or [])) for value in frame["platforms"]],
            "day": pd.to_datetime(frame["day"]).astype("datetime64[us]"),
        }
    )


def read(conn: Connection, partition_key: str) -> pd.DataFrame:
    """Examples known by the partition day: IDENTITY, features.KNOWN, impressions, clicks (int64), click (str).

    Own ads count once with all their days; `click` says which click was counted ('link' or 'all').
    Raises NotEnoughData when there is too little to learn from.
    """
    day = {"partition_key": partition_key}
    results = query.rows(conn, query.sql(__file__, "select_result_examples"), day)
    link = bool(results) and all(row["all_link_clicks"] for row in results)
    for row in results:
        row["clicks"] = row["link_clicks"] if link else row["clicks"]
    arms = query.rows(conn, query.sql(__file__, "select_arm_examples"), day)
    for row in arms:
        row["language"] = spoken(row["clean_text"])
    rows = results + arms
    known_part = known(rows)
    frame = known_part.assign(
        **{c: [row[c] for row in rows] for c in (*IDENTITY, *OUTCOME)},
        click=["link" if link else "all"] * len(results) + ["all"] * len(arms),
    )
    return usable(frame)


@lru_cache(maxsize=MOST_TEXTS)
def spoken(text: str) -> str:
    """The language of a text as ads have it (quality/cleaning.py): test arms and drafts come without one."""
    from counterpitch.quality.cleaning import language_of  # loads libraries that scoring has no use for

    return language_of(text)


def corpus(conn: Connection, partition_key: str) -> list[str]:
    """Texts of ads seen by the partition day, results or not, of at most MOST_TEXTS: what words are learnt from."""
    asked = {"partition_key": partition_key, "most": MOST_TEXTS}
    return list(dict.fromkeys(map(told, query.rows(conn, query.sql(__file__, "select_corpus"), asked))))


def usable(frame: pd.DataFrame) -> pd.DataFrame:
    """The examples that can teach; raises NotEnoughData, with the counts, when they are too few.

    Left out: fewer than LEAST_IMPRESSIONS impressions, clicks above impressions, no words. What was left out
    is in `frame.attrs["left_out"]`, by reason.
    """
    if frame.empty:
        raise NotEnoughData("No ad with results and no test arm is known yet. Import results or experiments first.")
    reasons = {
        "clicks_above_impressions": frame["clicks"] > frame["impressions"],
        "thin": frame["impressions"] < LEAST_IMPRESSIONS,
        "no_words": frame["text"].str.strip() == "",
    }
    left_out = {name: int(mask.sum()) for name, mask in reasons.items()}
    if any(left_out.values()):
        log.info("Examples left out: %s", left_out)
    kept = (
        frame[~pd.concat(reasons, axis=1).any(axis=1)].sort_values("example_key", kind="stable").reset_index(drop=True)
    )
    _refuse_thin(kept, left_out)
    kept.attrs["left_out"] = left_out
    return kept


def _refuse_thin(kept: pd.DataFrame, left_out: dict[str, int]) -> None:
    clicks, texts = int(kept["clicks"].sum()), int(kept["text"].nunique())
    unclicked = int(kept["impressions"].sum()) - clicks
    count = f"{len(kept)} examples with {clicks} clicks and {texts} different texts are usable; left out: {left_out}."
    if len(kept) < LEAST_EXAMPLES or clicks < LEAST_CLICKS or unclicked <= 0:
        raise NotEnoughData(
            f"{count} Learning needs {LEAST_EXAMPLES} examples of {LEAST_IMPRESSIONS} impressions or more, "
            f"{LEAST_CLICKS} clicks, and impressions without a click."
        )
    if texts < LEAST_TEXTS:
        raise NotEnoughData(f"{count} {LEAST_TEXTS} different texts are needed: equal words teach nothing about words.")
    if kept["group_key"].nunique() == len(kept):
        raise NotEnoughData(f"{count} No two of them belong to one test or brand, so nothing can be compared.")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dicts with str keys, as warehouse.write takes them."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


_STRINGS = ("text", "call_to_action", "language", "media_type", "placement")
