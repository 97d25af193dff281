"""Names for clusters, from what their members say: a whole value of theirs, never a bag of stems.

A name must be something that a marketer would say, and something that an ad did say; so a short value is chosen
that is typical, said often, and speaks of what sets the cluster apart, in the reader's language where there is one.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from counterpitch.personas.casing import Casing, capitalise
from counterpitch.personas.embed import Lens, concepts_of, stopwords, tokens

_ADDRESSES_READER = re.compile(r"\b(you|your|you're|yours|i|my|we|our|us|tu|tus|du|dein|deine)\b", re.I)
_CLAUSE = re.compile(
    r"^(?:i|it|it's|he|she|they|this|that|there|if|when|why|who|what|what's|how|which|do|does|did|is|are|was|can|could|"
    r"will|would|never|don't|tap|click|have a|was|wie|wer|qué|cómo|quién)\b",
    re.I,
)
_SPAM = re.compile(r"https?:|www\.|\.com\b|@|[#{}<>|*_~^\\]")


@dataclass(frozen=True)
class Candidate:
    """A value that may name its cluster. weight: in how many messages it is said; similarity: to the center."""

    value: str
    weight: float
    similarity: float
    language: str
    is_need: bool = False


def name_clusters(clusters: Sequence[Sequence[Candidate]], reader: str, casing: Casing, lens: Lens) -> list[str]:
    """A name for each cluster, all different: the clusters with most behind them choose first.

    `reader` is the language code that the names should be in where members have it; `lens` says what the clusters
    are about.
    """
    order = sorted(range(len(clusters)), key=lambda i: (-sum(c.weight for c in clusters[i]), i))
    marks = _marks(clusters, lens)
    taken: set[str] = set()
    names = [""] * len(clusters)
    for i in order:
        best = sorted(clusters[i], key=lambda c: (-_score(c, reader, marks[i], lens), c.value))
        spoken = [_spoken(c.value, casing) for c in best]
        free = next((name for name in spoken if _fold(name) not in taken), None)
        names[i] = free or f"{spoken[0] if spoken else 'Unnamed'} ({i + 1})"
        taken.add(_fold(names[i]))
    return names


def _marks(clusters: Sequence[Sequence[Candidate]], lens: Lens) -> list[dict[str, float]]:
    """For each cluster, how much each concept marks it off from the market, 0 to 1; empty where none does."""
    counts = [_concept_counts(cluster, lens) for cluster in clusters]
    market = sum(counts, Counter[str]())
    found = []
    for count in counts:
        here, everywhere = sum(count.values()) or 1.0, sum(market.values()) or 1.0
        lift = {name: n / here * math.log((n / here) / (market[name] / everywhere)) for name, n in count.items()}
        most = max(lift.values(), default=0.0)
        found.append({name: value / most for name, value in lift.items() if value > 0} if most > 0 else {})
    return found


def _concept_counts(cluster: Sequence[Candidate], lens: Lens) -> Counter[str]:
    counts: Counter[str] = Counter()
    for candidate in cluster:
        for name in _concepts(candidate.value, lens):
            counts[name] += candidate.weight  # type: ignore[assignment]
    return counts


def _concepts(value: str, lens: Lens) -> set[str]:
    return {name for word in tokens(value) for name in concepts_of(word, (lens,))}


def listed(items: Iterable[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"; items that hold a comma are divided by semicolons."""
    parts = [item for item in items if item]
    if len(parts) < 2:
        return "".join(parts)
    comma = "; " if any("," in part for part in parts) else ", "
    tail = f"{comma.rstrip()} {last} " if comma == "; " else f" {last} "
    return comma.join(parts[:-1]) + tail + parts[-1]


def _spoken(value: str, casing: Casing) -> str:
    return capitalise(casing.apply(value.strip(" .,;:!?…-–—'\"“”‘’()")))


def _fold(name: str) -> str:
    return " ".join(tokens(name))


def _score(candidate: Candidate, reader: str, marks: Mapping[str, float], lens: Lens) -> float:
    apt = max((marks.get(name, 0.0) for name in _concepts(candidate.value, lens)), default=0.0) if marks else 1.0
    return (
        max(candidate.similarity, 0.01)
        * math.log1p(candidate.weight)
        * _shape(candidate.value)
        * (1.0 if candidate.language in {reader, "und"} else 0.3)
        * (0.2 + 0.8 * apt)
        * (1.3 if candidate.is_need else 1.0)
    )


def _shape(value: str) -> float:
    """How well a value would do as a name, 0 to 1."""
    words = tokens(value)
    content = [word for word in words if word not in stopwords() and not word.isdigit()]
    if not content or _SPAM.search(value):
        return 0.01
    score = {1: 0.6, 2: 1.0, 3: 1.0, 4: 1.0, 5: 0.9, 6: 0.7, 7: 0.55}.get(len(words), 0.3)
    if _ADDRESSES_READER.search(value):
        score *= 0.6
    if any(word.isdigit() for word in words):
        score *= 0.7
    if words[-1] in stopwords() or words[-1] in {"one", "two", "even", "really", "does"}:  # cut off in mid phrase
        score *= 0.4
    if _CLAUSE.match(value):
        score *= 0.5
    return score if "?" not in value and "!" not in value else score * 0.6
