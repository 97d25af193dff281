"""What a market's brands said in the four weeks up to a day, and what was read in it.

The window is 28 days that end on the partition key: an ad belongs if any sweep in it saw the ad. A day on
which only some brands were swept therefore still shows all of them, and nothing after the key is ever read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import radius_neighbors_graph

from counterpitch.errors import Permanent
from counterpitch.personas.embed import tokens
from counterpitch.personas.grammar import Grammar, is_denied, is_ordinal
from counterpitch.personas.phrase import between, overlap, stands_alone
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

DAYS = 28
SAME = 0.85  # cosine of word counts from which two texts of a brand are copies of one message


class NoSuchMarket(Permanent):
    """The market is not registered; the message says how to register it."""


@dataclass(frozen=True)
class Ad:
    """An ad seen in the window, with the state it had on the key. Days are 'YYYY-MM-DD'."""

    ad_key: str
    brand_id: str
    text_hash: str
    source: str
    media_type: str | None
    platforms: tuple[str, ...]
    public_url: str | None
    started: str
    last_seen: str
    running_days: int
    in_last_sweep: bool


@dataclass(frozen=True)
class Text:
    """Distinct words. status: read (something was found), empty (nothing to find), pending (not read yet)."""

    text_hash: str
    clean_text: str
    language: str
    status: str


@dataclass(frozen=True)
class Mention:
    """One pillar value of a text."""

    text_hash: str
    field: str
    position: int
    value: str
    quote: str | None

    @cached_property
    def said(self) -> str:
        """The value as people say it, lower case: its words with what stands between them in the quote.

        A reader that drops small words leaves "households allergies"; the ad says "households with food allergies".
        """
        return between(self.value, self.quote or "") or " ".join(self.value.split())

    @property
    def verbatim(self) -> bool:
        """Whether the value is made of the ad's own words, and so in the ad's language."""
        return overlap(self.value, self.quote or "") > 0.6

    @property
    def key(self) -> tuple[str, str, int]:
        """What names it in mart.pillar."""
        return (self.text_hash, self.field, self.position)


@dataclass(frozen=True)
class Corpus:
    """A market's window. brand_names: brand_id -> name; own: our brand_id."""

    own: str
    brand_names: dict[str, str]
    languages: tuple[str, ...]
    ads: tuple[Ad, ...]
    texts: dict[str, Text]
    mentions: tuple[Mention, ...]

    @cached_property
    def read(self) -> list[str]:
        """The texts in which something was read, in the order of their hashes."""
        return [text.text_hash for text in self.texts.values() if text.status == "read"]

    @cached_property
    def ads_of(self) -> dict[str, list[Ad]]:
        """The ads of each text."""
        found: dict[str, list[Ad]] = defaultdict(list)
        for ad in self.ads:
            found[ad.text_hash].append(ad)
        return dict(found)

    @cached_property
    def mentions_of(self) -> dict[str, list[Mention]]:
        """The mentions of each text."""
        found: dict[str, list[Mention]] = defaultdict(list)
        for mention in self.mentions:
            found[mention.text_hash].append(mention)
        return dict(found)

    def whole(self, mention: Mention) -> bool:
        """Whether a value can stand by itself: no brand's name in it, and no piece cut out of a phrase of its ad.

        Nor may the ad turn it down: of "never pay a late fee" a "late fee" is the opposite.
        A value that its reader put into other words is whole; one pasted together from words of the ad is not.
        """
        text = self.texts[mention.text_hash].clean_text
        first = tokens(mention.said)[:1]
        if self.names_brand(mention.said) or self.denied(mention) or any(map(is_ordinal, first)):
            return False
        alone = stands_alone(mention.said, text)
        return alone if alone is not None else not mention.verbatim

    def denied(self, mention: Mention) -> bool:
        """Whether its ad turns a need or feature down."""
        return mention.key in self._denied

    @cached_property
    def _denied(self) -> frozenset[tuple[str, str, int]]:
        wanted = [mention for mention in self.mentions if mention.field != "target_audience"]
        return frozenset(m.key for m in wanted if is_denied(m.said, self.texts[m.text_hash].clean_text))

    def names_brand(self, phrase: str) -> bool:
        """Whether a brand's name stands in a phrase."""
        return not self._brand_words.isdisjoint(tokens(phrase))

    def language_of(self, mention: Mention) -> str:
        """A value made of its ad's words is in the ad's language; one put in other words is in English."""
        return self.texts[mention.text_hash].language if mention.verbatim else "en"

    @cached_property
    def grammar(self) -> Grammar:
        """How the market's English ads use their words."""
        return Grammar(t.clean_text for t in self.texts.values() if t.language.split("-")[0] in {"en", "und"})

    @cached_property
    def _brand_words(self) -> frozenset[str]:
        """Words of brands' names that the brand itself says most: "Speak English" owns no "english"."""
        owners: dict[str, set[str]] = defaultdict(set)
        for brand, name in self.brand_names.items():
            for word in tokens(name):
                if len(word) > 4:
                    owners[word].add(brand)
        said, own = Counter[str](), Counter[str]()
        for text, ads in self.ads_of.items():
            for word in owners.keys() & set(tokens(self.texts[text].clean_text)):
                said[word] += 1
                own[word] += any(ad.brand_id in owners[word] for ad in ads)
        return frozenset(word for word in owners if 2 * own[word] >= said[word])

    @cached_property
    def message_of(self) -> dict[tuple[str, str], str]:
        """(brand_id, text_hash) of each read text -> its message: the first hash among the brand's near-copies."""
        by_brand: dict[str, set[str]] = defaultdict(set)
        read = set(self.read)
        for ad in self.ads:
            if ad.text_hash in read:
                by_brand[ad.brand_id].add(ad.text_hash)
        return {
            (brand, text): first
            for brand, texts in sorted(by_brand.items())
            for text, first in _near_copies(sorted(texts), self.texts).items()
        }

    @cached_property
    def totals(self) -> dict[str, int]:
        """brand_id -> messages read, 0 for a brand of which nothing was."""
        found: dict[str, set[str]] = {brand: set() for brand in self.brand_names}
        for (brand, _), message in self.message_of.items():
            found[brand].add(message)
        return {brand: len(messages) for brand, messages in found.items()}

    @cached_property
    def last_sweeps(self) -> dict[str, str]:
        """brand_id -> the last day up to the key on which a sweep saw an ad of the brand."""
        found: dict[str, str] = {}
        for ad in self.ads:
            found[ad.brand_id] = max(found.get(ad.brand_id, ""), ad.last_seen)
        return found


def read_corpus(conn: Connection, market_id: str, partition_key: str, days: int = DAYS) -> Corpus:
    """The market's window up to `partition_key`. Raises NoSuchMarket."""
    brands = query.rows(conn, query.sql(__file__, "select_market"), {"market_id": market_id})
    if not brands:
        raise NoSuchMarket(f"There is no market {market_id!r}. List the markets with `counterpitch brand list`.")
    key = {"market_id": market_id, "partition_key": partition_key, "days": days}
    found = query.rows(conn, query.sql(__file__, "select_ads"), key)
    ads = tuple(_ad(row) for row in found)
    wanted = {"market_id": market_id, "texts": sorted({ad.text_hash for ad in ads})}
    texts = [Text(**row) for row in query.rows(conn, query.sql(__file__, "select_texts"), wanted)]
    mentions = tuple(Mention(**row) for row in query.rows(conn, query.sql(__file__, "select_mentions"), wanted))
    return Corpus(
        own=next(row["brand_id"] for row in brands if row["role"] == "own"),
        brand_names={row["brand_id"]: row["name"] for row in brands},
        languages=tuple(brands[0]["languages"]),
        ads=ads,
        texts={text.text_hash: text for text in texts},
        mentions=mentions,
    )


def _ad(row: dict[str, Any]) -> Ad:
    return Ad(**{**row, "platforms": tuple(row["platforms"])})


def _near_copies(texts: Sequence[str], words: dict[str, Text]) -> dict[str, str]:
    """Text -> the first of its group: texts joined by cosine of plain word counts, digits and marks left out."""
    if len(texts) < 2:
        return {text: text for text in texts}
    documents = [" ".join(w for w in tokens(words[text].clean_text) if not w.isdigit()) or "-" for text in texts]
    counts = TfidfVectorizer(use_idf=False, analyzer=str.split).fit_transform(documents)
    near = radius_neighbors_graph(counts, 1 - SAME, metric="cosine", mode="connectivity")
    groups = connected_components(near, directed=False)[1]
    first: dict[int, str] = {}
    for text, group in zip(texts, groups.tolist(), strict=True):
        first.setdefault(group, text)
    return {text: first[group] for text, group in zip(texts, np.asarray(groups).tolist(), strict=True)}
