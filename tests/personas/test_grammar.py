"""A phrase that can stand alone is told from a piece of a sentence, by how the market's own ads use their words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.personas.embed import stopwords
from counterpitch.personas.grammar import Grammar, base, clauses, is_people

ADS = [
    "Set a weekly budget. Your budget is safe with us, and the grocery list is sorted by aisle.",
    "We plan your dinner in 20 minutes. No more food waste. Less food waste with a list.",
    "Uni costs enough. It costs a fortune. The leftovers planner gives every half cabbage a second date.",
    "Dinners that taste slow. Speak English with confidence. Our lessons. For your lessons, for confidence.",
    "Typing is slow: voice is faster than typing, and our voice is 4x faster than typing.",
    "Made for households with food allergies. To your households, and for allergies.",
    "Learn step by step, one step at a time. We send a list to a friend. To send a friend a tip, tap here.",
    "For dinner, for minutes, the planner, the waste, the English of our lessons. The app. In minutes.",
    "To plan dinner takes time. You plan dinner, a dietitian reads every recipe for hidden allergens. The recipe.",
    "Since prices went up, half the onion and exactly the plates. The onion, the plates, your prices, the price.",
    "Say no to new food. Your dish, the dish next door: your food, your plans, a pan.",
    "The planner cooks for the triathletes: a plan for you, a plan for dinner. You six the boxes.",
    "One more decision, no more food waste. To exactly the plates. A decision.",
    "In front of your triathletes, in A&E until 11 p.m. tonight, with allergens.",
]


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar(ADS)


@pytest.mark.parametrize(
    "phrase",
    [
        "weekly budget", "set a weekly budget", "dinner in 20 minutes", "less food waste", "leftovers planner",
        "households with food allergies", "4x faster than typing", "speaking with confidence",
    ],
)  # fmt: skip
def test_whole_phrases(grammar: Grammar, phrase: str) -> None:
    assert grammar.is_whole(phrase.split())


@pytest.mark.parametrize(
    "piece",
    [
        "uni costs enough", "easy ones", "taste slow", "4x faster", "with confidence", "the leftovers planner gives",
        "your budget is", "a weekly", "gives every half", "20 minutes", "planner budget's", "less", "speak", "send a",
        "prices went", "planner cooks", "no plan", "more plan", "triathletes plan", "half the onion",
        "exactly the plates", "six the boxes",
    ],
)  # fmt: skip
def test_pieces_are_no_phrases(grammar: Grammar, piece: str) -> None:
    assert not grammar.is_whole(piece.split())


def test_phrases_are_cut_where_the_ad_cuts_them(grammar: Grammar) -> None:
    found = set(grammar.phrases("Get the leftovers planner, and no more food waste. #LeftoversPlanner"))
    assert found == {"leftovers planner", "no more food waste"}


def test_what_may_belong_to_a_verb_is_no_part_of_a_phrase(grammar: Grammar) -> None:
    assert set(grammar.phrases("Mia reads every recipe for hidden allergens")) == {"recipe", "hidden allergens"}
    assert set(grammar.phrases("One more decision to exactly the plates")) == {"plates"}
    assert "recipe for hidden allergens" in set(grammar.phrases("A recipe for hidden allergens"))


def test_an_order_is_what_is_done_elsewhere_too_and_not_what_merely_stands_before_a_thing(grammar: Grammar) -> None:
    assert grammar.is_order(["plan", "dinner"])
    assert grammar.is_order(["set", "a", "budget"])
    for words in ("half onion", "exactly the plates", "new dish", "weekly budget"):
        assert not grammar.is_order(words.split()), words


def test_an_abbreviation_ends_no_clause_and_is_one_word() -> None:
    assert list(clauses("Thirteen hours in A&E. Home at 11 p.m. for dinner. So Q&A")) == [
        ["thirteen", "hours", "in", "a&e"],
        ["home", "at", "11", "pm", "for", "dinner"],
        ["so", "q&a"],
    ]


def test_a_phrase_that_says_nothing(grammar: Grammar) -> None:
    assert not grammar.is_specific(["step", "at", "a", "time"])
    assert not grammar.is_specific(["people"])
    assert not grammar.is_specific(["front", "of", "triathletes"])
    assert grammar.is_specific(["dinner", "in", "20", "minutes"])


def test_the_thing_that_a_phrase_is_about(grammar: Grammar) -> None:
    assert grammar.head(["households", "with", "food", "allergies"]) == "households"
    assert grammar.head(["set", "a", "weekly", "budget"]) == ""
    assert grammar.wants_article(["grocery", "list"])
    assert not grammar.wants_article(["food", "waste"])


@given(text=st.lists(st.sampled_from(" ".join(ADS).split()), max_size=14).map(" ".join))
def test_no_phrase_is_empty_or_ends_in_a_small_word(text: str) -> None:
    for phrase in Grammar(ADS).phrases(text):
        words = phrase.split()
        assert words
        assert words[-1] not in stopwords("en")
        assert words[0] not in stopwords("en") - {"no", "more", "few"}


@pytest.mark.parametrize(("word", "people"), [("dentists", True), ("dinners", False), ("nurses", True), ("app", False)])
def test_people_are_told_from_things(word: str, people: bool) -> None:
    assert is_people(word) is people


def test_the_verb_of_a_gerund() -> None:
    assert base("speaking") == "speak"
    assert base("getting") == "get"
    assert base("evening") is None
