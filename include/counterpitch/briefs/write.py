"""Briefs for the gaps of a market: written whole for a day, decided on elsewhere.

A brief keeps its id while its persona and theme keep theirs, so a decision about it outlives every rewriting.
What was decided stays on the list with its verdict while its gap is one, but takes no place from another.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from counterpitch.briefs.gather import Case, Evidence, Market, gather
from counterpitch.briefs.numbers import figures
from counterpitch.briefs.page import page
from counterpitch.briefs.story import tell
from counterpitch.personas.casing import Casing
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, transaction

MOST = 8  # briefs a team can weigh in one meeting
LEADS = 3  # briefs up to which leads, which are no proven gaps, may fill the list
MOST_A_SIDE = 3  # of one persona, and of one theme: a list of one persona is no choice
WRITER = "templates"
COLUMNS = ["brief_id", "rank", "persona_id", "theme_id", "title", "story", "evidence", "numbers", "body_md", "writer"]


def write_briefs(market_id: str, partition_key: str) -> dict[str, int]:
    """Replace the market's briefs of the day from the latest aggregated day up to it: {"briefs": n}."""
    with transaction(application="write_briefs") as conn:
        market = gather(conn, market_id, partition_key)
        rows = _briefs(conn, market) if market else []
        key = {"market_id": market_id, "partition_key": partition_key}
        return {"briefs": write.replace_slice(conn, "mart.brief", key, COLUMNS, rows)}


def brief_id(market_id: str, persona_id: str, theme_id: str) -> str:
    """The id of the brief on a persona and theme, on any day."""
    return "b-" + hashlib.sha256(f"{market_id}\x1f{persona_id}\x1f{theme_id}".encode()).hexdigest()[:10]


def _briefs(conn: Connection, market: Market) -> list[dict[str, Any]]:
    casing = Casing(text.clean_text for text in market.corpus.texts.values())
    found = query.rows(conn, query.sql(__file__, "select_decided"), {"market_id": market.market_id})
    decided = {row["brief_id"] for row in found}
    return [_brief(case, market, casing, rank) for rank, case in enumerate(_chosen(market, decided), 1)]


def _chosen(market: Market, decided: set[str]) -> list[Case]:
    chosen: list[Case] = []
    places: Counter[str] = Counter()  # each chosen brief counts twice: its persona and its theme
    for case in market.cases:
        sides = (case.gap["persona_id"], case.gap["theme_id"])
        if brief_id(market.market_id, *sides) in decided:
            chosen.append(case)
            continue
        if case.gap["kind"] == "even" and places.total() >= 2 * LEADS:
            continue  # a lead fills a short list; it takes no place from a gap
        room = places.total() < 2 * MOST and all(places[side] < MOST_A_SIDE for side in sides)
        if room and case.evidence:
            places.update(sides)
            chosen.append(case)
    return chosen


def _brief(case: Case, market: Market, casing: Casing, rank: int) -> dict[str, Any]:
    name = brief_id(market.market_id, case.gap["persona_id"], case.gap["theme_id"])
    story = tell(case, market, casing, name)
    numbers = figures(case, market)
    return {
        "brief_id": name,
        "rank": rank,
        "persona_id": case.gap["persona_id"],
        "theme_id": case.gap["theme_id"],
        "title": story.title,
        "story": write.as_json(story.row() | {"kind": case.gap["kind"], "gap_day": market.gap_day}),
        "evidence": write.as_json([_evidence(evidence) for evidence in case.evidence]),
        "numbers": write.as_json([figure.row() for figure in numbers]),
        "body_md": page(story, case, numbers),
        "writer": WRITER,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    ad, score = evidence.ad, evidence.score
    return {
        "ad_key": ad.ad_key,
        "brand_id": ad.brand_id,
        "brand": evidence.brand,
        "text_hash": ad.text_hash,
        "language": evidence.language,
        "running_days": ad.running_days,
        "started": ad.started,
        "last_seen": ad.last_seen,
        "media_type": ad.media_type,
        "platforms": list(ad.platforms),
        "public_url": ad.public_url,
        "lines": list(evidence.lines),
        "quotes": [{"field": m.field, "value": m.said, "quote": m.quote} for m in evidence.mentions],
        "predicted": {"ctr": score.ctr, "low": score.low, "high": score.high} if score else None,
    }
