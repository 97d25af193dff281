"""What may name a cluster: whole phrases of its quotes, and what a reader made of them where it made that twice."""

from __future__ import annotations

from counterpitch.personas.corpus import read_corpus
from counterpitch.personas.grammar import Grammar
from counterpitch.personas.wording import phrases
from counterpitch.warehouse.connection import Connection
from tests.personas.planted import DAY, MARKET, OWN, RIVALS, Planted, plant, register

GRAMMAR = Grammar(
    [
        "Our leftovers planner. Your planner for food waste, for a weekly budget.",
        "Set a budget. For your waste, a list.",
    ]
)


def market(conn: Connection, *said: tuple[str, tuple[str, str]]) -> dict[str, float]:
    """Phrases that name the cluster of all mentions, by weight. said: (words of the ad, (field, value))."""
    register(conn)
    brands = (OWN, *RIVALS)
    plant(conn, [Planted(brands[i % 5], [mention], words=words) for i, (words, mention) in enumerate(said)])
    corpus = read_corpus(conn, MARKET, DAY)
    members = {mention.key: 1.0 for mention in corpus.mentions}
    lens = "audience" if said[0][1][0] == "target_audience" else "want"
    return {found.value: found.weight for found in phrases(corpus, GRAMMAR, members, lens)}  # type: ignore[arg-type]


def test_phrases_come_whole_from_the_quotes(conn: Connection) -> None:
    found = market(
        conn,
        ("Acme has a leftovers planner", ("product_feature", "Acme has a leftovers planner")),
        ("the leftovers planner, at last", ("product_feature", "leftovers planner")),
        ("your rent costs enough", ("customer_need", "rent costs enough")),
    )
    assert found == {"leftovers planner": 2.0}


def test_a_brands_name_is_no_part_of_a_name(conn: Connection) -> None:
    beside = ("our weekly budget", ("product_feature", "weekly budget"))
    assert set(market(conn, beside, ("alpha planner", ("product_feature", "alpha planner")))) == {"weekly budget"}


def test_a_persona_is_people_and_one_word_of_theirs_may_do(conn: Connection) -> None:
    found = market(
        conn,
        ("for nurses", ("target_audience", "nurses")),
        ("a weekly budget", ("target_audience", "weekly budget")),
    )
    assert set(found) == {"nurses"}


def test_an_order_names_what_it_asks_for(conn: Connection) -> None:
    assert "setting a budget" in market(conn, ("Set a budget", ("customer_need", "set a budget")))


def test_who_is_spoken_to_is_not_whom_they_care_for(conn: Connection) -> None:
    said = ("for parents of allergic children", ("target_audience", "parents of allergic children"))
    assert set(market(conn, said, said)) == {"parents of allergic children"}
