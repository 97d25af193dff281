"""Who the market speaks to: audiences clustered by their words and by what is said to them.

A text that names no audience is given the persona to which the market says such things, above a bar, or none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from counterpitch.personas.assign import Assignment, infer
from counterpitch.personas.cluster import Clustering, cluster
from counterpitch.personas.corpus import Corpus
from counterpitch.personas.embed import names_people
from counterpitch.personas.themes import least
from counterpitch.personas.vectors import TRADE, by_value, text_vectors, value_vectors
from counterpitch.settings import settings

FEWEST = 3
MOST = 10  # personas that a team can keep apart
COMPANY = 0.65  # part of an audience's vector that comes from the texts that name it


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
    said = {
        value: mentions
        for value, mentions in by_value(corpus, ("target_audience",)).items()
        if settings().embeddings or names_people(value, corpus.texts[mentions[0].text_hash].language)
    }
    values = sorted(said)
    texts = text_vectors(corpus, TRADE, "audience")
    vectors = value_vectors(corpus, said, values, texts, "audience", COMPANY)
    weights = np.array([len({mention.text_hash for mention in said[value]}) for value in values], float)
    found = cluster(vectors, weights, most, FEWEST)
    drafts = [Draft() for _ in range(found.k)]
    for i, draft in enumerate(drafts):
        draft.stability = round(float(found.stability[i]), 6) if np.isfinite(found.stability[i]) else None
    for value, label, similarity in zip(values, found.labels, found.similarity, strict=True):
        for mention in said[value]:
            draft, near = drafts[label], round(float(similarity), 6)
            draft.values[mention.key] = near
            draft.named[mention.text_hash] = max(near, draft.named.get(mention.text_hash, -1.0))
    drafts = [draft for draft in drafts if len(draft.named) >= least(corpus)]
    assignment = _infer(corpus, drafts)
    for text, (persona, likely) in assignment.personas.items():
        drafts[persona].inferred[text] = likely
    order = sorted(drafts, key=lambda draft: (-len(draft.texts), min(draft.values)))
    return order, found, assignment


def _infer(corpus: Corpus, drafts: list[Draft]) -> Assignment:
    named: dict[str, set[int]] = {}
    for i, draft in enumerate(drafts):
        for text in draft.named:
            named.setdefault(text, set()).add(i)
    groups: dict[str, str] = {}
    for (_, text), message in sorted(corpus.message_of.items()):
        groups.setdefault(text, message)
    named = {text: personas for text, personas in named.items() if text in groups}
    # Without the words that name the audience: an unnamed text lacks them, and a bar set with them is too easy.
    vectors = text_vectors(corpus, ("target_audience", *TRADE))
    return infer(vectors, named, groups, [text for text in groups if text not in named])
