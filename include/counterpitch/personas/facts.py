"""What our own ads can back: quoted features that speak of what a theme is about.

White space is claimed only over such a fact. A feature that a clustering swept in ("tap to begin") is none, so
it must name what marks the theme and be a phrase that stands by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from counterpitch.personas import themes
from counterpitch.personas.corpus import Corpus, Mention
from counterpitch.personas.name import aptness, marks, shape

APT = 0.3  # aptness from which a feature speaks of the theme
WHOLE = 0.5  # shape from which a value is a phrase

Members = Mapping[tuple[str, str, int], float]


def own_facts(corpus: Corpus, clusters: Sequence[Members]) -> list[list[Mention]]:
    """For each theme (mention key -> similarity), the features that our own ads quote, best first."""
    ours = {ad.text_hash for ad in corpus.ads if ad.brand_id == corpus.own}
    mentions = {mention.key: mention for mention in corpus.mentions}
    set_apart = marks([themes.candidates(corpus, members) for members in clusters], "want")
    found = []
    for members, of in zip(clusters, set_apart, strict=True):
        own = [mentions[key] for key in members if key[0] in ours and key[1] == "product_feature" and key in mentions]
        backing = [m for m in own if m.quote and aptness(m.said, of, "want") >= APT and shape(m.said) >= WHOLE]
        strength = {m.key: aptness(m.said, of, "want") * shape(m.said) * members[m.key] for m in backing}
        found.append(sorted(backing, key=lambda m: (-strength[m.key], m.key)))
    return found
