"""The English that briefs are put together from, as a reader would say it aloud."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpitch.briefs import wording


@pytest.mark.parametrize(
    ("persona", "said"),
    [
        ("students on a budget", "a student on a budget"),
        ("English learners", "an English learner"),
        ("night-shift nurses", "a night-shift nurse"),
        ("people working from home", "someone working from home"),
        ("busy people", "a busy person"),
        ("mums and dads", "a mum or dad"),
        ("beginner and intermediate language learners", "a beginner and intermediate language learner"),
        ("households with food allergies", "a household with food allergies"),
        ("families of four", "a family of four"),
        ("hourly workers", "an hourly worker"),
        ("university applicants", "a university applicant"),
        ("SEO consultants", "an SEO consultant"),
        ("women who train hard", "a woman who trains hard"),
        ("parents who don't have time", "a parent who doesn't have time"),
        ("anyone who cooks", "someone who cooks"),
        ("sales staff logging CRM notes", "one of the sales staff logging CRM notes"),
        ("toddler", "a toddler"),
        ("Madres primerizas (ads in Spanish)", "one of “Madres primerizas” (ads in Spanish)"),
        ("students (ads in Spanish)", "a student (ads in Spanish)"),
        ("", "a customer"),
    ],
)
def test_a_group_becomes_one_of_its_people(persona: str, said: str) -> None:
    assert wording.as_a(persona) == said


@pytest.mark.parametrize(
    ("need", "said"),
    [
        ("speaking English fluently", "to speak English fluently"),
        ("planning dinner", "to plan dinner"),
        ("losing less time to typing", "to lose less time to typing"),
        ("getting messages done quickly", "to get messages done quickly"),
        ("learning on your own schedule", "to learn on my own schedule"),
        ("stop binning good food", "to stop binning good food"),
        ("confidence when speaking", "confidence when speaking"),
        ("cooking classes", "cooking classes"),
        ("lower grocery bill", "lower grocery bill"),
        ("Tired of boring lessons?", "an end to boring lessons"),
        ("what to cook tonight", "to know what to cook tonight"),
        ("you forget what's in the fridge", "an answer to “you forget what's in the fridge”"),
    ],
)
def test_a_need_becomes_a_wish(need: str, said: str) -> None:
    assert wording.wish(need) == said


@pytest.mark.parametrize(
    ("need", "said"),
    [
        ("speaking English fluently", "I can speak English fluently"),
        ("less food waste", "there is less food waste"),
        ("fewer meetings", "there are fewer meetings"),
        ("confidence when speaking", "I get confidence when speaking"),
    ],
)
def test_a_need_becomes_an_outcome(need: str, said: str) -> None:
    assert wording.outcome(need) == said


def test_quotes_within_quotes_do_not_clash() -> None:
    assert wording.quoted("plain") == "“plain”"
    assert wording.quoted('she said "dinner"') == '«she said "dinner"»'
    assert wording.quoted("«eins» “zwei”") == "‹«eins» “zwei”›"


def test_a_sentence_ends_once() -> None:
    assert wording.sentence("it works") == "It works."
    assert wording.sentence("Does it?") == "Does it?"
    assert wording.sentence("they say “so.”") == "They say “so.”"


def test_calls_and_clauses_are_quoted_as_topics_and_phrases_are_not() -> None:
    assert wording.topic("fast dinners") == "fast dinners"
    assert wording.topic("stop binning good food") == "“stop binning good food”"
    assert wording.topic("you plan, we cook") == "“you plan, we cook”"
    assert wording.topic("week's menu is ready every Sunday") == "“week's menu is ready every Sunday”"


@pytest.mark.parametrize(
    ("word", "article"),
    [
        *((word, "an") for word in ("hour", "8-week course", "80s fan", "18-hour day", "app", "MBA student", "heir")),
        *((word, "a") for word in ("one-pan dinner", "15-minute meal", "UK shopper", "European", "university")),
        ("unemployed nurse", "an"),
    ],
)
def test_the_article_follows_the_sound(word: str, article: str) -> None:
    assert wording.a_or_an(word) == f"{article} {word}"


def test_numbers_read_as_people_say_them() -> None:
    assert [wording.count(1, "ad"), wording.count(1200, "ad")] == ["1 ad", "1,200 ads"]
    assert [wording.number(3), wording.number(37)] == ["three", "37"]
    assert [wording.percent(0.0), wording.percent(0.092), wording.percent(0.0081)] == ["0%", "9%", "0.8%"]
    assert wording.day("2026-11-05") == "5 November 2026"


@given(st.text(max_size=60))
def test_no_words_of_an_ad_can_break_a_sentence(text: str) -> None:
    for bent in (wording.wish, wording.outcome, wording.as_a, wording.topic, wording.bare, wording.sentence):
        assert isinstance(bent(text), str)
    assert "\n" not in wording.quoted(text)


def test_half_a_pair_of_marks_goes_with_the_other_half() -> None:
    assert (
        wording.bare("«Si tarda más, no se hace.» Ana, madre de dos") == "Si tarda más, no se hace. Ana, madre de dos"
    )
    assert wording.bare("Ella dice «sí» siempre") == "Ella dice «sí» siempre"


def test_a_question_that_is_quoted_stays_one() -> None:
    assert wording.line("⏱️ Gym till eight, lifters?") == "Gym till eight, lifters?"
    assert wording.line("„Dinner in 20 minutes?“") == "Dinner in 20 minutes?"
    assert wording.line("‘Dinner in 20 minutes?’") == "Dinner in 20 minutes?"
    assert wording.line("Dinner in 20 minutes?!") == "Dinner in 20 minutes?"
    assert wording.line("Made for nurses.") == "Made for nurses"
    assert wording.line("?!") == ""


def test_words_that_point_at_what_they_leave_out_are_known() -> None:
    assert wording.points_back("time it takes to shower")
    assert not wording.points_back("fast dinners that taste slow")
    assert not wording.points_back("IT certification")
    assert not wording.points_back("it certification")
