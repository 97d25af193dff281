"""Names for clusters, from what their members say: a whole phrase of theirs, never a bag of stems or a cut piece.

A name must be something that a marketer would say, and something that an ad did say; so a short phrase is chosen
that is central, said often, and speaks of what sets the cluster apart, in the reader's language where there is one.
Phrases are known in English alone; for other readers the values themselves are chosen among.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from counterpitch import word_vectors
from counterpitch.personas import languages
from counterpitch.personas.casing import Casing, capitalise
from counterpitch.personas.embed import LISTED, Lens, concepts_of, is_person, stopwords, tokens
from counterpitch.personas.grammar import verbs
from counterpitch.personas.meaning import ENGLISH
from counterpitch.word_vectors import DIMENSIONS

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
APT = 0.3  # aptness from which a value speaks of what marks its cluster
CENTRAL = 0.15  # centrality from which a phrase speaks for its cluster, where its words name what marks it too
FAR = 0.35  # and where they do not
OFTEN = 0.12  # share of what a cluster says that names a concept, from which the concept may give its plain name;
BEYOND = 0.06  # of which this much in other words than the commonest: one word may be another's namesake
ALWAYS = 0.3  # unless it is said as often as this
FAINT = 0.05  # share of what a cluster says below which a concept marks it by accident
SPOKEN = 0.2  # of what a cluster says, the part in a language from which it can be named by what only that part says
SHARED = 0.3  # of a phrase's nearness to the next cluster, what is taken from its nearness to its own
_LEADS = {"no", "less", "fewer", "more", "zero", "without", "weniger", "menos", "moins", "meno"}
_SPAM = re.compile(r"https?:|www\.|\.com\b|@|[#{}<>|*_~^\\]")


@dataclass(frozen=True)
class Candidate:
    """A value that may name its cluster. weight: in how many messages it is said; similarity: to the center.

    whole: it stands by itself in the ad, and is no piece of a sentence. fit: how well its form would do, 0 to 1. texts:
    how many say it, where that is known.
    """

    value: str
    weight: float
    similarity: float
    language: str
    brands: int = 1
    whole: bool = True
    is_need: bool = False
    fit: float = 1.0
    texts: int = 0


def name_clusters(
    clusters: Sequence[Sequence[Candidate]],
    phrases: Sequence[Sequence[Candidate]],
    reader: str,
    casing: Casing,
    lens: Lens,
) -> list[str]:
    """A name for each cluster, all different: the clusters with most behind them choose first.

    `clusters` hold the values said in each, `phrases` what of that can stand alone as a name (see wording.py);
    `reader` is the language code that the names should be in where members have it; `lens` says what the clusters
    are about. Where no phrase speaks for a cluster, the concept that marks it gives its plain name, else a value.
    """
    order = sorted(range(len(clusters)), key=lambda i: (-sum(c.weight for c in clusters[i]), i))
    set_apart = marks(clusters, lens)
    central = centrality(clusters, phrases)
    taken: list[str] = []
    names = [""] * len(clusters)
    for i in order:
        tongues = _tongues(clusters[i])
        best = _fitting(phrases[i], central[i], set_apart[i], lens, tongues) if reader == "en" else []
        plain = _plain(clusters[i], set_apart[i], lens) if reader == "en" else []
        heard = reader if tongues.get(reader, 0.0) >= SPOKEN else _most(tongues, reader)
        values = sorted(clusters[i], key=lambda c: (-_score(c, heard, set_apart[i], lens), c.value))
        told = [(_as_name(c, casing, reader, lens), c) for c in values]
        names[i] = (
            _first([_spoken(value, casing) for value in best], taken, like)
            or _first([*plain, *(_foreign(name, _most(tongues, reader), reader) for name in plain[:1])], taken, _same)
            or _first([name for name, c in told if c.whole and not _is_mixed(c.value)], taken, _same)
            or _first([f"{name} {i + 1}" for name in plain], taken, _same)
            or _first([name for name, _ in told], taken, _same)
            or f"{next((name for name, _ in told if name), 'Unnamed')} ({i + 1})"
        )
        taken.append(names[i])
    return names


def _fitting(
    phrases: Sequence[Candidate],
    central: NDArray[np.float64],
    of: Mapping[str, float],
    lens: Lens,
    tongues: Mapping[str, float],
) -> list[str]:
    """The phrases that speak for a cluster, best first: central to it, and where it hardly speaks English, apt too."""
    far = FAR if tongues.get("en", 0.0) >= SPOKEN else math.inf
    found = []
    for phrase, near in zip(phrases, central, strict=True):
        apt = bool(of) and aptness(phrase.value, of, lens) >= APT
        if lens == "audience":
            apt, far = apt or phrase.weight > 1, FAR
        if near >= (CENTRAL if apt else far):
            found.append((-_score(phrase, "en", of, lens) * near, phrase.value))
    return [value for _, value in sorted(found)]


def centrality(
    clusters: Sequence[Sequence[Candidate]], phrases: Sequence[Sequence[Candidate]]
) -> list[NDArray[np.float64]]:
    """For each phrase of each cluster, how near its meaning is to the middle of what the cluster says.

    Cosine of the means of word vectors, both less the market's mean, less the nearest other cluster's share of it:
    a phrase that fits its neighbour as well names neither. 1 where the vectors know none of its words.
    """
    if not clusters:
        return []
    english = [[c for c in cluster if c.language.split("-")[0] in ENGLISH] for cluster in clusters]
    weights = [np.array([c.weight for c in cluster]) for cluster in english]
    found = [_meanings([c.value for c in cluster]) for cluster in english]
    sums = np.array([w @ m if len(w) else np.zeros(DIMENSIONS) for w, m in zip(weights, found, strict=True)])
    several = sum(len(w) > 0 for w in weights) > 1  # one alone differs from its market in nothing
    market = sums.sum(axis=0) / max(float(sum(w.sum() for w in weights)), 1.0) * several
    middles = np.array([s / max(float(w.sum()), 1.0) - market for s, w in zip(sums, weights, strict=True)])
    middles = middles / np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-12)
    out = []
    for i, some in enumerate(phrases):
        said = _meanings([phrase.value for phrase in some])
        known = said.any(axis=1)
        said = said - market
        near = (said / np.maximum(np.linalg.norm(said, axis=1, keepdims=True), 1e-12)) @ middles.T
        others = np.delete(near, i, axis=1).max(axis=1, initial=0.0) if len(clusters) > 1 else np.zeros(len(some))
        own = near[:, i] if len(some) else np.zeros(0)
        out.append(np.where(known, np.maximum(own - SHARED * np.maximum(others, 0), 0.0), 1.0))
    return out


def _tongues(cluster: Sequence[Candidate]) -> dict[str, float]:
    """Language -> its share of what a cluster says; what is in no known language counts as English."""
    found: dict[str, float] = defaultdict(float)
    everything = max(sum(candidate.weight for candidate in cluster), 1.0)
    for candidate in cluster:
        found["en" if candidate.language.split("-")[0] in ENGLISH else candidate.language] += (
            candidate.weight / everything
        )
    return found


def _meanings(values: Sequence[str]) -> NDArray[np.float64]:
    """Rows (n, DIMENSIONS): the unit mean of the vectors of each value's content words; zeros where none is known."""
    rows = np.zeros((len(values), DIMENSIONS))
    for i, value in enumerate(values):
        words = [word for word in tokens(value) if word not in stopwords("en")]
        if words:
            rows[i] = word_vectors.of(words).sum(axis=0)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float64)


def _plain(cluster: Sequence[Candidate], of: Mapping[str, float], lens: Lens) -> list[str]:
    """The plain names of what carries a cluster, that which marks it most first.

    A concept carries a cluster where much of it speaks of that, in more than one word ("premium" may be a price or a
    prize), and nothing else is spoken of twice as much.
    """
    everything = sum(candidate.weight for candidate in cluster)
    said = {concept: sum(words.values()) for concept, words in _concept_words(cluster, lens).items()}
    most = max(said.values(), default=0.0)
    carrying = [
        concept
        for concept, words in _concept_words(cluster, lens).items()
        if said[concept] >= max(OFTEN * everything, most / 2)
        and (said[concept] - max(words.values()) >= BEYOND * everything or said[concept] >= ALWAYS * everything)
    ]
    order = sorted(carrying, key=lambda concept: (-of.get(concept, 0.0), -said[concept], concept))
    return [plain_names()[lens][concept] for concept in order if concept in plain_names()[lens]]


def _as_name(candidate: Candidate, casing: Casing, reader: str, lens: Lens) -> str:
    """A value as a name. Where it can be none, and of people in a language whose words for them we do not know, the
    language is all that is told; "" where that is the reader's own.
    """
    known = candidate.language.split("-")[0] in {*LISTED, *ENGLISH, reader}
    said = _spoken(candidate.value, casing)
    if len(said) > 1 and not _SPAM.search(said) and (known or lens == "want"):
        return _foreign(said, candidate.language, reader)
    group = "Readers of ads" if lens == "audience" else "Ads"
    return "" if candidate.language in {reader, "und"} else f"{group} in {languages.name(candidate.language)}"


def _most(tongues: Mapping[str, float], reader: str) -> str:
    """The language that most is said in."""
    return max(sorted(tongues), key=lambda code: tongues[code], default=reader)


def _foreign(name: str, language: str, reader: str) -> str:
    """The name, with its language where that is known and not the reader's."""
    return name if language in {reader, "und"} else f"{name} (ads in {languages.name(language)})"


@lru_cache(maxsize=1)
def plain_names() -> dict[str, dict[str, str]]:
    """Lens -> concept of concepts.toml -> its name in plain English."""
    return tomllib.loads((Path(__file__).parent / "plain.toml").read_text(encoding="utf-8"))


def _first(names: Iterable[str], taken: Sequence[str], clash: Callable[[str, str], bool]) -> str:
    """The first name that clashes with none that is given; "" where all do."""
    return next((name for name in names if name and not any(clash(name, other) for other in taken)), "")


def like(name: str, other: str) -> bool:
    """Whether one name could be taken for the other: the content words of one lie within the other's."""
    return _content(name) <= _content(other) or _content(other) <= _content(name)


def _same(name: str, other: str) -> bool:
    return name.casefold() == other.casefold()


def _content(name: str) -> set[str]:
    folded = {word.removesuffix("s") for word in tokens(name) if word not in stopwords()}
    return folded or set(tokens(name))


def marks(clusters: Sequence[Sequence[Candidate]], lens: Lens) -> list[dict[str, float]]:
    """For each cluster, how much each concept marks it off from the market, 0 to 1; empty where none does.

    What is hardly spoken of marks nothing. The figure is the concept's part of the divergence of the cluster's words
    from the market's (Kullback-Leibler), as a share of the cluster's largest.
    """
    counts = [_concept_counts(cluster, lens) for cluster in clusters]
    least = [FAINT * sum(candidate.weight for candidate in cluster) for cluster in clusters]
    market: dict[str, float] = defaultdict(float)
    for count in counts:
        for name, n in count.items():
            market[name] += n
    everywhere = sum(market.values()) or 1.0
    found = []
    for count, enough in zip(counts, least, strict=True):
        here = sum(count.values()) or 1.0
        lift = {
            name: n / here * math.log((n / here) / (market[name] / everywhere))
            for name, n in count.items()
            if n >= enough
        }
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
    """How often each concept is said, a value that names it by several words once."""
    counts: dict[str, float] = defaultdict(float)
    for candidate in cluster:
        for name in concepts_in(candidate.value, lens):
            counts[name] += candidate.weight
    return counts


def _concept_words(cluster: Sequence[Candidate], lens: Lens) -> dict[str, dict[str, float]]:
    """For each concept, how often each word names it; of several in one value, the first."""
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for candidate in cluster:
        named: set[str] = set()
        for word in tokens(candidate.value):
            for name in concepts_of(word, (lens,)):
                if name not in named:
                    found[name][word] += candidate.weight
                    named.add(name)
    return found


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
        * candidate.fit
        * (1.0 if candidate.whole else 0.4)
    )


def _is_mixed(value: str) -> bool:
    """Whether a value is of pieces of two languages."""
    return _LATIN.search(value) is not None and _OTHER_SCRIPT.search(value) is not None


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
    bare = len(content) == 1 and words[0] not in _LEADS  # "eine app", "one app"
    score = {1: 0.12, 2: 1.0, 3: 1.0, 4: 1.0, 5: 0.9, 6: 0.7, 7: 0.55}.get(1 if bare else len(words), 0.3)
    if _ADDRESSES_READER.search(value):
        score *= 0.6
    if any(word.isdigit() for word in words):
        score *= 0.5 if words[0].isdigit() else 0.7
    if words[-1] in stopwords() or words[-1] in _HANGING:  # cut off in mid phrase
        score *= 0.4
    if _CLAUSE.match(value):
        score *= 0.4
    if _is_mixed(value):
        score *= 0.2
    if words[0] in verbs()[0]:  # a call to do something: a name should be a thing
        score *= 0.7
    if "," in value or ":" in value:  # pieces of a list or of two sentences
        score *= 0.5
    return score if "?" not in value and "!" not in value else score * 0.6
