"""How much of the planted themes is found again with word meanings and without, as JSON.

    python benchmarks/themes.py [--seeds 20260 31 32 33 34 35] [--days 60]

Each simulated market is loaded as in ctr_sandbox.py, its texts are read by the extractive reader, and its last four
weeks are gathered into themes twice: as the product does, and by words, letters and concepts alone (`words`, the named
baseline, with the weights it had before meanings were added). The figure is adjusted mutual information with the
planted themes, 0 for chance (sandbox/truth.py). The weights were chosen on seeds 11 to 18; the default ones are others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ctr_sandbox import MARKET_ID, Market, asked, on_markets
from scipy.stats import ttest_1samp

from counterpitch import brands
from counterpitch.personas import embed
from counterpitch.personas.corpus import Corpus, read_corpus
from counterpitch.personas.themes import find_themes
from counterpitch.pillars.extract import read_partition
from counterpitch.sandbox import truth
from counterpitch.sources.importing import partitions
from counterpitch.warehouse.connection import transaction

SEEDS = (20260, 31, 32, 33, 34, 35)
WINDOW = 5  # last sweeps that hold the four weeks


def main() -> None:
    """Measure each seed's market and print JSON."""
    args = asked(__doc__ or "", SEEDS)
    found = [figures for days in args.days for figures in on_markets(args.seeds, days, measure)]
    gains = [market["with_meanings"]["ami"] - market["words"]["ami"] for market in found]
    interval = ttest_1samp(gains, 0).confidence_interval() if len(gains) > 1 else (None, None)
    mean = {
        how: round(sum(market[how]["ami"] for market in found) / len(found), 4) for how in ("words", "with_meanings")
    }
    told = {"baseline": "words", "markets": found, "mean_ami": mean, "gain": round(sum(gains) / len(gains), 4)}
    print(json.dumps(told | {"gain_95": [round(float(end), 4) for end in interval]}, indent=1))


def measure(market: Market) -> dict[str, Any]:
    """The figures of one market."""
    with transaction(application="benchmark") as conn:
        names = brands.registered(conn)
        keys = partitions(conn, names)
    for key in keys[-WINDOW:]:
        read_partition(key, names)
    with transaction(application="benchmark") as conn:
        corpus = read_corpus(conn, MARKET_ID, keys[-1])
        scope = {"market_id": MARKET_ID, "partition_key": keys[-1]}
        planted = truth._planted(truth._labels(conn, market.truth, scope), "theme")
    with words_alone():
        before = recovered(corpus, planted)
    return {"texts": len(corpus.read), "words": before, "with_meanings": recovered(corpus, planted)}


@contextmanager
def words_alone() -> Iterator[None]:
    """Vectors without meanings, and concepts as heavy as words."""
    kept = embed.CONCEPTS["want"], embed.MEANINGS["want"]
    embed.CONCEPTS["want"], embed.MEANINGS["want"] = 1.0, 0.0
    try:
        yield
    finally:
        embed.CONCEPTS["want"], embed.MEANINGS["want"] = kept


def recovered(corpus: Corpus, planted: dict[str, str]) -> dict[str, Any]:
    """AMI, number of themes and share of planted themes found; a text's theme is that of its nearest need."""
    best: dict[str, tuple[tuple[bool, float, int], str]] = {}
    for number, draft in enumerate(find_themes(corpus)[0]):
        for (text, field, _), near in draft.members.items():
            rank = (field == "customer_need", near, -number)
            if text not in best or rank > best[text][0]:
                best[text] = (rank, str(number))
    found = truth.recovered(planted, {text: theme for text, (_, theme) in best.items()})
    return {"ami": found.ami, "themes": found.clusters, "found": found.found}


if __name__ == "__main__":
    main()
