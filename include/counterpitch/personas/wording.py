"""The phrases that may name a cluster: what its members' quotes hold that can stand alone.

A value is what its reader kept of a quote, and is as often a piece of it; the quote holds the whole phrase. So the
phrases are taken from the quotes, and a value only where its reader put it into words of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from counterpitch import word_vectors
from counterpitch.personas.corpus import Corpus, Mention
from counterpitch.personas.embed import Lens, stopwords, tokens
from counterpitch.personas.grammar import Grammar, is_people
from counterpitch.personas.meaning import ENGLISH
from counterpitch.personas.name import Candidate
from counterpitch.pillars.phrases import gerund

ADDED = 4  # words of a value that its reader put together
OFTEN = 2  # messages in which such a value must be found: once, it may be an accident of reading


@dataclass
class _Said:
    texts: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    brands: set[str] = field(default_factory=set)
    similarity: float = 0.0
    needs: int = 0
    times: int = 0


def phrases(
    corpus: Corpus, grammar: Grammar, members: Mapping[tuple[str, str, int], float], lens: Lens
) -> list[Candidate]:
    """The English phrases that may name a cluster of mentions (key -> similarity), each once."""
    found: dict[str, _Said] = defaultdict(_Said)
    put_together: dict[str, _Said] = defaultdict(_Said)
    for mention in corpus.mentions:
        if mention.key in members and not corpus.denied(mention):
            for phrase in _quoted(corpus, grammar, mention):
                _count(found[phrase], corpus, mention, members[mention.key])
            if made := _put_together(corpus, grammar, mention):
                _count(put_together[made], corpus, mention, members[mention.key])
    often = {phrase: said for phrase, said in put_together.items() if len(said.messages) >= OFTEN or phrase in found}
    named = {
        phrase: said
        for phrase, said in sorted((found | often).items())
        if _may_name(phrase, grammar, lens)
        and not corpus.names_brand(phrase)
        and not (lens == "audience" and _is_of_others(phrase, found, grammar))
    }
    weights = {phrase: float(len(said.messages)) for phrase, said in named.items()}
    return [
        Candidate(
            value=as_thing(phrase, grammar),
            weight=weights[phrase],
            similarity=said.similarity,
            language="en",
            brands=len(said.brands),
            is_need=2 * said.needs > said.times,
            fit=_fit(phrase, weights, grammar),
            texts=len(said.texts),
        )
        for phrase, said in named.items()
    ]


def _fit(phrase: str, weights: Mapping[str, float], grammar: Grammar) -> float:
    """How well the phrase's form would do as a name, 0 to 1.

    A name should be a thing, of which there are many or much, and no longer than what is mostly said.
    """
    words = phrase.split()
    spans = ((i, j) for i in range(len(words)) for j in range(i + 2, len(words) + 1) if j - i < len(words))
    shorter = max((weights.get(" ".join(words[i:j]), 0.0) for i, j in spans), default=0.0)
    fit = float(np.sqrt(weights[phrase] / max(shorter, weights[phrase])))
    if grammar.is_order(words):
        fit *= 0.7
    elif grammar.wants_article(words):
        fit *= 0.75
    return fit


def as_thing(phrase: str, grammar: Grammar) -> str:
    """An order as what it asks for: "plan dinner" -> "planning dinner", because a name stands inside sentences."""
    verb, space, rest = phrase.partition(" ")
    return f"{gerund(verb)}{space}{rest}" if grammar.is_order([verb, *rest.split()]) else phrase


def _may_name(phrase: str, grammar: Grammar, lens: Lens) -> bool:
    words = phrase.split()
    if not grammar.is_specific(words) or 2 * word_vectors.known(words).sum() < len(words):
        return False
    if lens == "audience":
        return is_people(grammar.head(words))
    return len(words) > 1


def _is_of_others(phrase: str, found: Mapping[str, _Said], grammar: Grammar) -> bool:
    """Whether half of those who say the phrase speak to others by it: "allergic children", whose parents they mean."""
    here = grammar.head(phrase.split())
    longer = (
        said.messages
        for other, said in found.items()
        if other.endswith(f" {phrase}")
        and is_people(grammar.head(other.split()))
        and grammar.head(other.split()) != here
    )
    others = set[str]().union(*longer)
    return phrase in found and 2 * len(others) >= len(found[phrase].messages)


def _quoted(corpus: Corpus, grammar: Grammar, mention: Mention) -> set[str]:
    """The phrases of the quote that share a word with the value."""
    if corpus.texts[mention.text_hash].language.split("-")[0] not in ENGLISH:
        return set()
    value = set(tokens(mention.said)) - stopwords("en")
    return {phrase for phrase in grammar.phrases(mention.quote or "") if not value.isdisjoint(tokens(phrase))}


def _put_together(corpus: Corpus, grammar: Grammar, mention: Mention) -> str | None:
    """The phrase in a value that its reader made: "Learn Spanish" -> "spanish learners"; None where it is none."""
    if corpus.texts[mention.text_hash].language.split("-")[0] not in ENGLISH:
        return None
    quoted = set(tokens(mention.quote or ""))
    words = tokens(mention.said)
    if not words:  # a picture, a price sign
        return None
    if quoted and words[-1] not in quoted and is_people(words[-1]):
        words = words[-2:]
    elif mention.verbatim:
        return None
    return " ".join(words) if len(words) <= ADDED and grammar.is_whole(words) else None


def _count(said: _Said, corpus: Corpus, mention: Mention, similarity: float) -> None:
    for ad in corpus.ads_of.get(mention.text_hash, []):
        said.messages.add(corpus.message_of.get((ad.brand_id, ad.text_hash), ad.text_hash))
        said.brands.add(ad.brand_id)
    said.texts.add(mention.text_hash)
    said.similarity = max(said.similarity, similarity)
    said.needs += mention.field == "customer_need"
    said.times += 1
