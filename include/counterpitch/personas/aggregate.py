"""Themes, personas and gaps of a market on a day, written as whole slices.

All is computed from the four weeks up to the key (see corpus.py) and from ids given before, so a day gives
the same rows however often it runs, and re-running an old day leaves every newer one as it was.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # published without types

from counterpitch.personas import facts, people, themes
from counterpitch.personas.casing import Casing
from counterpitch.personas.corpus import DAYS, Ad, Corpus, read_corpus
from counterpitch.personas.curate import Curation, read_curation
from counterpitch.personas.gaps import Cell, compare
from counterpitch.personas.match import Members, fresh_id, match
from counterpitch.personas.name import listed, name_clusters, shape
from counterpitch.personas.vectors import fold
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection, transaction

TERMS = 12
QUOTES = 6
NEEDS = 5

THEME_COLUMNS = ["theme_id", "label", "terms", "texts", "ads", "brands", "stability", "change", "pinned", "muted"]
PERSONA_COLUMNS = [
    "persona_id", "name", "summary", "needs", "quotes", "texts", "ads", "brands", "stability", "change", "pinned",
    "muted",
]  # fmt: skip
GAP_COLUMNS = [
    "persona_id", "theme_id", "our_ads", "their_ads", "our_messages", "their_messages", "our_total", "their_total",
    "their_brands", "our_share", "their_share", "difference", "difference_low", "difference_high", "p_value",
    "q_value", "own_facts", "by_brand", "kind", "rank",
]  # fmt: skip


@dataclass
class Identified:
    """Drafts with their ids: merged where a marketer said so, named, with what the hand says of each."""

    ids: list[str]
    drafts: list[Any]
    names: list[str]
    change: list[str]
    curation: Curation


def aggregate_market(market_id: str, partition_key: str) -> dict[str, int]:
    """Replace the market's clustering, theme, persona and gap slices of the day: {"themes", "personas", "gaps"}.

    Raises NoSuchMarket.
    """
    # One thread: the last bits of a sum must not hang on how many cores were free, and BLAS threads that wait for
    # each other on a busy machine made this twenty times slower.
    with threadpool_limits(1), transaction(application="aggregate_market") as conn:
        write.lock(conn, "aggregate_market", market_id)
        corpus = read_corpus(conn, market_id, partition_key)
        casing = Casing(text.clean_text for text in corpus.texts.values())
        theme_drafts, theme_found = themes.find_themes(corpus)
        persona_drafts, persona_found, assignment = people.find_personas(corpus)
        found_themes = _identify(conn, "theme", market_id, partition_key, theme_drafts, corpus, casing)
        found_personas = _identify(conn, "persona", market_id, partition_key, persona_drafts, corpus, casing)
        gaps = _gaps(corpus, found_personas, found_themes)
        bars = {"bars": sorted(assignment.bars.values()), "precision": assignment.precision}
        bars["coverage"] = assignment.coverage
        account = [
            _account(corpus, "theme", found_themes, themes.detail(theme_found)),
            _account(corpus, "persona", found_personas, themes.detail(persona_found) | {"inference": bars}),
        ]
        _write(conn, market_id, partition_key, corpus, casing, found_themes, found_personas, gaps, account)
    return {"themes": len(found_themes.ids), "personas": len(found_personas.ids), "gaps": len(gaps)}


def _members(kind: str, draft: Any) -> Members:
    return set(draft.members) if kind == "theme" else set(draft.named)


def _identify(
    conn: Connection, kind: str, market_id: str, partition_key: str, drafts: list[Any], corpus: Corpus, casing: Casing
) -> Identified:
    """Ids from earlier days, merges laid on, names given."""
    curation = read_curation(conn, market_id, kind)
    references = _references(conn, kind, market_id, partition_key)
    fresh = {
        i: fresh_id(kind[0], market_id, kind, partition_key, *sorted(map(str, _members(kind, draft))))
        for i, draft in enumerate(drafts)
    }
    matched = match(
        [_members(kind, draft) for draft in drafts], list(references.values()), fresh, joins=curation.targets
    )
    merged: dict[str, Any] = {}
    for given, draft in zip(matched, drafts, strict=True):
        subject = curation.merged.get(given, given)
        merged[subject] = _join(merged[subject], draft) if subject in merged else draft
    ids = sorted(merged, key=lambda subject: (-len(merged[subject].texts), subject))
    values = [themes.candidates(corpus, _named_by(kind, merged[subject])) for subject in ids]
    reader = reading_language(corpus)
    names = [
        curation.renamed.get(subject, name)
        for subject, name in zip(
            ids, name_clusters(values, reader, casing, "want" if kind == "theme" else "audience"), strict=True
        )
    ]
    before = references.get(2, {})
    return Identified(
        ids, [merged[subject] for subject in ids], names, ["kept" if i in before else "new" for i in ids], curation
    )


def reading_language(corpus: Corpus) -> str:
    """The language of names: the market's first, else English where any ad speaks it, else the most spoken."""
    spoken = Counter(text.language for text in corpus.texts.values() if text.status == "read")
    if corpus.languages:
        return corpus.languages[0]
    return "en" if spoken["en"] or not spoken else max(sorted(spoken), key=lambda code: spoken[code])


def _named_by(kind: str, draft: Any) -> dict[tuple[str, str, int], float]:
    values: dict[tuple[str, str, int], float] = draft.members if kind == "theme" else draft.values
    return values


def _join(one: Any, other: Any) -> Any:
    """Two drafts that are one: a marketer merged them. Their stability is that of the larger."""
    larger = one if len(one.texts) >= len(other.texts) else other
    for name in ("members", "named", "inferred", "values"):
        if hasattr(one, name):
            getattr(one, name).update(getattr(other, name))
    one.stability = larger.stability
    return one


def _references(conn: Connection, kind: str, market_id: str, partition_key: str) -> dict[int, dict[str, Members]]:
    rows = query.rows(
        conn,
        query.sql(__file__, f"select_{kind}_reference"),
        {"market_id": market_id, "partition_key": partition_key},
    )
    found: dict[int, dict[str, Members]] = {}
    for row in rows:
        member = (row["text_hash"], row["field"], row["position"]) if kind == "theme" else row["text_hash"]
        found.setdefault(row["step"], {}).setdefault(row["id"], set()).add(member)
    return {step: found[step] for step in sorted(found) if step < 3 or 2 not in found}


def _gaps(corpus: Corpus, personas: Identified, found_themes: Identified) -> list[dict[str, Any]]:
    """Every persona x theme that anybody says anything in, muted ones left out."""
    personas_of: dict[str, list[str]] = defaultdict(list)
    themes_of: dict[str, list[str]] = defaultdict(list)
    for identified, target in ((personas, personas_of), (found_themes, themes_of)):
        for subject, draft in zip(identified.ids, identified.drafts, strict=True):
            if subject not in identified.curation.muted:
                for text in draft.texts:
                    target[text].append(subject)
    messages: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    ads: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for ad in corpus.ads:
        message = corpus.message_of.get((ad.brand_id, ad.text_hash))
        if message is None:
            continue
        for persona in personas_of[ad.text_hash]:
            for theme in themes_of[ad.text_hash]:
                messages[persona, theme][ad.brand_id].add(message)
                ads[persona, theme][ad.brand_id] += 1
    cells = [
        Cell(*pair, {b: {"messages": len(said), "ads": ads[pair][b]} for b, said in sorted(messages[pair].items())})
        for pair in sorted(messages)
    ]
    return compare(cells, corpus.totals, corpus.own, _own_facts(corpus, found_themes)) if cells else []


def _own_facts(corpus: Corpus, found_themes: Identified) -> dict[str, int]:
    """Theme -> how many different facts of ours back an answer on it."""
    members = [draft.members for draft in found_themes.drafts]
    return {
        subject: len({fold(mention.said) for mention in backing})
        for subject, backing in zip(found_themes.ids, facts.own_facts(corpus, members), strict=True)
    }


def _account(corpus: Corpus, kind: str, identified: Identified, detail: dict[str, Any]) -> dict[str, Any]:
    named: set[str] = set().union(*(draft.named if kind == "persona" else draft.texts for draft in identified.drafts))
    inferred = (
        set().union(*(draft.inferred for draft in identified.drafts)) - named if kind == "persona" else set[str]()
    )
    status = Counter(text.status for text in corpus.texts.values())
    return {
        "kind": kind,
        "clusters": len(identified.ids),
        "texts": len(corpus.read),
        "named": len(named),
        "inferred": len(inferred),
        "unassigned": len(corpus.read) - len(named) - len(inferred),
        "detail": detail
        | {
            "window_days": DAYS,
            "last_sweeps": corpus.last_sweeps,
            "messages": corpus.totals,
            "pending": status["pending"],
            "empty": status["empty"],
        },
    }


def _support(corpus: Corpus, texts: set[str]) -> dict[str, int]:
    ads = [ad for text in texts for ad in corpus.ads_of[text]]
    return {"texts": len(texts), "ads": len(ads), "brands": len({ad.brand_id for ad in ads})}


def _terms(corpus: Corpus, members: Mapping[tuple[str, str, int], float], most: int) -> list[dict[str, Any]]:
    """The values said most in a cluster: [{"value", "field", "texts", "language"}]."""
    said: dict[tuple[str, str], set[str]] = defaultdict(set)
    shown: dict[tuple[str, str], str] = {}
    for mention in corpus.mentions:
        if mention.key in members:
            folded = (mention.field, fold(mention.said))
            said[folded].add(mention.text_hash)
            shown.setdefault(folded, mention.said)
    order = sorted(said, key=lambda folded: (-len(said[folded]), folded))[:most]
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
    return _terms(corpus, keys, NEEDS)


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
    spoken = [need["value"] for need in needs if shape(need["value"]) >= 0.5 and need["language"] in {reader, "und"}]
    wants = listed(casing.apply(value).rstrip(" .,;:!") for value in spoken[:3])
    return f"{said}{of_those}." + (f" Most said to them: {wants}." if wants else "")


def _write(
    conn: Connection,
    market_id: str,
    partition_key: str,
    corpus: Corpus,
    casing: Casing,
    found_themes: Identified,
    personas: Identified,
    gaps: list[dict[str, Any]],
    account: list[dict[str, Any]],
) -> None:
    slice_key = {"market_id": market_id, "partition_key": partition_key}

    def replace(table: str, columns: list[str], rows: list[dict[str, Any]]) -> None:
        write.replace_slice(conn, f"mart.{table}", slice_key, columns, rows)

    for table in ("gap", "persona_member", "theme_member"):
        replace(table, [], [])
    replace("clustering", ["kind", "clusters", "texts", "named", "inferred", "unassigned", "detail"], account)
    replace("theme", THEME_COLUMNS, _rows(found_themes, "theme_id", lambda i: _theme(corpus, found_themes, i)))
    replace("persona", PERSONA_COLUMNS, _rows(personas, "persona_id", lambda i: _persona(corpus, casing, personas, i)))
    replace("theme_member", ["text_hash", "field", "position", "theme_id", "similarity"], _theme_members(found_themes))
    replace("persona_member", ["text_hash", "persona_id", "basis", "similarity"], _persona_members(personas))
    replace("gap", GAP_COLUMNS, [row | {"by_brand": write.as_json(row["by_brand"])} for row in gaps])


def _rows(identified: Identified, id_column: str, one: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            id_column: subject,
            "stability": _number(identified.drafts[i].stability),
            "change": identified.change[i],
            "pinned": str(subject in identified.curation.pinned).lower(),
            "muted": str(subject in identified.curation.muted).lower(),
        }
        | one(i)
        for i, subject in enumerate(identified.ids)
    ]


def _theme(corpus: Corpus, found: Identified, i: int) -> dict[str, Any]:
    draft = found.drafts[i]
    terms = write.as_json(_terms(corpus, draft.members, TERMS))
    return {"label": found.names[i], "terms": terms} | _support(corpus, draft.texts)


def _persona(corpus: Corpus, casing: Casing, found: Identified, i: int) -> dict[str, Any]:
    draft = found.drafts[i]
    support, needs = _support(corpus, draft.texts), _needs(corpus, draft.texts)
    inferred = len(set(draft.inferred) - set(draft.named))
    return {
        "name": found.names[i],
        "summary": _summary(casing, reading_language(corpus), support, inferred, needs),
        "needs": write.as_json(needs),
        "quotes": write.as_json(_quotes(corpus, draft.values)),
    } | support


def _theme_members(found: Identified) -> list[dict[str, Any]]:
    return [
        {"text_hash": text, "field": name, "position": position, "theme_id": subject, "similarity": similarity}
        for subject, draft in zip(found.ids, found.drafts, strict=True)
        for (text, name, position), similarity in sorted(draft.members.items())
    ]


def _persona_members(found: Identified) -> list[dict[str, Any]]:
    return [
        {"text_hash": text, "persona_id": subject, "basis": basis, "similarity": similarity}
        for subject, draft in zip(found.ids, found.drafts, strict=True)
        for basis, members in (("named", draft.named), ("inferred", draft.inferred))
        for text, similarity in sorted(members.items())
        if basis == "named" or text not in draft.named
    ]


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
