"""Read ads from a JSONL file (lines with ad_key and text) and write predictions for a scorer, or to teach from.

    benchmarks/pillars.py [--ads ADS.jsonl] [--out predictions.jsonl] [--extractor extractive|llm]
                          [--seconds 90] [--at-once 32]

Without --ads it reads 2,000 ads of the bundled market, all different, and adds their score against what was planted
in them (`says_nothing` is the baseline: the score of readings without a word). The model is the one that settings name
(COUNTERPITCH_LLM, COUNTERPITCH_LLM_BASE_URL), its books are in the warehouse; the prompt is the one in prompt.md.
Prints JSON: ads read, ads a second on one core (extractive), quotes, the share of quotes not found in the ad, and what
is pending, by reason.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from counterpitch.pillars import evaluate, extractive
from counterpitch.pillars.extract import Extractive, Reader
from counterpitch.pillars.ground import Reading
from counterpitch.pillars.schema import Pillars

SIMULATED, SEED = 2000, 99


@dataclass(frozen=True)
class Ads:
    """Texts by key, and what was planted in them where that is known."""

    texts: Mapping[str, str]
    planted: Mapping[str, Pillars]


def ads_of(path: Path | None) -> Ads:
    """The file's ads (two lines may hold one ad), or the bundled market's."""
    if path:
        rows = map(json.loads, filter(str.strip, path.read_text("utf-8").split("\n")))
        return Ads({row["ad_key"]: row["text"] for row in rows}, {})
    from pillars_gold import pillars, written

    texts: dict[str, str] = {}
    planted: dict[str, Pillars] = {}
    for number in count():
        text, copy = written(number, SEED)
        if text not in texts.values():
            texts[f"sandbox:{number}"], planted[f"sandbox:{number}"] = text, Pillars.model_validate(pillars(text, copy))
        if len(texts) == SIMULATED:
            break
    return Ads(texts, planted)


def scores(ads: Ads, read: Mapping[str, Reading]) -> dict[str, float]:
    """Against what was planted: the readings' pillar_score, and that of saying nothing."""
    if not ads.planted:
        return {}
    said = {key: read.get(key, Reading()) for key in ads.texts}
    found = {}
    for name, answers in (("pillar_score", said), ("says_nothing", dict.fromkeys(ads.texts, Reading()))):
        rows = [(ads.texts[key], answer.pillars(), [ads.planted[key]]) for key, answer in answers.items()]
        found[name] = evaluate.score(rows)["all"]["pillar_score"]
    return found


def reader(extractor: str, seconds: float, at_once: int) -> Reader:
    """The reader that is asked for."""
    if extractor == "extractive":
        extractive.read("Warm up: the weights are loaded once.")
        return Extractive()
    from counterpitch.llm.client import Client, Limits
    from counterpitch.pillars import prompts
    from counterpitch.pillars.modelled import Modelled

    return Modelled(Client("benchmark", limits=Limits(at_once=at_once, seconds=seconds)), prompts.on_file())


def main() -> None:
    """Read every ad once, write one prediction an ad, print what came of it."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--ads", type=Path)
    cli.add_argument("--out", type=Path)
    cli.add_argument("--extractor", choices=["extractive", "llm"], default="extractive")
    cli.add_argument("--seconds", type=float, default=90.0, help="longest wait for an answer of the model")
    cli.add_argument("--at-once", type=int, default=32, help="questions put to the model at the same time")
    args = cli.parse_args()
    given = ads_of(args.ads)
    ads = given.texts
    reading = reader(args.extractor, args.seconds, args.at_once)
    start = time.process_time()
    answers = dict(zip(ads, reading.read(list(ads.values())), strict=True))
    spent = time.process_time() - start
    read = {key: answer for key, answer in answers.items() if isinstance(answer, Reading)}
    quotes = [(ads[k], e.quote) for k, r in read.items() for e in r.evidence if e.quote is not None]
    if args.out:
        with args.out.open("w", encoding="utf-8") as out:
            for key in ads:
                said = read.get(key, Reading()).pillars().model_dump()
                row = {"ad_key": key, "text": ads[key], "pillars": said}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    figures: dict[str, Any] = {
        "extractor": reading.name,
        "version": reading.version,
        "ads": len(ads),
        "quotes": len(quotes),
        "ungrounded": sum(q not in text for text, q in quotes) / max(1, len(quotes)),
        "dropped": sum(r.dropped for r in read.values()),
        "empty": sum(r.empty for r in read.values()),
        "pending": dict(Counter(answer.split(":")[0] for answer in answers.values() if isinstance(answer, str))),
    }
    if args.extractor == "extractive":
        figures["ads_per_second_one_core"] = round(len(ads) / spent, 1)
    figures |= scores(given, read)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
