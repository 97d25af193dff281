"""A small market with a click model that is known: offers and questions win, webinars lose, thin tests blur it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from counterpitch.ctr import examples
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection

DAY = "2026-11-20"
BASE = -4.0
EFFECTS = {"free trial": 0.5, "webinar": -0.5, "today": 0.2}
QUESTION = 0.35
_OPENINGS = ["Learn to speak", "Sleep well", "Cook at home", "Run further", "Save the evening", "Read more books"]
_MIDDLES = ["with a plan", "in ten minutes", "without a coach", "with your friends", "at your pace", "every morning"]
_ENDS = ["Start a free trial.", "Join our webinar.", "Begin today.", "See how it works.", "Made for families."]


def ads(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """`count` ads with different words: text, and the log-odds of a click that were planted."""
    rng = np.random.default_rng(seed)
    out = []
    for number in range(count):
        question = bool(rng.random() < 0.5)
        pieces = [str(rng.choice(part)) for part in (_OPENINGS, _MIDDLES, _ENDS)]
        text = f"{pieces[0]} {pieces[1]}{'?' if question else '.'}\n{pieces[2]} Lesson {'abcdefghij'[number % 10]}"
        logit = BASE + QUESTION * question + sum(e for words, e in EFFECTS.items() if words in text.lower())
        out.append({"text": f"{text}{chr(97 + number % 26)}{chr(97 + number // 26 % 26)}", "logit": logit})
    return out


def apart(count: int, seed: int = 1, alike: Callable[[int, int], list[dict[str, Any]]] = ads) -> list[dict[str, Any]]:
    """The ads of `ads`, each with made-up words of its own, so that none is nearly another's copy."""
    rng = np.random.default_rng([count, seed])
    own = ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), 40)) for _ in range(count)]
    made = zip(alike(count, seed), own, strict=True)
    return [ad | {"text": f"{ad['text']} {word[:20]} {word[20:]}"} for ad, word in made]


def opening_alike(known: pd.DataFrame, apart: int) -> pd.DataFrame:
    """Examples of long ads: each opens like the one `apart` rows before it, and goes on in words of its own."""
    rng = np.random.default_rng(5)
    heads = [f"{text} {_made_up(rng, 12)}" for text in known["text"]]
    heads = [heads[row - apart] if row >= apart else head for row, head in enumerate(heads)]
    return known.assign(text=[f"{head} {_made_up(rng, 60)}" for head in heads])


def _made_up(rng: np.random.Generator, words: int) -> str:
    return " ".join("".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), 6)) for _ in range(words))


def clicks(rng: np.random.Generator, logit: float, impressions: int) -> int:
    """Clicks drawn from the planted rate."""
    return int(rng.binomial(impressions, 1 / (1 + np.exp(-logit))))


def frame(count: int = 240, tests: int = 60, seed: int = 1, impressions: int = 4000) -> pd.DataFrame:
    """Examples as examples.read gives them: `count` ads of one brand, and `tests` tests of four arms."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, ad in enumerate(ads(count + 4 * tests, seed)):
        arm = number - count
        start = pd.Timestamp("2026-09-01") + pd.Timedelta(days=number % 80)
        group, owner = ("ads|acme", "acme") if arm < 0 else (f"test|t{arm // 4}", "own")
        if arm >= 0:
            start = pd.Timestamp("2026-09-01") + pd.Timedelta(days=arm // 4)
        rows.append(
            {
                "example_key": f"{owner}:{number:04d}",
                "group_key": group,
                "test_key": group,
                "owner": owner,
                "brand_id": "acme" if arm < 0 else None,
                "text": ad["text"],
                "call_to_action": "",
                "language": "en",
                "media_type": "image",
                "placement": "facebook",
                "day": start,
                "impressions": impressions,
                "clicks": clicks(rng, ad["logit"] + (0.3 * ((arm // 4) % 3 - 1) if arm >= 0 else 0), impressions),
                "click": "all",
            }
        )
    return examples.usable(pd.DataFrame(rows).astype({"day": "datetime64[us]"}))


def fill(conn: Connection, count: int = 160, tests: int = 40, seed: int = 1, own_results: bool = True) -> None:
    """A market `m` of brand acme and competitor rival in the warehouse: ads seen on DAY, results, experiments."""
    rng = np.random.default_rng(seed)
    query.execute(conn, "insert into core.brand (brand_id, name) values ('acme', 'Acme'), ('rival', 'Rival')")
    query.execute(conn, "insert into core.market (market_id, name, own_brand_id) values ('m', 'M', 'acme')")
    query.execute(conn, "insert into core.market_brand values ('m', 'acme', 'own'), ('m', 'rival', 'competitor')")
    made = ads(count + 40, seed)
    for number, ad in enumerate(made):
        _ad(conn, "acme" if number < count else "rival", str(number), ad["text"])
    if own_results:
        results = [
            {
                "source": "files",
                "brand_id": "acme",
                "ad_id": str(number),
                "result_date": f"2026-10-{1 + number % 28:02d}",
                "as_of": DAY,
                "impressions": 4000,
                "clicks": clicks(rng, ad["logit"], 4000),
                "link_clicks": None,
            }
            for number, ad in enumerate(made[:count])
        ]
        write.copy(conn, "core.ad_result_daily", list(results[0]), results)
    arms = [
        {
            "source": "files",
            "experiment_id": f"t{number // 4}",
            "arm_id": str(number % 4),
            "headline": ad["text"],
            "impressions": 3000,
            "clicks": clicks(rng, ad["logit"], 3000),
            "started_on": f"2026-0{1 + number // 4 % 9}-10",
            "owner": "own",
        }
        for number, ad in enumerate(ads(4 * tests, seed + 1))
    ]
    if arms:
        write.copy(conn, "core.experiment_arm", list(arms[0]), arms)
    conn.commit()


def _ad(conn: Connection, brand: str, ad_id: str, text: str) -> None:
    words = {"hash": hashlib.sha256(text.encode()).hexdigest(), "text": text, "n": len(text.split())}
    seen = {**words, "brand": brand, "ad": ad_id, "day": DAY, "key": f"files:{ad_id}"}
    query.execute(
        conn,
        "insert into core.ad_text (text_hash, body, clean_text, cleaning, language, words, readable) "
        "values (%(hash)s, %(text)s, %(text)s, 'test', 'en', %(n)s, true) on conflict do nothing",
        words,
    )
    query.execute(
        conn,
        "insert into core.ad_seen_daily (source, brand_id, partition_key, ad_id, text_hash, media_type, platforms) "
        "values ('files', %(brand)s, %(day)s, %(ad)s, %(hash)s, 'image', '{facebook}')",
        seen,
    )
    query.execute(
        conn,
        "insert into core.ad (ad_key, source, ad_id, brand_id, text_hash, media_type, first_seen, last_seen, "
        "running_days, days_seen, status) values (%(key)s, 'files', %(ad)s, %(brand)s, %(hash)s, 'image', "
        "%(day)s, %(day)s, 1, 1, 'active')",
        seen,
    )
