"""Markets with known personas, themes and gaps, written into core and mart as the floors below would write them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection

DAY = "2026-11-20"
MARKET = "meals"
OWN = "ours"
RIVALS = ("alpha", "beta", "gamma", "delta")


def _said(first: Sequence[str], second: Sequence[str]) -> list[str]:
    return [f"{one} {other}" for one in first for other in second]


# What an ad may say: about a dozen wordings of each thing, which share words as real wordings do.
AUDIENCES = {
    "parents": _said(["busy parents", "working parents", "parents", "families"], ["of toddlers", "with small kids"]),
    "runners": _said(["marathon runners", "weekend runners", "runners"], ["in training", "before a race", "over 40"]),
    "students": _said(["university students", "students", "first-year students"], ["on a budget", "in shared flats"]),
}
THEMES = {
    "speed": {
        "customer_need": _said(["quick", "faster", "15-minute"], ["weeknight dinner", "dinner after work"]),
        "product_feature": _said(["15-minute", "quick one-pan"], ["dinner recipes", "weeknight dinner kits"]),
    },
    "price": {
        "customer_need": _said(["cheaper", "lower"], ["grocery bill", "price for groceries", "grocery price"]),
        "product_feature": _said(["grocery price", "price of groceries"], ["fixed for a year", "lower than in shops"]),
    },
    "waste": {
        "customer_need": _said(["less", "no more"], ["wasted food", "food waste", "food in the bin"]),
        "product_feature": _said(["portions against", "planner for less"], ["food waste", "wasted food"]),
    },
    "protein": {
        "customer_need": _said(["enough", "more"], ["protein after training", "protein for recovery", "protein a day"]),
        "product_feature": _said(["40 g of", "plenty of"], ["protein a plate", "plant protein for recovery"]),
    },
}


@dataclass
class Planted:
    """An ad to write. mentions: (field, value); each value stands in the text, so it is its own quote."""

    brand: str
    mentions: Sequence[tuple[str, str]]
    days: Sequence[str] = (DAY,)
    language: str = "en"
    words: str = ""
    truth: tuple[str | None, str | None] = (None, None)
    ad_id: str = ""
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.words or ". ".join(value for _, value in self.mentions)
        self.ad_id = self.ad_id or hashlib.sha256(f"{self.brand}|{self.text}".encode()).hexdigest()[:12]

    @property
    def text_hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:20]


def register(conn: Connection, brands: Sequence[str] = (OWN, *RIVALS), market: str = MARKET) -> None:
    names = [{"brand_id": brand, "name": brand.title()} for brand in brands]
    write.append_new(conn, "core.brand", ["brand_id"], ["name"], names)
    row = {"market_id": market, "name": market.title(), "own_brand_id": brands[0]}
    write.append_new(conn, "core.market", ["market_id"], ["name", "own_brand_id"], [row])
    roles = [{"market_id": market, "brand_id": b, "role": "own" if b == brands[0] else "competitor"} for b in brands]
    write.append_new(conn, "core.market_brand", ["market_id", "brand_id"], ["role"], roles)


def plant(conn: Connection, ads: Iterable[Planted], market: str = MARKET) -> None:
    """Write the ads, their texts, sightings and pillars, and commit."""
    ads = list(ads)
    texts = {ad.text_hash: ad for ad in ads}
    write.append_new(
        conn,
        "core.ad_text",
        ["text_hash"],
        ["body", "clean_text", "cleaning", "language", "words", "readable"],
        [
            {
                "text_hash": key,
                "body": ad.text,
                "clean_text": ad.text,
                "cleaning": "1",
                "language": ad.language,
                "words": len(ad.text.split()),
                "readable": "true",
            }
            for key, ad in texts.items()
        ],
    )
    seen = [
        {"source": "files", "brand_id": ad.brand, "partition_key": day, "ad_id": ad.ad_id, "text_hash": ad.text_hash}
        for ad in ads
        for day in ad.days
    ]
    key = ["source", "brand_id", "partition_key", "ad_id"]
    write.append_new(conn, "core.ad_seen_daily", key, ["text_hash"], seen)
    read_pillars(conn, texts.values(), market)
    query.execute(conn, DERIVE)
    conn.commit()


def read_pillars(conn: Connection, ads: Iterable[Planted], market: str = MARKET) -> None:
    ads = list(ads)
    readings = [
        {
            "market_id": market,
            "text_hash": ad.text_hash,
            "read_from": ad.text_hash,
            "extractor": "planted",
            "extractor_version": "1",
            "status": "read" if ad.mentions else "empty",
            "mentions": len(ad.mentions),
            "dropped": 0,
        }
        for ad in ads
    ]
    columns = ["extractor", "extractor_version", "status", "read_from", "mentions", "dropped"]
    write.append_new(conn, "mart.reading", ["market_id", "text_hash"], columns, readings)
    pillars = []
    for ad in ads:
        places: dict[str, int] = {}
        for name, value in ad.mentions:
            places[name] = places.get(name, -1) + 1
            start = ad.text.find(value)
            pillars.append(
                {
                    "market_id": market,
                    "text_hash": ad.text_hash,
                    "field": name,
                    "position": places[name],
                    "value": value,
                    "quote": value,
                    "quote_start": start,
                    "quote_end": start + len(value),
                    "extractor": "planted",
                }
            )
    key = ["market_id", "text_hash", "field", "position"]
    columns = ["value", "quote", "quote_start", "quote_end", "extractor"]
    write.append_new(conn, "mart.pillar", key, columns, pillars)


def invent(
    rng: np.random.Generator,
    brand: str,
    count: int,
    mix: dict[tuple[str, str], float],
    *,
    named: float = 1.0,
    days: Sequence[str] = (DAY,),
) -> list[Planted]:
    """`count` ads of a brand, each of a persona and theme drawn from `mix`; `named`: how many say their audience."""
    pairs = sorted(mix)
    chance = np.array([mix[pair] for pair in pairs])
    ads = []
    for number, choice in enumerate(rng.choice(len(pairs), count, p=chance / chance.sum())):
        persona, theme = pairs[choice]
        audience = [("target_audience", str(rng.choice(AUDIENCES[persona])))] if rng.random() < named else []
        said = [(name, str(rng.choice(values))) for name, values in THEMES[theme].items()]
        noise = " ".join(f"{brand}{number}{letter}" for letter in "abcdefgh")  # no two ads are copies
        words = ". ".join([*(value for _, value in [*audience, *said]), noise])
        ads.append(Planted(brand, [*audience, *said], days, words=words, truth=(persona, theme)))
    return ads


def even_mix() -> dict[tuple[str, str], float]:
    return {(persona, theme): 1.0 for persona in AUDIENCES for theme in THEMES}


DERIVE = """
insert into core.ad (ad_key, source, ad_id, brand_id, text_hash, first_seen, last_seen, running_days, days_seen, status)
select ad_key, min(source), min(ad_id), min(brand_id), max(text_hash), min(partition_key), max(partition_key),
       max(partition_key) - min(partition_key) + 1, count(*), 'active'
from core.ad_seen_daily group by ad_key
on conflict (ad_key) do update set last_seen = excluded.last_seen, running_days = excluded.running_days
"""
