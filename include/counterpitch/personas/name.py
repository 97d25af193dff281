"""Names for clusters, from what their members say: a whole value of theirs, never a bag of stems.

A name must be something that a marketer would say, and something that an ad did say; so a short value is chosen
that is typical, said often, and speaks of what sets the cluster apart, in the reader's language where there is one.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from counterpitch.personas.casing import Casing, capitalise
from counterpitch.personas.embed import LISTED, Lens, concepts_of, is_person, stopwords, tokens

_ADDRESSES_READER = re.compile(r"\b(you|your|you're|yours|i|my|we|our|us|tu|tus|du|dein|deine)\b", re.I)
_CLAUSE = re.compile(
    r"^(?:i|i'm|it|it's|he|she|they|we|this|that|there|if|when|why|who|what|what's|how|which|where|do|does|did|is|are|"
    r"was|were|can|could|will|would|should|never|don't|didn't|tap|click|have a|and|or|but|so|then|because|than|as|now|"
    r"here|let|let's|was|wie|wer|und|oder|aber|denn|wenn|y|o|pero|qué|cómo|quién|cuándo|et|ou|mais|comment|e|ma|come)\b",
    re.I,
)
_HANGING = {"one", "two", "three", "even", "really", "does", "number", "kind", "lot", "any"}  # a noun should follow
_AFTER_HEAD = re.compile(r" (?:of|with|without|who|that|in|on|at|for|from|to|after|before|over|under|using|and)\b")
_LATIN, _OTHER_SCRIPT = re.compile("[a-z]", re.I), re.compile("[\u0370-\u1dff\u2e80-\uffdc]")
_SPAM = re.compile(r"https?:|www\.|\.com\b|@|[#{}<>|*_~^\\]")


@dataclass(frozen=True)
class Candidate:
    """A value that may name its cluster. weight: in how many messages it is said; similarity: to the center.

    whole: it stands by itself in the ad, and is no piece of a sentence.
    """

    value: str
    weight: float
    similarity: float
    language: str
    brands: int = 1
    whole: bool = True
    is_need: bool = False


def name_clusters(clusters: Sequence[Sequence[Candidate]], reader: str, casing: Casing, lens: Lens) -> list[str]:
    """A name for each cluster, all different: the clusters with most behind them choose first.

    `reader` is the language code that the names should be in where members have it; `lens` says what the clusters
    are about.
    """
    order = sorted(range(len(clusters)), key=lambda i: (-sum(c.weight for c in clusters[i]), i))
    set_apart = marks(clusters, lens)
    taken: set[str] = set()
    names = [""] * len(clusters)
    for i in order:
        best = sorted(clusters[i], key=lambda c: (-_score(c, reader, set_apart[i], lens), c.value))
        spoken = [_spoken(c.value, casing) for c in best]
        free = next((name for name in spoken if _fold(name) not in taken), None)
        names[i] = free or f"{spoken[0] if spoken else 'Unnamed'} ({i + 1})"
        taken.add(_fold(names[i]))
    return names


def marks(clusters: Sequence[Sequence[Candidate]], lens: Lens) -> list[dict[str, float]]:
    """For each cluster, how much each concept marks it off from the market, 0 to 1; empty where none does.

    The figure is the concept's part of the divergence of the cluster's words from the market's (Kullback-Leibler),
    as a share of the cluster's largest.
    """
    counts = [_concept_counts(cluster, lens) for cluster in clusters]
    market: dict[str, float] = defaultdict(float)
    for count in counts:
        for name, n in count.items():
            market[name] += n
    everywhere = sum(market.values()) or 1.0
    found = []
    for count in counts:
        here = sum(count.values()) or 1.0
        lift = {name: n / here * math.log((n / here) / (market[name] / everywhere)) for name, n in count.items()}
        most = max(lift.values(), default=0.0)
        found.append({name: value / most for name, value in lift.items() if value > 0} if most > 0 else {})
    return found


def aptness(value: str, of: Mapping[str, float], lens: Lens) -> float:
    """How far a value speaks of what marks a cluster, 0 to 1; 1 where nothing marks it."""
    return max((of.get(name, 0.0) for name in concepts_in(value, lens)), default=0.0) if of else 1.0


def concepts_in(value: str, lens: Lens) -> set[str]:
    """The concepts that the words of a value name."""
    return {name for word in tokens(value) for name in concepts_of(word, (lens,))}


def _concept_counts(cluster: Sequence[Candidate], lens: Lens) -> dict[str, float]:
    counts: dict[str, float] = defaultdict(float)
    for candidate in cluster:
        for name in concepts_in(candidate.value, lens):
            counts[name] += candidate.weight
    return counts


def listed(items: Iterable[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"; items that hold a comma are divided by semicolons."""
    parts = [item for item in items if item]
    if len(parts) < 2:
        return "".join(parts)
    comma = "; " if any("," in part for part in parts) else ", "
    tail = f"{comma.rstrip()} {last} " if comma == "; " else f" {last} "
    return comma.join(parts[:-1]) + tail + parts[-1]


@lru_cache(maxsize=1)
def verbs() -> tuple[frozenset[str], frozenset[str]]:
    """English verbs recognised in the plain form, and those recognised by their -ing form (all of them)."""
    lines = (Path(__file__).parent / "verbs.txt").read_text(encoding="utf-8").splitlines()
    plain = {word for line in lines if line[:1] not in {"#", "+"} for word in line.split()}
    return frozenset(plain), frozenset(plain | {w for line in lines if line.startswith("+") for w in line[1:].split()})


def _spoken(value: str, casing: Casing) -> str:
    return capitalise(casing.apply(value.strip(" .,;:!?…-–—'\"“”‘’()")))


def _fold(name: str) -> str:
    return " ".join(tokens(name))


def _score(candidate: Candidate, reader: str, of: Mapping[str, float], lens: Lens) -> float:
    return float(
        max(candidate.similarity, 0.01)
        * math.log1p(candidate.weight)
        * shape(candidate.value)
        * (1.0 if candidate.language in {reader, "und"} else 0.3)
        * (0.2 + 0.8 * aptness(candidate.value, of, lens))
        * (0.4 if lens == "audience" and not _is_group(candidate.value, candidate.language) else 1.0)
        * min(candidate.brands, 4) ** 0.5  # the market's word for it, not one brand's slogan
        * (1.3 if candidate.is_need else 1.0)
        * (1.0 if candidate.whole else 0.4)
    )


def _is_group(value: str, language: str) -> bool:
    """Whether the head of the phrase is people: "student flats" are none, "students in shared flats" are."""
    if language not in LISTED:
        return True
    head = _AFTER_HEAD.split(" ".join(tokens(value)))[0].split()
    return bool(head) and any(is_person(word) for word in (head[-1:] if language == "en" else head))


def shape(value: str) -> float:
    """How well a value would do as a name, 0 to 1."""
    words = tokens(value)
    content = [word for word in words if word not in stopwords() and not word.isdigit()]
    if not content or _SPAM.search(value):
        return 0.01
    score = {1: 0.25, 2: 1.0, 3: 1.0, 4: 1.0, 5: 0.9, 6: 0.7, 7: 0.55}.get(len(words), 0.3)
    if _ADDRESSES_READER.search(value):
        score *= 0.6
    if any(word.isdigit() for word in words):
        score *= 0.7
    if words[-1] in stopwords() or words[-1] in _HANGING:  # cut off in mid phrase
        score *= 0.4
    if _CLAUSE.match(value):
        score *= 0.4
    if _LATIN.search(value) and _OTHER_SCRIPT.search(value):  # pieces of two languages
        score *= 0.2
    if words[0] in verbs()[0]:  # a call to do something: a name should be a thing
        score *= 0.7
    if "," in value or ":" in value:  # pieces of a list or of two sentences
        score *= 0.5
    return score if "?" not in value and "!" not in value else score * 0.6
