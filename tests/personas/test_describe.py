"""What a persona is said to want and what a theme is called hold as their ads mean it, never as the opposite."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from counterpitch.personas import describe, grammar, people, themes
from counterpitch.personas.casing import Casing
from counterpitch.personas.corpus import Corpus, read_corpus
from counterpitch.personas.curate import Curation
from counterpitch.personas.identify import Identified, names_of
from counterpitch.warehouse.connection import Connection
from tests.personas.planted import DAY, MARKET, OWN, RIVALS, Planted, plant, register


def market(conn: Connection, *said: str, beside: Sequence[str] = ()) -> Corpus:
    """A market where each brand in turn says one of the needs, which are their own quotes. beside: ads not read."""
    register(conn)
    brands = (OWN, *RIVALS)
    ads = [Planted(brands[i % 5], [("customer_need", need)], words=f"{need}. Ad {i}") for i, need in enumerate(said)]
    plant(conn, [*ads, *(Planted(OWN, [], words=words) for words in beside)])
    return read_corpus(conn, MARKET, DAY)


def persona(corpus: Corpus) -> dict[str, Any]:
    """The row of one persona whom all texts speak to."""
    draft = people.Draft(named=dict.fromkeys(corpus.read, 1.0))
    found = Identified(["p-1"], [draft], ["Everybody"], ["new"], Curation())
    return describe.persona(corpus, Casing([]), found, 0)


def needs(corpus: Corpus) -> list[str]:
    return [need["value"] for need in json.loads(persona(corpus)["needs"])]


def theme(corpus: Corpus) -> str:
    """The name of the theme that all mentions are of."""
    return names_of(corpus, Casing([]), "theme", [{mention.key: 1.0 for mention in corpus.mentions}])[0]


NEGATED = [
    ("never miss a bus", "missing a bus"),
    ("don't forget your keys", "forgetting your keys"),
    ("lose weight without losing muscle", "losing muscle"),
    ("never pay a late fee", "late fee"),
]
# Ads that show how the market uses these words.
USED = ["You miss a bus. A bus. You forget your keys, keys for your door. We lose muscle, for muscle. Your late fee."]


@pytest.mark.parametrize(("said", "opposite"), NEGATED)
def test_a_need_is_never_told_as_its_opposite(conn: Connection, said: str, opposite: str) -> None:
    assert opposite not in needs(market(conn, said, said, beside=USED))


@pytest.mark.parametrize(("said", "opposite"), NEGATED)
def test_a_theme_is_never_called_the_opposite_of_what_is_said(conn: Connection, said: str, opposite: str) -> None:
    assert theme(market(conn, said, said, beside=USED)).casefold() != opposite


def test_what_is_turned_down_is_cut_from_no_clause(conn: Connection) -> None:
    used = market(conn, "lower bills", beside=USED).grammar
    for text in ("Never pay a late fee", "No more paying a late fee", "You can't lose it to a late fee"):
        assert "late fee" not in set(used.phrases(text)), text
    assert "late fee" in set(used.phrases("Never again, your late fee"))


def test_a_value_that_its_ad_turns_down_does_not_stand_alone(conn: Connection) -> None:
    register(conn)
    plant(conn, [Planted(OWN, [("customer_need", "late fee")], words="Never pay a late fee")])
    corpus = read_corpus(conn, MARKET, DAY)
    assert not corpus.whole(corpus.mentions[0])
    assert grammar.is_denied("late fee", "Never pay a late fee")
    assert not grammar.is_denied("late fee", "Never pay a late fee. Your late fee is back")


def test_what_every_ad_turns_down_is_no_need_and_names_a_theme_last(conn: Connection) -> None:
    register(conn)
    ads = [(OWN, "miss a bus", "Never miss a bus again"), (RIVALS[0], "miss a bus", "Don't miss a bus")]
    plant(conn, [Planted(brand, [("customer_need", value)], words=words) for brand, value, words in ads])
    assert needs(read_corpus(conn, MARKET, DAY)) == []
    plant(conn, [Planted(RIVALS[1], [("customer_need", "weekly budget")], words="Your weekly budget, for a budget")])
    corpus = read_corpus(conn, MARKET, DAY)
    assert needs(corpus) == ["weekly budget"]
    assert theme(corpus) == "Weekly budget"


@pytest.mark.parametrize(
    "said",
    [
        "It has never been easier to save money",
        "You won't believe how easy it is to save money",
        "Don't wait to save money",
        "Why not save money",
        "You can't cook but you save money",
        "Sleep without pills and save money",
        "At every bus stop you save money",
    ],
)
def test_what_only_looks_like_a_denial_denies_nothing(said: str) -> None:
    assert not grammar.is_denied("save money", said)
    assert grammar.is_denied("save money", "You never save money")


def test_what_is_first_of_somebodys_does_not_stand_alone(conn: Connection) -> None:
    register(conn)
    values = ("first cheap week", "planning a cheap week")
    plant(conn, [Planted(OWN, [("customer_need", value)], words=f"Yours: {value}.") for value in values])
    corpus = read_corpus(conn, MARKET, DAY)
    assert {mention.said: corpus.whole(mention) for mention in corpus.mentions} == dict(
        zip(values, (False, True), strict=True)
    )


@pytest.mark.parametrize("said", ["❤️", "$$", "?"])
def test_a_value_without_a_word_stops_nobody(conn: Connection, said: str) -> None:
    corpus = market(conn, said, said, "weekly budget", "weekly budget", beside=["Your weekly budget, for a budget"])
    assert needs(corpus)[0] == "weekly budget"
    assert theme(corpus) == "Weekly budget"


def test_needs_that_stand_alone_are_told_beside_the_phrases(conn: Connection) -> None:
    said = ("miss a bus", "sleep better", "saving time on admin")
    found = needs(market(conn, *said, beside=["You miss a bus. A bus, for a bus"]))
    assert found[0] == "missing a bus"
    assert set(found) == {"missing a bus", "sleep better", "saving time on admin"}


@pytest.mark.parametrize(
    ("words", "value", "name"),
    [
        ("SPARE ZEIT BEIM KOCHEN", "SPARE ZEIT BEIM KOCHEN", "spare zeit beim kochen"),
        ("Spare Zeit beim Kochen", "Spare Zeit beim Kochen", "Spare Zeit beim Kochen"),
        ("Lernen mit KI", "KI", "KI"),
    ],
)
def test_a_name_does_not_shout(conn: Connection, words: str, value: str, name: str) -> None:
    register(conn)
    plant(conn, [Planted(OWN, [("customer_need", value)], language="de", words=words)])
    corpus = read_corpus(conn, MARKET, DAY)
    assert [c.value for c in themes.candidates(corpus, {m.key: 1.0 for m in corpus.mentions})] == [name]
