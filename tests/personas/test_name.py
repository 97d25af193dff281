"""Names that a marketer would say: whole values, of people for personas, in the reader's language, all different."""

from __future__ import annotations

from counterpitch.personas.casing import Casing
from counterpitch.personas.name import Candidate, listed, name_clusters, shape

CASING = Casing(
    ["We teach English with AI and a plan.", "Learn English now, with AI tutors.", "speak English, not Greek"]
)


def said(value: str, weight: float = 5, language: str = "en", **more: bool) -> Candidate:
    return Candidate(value, weight, 0.8, language, **more)


def test_a_name_is_one_of_the_values_in_the_ads_own_spelling() -> None:
    (name,) = name_clusters([[said("english learners", 9), said("english app"), said("ai")]], "en", CASING, "audience")
    assert name == "English learners"


def test_pieces_questions_and_addresses_lose_to_a_phrase() -> None:
    values = [
        "what's for dinner?",
        "tap to begin",
        "you never",
        "https://x.example",
        "fast weeknight dinners",
        "dinner",
    ]
    assert max(values, key=shape) == "fast weeknight dinners"
    pieces = [said("up in under two minutes", 9, whole=False), said("dinner in minutes", 3)]
    assert name_clusters([pieces], "en", CASING, "want") == ["Dinner in minutes"]


def test_a_persona_is_named_after_people() -> None:
    values = [said("student loans", 9), said("students on a budget", 4), said("student flats", 9)]
    assert name_clusters([values], "en", CASING, "audience") == ["Students on a budget"]


def test_a_theme_is_named_after_what_sets_it_apart() -> None:
    cheap = [said("cheaper groceries", 3), said("lower bills", 3), said("weekly dinners", 4)]
    fast = [said("faster dinners", 3), said("minutes not hours", 3), said("weekly dinners too", 4)]
    names = name_clusters([cheap, fast], "en", CASING, "want")
    assert names[0] in {"Cheaper groceries", "Lower bills"}
    assert names[1] in {"Faster dinners", "Minutes not hours"}


def test_the_readers_language_comes_first_and_names_differ() -> None:
    one = [said("padres con poco tiempo", 9, "es"), said("busy parents", 4)]
    other = [said("Busy parents", 2), said("working parents", 2)]
    assert name_clusters([one, other], "en", CASING, "audience") == ["Busy parents", "Working parents"]
    assert name_clusters([one[:1]], "en", CASING, "audience") == ["Padres con poco tiempo"]


def test_a_cluster_without_values_still_has_a_name() -> None:
    assert name_clusters([[]], "en", CASING, "want") == ["Unnamed (1)"]


def test_lists_read_aloud() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c"], "or") == "a, b or c"
    assert listed(["a, b", "c", "d"]) == "a, b; c; and d"
