"""Everything a brief may say, from the rows that prove it: one `Case` for each gap worth an answer."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from counterpitch.personas.corpus import Ad, Corpus, Mention, read_corpus
from counterpitch.personas.embed import tokens
from counterpitch.personas.facts import APT, WHOLE, own_facts
from counterpitch.personas.name import aptness, concepts_in, marks, shape
from counterpitch.personas.themes import candidates
from counterpitch.personas.vectors import fold
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

MOST_EVIDENCE = 5
MOST_FACTS = 4
MOST_QUOTES = 2
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？।])[\"”’)\]]*\s+|\s*\n+\s*")


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
    """One ad with its words on the matter.

    mentions: of the theme, best first, then those that name the audience. lines: the sentences of the ad that hold
    them, in the ad's order and to the letter.
    """

    ad: Ad
    brand: str
    language: str
    mentions: tuple[Mention, ...]
    lines: tuple[str, ...]
    score: Score | None


@dataclass(frozen=True)
class Said:
    """A value, how many texts say it, the language that it is in, and whether it stands by itself.

    firm: two texts say it, or a reader put it into words of its own. One cut out of a single ad may be a slip of the
    reader, and a sentence of ours needs more to stand on.
    """

    value: str
    texts: int
    language: str
    whole: bool
    firm: bool


@dataclass(frozen=True)
class Case:
    """A gap with all that may be said of it.

    gap: the row of select_gaps; theirs and ours: ads of the cell; facts: our own ads that quote a feature of the
    theme; marks: the concepts that mark the theme, 0 to 1; needs and features: values of the theme said to this
    persona, most said first; other_needs: what else the same texts say this persona needs.
    """

    gap: Mapping[str, Any]
    theirs: tuple[Ad, ...]
    ours: tuple[Ad, ...]
    evidence: tuple[Evidence, ...]
    facts: tuple[Evidence, ...]
    marks: Mapping[str, float]
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
    members: dict[str, dict[tuple[str, str, int], float]] = defaultdict(dict)
    for row in query.rows(conn, query.sql(__file__, "select_theme_members"), on_day):
        members[row["theme_id"]][row["text_hash"], row["field"], row["position"]] = row["similarity"]
    scores = _scores(query.rows(conn, query.sql(__file__, "select_scores"), key))
    reader = _Reader(corpus, scores, members)
    cases = tuple(reader.case(gap, cells[gap["persona_id"], gap["theme_id"]]) for gap in gaps)
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

    def __init__(
        self, corpus: Corpus, scores: Scores | None, themes_of_day: Mapping[str, Mapping[tuple[str, str, int], float]]
    ) -> None:
        self.corpus = corpus
        self.scores = scores
        self.mentions = {mention.key: mention for mention in corpus.mentions}
        ids, members = list(themes_of_day), list(themes_of_day.values())
        self.facts = dict(zip(ids, own_facts(corpus, members), strict=True))
        self.marks = dict(zip(ids, marks([candidates(corpus, said) for said in members], "want"), strict=True))

    def case(self, gap: Mapping[str, Any], cell: Sequence[Mapping[str, Any]]) -> Case:
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
        of = self.marks.get(gap["theme_id"], {})
        return Case(
            gap=gap,
            theirs=theirs,
            ours=tuple(ad for ad in ads if ad.brand_id == self.corpus.own),
            evidence=self._evidence(
                theirs, members, of, {r["text_hash"] for r in cell if r["basis"] == "named"}, gap["persona"]
            ),
            facts=self._facts(self.facts.get(gap["theme_id"], []), gap["theme"]),
            marks=of,
            needs=self._most_said([m for m in said if m.field == "customer_need"], members),
            features=self._most_said([m for m in said if m.field == "product_feature"], members),
            other_needs=self._most_said(beside, members),
            inferred_texts=len({row["text_hash"] for row in cell if row["basis"] == "inferred"}),
            texts=len(texts),
        )

    def _evidence(
        self,
        ads: Sequence[Ad],
        members: Mapping[tuple[str, str, int], float],
        of: Mapping[str, float],
        named: set[str],
        persona: str,
    ) -> tuple[Evidence, ...]:
        """Ads of different messages that say it plainly, those that name the audience first, brands in turn."""
        said: dict[str, list[Mention]] = defaultdict(list)
        for key in members:
            if key in self.mentions and self.mentions[key].quote:
                said[key[0]].append(self.mentions[key])
        for mentions in said.values():
            mentions.sort(key=lambda m: (-aptness(m.said, of, "want") * shape(m.said), m.key))
        longest: dict[str, Ad] = {}
        for ad in sorted(ads, key=lambda ad: (-ad.running_days, ad.ad_key)):
            if said[ad.text_hash]:
                longest.setdefault(self.corpus.message_of.get((ad.brand_id, ad.text_hash), ad.text_hash), ad)
        clear = {ad.ad_key: _clear(said[ad.text_hash], of, ad.text_hash in named) for ad in longest.values()}
        turns: Counter[str] = Counter()
        ordered = []
        for ad in sorted(longest.values(), key=lambda ad: (-clear[ad.ad_key], -ad.running_days, ad.ad_key)):
            turns[ad.brand_id] += 1
            unnamed = ad.text_hash not in named
            ordered.append((clear[ad.ad_key] == 0, unnamed, turns[ad.brand_id], -ad.running_days, ad.ad_key, ad))
        chosen = [entry[-1] for entry in sorted(ordered, key=lambda entry: entry[:-1])[:MOST_EVIDENCE]]
        return tuple(
            self._shown(ad, said[ad.text_hash][:MOST_QUOTES], persona if ad.text_hash in named else None)
            for ad in chosen
        )

    def _facts(self, backing: Sequence[Mention], theme: str) -> tuple[Evidence, ...]:
        """Our own ads that back an answer: one for each text and each wording, the reader's language first.

        Then those that can stand by themselves, and of these the ones that share most words with the theme's name.
        """
        named = set(tokens(theme))
        found: dict[tuple[str, ...], Evidence] = {}
        texts: set[str] = set()
        for mention in sorted(
            backing,
            key=lambda m: (
                self.corpus.language_of(m) not in {"en", "und"},
                not self.corpus.whole(m),
                -len(named & set(tokens(m.said))),
            ),
        ):
            ads = [ad for ad in self.corpus.ads_of.get(mention.text_hash, []) if ad.brand_id == self.corpus.own]
            if ads and mention.text_hash not in texts:
                texts.add(mention.text_hash)
                ad = max(ads, key=lambda ad: (ad.running_days, ad.ad_key))
                fact = self._shown(ad, [mention])
                found.setdefault(tuple(" ".join(tokens(line)) for line in fact.lines), fact)
        return tuple(list(found.values())[:MOST_FACTS])

    def _shown(self, ad: Ad, on_theme: Sequence[Mention], persona: str | None = None) -> Evidence:
        """An ad with its words on the theme and, where a persona is given, those that name it, else any audience."""
        text = self.corpus.texts[ad.text_hash]
        named = [m for m in self.corpus.mentions_of[ad.text_hash] if m.field == "target_audience" and m.quote]
        if persona is not None:
            of = concepts_in(persona, "audience") - {"anybody"}
            named.sort(key=lambda m: of.isdisjoint(concepts_in(m.said, "audience")))
        mentions = [*on_theme, *(m for m in named[:1] if persona is not None and m not in on_theme)]
        return Evidence(
            ad,
            self.corpus.brand_names[ad.brand_id],
            text.language,
            tuple(mentions),
            sentences_of(text.clean_text, [m.quote for m in mentions if m.quote]),
            self.scores.by_ad.get(ad.ad_key) if self.scores else None,
        )

    def _most_said(
        self, mentions: Sequence[Mention], similarity: Mapping[tuple[str, str, int], float]
    ) -> tuple[Said, ...]:
        """Values by how many texts say them, most first; of equals, the more typical one."""
        texts: dict[str, set[str]] = defaultdict(set)
        shown: dict[str, tuple[float, Mention]] = {}
        whole: set[str] = set()
        for mention in mentions:
            folded = fold(mention.said)
            texts[folded].add(mention.text_hash)
            if folded not in whole and self.corpus.whole(mention):
                whole.add(folded)
            near = similarity.get(mention.key, 0.0)
            if folded not in shown or near > shown[folded][0]:
                shown[folded] = (near, mention)
        order = sorted(texts, key=lambda folded: (-len(texts[folded]), -shown[folded][0], folded))
        return tuple(
            Said(
                shown[folded][1].said,
                len(texts[folded]),
                self.corpus.language_of(shown[folded][1]),
                folded in whole,
                len(texts[folded]) > 1 or not shown[folded][1].verbatim,
            )
            for folded in order
        )


def sentences_of(text: str, quotes: Sequence[str]) -> tuple[str, ...]:
    """The sentences of a text that hold the quotes, each once, in the text's order and to the letter.

    A quote that runs over several sentences brings them all, as one piece.
    """
    bounds = [0, *(found.end() for found in _SENTENCE_END.finditer(text)), len(text)]
    pieces: list[tuple[int, int]] = []
    for quote in quotes:
        start = text.find(quote)
        if start < 0:
            continue
        first = max(bound for bound in bounds if bound <= start)
        last = min(bound for bound in bounds if bound >= start + len(quote))
        pieces.append((first, last))
    merged: list[tuple[int, int]] = []
    for first, last in sorted(pieces):
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(text[first:last].strip() for first, last in merged)


def _clear(mentions: Sequence[Mention], of: Mapping[str, float], named: bool) -> int:
    """How plainly an ad makes the point, 0 to 3: mentions that name what marks the theme, and the audience named."""
    on_theme = min(2, sum(aptness(m.said, of, "want") >= APT and shape(m.said) >= WHOLE for m in mentions))
    return on_theme + (1 if on_theme and named else 0)
