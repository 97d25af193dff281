"""Themes, personas and gaps of a market on a day, written as whole slices.

All is computed from the four weeks up to the key (see corpus.py) and from ids given before, so a day gives
the same rows however often it runs, and re-running an old day leaves every newer one as it was.
"""

from __future__ import annotations

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # published without types

from counterpitch.personas import people, themes
from counterpitch.personas.casing import Casing
from counterpitch.personas.cells import count_gaps
from counterpitch.personas.corpus import read_corpus
from counterpitch.personas.identify import identify
from counterpitch.personas.store import account_for, store
from counterpitch.warehouse import write
from counterpitch.warehouse.connection import transaction


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
        found_themes = identify(conn, "theme", market_id, partition_key, theme_drafts, corpus, casing)
        found_personas = identify(conn, "persona", market_id, partition_key, persona_drafts, corpus, casing)
        gaps = count_gaps(corpus, found_personas, found_themes)
        bars = {"bars": sorted(assignment.bars.values()), "precision": assignment.precision}
        bars["coverage"] = assignment.coverage
        account = [
            account_for(corpus, "theme", found_themes, themes.detail(theme_found)),
            account_for(corpus, "persona", found_personas, themes.detail(persona_found) | {"inference": bars}),
        ]
        store(conn, market_id, partition_key, corpus, casing, found_themes, found_personas, gaps, account)
    return {"themes": len(found_themes.ids), "personas": len(found_personas.ids), "gaps": len(gaps)}
