"""What is said in a theme and to a persona: counts, most said values, quotes, a sentence of summary.

Everything is counted or quoted from the corpus; nothing here decides who belongs where.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from counterpitch.personas.casing import Casing
from counterpitch.personas.corpus import Ad, Corpus
from counterpitch.personas.identify import Identified, reading_language
from counterpitch.personas.meaning import ENGLISH
from counterpitch.personas.name import like, listed, shape
from counterpitch.personas.vectors import fold
from counterpitch.personas.wording import as_thing, phrases
from counterpitch.warehouse import write

TERMS = 12
QUOTES = 6
NEEDS = 5
READABLE = 0.5  # shape from which a value can be read alone
AS_READ = 0.7  # fit of an English value as its reader put it, beside a phrase that the ads use


def theme(corpus: Corpus, found: Identified, i: int) -> dict[str, Any]:
    """Theme `i` as a row of mart.theme, without its id and what `store` adds to every row."""
    draft = found.drafts[i]
    terms = write.as_json(_values(corpus, draft.members)[:TERMS])
    return {"label": found.names[i], "terms": terms} | _support(corpus, draft.texts)


def persona(corpus: Corpus, casing: Casing, found: Identified, i: int) -> dict[str, Any]:
    """Persona `i` as a row of mart.persona, without its id and what `store` adds to every row."""
    draft = found.drafts[i]
    support, needs = _support(corpus, draft.texts), _needs(corpus, draft.texts)
    inferred = len(set(draft.inferred) - set(draft.named))
    return {
        "name": found.names[i],
        "summary": _summary(casing, reading_language(corpus), support, inferred, needs),
        "needs": write.as_json(needs),
        "quotes": write.as_json(_quotes(corpus, draft.values)),
    } | support


def _support(corpus: Corpus, texts: set[str]) -> dict[str, int]:
    ads = [ad for text in texts for ad in corpus.ads_of[text]]
    return {"texts": len(texts), "ads": len(ads), "brands": len({ad.brand_id for ad in ads})}


def _readable(corpus: Corpus, members: Mapping[tuple[str, str, int], float], most: int) -> list[dict[str, Any]]:
    """What is said most in mentions and can be read alone: [{"value", "field", "texts", "language"}].

    In English the phrases of its quotes, each in its best form, and values of several words that stand alone in their
    ads; in other languages the values that do; where there is neither, the values as they were read.
    """
    found: list[dict[str, Any]] = [
        {
            "value": phrase.value,
            "field": "customer_need" if phrase.is_need else "product_feature",
            "texts": phrase.texts,
            "language": phrase.language,
            "fit": phrase.fit * shape(phrase.value),
        }
        for phrase in phrases(corpus, corpus.grammar, members, "want")
    ]
    whole = {m.key for m in corpus.mentions if m.key in members and corpus.whole(m) and shape(m.said) >= READABLE}
    values = _values(corpus, {key: members[key] for key in whole})
    for value in values:
        fit = shape(value["value"])
        if value["language"].split("-")[0] not in ENGLISH:
            found.append(value | {"fit": fit})
        elif " " in value["value"]:
            found.append(value | {"value": as_thing(value["value"], corpus.grammar), "fit": AS_READ * fit})
    chosen: list[dict[str, Any]] = []
    for term in sorted(found, key=lambda term: (-term["texts"] * term["fit"], term["value"])):
        if len(chosen) < most and not any(like(term["value"], other["value"]) for other in chosen):
            chosen.append({name: term[name] for name in ("value", "field", "texts", "language")})
    return chosen or _values(corpus, members)[:most]


def _values(corpus: Corpus, members: Mapping[tuple[str, str, int], float]) -> list[dict[str, Any]]:
    """The values of a cluster as they were read, those of most texts first, but for what their ads turn down."""
    said: dict[tuple[str, str], set[str]] = defaultdict(set)
    shown: dict[tuple[str, str], str] = {}
    for mention in corpus.mentions:
        if mention.key in members and not corpus.denied(mention):
            folded = (mention.field, fold(mention.said))
            said[folded].add(mention.text_hash)
            shown.setdefault(folded, mention.said)
    order = sorted(said, key=lambda folded: (-len(said[folded]), folded))
    return [
        {
            "value": shown[folded],
            "field": folded[0],
            "texts": len(said[folded]),
            "language": corpus.texts[min(said[folded])].language,
        }
        for folded in order
    ]


def _needs(corpus: Corpus, texts: set[str]) -> list[dict[str, Any]]:
    keys = {m.key: 1.0 for text in texts for m in corpus.mentions_of.get(text, []) if m.field == "customer_need"}
    return _readable(corpus, keys, NEEDS)


def _quotes(corpus: Corpus, values: Mapping[tuple[str, str, int], float]) -> list[dict[str, Any]]:
    """Words that name the audience, of different brands first: [{"quote", "brand_id", "ad_key", "language"}]."""
    quoted = [
        (values[m.key], m, ad)
        for m in corpus.mentions
        if m.key in values and m.quote
        for ad in sorted(corpus.ads_of[m.text_hash], key=lambda ad: (-ad.running_days, ad.ad_key))[:1]
    ]
    quoted.sort(key=lambda entry: (-entry[0], -entry[2].running_days, entry[2].ad_key))
    chosen: list[dict[str, Any]] = []
    by_brand: Counter[str] = Counter()
    seen: set[str] = set()
    for rounds in (1, QUOTES):
        for _, mention, ad in quoted:
            quote = mention.quote or ""
            if len(chosen) < QUOTES and quote.casefold() not in seen and by_brand[ad.brand_id] < rounds:
                seen.add(quote.casefold())
                by_brand[ad.brand_id] += 1
                chosen.append(_quote(corpus, quote, ad))
    return chosen


def _quote(corpus: Corpus, quote: str, ad: Ad) -> dict[str, Any]:
    language = corpus.texts[ad.text_hash].language
    return {"quote": quote, "brand_id": ad.brand_id, "ad_key": ad.ad_key, "language": language}


def _summary(
    casing: Casing, reader: str, support: Mapping[str, int], inferred: int, needs: list[dict[str, Any]]
) -> str:
    ads, brands = support["ads"], support["brands"]
    said = f"{brands} brand{'s speak' if brands != 1 else ' speaks'} to them in {ads} ad{'s' if ads != 1 else ''}"
    of_those = f" ({inferred} of {support['texts']} texts by likeness)" if inferred else ""
    spoken = [
        need["value"] for need in needs if shape(need["value"]) >= READABLE and need["language"] in {reader, "und"}
    ]
    wants = listed(casing.apply(value).rstrip(" .,;:!") for value in spoken[:3])
    return f"{said}{of_those}." + (f" Most said to them: {wants}." if wants else "")
