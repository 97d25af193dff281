"""Names that a marketer would say: whole values, of people for personas, in the reader's language, all different."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from counterpitch.personas.casing import Casing
from counterpitch.personas.embed import concept_names
from counterpitch.personas.name import CENTRAL, Candidate, centrality, listed, marks, name_clusters, plain_names, shape

CASING = Casing(
    ["We teach English with AI and a plan.", "Learn English now, with AI tutors.", "speak English, not Greek"]
)


def said(value: str, weight: float = 5, language: str = "en", **more: Any) -> Candidate:
    return Candidate(value, weight, 0.8, language, **more)


def named(*clusters: list[Candidate], lens: str = "want", reader: str = "en") -> list[str]:
    """Names of clusters of which every value is a phrase that may name it."""
    return name_clusters(clusters, clusters, reader, CASING, lens)  # type: ignore[arg-type]


def test_a_name_is_what_is_said_in_the_ads_own_spelling() -> None:
    cluster = [said("english learners", 9), said("english tutor seekers")]
    assert named(cluster, lens="audience") == ["English learners"]


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
    assert shape("one app") < shape("no powders")


def test_a_value_that_is_no_phrase_names_nothing_where_the_concept_has_a_name() -> None:
    costs = [said("uni costs enough", 9, whole=False), said("the cheapest", 4), said("price", 3)]
    assert name_clusters([costs], [[]], "en", CASING, "want") == ["Saving money"]
    assert name_clusters([costs], [[said("cheaper groceries", 3)]], "en", CASING, "want") == ["Cheaper groceries"]


def test_plain_names_and_others_are_told_apart_by_their_language() -> None:
    cheap, billig = [said("cheap", 9)], [said("preis und kosten", 8, "de")]
    names = name_clusters([cheap, billig], [[], []], "en", CASING, "want")
    assert names == ["Saving money", "Saving money (ads in German)"]
    unknown = [said("ねこ好き", 3, "ja")]
    assert name_clusters([unknown], [[]], "en", CASING, "want") == ["ねこ好き (ads in Japanese)"]


def test_people_in_a_language_that_we_do_not_read_are_named_by_it() -> None:
    one, other = [said("ねこ好き", 3, "ja")], [said("犬好き", 2, "ja")]
    names = name_clusters([one, other], [[], []], "en", CASING, "audience")
    assert names == ["Readers of ads in Japanese", "Readers of ads in Japanese (2)"]


def test_a_concept_names_only_what_it_carries() -> None:
    learners = [said("english learners", 8, whole=False), said("partners", 1, whole=False)]
    assert name_clusters([learners], [[]], "en", CASING, "audience") == ["Learners"]
    namesake = [said("premium until sunday", 2), said("songs and games", 9)]
    assert name_clusters([namesake], [[]], "en", CASING, "want") == ["Songs and games"]


def test_a_cluster_that_hardly_speaks_english_is_named_by_what_most_of_it_says() -> None:
    german = [said("Mehl tauschen", 9, "de"), said("Brettchen zweimal", 8, "de"), said("hungry toddler", 1)]
    english = [said("weekly lists", 5), said("garden tools", 5)]
    names = name_clusters([german, english], [[said("hungry toddler", 1)], english], "en", CASING, "want")
    assert names[0] == "Mehl tauschen (ads in German)"


def test_what_is_hardly_spoken_of_marks_nothing() -> None:
    cluster = [said("cheap", 1), *(said(f"thing {i}", 2) for i in range(20))]
    assert marks([cluster, [said("fast", 3)]], "want") == [{}, {"time": 1.0}]


def test_a_persona_is_named_after_people() -> None:
    values = [said("student loans", 9), said("students on a budget", 4), said("student flats", 9)]
    assert named(values, lens="audience") == ["Students on a budget"]


def test_a_theme_is_named_after_what_sets_it_apart() -> None:
    cheap = [said("cheaper groceries", 3), said("lower bills", 3), said("weekly dinners", 4)]
    fast = [said("faster dinners", 3), said("minutes not hours", 3), said("weekly dinners too", 4)]
    names = named(cheap, fast)
    assert names[0] in {"Cheaper groceries", "Lower bills"}
    assert names[1] in {"Faster dinners", "Minutes not hours"}


def test_the_middle_of_what_is_said_is_nearer_than_its_edge() -> None:
    cheap = [said(value, 3) for value in ("cheap groceries", "lower grocery bills", "affordable food", "garden tools")]
    fast = [said(value, 3) for value in ("quick suppers", "fast dinners", "instant meals")]
    near = centrality([cheap, fast], [cheap, fast])[0]
    assert near.argmin() == 3
    assert near[:3].min() > CENTRAL


def test_the_readers_language_comes_first_and_names_differ() -> None:
    one = [said("padres con poco tiempo", 9, "es"), said("busy parents", 4)]
    other = [said("Busy parents", 2), said("working parents", 2)]
    names = name_clusters([one, other], [one[1:], other], "en", CASING, "audience")
    assert names == ["Busy parents", "Working parents"]
    assert named(one, lens="audience", reader="es") == ["Padres con poco tiempo"]


def test_a_cluster_without_values_still_has_a_name() -> None:
    assert named([]) == ["Unnamed (1)"]


def test_every_concept_has_a_plain_name_but_that_of_anybody() -> None:
    for lens in ("audience", "want"):
        assert set(plain_names()[lens]) == set(concept_names(lens)) - {"anybody"}
        assert len(set(plain_names()[lens].values())) == len(plain_names()[lens])


SAID = [
    "cheap",
    "dinner",
    "enough",
    "busy",
    "parents",
    "app",
    "kochen",
    "20",
    "minutes",
    "the",
    "of",
    "ones",
    "English",
]
WORDS = st.sampled_from(SAID)


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(
        st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=4, unique=True),
        min_size=1,
        max_size=4,
    ),
    lens=st.sampled_from(["audience", "want"]),
)
def test_names_are_never_empty_and_all_different(values: list[list[str]], lens: str) -> None:
    clusters = [[said(value, 1 + i, whole=False) for i, value in enumerate(cluster)] for cluster in values]
    names = name_clusters(clusters, [[] for _ in clusters], "en", CASING, lens)  # type: ignore[arg-type]
    assert all(name.strip() for name in names)
    assert len({name.casefold() for name in names}) == len(names)


def test_lists_read_aloud() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c"], "or") == "a, b or c"
    assert listed(["a, b", "c", "d"]) == "a, b; c; and d"
