"""The figures of a brief: each with its words, and with the rows that it was counted from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from counterpitch.briefs import wording
from counterpitch.briefs.gather import Case, Market
from counterpitch.personas.corpus import Corpus


@dataclass(frozen=True)
class Figure:
    """text: the sentence of the brief; rows: {"table", "key"} to look it up; value: the bare numbers."""

    name: str
    text: str
    value: Mapping[str, Any]
    rows: Mapping[str, Any]

    def row(self) -> dict[str, Any]:
        """As it stands in mart.brief.numbers."""
        return {"name": self.name, "text": self.text, "value": dict(self.value), "rows": dict(self.rows)}


def figures(case: Case, market: Market) -> list[Figure]:
    """All figures of a case, in the order in which the brief says them."""
    found = [_said(case, market), _gap(case, market), _brand_by_brand(case, market), _running(case, market)]
    found.append(_expected(case, market))
    return [figure for figure in found if figure]


def taught_by(trained_on: Mapping[str, Any], corpus: Corpus) -> str:
    """Whose results taught the click model, in words: ours, another brand's, or an archive's."""
    seen: dict[str, int] = {}
    for owner, said in (trained_on.get("owners") or {}).items():
        whose = (
            "our own results" if owner in {"own", corpus.own} else f"the results of {_owner(owner, corpus)}, not ours"
        )
        seen[whose] = seen.get(whose, 0) + int(said.get("impressions", 0))
    if not seen:
        return "results whose owner its record does not name"
    order = sorted(seen.items(), key=lambda item: (item[0] != "our own results", item[0]))
    return " and ".join(f"{whose} ({impressions:,} impressions)" for whose, impressions in order)


def _owner(owner: str, corpus: Corpus) -> str:
    return corpus.brand_names.get(owner, owner.title() if owner.islower() else owner)


def _said(case: Case, market: Market) -> Figure:
    gap, corpus = case.gap, market.corpus
    rivals = len(corpus.brand_names) - 1
    text = (
        f"In the four weeks to {wording.day(market.gap_day)}, {_of_rivals(gap['their_brands'], rivals)} ran "
        f"{wording.count(gap['their_ads'], 'ad')} that say this to them "
        f"({wording.count(gap['their_messages'], 'different message')})."
    )
    value = {name: gap[name] for name in ("their_brands", "their_ads", "their_messages")}
    return Figure("their ads", text, value | {"competitors": rivals}, _gap_rows(case, market))


def _gap(case: Case, market: Market) -> Figure:
    gap = case.gap
    ours = (
        f"none of our {wording.count(gap['our_total'], 'message')} says it"
        if not gap["our_messages"]
        else f"{gap['our_messages']:,} of our {gap['our_total']:,} {'says' if gap['our_messages'] == 1 else 'say'} it"
    )
    text = (
        f"That is {wording.percent(gap['their_share'])} of all {gap['their_total']:,} messages of theirs that we read; "
        f"{ours}. We trail by {_points(-gap['difference'])} (95% interval: "
        f"{_points(-gap['difference_high'], unit=False)} to {_points(-gap['difference_low'])})."
    )
    if gap["kind"] == "even":
        text += (
            " Looked at alone, that is no accident; among all the places compared at once it still could be "
            f"(q = {gap['q_value']:.2f}). Treat it as a lead and test it small."
        )
    names = ("our_messages", "our_total", "their_total", "our_share", "their_share", "difference", "difference_low",
             "difference_high", "q_value")  # fmt: skip
    return Figure("the gap", text, {name: gap[name] for name in names}, _gap_rows(case, market))


def _brand_by_brand(case: Case, market: Market) -> Figure | None:
    names = market.corpus.brand_names
    said = [(brand, row) for brand, row in case.gap["by_brand"].items() if row["messages"]]
    if len(said) < 2:
        return None
    said.sort(key=lambda item: (-item[1]["share"], item[0]))
    brand, top = said[0]
    text = (
        f"{names[brand]} leans on it most: {wording.percent(top['share'])} of its messages "
        f"({top['messages']} of {top['total']})."
    )
    return Figure("who leans on it", text, {b: row["messages"] for b, row in said}, _gap_rows(case, market))


def _running(case: Case, market: Market) -> Figure | None:
    running = sorted((ad.running_days for ad in case.theirs), reverse=True)
    if not running or running[0] < 2:
        return None
    longest = max(case.theirs, key=lambda ad: (ad.running_days, ad.ad_key))
    still = sum(ad.in_last_sweep for ad in case.theirs)
    text = (
        f"{wording.sentence(_still(still, len(case.theirs)))} The longest, from "
        f"{market.corpus.brand_names[longest.brand_id]}, has run for {wording.count(longest.running_days, 'day')}; "
        f"half have run for {running[len(running) // 2]} or more. Brands rarely keep paying for what fails, but this "
        "is a proxy: nobody outside sees their clicks."
    )
    return Figure(
        "running days",
        text,
        {"longest": running[0], "median": running[len(running) // 2], "still_running": still},
        {"table": "core.ad_seen_daily", "key": {"ad_key": sorted(ad.ad_key for ad in case.theirs)}},
    )


def _expected(case: Case, market: Market) -> Figure | None:
    scores = market.scores
    here = scores.middle(case.theirs) if scores else None
    if not scores or not here:
        return None
    theirs = [ad for ad in market.corpus.ads if ad.brand_id != market.corpus.own]
    everywhere = scores.middle(theirs)
    against = f", against {wording.percent(everywhere.ctr, 2)} for all competitor ads" if everywhere else ""
    text = (
        f"If ads like these ran for us, our click model would expect a click rate around "
        f"{wording.percent(here.ctr, 2)}{against}; for a single ad of them the 95% interval runs from "
        f"{wording.percent(here.low, 2)} to {wording.percent(here.high, 2)}. "
        f"The model learned from {taught_by(scores.trained_on, market.corpus)}."
    )
    return Figure(
        "expected click rate",
        text,
        {"ctr": here.ctr, "low": here.low, "high": here.high, "all": everywhere.ctr if everywhere else None},
        {
            "table": "mart.ad_score",
            "key": {
                "market_id": market.market_id,
                "partition_key": scores.day,
                "model_id": scores.model_id,
                "ad_key": sorted(ad.ad_key for ad in case.theirs if ad.ad_key in scores.by_ad),
            },
        },
    )


def _of_rivals(brands: int, rivals: int) -> str:
    if brands == rivals:
        return {1: "our one competitor", 2: "both competitors"}.get(rivals, f"all {wording.number(rivals)} competitors")
    return f"{wording.number(brands)} of our {wording.number(rivals)} competitors"


def _still(still: int, of: int) -> str:
    if still == of:
        return "all of them were still running when we last looked" if of > 1 else "it was still running when we looked"
    if not still:
        return "none of them was still running when we last looked"
    verb = "was" if still == 1 else "were"
    return f"{wording.number(still)} of the {wording.number(of)} {verb} still running when we last looked"


def _points(difference: float, *, unit: bool = True) -> str:
    value = f"{100 * difference:.1f}"
    return f"{value} point{'' if value == '1.0' else 's'}" if unit else value


def _gap_rows(case: Case, market: Market) -> dict[str, Any]:
    return {
        "table": "mart.gap",
        "key": {
            "market_id": market.market_id,
            "partition_key": market.gap_day,
            "persona_id": case.gap["persona_id"],
            "theme_id": case.gap["theme_id"],
        },
    }
