"""What the market talks about: needs and features clustered by meaning, across brands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from counterpitch.personas.cluster import Clustering, cluster
from counterpitch.personas.corpus import Corpus, Mention
from counterpitch.personas.meaning import ENGLISH
from counterpitch.personas.name import Candidate
from counterpitch.personas.vectors import TRADE, by_value, fold, text_vectors, value_vectors

FIELDS = ("customer_need", "product_feature")
COMPANY = 0.65  # part of a value's vector that comes from the texts that say it
FEWEST = 5
ACRONYM = 5  # letters: "DSGVO"
MOST = 16  # themes that a reader can hold in mind, and columns that a heat map can show


@dataclass
class Draft:
    """A cluster before it has an id. members: mention key -> similarity; stability None: nothing to resample."""

    members: dict[tuple[str, str, int], float] = field(default_factory=dict)
    stability: float | None = None

    @property
    def texts(self) -> set[str]:
        """The texts that say it."""
        return {text for text, _, _ in self.members}


def find_themes(corpus: Corpus, fields: Sequence[str] = FIELDS, most: int = MOST) -> tuple[list[Draft], Clustering]:
    """The themes of a window, largest first, and how the clustering came about."""
    said = by_value(corpus, fields)
    values = sorted(said)
    texts = text_vectors(corpus, ("target_audience", *TRADE), "want")
    vectors = value_vectors(corpus, said, values, texts, "want", COMPANY)
    weights = np.array([len({mention.text_hash for mention in said[value]}) for value in values], float)
    worded = np.flatnonzero(vectors.any(axis=1)) if values else np.zeros(0, int)
    found = cluster(vectors[worded], weights[worded], _affordable(corpus, most), FEWEST)
    drafts = [Draft(stability=_stable(found, i)) for i in range(found.k)]
    for row, label, similarity in zip(worded, found.labels, found.similarity, strict=True):
        for mention in said[values[row]]:
            drafts[label].members[mention.key] = round(float(similarity), 6)
    kept = [draft for draft in drafts if len(draft.texts) >= least(corpus)]
    return sorted(kept, key=lambda draft: (-len(draft.texts), min(draft.members))), found


def _affordable(corpus: Corpus, most: int) -> int:
    """How many themes our own messages can be compared in: one for each five of them, between FEWEST and `most`.

    A finer grid names more and proves nothing: with two of our messages to a theme, no gap could ever be called.
    """
    ours = corpus.totals[corpus.own]
    return min(most, max(FEWEST, ours // 5)) if ours else most


def least(corpus: Corpus) -> int:
    """How many texts a cluster needs to be spoken of: three, where there are enough texts to ask for that."""
    return 3 if len(corpus.read) >= 30 else 1


def candidates(corpus: Corpus, members: Mapping[tuple[str, str, int], float]) -> list[Candidate]:
    """The values that may name a cluster of mentions, each once; what its ads turn down only where nothing else is."""
    messages: dict[str, set[str]] = defaultdict(set)
    brands: dict[str, set[str]] = defaultdict(set)
    whole: set[str] = set()
    best: dict[str, tuple[float, Mention]] = {}
    mine = [mention for mention in corpus.mentions if mention.key in members]
    for mention in [mention for mention in mine if not corpus.denied(mention)] or mine:
        value = fold(mention.said)
        messages[value] |= {
            corpus.message_of.get((ad.brand_id, ad.text_hash), ad.text_hash)
            for ad in corpus.ads_of.get(mention.text_hash, [])
        }
        if value not in whole and corpus.whole(mention):
            whole.add(value)
        brands[value] |= {ad.brand_id for ad in corpus.ads_of.get(mention.text_hash, [])}
        best.setdefault(value, (members[mention.key], mention))
    return [
        Candidate(
            value=_as_written(mention, corpus.texts[mention.text_hash].language),
            weight=float(len(messages[value])),
            similarity=similarity,
            language=corpus.texts[mention.text_hash].language,
            brands=len(brands[value]),
            whole=value in whole,
            is_need=mention.field == "customer_need",
        )
        for value, (similarity, mention) in sorted(best.items())
    ]


def _as_written(mention: Mention, language: str) -> str:
    """The value, in its quote's own spelling where that is not English: German capitals are no ornament.

    Where the quote shouts, its capitals tell nothing; an acronym that is all of it ("AI") keeps them.
    """
    quote = mention.quote or ""
    at = quote.lower().find(mention.said.lower())
    if language.split("-")[0] in ENGLISH or at < 0 or len(quote.lower()) != len(quote):
        return mention.said
    piece = quote[at : at + len(mention.said)]
    acronym = len(piece) <= ACRONYM and piece.isalpha() and (piece == quote.strip() or not quote.isupper())
    return mention.said if piece.isupper() and not acronym else piece


def detail(found: Clustering) -> dict[str, Any]:
    """How a clustering came about, for mart.clustering."""
    return {"criterion": found.criterion, "k": found.k, "tried": found.scores}


def _stable(found: Clustering, i: int) -> float | None:
    return round(float(found.stability[i]), 6) if np.isfinite(found.stability[i]) else None
