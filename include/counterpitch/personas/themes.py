"""What the market talks about: needs and features clustered by meaning, across brands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from counterpitch.personas.cluster import Clustering, cluster
from counterpitch.personas.corpus import Corpus, Mention
from counterpitch.personas.embed import embed, in_company
from counterpitch.personas.name import Candidate

FIELDS = ("customer_need", "product_feature")
COMPANY = 0.25  # part of a value's vector that comes from what is said beside it
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
    vectors = _vectors(corpus, said, values)
    weights = np.array([len({mention.text_hash for mention in said[value]}) for value in values], float)
    worded = np.flatnonzero(vectors.any(axis=1)) if values else np.zeros(0, int)
    found = cluster(vectors[worded], weights[worded], most)
    drafts = [Draft(stability=_stable(found, i)) for i in range(found.k)]
    for row, label, similarity in zip(worded, found.labels, found.similarity, strict=True):
        for mention in said[values[row]]:
            drafts[label].members[mention.key] = round(float(similarity), 6)
    drafts.sort(key=lambda draft: (-len(draft.texts), min(draft.members)))
    return drafts, found


def _vectors(corpus: Corpus, said: Mapping[str, list[Mention]], values: list[str]) -> NDArray[np.float64]:
    """Unit rows of the values: their own words beside the other needs and features of the same texts."""
    if not values:
        return np.zeros((0, 1))
    names = corpus.brand_names.values()
    return in_company(embed(values, names), embed(company(corpus, said, values, FIELDS), names), COMPANY)


def company(
    corpus: Corpus, said: Mapping[str, list[Mention]], values: Sequence[str], fields: Sequence[str]
) -> list[str]:
    """For each value, the other values of `fields` in the texts that say it, as one document."""
    return [
        " . ".join(
            other.value
            for text in sorted({mention.text_hash for mention in said[value]})
            for other in corpus.mentions_of[text]
            if other.field in fields and " ".join(other.value.casefold().split()) != value
        )
        for value in values
    ]


def by_value(corpus: Corpus, fields: Sequence[str]) -> dict[str, list[Mention]]:
    """Folded value -> its mentions in the window's read texts."""
    read, found = set(corpus.read), defaultdict(list)
    for mention in corpus.mentions:
        if mention.field in fields and mention.text_hash in read:
            found[" ".join(mention.value.casefold().split())].append(mention)
    return dict(found)


def candidates(corpus: Corpus, members: dict[tuple[str, str, int], float]) -> list[Candidate]:
    """The values that may name a cluster of mentions, each once."""
    messages: dict[str, set[str]] = defaultdict(set)
    best: dict[str, tuple[float, Mention]] = {}
    for mention in corpus.mentions:
        if mention.key not in members:
            continue
        value = " ".join(mention.value.casefold().split())
        messages[value] |= {
            corpus.message_of.get((ad.brand_id, ad.text_hash), ad.text_hash)
            for ad in corpus.ads_of.get(mention.text_hash, [])
        }
        best.setdefault(value, (members[mention.key], mention))
    return [
        Candidate(
            value=mention.value,
            weight=float(len(messages[value])),
            similarity=similarity,
            language=corpus.texts[mention.text_hash].language,
            words=len(value.split()),
            is_need=mention.field == "customer_need",
        )
        for value, (similarity, mention) in sorted(best.items())
    ]


def detail(found: Clustering) -> dict[str, Any]:
    """How a clustering came about, for mart.clustering."""
    return {"criterion": found.criterion, "k": found.k, "tried": found.scores}


def _stable(found: Clustering, i: int) -> float | None:
    return round(float(found.stability[i]), 6) if np.isfinite(found.stability[i]) else None
