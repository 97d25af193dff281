"""A story rests on what several ads say, or on what such a theme is about; never on one reader's slip."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from counterpitch.briefs.gather import Case, Evidence, Market, Said
from counterpitch.briefs.story import Story, tell, wants
from counterpitch.personas.casing import Casing
from counterpitch.personas.corpus import Ad, Corpus, Mention
from counterpitch.personas.embed import concept_names, stopwords, tokens

GAP: dict[str, Any] = {
    "persona": "Shift workers",
    "theme": "Calories per portion",
    "kind": "white_space",
    "our_messages": 0,
    "own_facts": 0,
}
BARE = Case(
    gap=GAP, theirs=(), ours=(), evidence=(), facts=(), marks={"health": 1.0}, needs=(), features=(), other_needs=(),
    inferred_texts=0, texts=0,
)  # fmt: skip
MARKET = Market("m", "2026-11-20", Corpus("us", {}, ("en",), (), {}, ()), None, ())


def told(case: Case) -> Story:
    return tell(case, MARKET, Casing([]), "b-1")


def need(value: str, *, firm: bool) -> Said:
    return Said(value, 2 if firm else 1, "en", whole=True, firm=firm)


def test_a_need_that_two_ads_state_is_the_wish() -> None:
    case = dataclasses.replace(BARE, needs=(need("eating healthy dinners", firm=True),))
    assert told(case).i_want == "to eat healthy dinners"


def test_a_need_cut_out_of_one_ad_is_not() -> None:
    story = told(dataclasses.replace(BARE, needs=(need("eleven hospital dietitians", firm=False),)))
    assert story.i_want in wants()["wish"]["health"]
    assert story.so_that in wants()["outcome"]["health"]


@pytest.mark.parametrize("marks", [{"skill": 0.5, "money": 0.5}, {"money": 0.5, "skill": 0.5}])
def test_what_it_is_for_is_another_matter_than_the_wish(marks: dict[str, float]) -> None:
    cheap, together = need("lower monthly cost", firm=True), need("family dinners", firm=True)
    story = told(dataclasses.replace(BARE, marks=marks, other_needs=(cheap, together)))
    assert story.i_want in wants()["wish"]["money"]
    assert story.so_that != "I get a lower monthly cost"


def test_where_nothing_marks_the_theme_its_name_is_the_wish() -> None:
    assert told(dataclasses.replace(BARE, marks={})).i_want == "calories per portion"


def test_a_promise_read_in_one_ad_alone_is_not_held_against_a_competitor() -> None:
    told_once = told(dataclasses.replace(BARE, features=(need("healthy yearly plan", firm=False),)))
    told_twice = told(dataclasses.replace(BARE, features=(need("healthy yearly plan", firm=True),)))
    assert not any("yearly plan" in line for line in told_once.dont)
    assert any("yearly plan" in line for line in told_twice.dont)


@pytest.mark.parametrize("concept", sorted(wants()["wish"]))
def test_a_wish_and_its_outcome_are_two_things(concept: str) -> None:
    for wish in wants()["wish"][concept]:
        for outcome in wants()["outcome"][concept]:
            assert not (set(tokens(wish)) & set(tokens(outcome))) - stopwords()


def test_every_concept_has_both_and_is_one_that_themes_know() -> None:
    assert wants()["wish"].keys() == wants()["outcome"].keys() <= set(concept_names("want"))


def shown(words: str, audience: str) -> Evidence:
    ad = Ad("x:1", "them", "t", "x", None, (), None, "2026-11-01", "2026-11-20", 20, in_last_sweep=True)
    return Evidence(ad, "Them", "en", (Mention("t", "target_audience", 0, audience, audience),), (words,), None)


def test_the_line_that_names_them_names_this_persona() -> None:
    couples = shown("Made for retired couples.", "retired couples")
    workers = shown("Made for nurses on a rota.", "nurses on a rota")
    gap = GAP | {"persona": "Shift workers"}
    told_both = told(dataclasses.replace(BARE, gap=gap, evidence=(couples, workers)))
    assert any("nurses on a rota" in line for line in told_both.do)
    assert not any("couples" in line for line in told(dataclasses.replace(BARE, gap=gap, evidence=(couples,))).do)


def test_a_question_of_ours_stays_one() -> None:
    ad = Ad("x:2", "us", "t", "x", None, (), None, "2026-11-01", "2026-11-20", 20, in_last_sweep=True)
    feature = Mention("t", "product_feature", 0, "dinner in 20 minutes", "Dinner in 20 minutes?")
    fact = Evidence(ad, "Us", "en", (feature,), ("Dinner in 20 minutes?",), None)
    story = told(dataclasses.replace(BARE, facts=(fact,)))
    assert "“Dinner in 20 minutes?”" in story.key_message
    assert [line["text"] for line in story.headlines] == ["Shift workers: dinner in 20 minutes?"]
