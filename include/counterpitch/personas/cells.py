"""Count who says what to whom: messages and ads of each brand in each persona x theme, then compare the shares."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from counterpitch.personas import facts
from counterpitch.personas.corpus import Corpus
from counterpitch.personas.gaps import Cell, compare
from counterpitch.personas.identify import Identified
from counterpitch.personas.vectors import fold


def count_gaps(corpus: Corpus, personas: Identified, found_themes: Identified) -> list[dict[str, Any]]:
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
