"""The truth of a simulated market, gathered for truth.json: what was planted, where, and how well it could be found."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import date
from typing import Any

from counterpitch.sandbox.clicks import devices, kendall_tau, model_truth
from counterpitch.sandbox.copywriter import Copy
from counterpitch.sandbox.process import Ad, Market

MIN_IMPRESSIONS = 1000


def planted(
    market: Market,
    spoiled: list[dict[str, Any]],
    arms: list[dict[str, Any]],
    results: list[dict[str, str]],
    *,
    missed: tuple[str, date] | None,
) -> dict[str, Any]:
    """The whole truth as JSON: see truth.py for how it is laid out. Ads that no sweep could see are not in it."""
    seen = _seen(market, missed)
    texts = {copy.text_id: copy for ad in seen for copy in _words(ad)}
    own = [ad for ad in seen if ad.brand.brand_id == market.category.own]
    return {
        "about": "What the sandbox planted. The pipeline never reads this file; tests and benchmarks do.",
        "seed": market.seed,
        "start": market.start.isoformat(),
        "last_day": market.last_day.isoformat(),
        "sweeps": [day.isoformat() for day in market.sweeps()],
        "missed_sweep": {"brand": missed[0], "day": missed[1].isoformat()} if missed else None,
        "personas": market.category.personas,
        "themes": market.category.themes,
        "features": market.category.features,
        "own_brand": market.category.own,
        "white_space": _cell(market, seen, market.category.white_space),
        "strength": _cell(market, seen, market.category.strength),
        "brands": {brand_id: _mix(market, brand_id) for brand_id in market.category.brands},
        "texts": {text_id: _text(copy) for text_id, copy in sorted(texts.items())},
        "ads": {ad.ad_id: _ad(ad) for ad in seen},
        "click_model": model_truth(),
        "ceiling": _ceiling(own, results),
        "arms": arms,
        "spoiled_rows": spoiled,
        "counts": {
            "ads": len(seen),
            "own_ads": len(own),
            "competitor_ads": len(seen) - len(own),
            "texts": len(texts),
            "active_on_last_day": sum(ad.flight(market.last_day) is not None for ad in seen),
        },
    }


def _seen(market: Market, missed: tuple[str, date] | None) -> list[Ad]:
    sweeps = market.sweeps()
    return [ad for ad in market.ads if any(ad.flight(day) and missed != (ad.brand.brand_id, day) for day in sweeps)]


def _words(ad: Ad) -> list[Copy]:
    return [ad.copy, ad.edited[1]] if ad.edited else [ad.copy]


def _text(copy: Copy) -> dict[str, Any]:
    draft = copy.draft
    told = {"body": copy.body, "title": copy.title, "language": draft.language, "thin": draft.thin}
    if draft.thin:
        return told
    return {
        **told,
        "persona": draft.persona,
        "theme": draft.theme,
        "features": sorted({m.label for m in copy.mentions if m.field == "product_feature"}),
        "structure": draft.structure,
        "mentions": [
            {"field": m.field, "label": m.label, "quote": copy.body[m.start : m.end], "start": m.start, "end": m.end}
            for m in copy.mentions
        ],
    }


def _ad(ad: Ad) -> dict[str, Any]:
    return {
        "brand": ad.brand.brand_id,
        "text": ad.copy.text_id,
        "edited": {"on": ad.edited[0].isoformat(), "text": ad.edited[1].text_id} if ad.edited else None,
        "origin": ad.origin,
        "parent": ad.parent,
        "flights": [[first.isoformat(), last.isoformat()] for first, last in ad.flights],
        "media_type": ad.media_type,
        "devices": {name: round(value, 4) for name, value in devices(ad.copy, ad.media_type).items() if value},
        "explained": round(ad.clicks.explained, 6),
        "ctr": round(ad.clicks.ctr, 8),
    }


def _mix(market: Market, brand_id: str) -> dict[str, Any]:
    ads = [ad for ad in market.of_brand(brand_id) if not ad.copy.draft.thin]
    made = Counter((ad.copy.draft.persona, ad.copy.draft.theme) for ad in ads)
    shares = market.category.brands[brand_id].mix
    return {
        "role": "own" if brand_id == market.category.own else "competitor",
        "mix": [
            {"persona": persona, "theme": theme, "share": round(share, 4), "ads": made[persona, theme]}
            for (persona, theme), share in sorted(shares.items())
        ],
    }


def _cell(market: Market, seen: list[Ad], cell: tuple[str, str]) -> dict[str, Any]:
    said: dict[bool, list[bool]] = defaultdict(list)
    for ad in seen:
        draft = ad.copy.draft
        if not draft.thin:
            said[ad.brand.brand_id == market.category.own].append((draft.persona, draft.theme) == cell)
    own, theirs = said[True], said[False]
    return {
        "persona": cell[0],
        "theme": cell[1],
        "our_ads": sum(own),
        "their_ads": sum(theirs),
        "our_share": round(sum(own) / len(own), 4) if own else 0.0,
        "their_share": round(sum(theirs) / len(theirs), 4) if theirs else 0.0,
    }


def _ceiling(own: list[Ad], results: list[dict[str, str]]) -> dict[str, Any]:
    """Kendall's tau that could be reached at best over own ads with enough impressions.

    words_true: by a model that knows every coefficient, against the true rate; words_observed: the same against the
    clicks that were counted; true_observed: the true rate itself against the counted clicks.
    """
    latest = {(row["ad_id"], row["result_date"]): row for row in results}
    shown: Counter[str] = Counter()
    clicked: Counter[str] = Counter()
    for row in latest.values():
        shown[row["ad_id"]] += int(row["impressions"])
        clicked[row["ad_id"]] += int(row["clicks"])
    known = [ad for ad in own if shown[ad.ad_id] >= MIN_IMPRESSIONS]
    words = [ad.clicks.explained for ad in known]
    true = [ad.clicks.ctr for ad in known]
    counted = [clicked[ad.ad_id] / shown[ad.ad_id] for ad in known]
    spread = math.sqrt(sum((w - sum(words) / len(words)) ** 2 for w in words) / len(words)) if words else 0.0
    return {
        "ads": len(known),
        "min_impressions": MIN_IMPRESSIONS,
        "explained_sd": round(spread, 4),
        "kendall_tau": {
            "words_true": round(kendall_tau(words, true), 4),
            "words_observed": round(kendall_tau(words, counted), 4),
            "true_observed": round(kendall_tau(true, counted), 4),
        },
    }
