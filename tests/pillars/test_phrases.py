"""A quote's name is short, reads as a phrase, and says no word that the quote or the learned list does not hold."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.pillars import features, grammar, phrases, weights
from counterpitch.pillars.schema import FIELDS
from counterpitch.pillars.weights import Weights


@pytest.fixture(scope="module")
def learned() -> Weights:
    """Keeps every word of a quote and adds none, so that only the rules of a name are seen."""
    keep = {field: {"bias": 5.0} for field in FIELDS}
    heads: dict[str, dict[str, dict[str, float]]] = {field: {} for field in FIELDS}
    return Weights(words={}, keep=keep, heads=heads, implied={}, silent={}, tone={}, product={}, cuts={}, version="all")


def named(quote: str, field: str, learned: Weights) -> str:
    return phrases.name(quote, field, learned, learned.outcomes.total([]))


@pytest.mark.parametrize(
    ("quote", "name"),
    [
        ("Real-life conversations, 24/7", "real-life conversations 24/7"),
        ("10,000+ books from $9.99", "10,000+ books from $9.99"),
        ("'Six' is six", "six six"),
        ("write better than", "write better"),
        ("which means less paperwork for", "means less paperwork"),
        ("Speak like a native", "speak like a native"),
        ("than", "than"),
    ],
)
def test_a_name_holds_its_marks_and_ends_on_no_small_word(quote: str, name: str, learned: Weights) -> None:
    assert named(quote, "product_feature", learned) == name


@pytest.mark.parametrize(
    ("quote", "name"),
    [
        ("Save time", "saving time"),
        ("to get home early", "getting home early"),
        ("Stop waiting", "stop waiting"),
        ("Stop the leaks", "stopping the leaks"),
        ("dogs bring joy", "dogs bring joy"),
    ],
)
def test_a_need_that_is_asked_for_is_named_by_what_the_customer_would_be_doing(
    quote: str, name: str, learned: Weights
) -> None:
    assert named(quote, "customer_need", learned) == name


@pytest.mark.parametrize(
    "pair", ["make making", "get getting", "see seeing", "be being", "visit visiting", "own owning"]
)
def test_a_verb_takes_its_ending(pair: str) -> None:
    verb, wanted = pair.split()
    assert phrases.gerund(verb) == wanted


def test_of_all_verbs_that_are_known_these_double_their_last_letter() -> None:
    doubled = {verb for verb in grammar.listed("verb") if phrases.gerund(verb) == f"{verb}{verb[-1]}ing"}
    wanted = "begin cut forget get grab hit let plan put run set ship shop sit skip stop tap win"
    assert doubled == set(wanted.split()), "reading and beating are none of them"


@pytest.mark.parametrize(
    ("quote", "name"),
    [
        ("Still typing?", "still typing learners"),
        ("For 20 busy nurses", "20 busy nurses learners"),
        ("30%", "30% learners"),
        ("Müde vom Kochen?", "müde vom kochen"),
        ("Basta mal di schiena!", "basta mal di schiena"),
        ("Per le mamme che non hanno tempo", "le mamme che non hanno tempo"),
        ("Устали от беспорядка?", "устали от беспорядка"),
    ],
)
def test_a_learned_word_is_added_to_an_english_quote_and_to_no_other(quote: str, name: str, learned: Weights) -> None:
    adds = replace(learned, heads={**learned.heads, "target_audience": {"bias": {"learners": 5.0}}})
    assert phrases.name(quote, "target_audience", adds, adds.outcomes.total(["bias"])) == name


@given(quote=st.text(max_size=80), field=st.sampled_from(FIELDS))
def test_whatever_the_quote_its_words_are_the_quotes_own(quote: str, field: str) -> None:
    shipped = weights.shipped()
    said = phrases.name(quote, field, shipped, shipped.outcomes.total([]))
    added = set(shipped.outcomes.above(field, shipped.outcomes.total([]), -1e9))
    own = {word.strip("'") for word in features.quoted_words(quote)}
    own |= {phrases.gerund(word) for word in own if word}
    assert set(re.findall(r"[\w']+", said)) - {""} <= own | added | set(features.quoted_words(quote))
