"""Everything a brief may say, from the rows that prove it: one `Case` for each gap worth an answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from counterpitch.personas.corpus import Ad, Corpus, Mention, read_corpus
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

MOST_EVIDENCE = 5
MOST_FACTS = 4


@dataclass(frozen=True)
class Score:
    """What the click model expects of an ad if it ran for us. ctr, low, high are probabilities (95% interval)."""

    ctr: float
    low: float
    high: float


@dataclass(frozen=True)
class Scores:
    """The scores of one day. trained_on is ml.model.trained_on; by_ad: ad_key -> Score."""

    model_id: str
    day: str
    trained_on: Mapping[str, Any]
    by_ad: Mapping[str, Score]

    def middle(self, ads: Sequence[Ad]) -> Score | None:
        """The median prediction and the medians of its bounds, None where none of the ads is scored."""
        found = [self.by_ad[ad.ad_key] for ad in ads if ad.ad_key in self.by_ad]
        if not found:
            return None
        return Score(*(median(getattr(s, name) for s in found) for name in ("ctr", "low", "high")))


@dataclass(frozen=True)
class Evidence:
    """One ad with its words on the matter. mentions: of the theme, then those that name the audience."""

    ad: Ad
    brand: str
    language: str
    mentions: tuple[Mention, ...]
    score: Score | None


@dataclass(frozen=True)
class Said:
    """A value, how many texts say it, and the language that it is in."""

    value: str
    texts: int
    language: str


@dataclass(frozen=True)
class Case:
    """A gap with all that may be said of it.

    gap: the row of select_gaps; theirs and ours: ads of the cell; facts: our own ads that quote a feature of the
    theme; needs and features: values of the theme said to this persona, most said first; other_needs: what else the
    same texts say this persona needs.
    """

    gap: Mapping[str, Any]
    theirs: tuple[Ad, ...]
    ours: tuple[Ad, ...]
    evidence: tuple[Evidence, ...]
    facts: tuple[Evidence, ...]
    needs: tuple[Said, ...]
    features: tuple[Said, ...]
    other_needs: tuple[Said, ...]
    inferred_texts: int
    texts: int


@dataclass(frozen=True)
class Market:
    """A market's cases with what they share. gap_day: the aggregated day that they come from."""

    market_id: str
    gap_day: str
    corpus: Corpus
    scores: Scores | None
    cases: tuple[Case, ...]


def gather(conn: Connection, market_id: str, partition_key: str) -> Market | None:
    """The market's cases, best first; None where nothing was aggregated or no gap is supported."""
    key = {"market_id": market_id, "partition_key": partition_key}
    gaps = query.rows(conn, query.sql(__file__, "select_gaps"), key)
    if not gaps:
        return None
    gap_day = gaps[0]["gap_day"]
    corpus = read_corpus(conn, market_id, gap_day)
    on_day = {"market_id": market_id, "gap_day": gap_day}
    cells: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in query.rows(conn, query.sql(__file__, "select_members"), on_day):
        cells[row["persona_id"], row["theme_id"]].append(row)
    facts: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for row in query.rows(conn, query.sql(__file__, "select_theme_facts"), on_day):
        facts[row["theme_id"]].append((row["text_hash"], "product_feature", row["position"]))
    scores = _scores(query.rows(conn, query.sql(__file__, "select_scores"), key))
    reader = _Reader(corpus, scores)
    cases = tuple(reader.case(gap, cells[gap["persona_id"], gap["theme_id"]], facts[gap["theme_id"]]) for gap in gaps)
    return Market(market_id, gap_day, corpus, scores, cases)


def _scores(rows: Sequence[Mapping[str, Any]]) -> Scores | None:
    if not rows:
        return None
    return Scores(
        rows[0]["model_id"],
        rows[0]["scored_day"],
        rows[0]["trained_on"] or {},
        {row["ad_key"]: Score(row["ctr"], row["ctr_low"], row["ctr_high"]) for row in rows},
    )


class _Reader:
    """Looks up mentions and ads while cases are put together."""

    def __init__(self, corpus: Corpus, scores: Scores | None) -> None:
        self.corpus = corpus
        self.scores = scores
        self.mentions = {mention.key: mention for mention in corpus.mentions}

    def case(
        self, gap: Mapping[str, Any], cell: Sequence[Mapping[str, Any]], facts: Sequence[tuple[str, str, int]]
    ) -> Case:
        members = {(row["text_hash"], row["field"], row["position"]): row["similarity"] for row in cell}
        texts = {text for text, _, _ in members}
        ads = [ad for text in sorted(texts) for ad in self.corpus.ads_of.get(text, [])]
        theirs = tuple(ad for ad in ads if ad.brand_id != self.corpus.own)
        said = [self.mentions[key] for key in members if key in self.mentions]
        beside = [
            m
            for text in sorted(texts)
            for m in self.corpus.mentions_of[text]
            if m.field == "customer_need" and m.key not in members
        ]
        return Case(
            gap=gap,
            theirs=theirs,
            ours=tuple(ad for ad in ads if ad.brand_id == self.corpus.own),
            evidence=self._evidence(theirs, members, MOST_EVIDENCE),
            facts=self._facts(facts),
            needs=self._most_said([m for m in said if m.field == "customer_need"], members),
            features=self._most_said([m for m in said if m.field == "product_feature"], members),
            other_needs=self._most_said(beside, members),
            inferred_texts=len({row["text_hash"] for row in cell if row["basis"] == "inferred"}),
            texts=len(texts),
        )

    def _evidence(
        self, ads: Sequence[Ad], members: Mapping[tuple[str, str, int], float], most: int
    ) -> tuple[Evidence, ...]:
        """The longest-running ad of each message; each brand gets one before any gets a second."""
        longest: dict[str, Ad] = {}
        for ad in sorted(ads, key=lambda ad: (-ad.running_days, ad.ad_key)):
            longest.setdefault(self.corpus.message_of.get((ad.brand_id, ad.text_hash), ad.text_hash), ad)
        turns: dict[str, int] = defaultdict(int)
        ordered = []
        for ad in longest.values():
            turns[ad.brand_id] += 1
            ordered.append((turns[ad.brand_id], -ad.running_days, ad.ad_key, ad))
        chosen = [entry[-1] for entry in sorted(ordered, key=lambda entry: entry[:-1])[:most]]
        return tuple(self._shown(ad, members) for ad in chosen)

    def _facts(self, keys: Sequence[tuple[str, str, int]]) -> tuple[Evidence, ...]:
        """Our own ads that quote a feature of the theme, one for each feature."""
        found: dict[str, Evidence] = {}
        for key in keys:
            mention = self.mentions.get(key)
            ours = [ad for ad in self.corpus.ads_of.get(key[0], []) if ad.brand_id == self.corpus.own]
            if mention and mention.quote and ours:
                ad = max(ours, key=lambda ad: (ad.running_days, ad.ad_key))
                value = " ".join(mention.value.casefold().split())
                if value not in found or found[value].ad.running_days < ad.running_days:
                    found[value] = self._shown(ad, {key: 1.0})
        best = sorted(found.values(), key=lambda e: (-e.ad.running_days, e.ad.ad_key, e.mentions[0].value))
        return tuple(best[:MOST_FACTS])

    def _shown(self, ad: Ad, members: Mapping[tuple[str, str, int], float]) -> Evidence:
        mentions = self.corpus.mentions_of[ad.text_hash]
        on_theme = [m for m in mentions if m.key in members]
        audience = [m for m in mentions if m.field == "target_audience" and m.quote]
        return Evidence(
            ad,
            self.corpus.brand_names[ad.brand_id],
            self.corpus.texts[ad.text_hash].language,
            tuple(on_theme + [m for m in audience if m not in on_theme]),
            self.scores.by_ad.get(ad.ad_key) if self.scores else None,
        )

    def _most_said(
        self, mentions: Sequence[Mention], similarity: Mapping[tuple[str, str, int], float]
    ) -> tuple[Said, ...]:
        """Values by how many texts say them, most first; of equals, the more typical one."""
        texts: dict[str, set[str]] = defaultdict(set)
        shown: dict[str, tuple[float, Mention]] = {}
        for mention in mentions:
            folded = " ".join(mention.value.casefold().split())
            texts[folded].add(mention.text_hash)
            near = similarity.get(mention.key, 0.0)
            if folded not in shown or near > shown[folded][0]:
                shown[folded] = (near, mention)
        order = sorted(texts, key=lambda folded: (-len(texts[folded]), -shown[folded][0], folded))
        return tuple(
            Said(shown[folded][1].value, len(texts[folded]), self._language(shown[folded][1])) for folded in order
        )

    def _language(self, mention: Mention) -> str:
        """A value cut from its ad is in the ad's language; one put in other words is in English."""
        verbatim = mention.value.casefold() in (mention.quote or "").casefold()
        return self.corpus.texts[mention.text_hash].language if verbatim else "en"
