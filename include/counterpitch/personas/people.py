"""Who the market speaks to: audiences clustered by their words and by what is said to them.

A text that names no audience is given the persona to which the market says such things, above a bar, or none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from counterpitch.personas.assign import Assignment, infer
from counterpitch.personas.cluster import Clustering, cluster
from counterpitch.personas.corpus import Corpus, Mention
from counterpitch.personas.embed import embed, in_company
from counterpitch.personas.themes import by_value, company

MOST = 10  # personas that a team can keep apart
COMPANY = 0.35  # part of an audience's vector that comes from the needs and hooks said beside it
BESIDE = ("customer_need", "hook")


@dataclass
class Draft:
    """A persona before it has an id. named and inferred: text -> similarity; values: mention key -> similarity."""

    named: dict[str, float] = field(default_factory=dict)
    inferred: dict[str, float] = field(default_factory=dict)
    values: dict[tuple[str, str, int], float] = field(default_factory=dict)
    stability: float | None = None

    @property
    def texts(self) -> set[str]:
        """The texts that speak to it."""
        return {*self.named, *self.inferred}


def find_personas(corpus: Corpus, most: int = MOST) -> tuple[list[Draft], Clustering, Assignment]:
    """The personas of a window, largest first; how the clustering came about; how texts were given to them."""
    said = by_value(corpus, ("target_audience",))
    values = sorted(said)
    around = _texts(corpus)
    vectors = _audience_vectors(corpus, said, values) if values else np.zeros((0, 1))
    weights = np.array([len({mention.text_hash for mention in said[value]}) for value in values], float)
    found = cluster(vectors, weights, most)
    drafts = [Draft() for _ in range(found.k)]
    for i, draft in enumerate(drafts):
        draft.stability = round(float(found.stability[i]), 6) if np.isfinite(found.stability[i]) else None
    for value, label, similarity in zip(values, found.labels, found.similarity, strict=True):
        for mention in said[value]:
            draft, near = drafts[label], round(float(similarity), 6)
            draft.values[mention.key] = near
            draft.named[mention.text_hash] = max(near, draft.named.get(mention.text_hash, -1.0))
    assignment = _infer(corpus, drafts, around)
    for text, (persona, likely) in assignment.personas.items():
        drafts[persona].inferred[text] = likely
    order = sorted(drafts, key=lambda draft: (-len(draft.texts), min(draft.values)))
    return order, found, assignment


def _texts(corpus: Corpus) -> dict[str, NDArray[np.float64]]:
    """Text -> unit row of its words, without brand names and without the words that name the audience.

    Those words are what an unnamed text lacks: a bar set with them in place would be far too easy to clear.
    """
    documents = []
    for text in corpus.read:
        words = corpus.texts[text].clean_text
        for mention in corpus.mentions_of.get(text, []):
            if mention.field == "target_audience":
                words = words.replace(mention.quote or mention.value, " ")
        documents.append(words)
    return dict(zip(corpus.read, embed(documents, corpus.brand_names.values()), strict=True))


def _audience_vectors(corpus: Corpus, said: Mapping[str, list[Mention]], values: list[str]) -> NDArray[np.float64]:
    """Unit rows of the audiences: their own words beside the needs and hooks said to them."""
    names = corpus.brand_names.values()
    return in_company(embed(values, names), embed(company(corpus, said, values, BESIDE), names), COMPANY)


def _infer(corpus: Corpus, drafts: list[Draft], vectors: Mapping[str, NDArray[np.float64]]) -> Assignment:
    named: dict[str, set[int]] = {}
    for i, draft in enumerate(drafts):
        for text in draft.named:
            named.setdefault(text, set()).add(i)
    groups: dict[str, str] = {}
    for (_, text), message in sorted(corpus.message_of.items()):
        groups.setdefault(text, message)
    named = {text: personas for text, personas in named.items() if text in groups}
    return infer(vectors, named, groups, [text for text in groups if text not in named])
