"""What a sweep of the ad library shows: one row per ad and sweep day, and a known number of spoiled rows.

Only what can be seen on that day stands in its rows, so a file of one sweep is the same bytes whenever it is
written. Spoiled rows are copies of good ones, broken in one place: losing them loses no ad.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from counterpitch.sandbox.process import DAY, Ad, Market
from counterpitch.sandbox.streams import number, stream

COLUMNS = (
    "source",
    "brand",
    "brand_name",
    "page_id",
    "page_name",
    "ad_id",
    "observed_on",
    "body",
    "title",
    "description",
    "call_to_action",
    "media_type",
    "platforms",
    "countries",
    "landing_url",
    "public_url",
    "delivery_start",
    "delivery_stop",
    "page_rank",
    "reach",
    "variants",
    "low_impressions",
)
Row = dict[str, str]
Spoiled = dict[str, Any]

# kind -> what must become of the row: rejected with a reason, cleaned and kept, or merged into its twin.
SPOILED = {
    "missing_ad_id": "rejected",
    "html_in_text": "cleaned",
    "date_in_future": "rejected",
    "control_characters": "cleaned",
    "negative_reach": "rejected",
    "exact_duplicate": "merged",
    "missing_brand": "rejected",
    "scraping_residue": "cleaned",
    "date_not_a_date": "rejected",
    "formula_in_title": "cleaned",
    "rank_not_a_number": "rejected",
    "stop_before_start": "rejected",
}


def sweep(market: Market, day: date) -> list[Row]:
    """The good rows of a sweep, brand by brand in the order the page shows them."""
    rows = []
    for brand in market.category.brands:
        if market.missed() == (brand, day):
            continue
        running = [ad for ad in market.of_brand(brand) if ad.flight(day)]
        noise = stream(market.seed, "rank", brand, day)
        order = sorted(running, key=lambda ad: -_seen(ad, day) * noise.lognormal(0, 0.2))
        rows += [_row(ad, day, place + 1) for place, ad in enumerate(order)]
    return rows


def spoil(market: Market, day: date, rows: list[Row]) -> tuple[list[Row], list[Spoiled]]:
    """The rows with this sweep's two spoiled ones among them, and the account of them (row: from 1, without header)."""
    place, kinds = market.sweeps().index(day), list(SPOILED)
    rng, out = stream(market.seed, "spoil", day), list(rows)
    spoiled: list[tuple[str, Row]] = []
    long = [row for row in rows if len(row["body"]) >= 40]
    for kind, good in zip(
        [kinds[(2 * place + n) % len(kinds)] for n in range(2)], rng.permutation(len(long))[:2], strict=False
    ):
        row = _spoiled(kind, long[good], day)
        at = out.index(long[good])
        if SPOILED[kind] == "cleaned":
            out[at] = row
        else:
            out.insert(at + 1, row)
        spoiled.append((kind, row))
    where = {id(row): n for n, row in enumerate(out, start=1)}
    return out, [
        {
            "kind": kind,
            "expect": SPOILED[kind],
            "ad_id": row["ad_id"],
            "observed_on": day.isoformat(),
            "row": where[id(row)],
        }
        for kind, row in spoiled
    ]


def page_id(brand_id: str) -> str:
    """The brand's page number in the sandbox: the same for every seed."""
    return str(100_200_300_400_000 + number(0, "page", brand_id) % 10**12)


def business_id(brand_id: str) -> str:
    """The brand's advertiser number on TikTok: the same for every seed."""
    return str(6_900_000_000_000_000_000 + number(0, "tiktok", brand_id) % 10**15)


def video_id(ad_id: str) -> str:
    """The number under which a video ad runs on TikTok as well: 64 bits, more than JavaScript keeps."""
    return str(7 * 10**18 + number(0, "tiktok", ad_id) % 10**17)


def public_url(ad: Ad) -> str:
    """Where anyone can look the ad up (a reserved domain: nobody's)."""
    return f"https://adlibrary.example/ads/library/?id={ad.ad_id}"


def reach(ad: Ad, day: date) -> int:
    """People reached so far, as the library would show it on the day: it grows, ever more slowly."""
    ran = sum((min(last, day) - first).days + 1 for first, last in ad.flights if first <= day)
    return int(420 * ad.pull * ran**0.85)


def _seen(ad: Ad, day: date) -> float:
    flight = ad.flight(day)
    return ad.pull * ((day - flight[0]).days + 3) ** 0.3 if flight else 0.0


def _row(ad: Ad, day: date, place: int) -> Row:
    words, flight = ad.words(day), ad.flight(day) or (day, day)
    planned = ad.shown_stop and flight[1] - day < DAY * 14
    return {
        "source": "sandbox",
        "brand": ad.brand.brand_id,
        "brand_name": ad.brand.name,
        "page_id": page_id(ad.brand.brand_id),
        "page_name": ad.brand.page,
        "ad_id": ad.ad_id,
        "observed_on": day.isoformat(),
        "body": words.body,
        "title": words.title,
        "description": words.description,
        "call_to_action": words.call_to_action,
        "media_type": ad.media_type,
        "platforms": ",".join(ad.platforms),
        "countries": ",".join(ad.countries),
        "landing_url": ad.landing_url,
        "public_url": public_url(ad),
        "delivery_start": flight[0].isoformat(),
        "delivery_stop": flight[1].isoformat() if planned else "",
        "page_rank": str(place),
        "reach": str(reach(ad, day)),
        "variants": str(ad.variants),
        "low_impressions": str(reach(ad, day) < 1000).lower(),
    }


def _spoiled(kind: str, good: Row, day: date) -> Row:
    first, _, rest = good["body"].partition("\n")
    changes: dict[str, dict[str, str]] = {
        "missing_ad_id": {"ad_id": ""},
        "missing_brand": {"brand": ""},
        "date_in_future": {"observed_on": (day + DAY * 400).isoformat()},
        "date_not_a_date": {"observed_on": "31/02/2026"},
        "negative_reach": {"reach": "-1"},
        "rank_not_a_number": {"page_rank": "n/a"},
        "stop_before_start": {"delivery_stop": "2019-01-01"},
        "exact_duplicate": {},
        "html_in_text": {"body": f"<b>{first}</b><br/>{rest}&nbsp;"},
        "control_characters": {"body": f"{first}\x07\x1b[0m\u200b\n{rest}"},
        "scraping_residue": {"body": f"{good['body']}\n0:00 / 0:38\nSee details\nLow impression count"},
        "formula_in_title": {"title": "=cmd|' /C calc'!A0"},
    }
    return {**good, **changes[kind]}
