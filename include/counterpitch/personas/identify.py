"""Give clusters their ids and names: matched with days before, merged where a marketer said so, then named.

An id is found again by membership, so a persona keeps it while ads come and go; a name is made anew each day
unless a marketer gave one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterpitch.personas import themes
from counterpitch.personas.casing import Casing
from counterpitch.personas.corpus import Corpus
from counterpitch.personas.curate import Curation, read_curation
from counterpitch.personas.embed import Lens
from counterpitch.personas.match import Members, fresh_id, match
from counterpitch.personas.name import name_clusters
from counterpitch.personas.wording import phrases
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

Values = Mapping[tuple[str, str, int], float]


@dataclass
class Identified:
    """Drafts with their ids: merged where a marketer said so, named, with what the hand says of each."""

    ids: list[str]
    drafts: list[Any]
    names: list[str]
    change: list[str]
    curation: Curation


def identify(
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
    given_names = names_of(corpus, casing, kind, [_named_by(kind, merged[subject]) for subject in ids])
    names = [curation.renamed.get(subject, name) for subject, name in zip(ids, given_names, strict=True)]
    before = references.get(2, {})
    return Identified(
        ids, [merged[subject] for subject in ids], names, ["kept" if i in before else "new" for i in ids], curation
    )


def names_of(corpus: Corpus, casing: Casing, kind: str, clusters: Sequence[Values]) -> list[str]:
    """Names of clusters (mention key -> similarity), all different. kind: theme or persona."""
    lens: Lens = "want" if kind == "theme" else "audience"
    values = [themes.candidates(corpus, members) for members in clusters]
    spoken = [phrases(corpus, corpus.grammar, members, lens) for members in clusters]
    return name_clusters(values, spoken, reading_language(corpus), casing, lens)


def reading_language(corpus: Corpus) -> str:
    """The language of names: the market's first, else English where any ad speaks it, else the most spoken."""
    spoken = Counter(text.language for text in corpus.texts.values() if text.status == "read")
    if corpus.languages:
        return corpus.languages[0]
    return "en" if spoken["en"] or not spoken else max(sorted(spoken), key=lambda code: spoken[code])


def _members(kind: str, draft: Any) -> Members:
    return set(draft.members) if kind == "theme" else set(draft.named)


def _named_by(kind: str, draft: Any) -> Values:
    values: Values = draft.members if kind == "theme" else draft.values
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
