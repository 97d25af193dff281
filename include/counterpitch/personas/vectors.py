"""Vectors of what a market says: of whole texts, and of single values in the company of their texts.

A value is five words; alone it meets few others. Most of what it means is said beside it, so its vector is its
own words and, for a part of its length, the mean of the texts that say it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from counterpitch.personas.corpus import Corpus, Mention
from counterpitch.personas.embed import Lens, embed, in_company

TextVectors = Mapping[str, NDArray[np.float64]]
TRADE = ("offer", "call_to_action")  # every ad sells: the words of selling are no theme


def text_vectors(corpus: Corpus, without: Sequence[str], lens: Lens | None = None) -> dict[str, NDArray[np.float64]]:
    """Read text -> unit row of its words, without brand names and without the quotes of the fields `without`."""
    documents = []
    for text in corpus.read:
        words = corpus.texts[text].clean_text
        for mention in corpus.mentions_of.get(text, []):
            if mention.field in without:
                words = words.replace(mention.quote or mention.value, " ")
        documents.append(words)
    languages = [corpus.texts[text].language for text in corpus.read]
    return dict(zip(corpus.read, embed(documents, corpus.brand_names.values(), lens, languages), strict=True))


def value_vectors(
    corpus: Corpus, said: Mapping[str, Sequence[Mention]], values: Sequence[str], texts: TextVectors, lens: Lens,
    company: float,
) -> NDArray[np.float64]:  # fmt: skip
    """Unit rows (n, d) of the values: their own words beside the mean of their texts, which is `company` of it."""
    if not values:
        return np.zeros((0, 1))
    languages = [corpus.language_of(said[value][0]) for value in values]
    own = embed(values, corpus.brand_names.values(), lens, languages)
    beside = np.array([np.mean([texts[m.text_hash] for m in said[value]], axis=0) for value in values])
    length = np.linalg.norm(beside, axis=1, keepdims=True)
    return in_company(own, beside / np.maximum(length, 1e-12), company)


def by_value(corpus: Corpus, fields: Sequence[str]) -> dict[str, list[Mention]]:
    """Folded value -> its mentions in the window's read texts."""
    read, found = set(corpus.read), defaultdict(list)
    for mention in corpus.mentions:
        if mention.field in fields and mention.text_hash in read:
            found[fold(mention.said)].append(mention)
    return dict(found)


def fold(value: str) -> str:
    """A value without case and doubled spaces: how equal ones are known."""
    return " ".join(value.casefold().split())
