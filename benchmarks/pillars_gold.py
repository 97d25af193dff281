"""Write the small gold set that ships with the project: ads of the sandbox, whose truth is known.

    benchmarks/pillars_gold.py [--ads 40] [--seed 7] [--out include/counterpitch/pillars/gold.jsonl]

Prompts are compared on it where no annotated ads of your own are named (COUNTERPITCH_GOLD). Quotes are the planted
phrases; a value is its words in lower case (small words aside), or in another language than English what was planted,
in English. The same seed gives the same file. Prints JSON: the ads, and the mentions of each field.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from counterpitch.pillars import evaluate, features
from counterpitch.pillars.schema import LISTS
from counterpitch.sandbox.copywriter import Copy, draft_ad, write_copy
from counterpitch.sandbox.library import Mention, category, library
from counterpitch.sandbox.streams import pick, stream

MARKS = re.compile(r"[^\w\s'%£€$&-]+")


def written(number: int, seed: int) -> tuple[str, Copy]:
    """One ad: its text as the warehouse cleans it, and its copy."""
    rng = stream(seed, "gold", number)
    told = category()
    brand = pick(rng, list(told.brands.values()))
    draft = draft_ad(rng, brand, told)
    thin = [line.replace("{brand}", draft.brand) for line in library(draft.language).lines("thin", "body")]
    copy = write_copy(draft, pick(rng, thin) if draft.thin else "")
    lines = (copy.body, copy.title, copy.description, copy.call_to_action)
    return "\n".join(line for line in lines if line), copy


def value(mention: Mention, text: str, language: str) -> str:
    """The mention's name: its own words, or the planted label where these are not English."""
    told = category()
    labels = told.personas | told.themes | told.features
    said = text[mention.start : mention.end]
    if language != "en" and mention.label:
        said = labels.get(mention.label, said)
    return " ".join(word for word in MARKS.sub(" ", said.lower()).split() if word not in features.STOP)


def pillars(text: str, copy: Copy) -> dict[str, Any]:
    """The planted truth in the shape of a reading."""
    found: dict[str, Any] = {field: [] for field in LISTS}
    for mention in copy.mentions:
        name = value(mention, text, copy.draft.language)
        said = {"value": name, "quote": text[mention.start : mention.end]}
        if mention.field not in LISTS:
            found.setdefault(mention.field, said)
        elif len(found[mention.field]) < LISTS[mention.field] and said not in found[mention.field]:
            found[mention.field].append(said)
    return found | {"product": copy.draft.brand if copy.draft.brand in text else None, "tone": None}


def main() -> None:
    """Write the file, and say what is in it."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--ads", type=int, default=40)
    cli.add_argument("--seed", type=int, default=7)
    cli.add_argument("--out", type=Path, default=evaluate.BUNDLED)
    args = cli.parse_args()
    counted: Counter[str] = Counter()
    seen: set[str] = set()
    number = 0
    with args.out.open("w", encoding="utf-8") as out:
        while len(seen) < args.ads:
            text, copy = written(number, args.seed)
            number += 1
            if evaluate.template(text) in seen:
                continue
            seen.add(evaluate.template(text))
            said = pillars(text, copy)
            counted.update({field: len(said[field]) for field in LISTS})
            row = {"ad_key": f"sandbox:{len(seen)}", "text": text, "pillars": said}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(json.dumps({"ads": len(seen), **counted}, indent=1))


if __name__ == "__main__":
    main()
