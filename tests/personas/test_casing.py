"""The ads themselves say how a word is written, and which nouns take an article."""

from __future__ import annotations

from counterpitch.personas.casing import Casing, capitalise

ADS = [
    "Plan dinner in a minute. Get a finished dinner plan every Sunday.",
    "Plan your week with us: a meal plan that fits your time.",
    "Plan ahead and save time. We plan, you cook. Your plan is ready.",
    "Less food waste, more time for your family. Give your food a second life.",
    "We speak English with your AI tutor. Learn English by talking.",
]


def test_a_noun_that_is_also_a_verb_takes_its_article() -> None:
    assert Casing(ADS).with_article("finished dinner plan for the week") == "a finished dinner plan for the week"


def test_the_first_part_of_a_compound_takes_none_for_the_whole() -> None:
    assert Casing([*ADS, "A dinner plan a week. A full dinner plan."]).with_article("dinner in 20 minutes") == (
        "dinner in 20 minutes"
    )


def test_a_mass_noun_takes_none() -> None:
    yours = ["Take your time back.", "Spend the time you save.", "All that time, for you.", "Our gift: more time."]
    casing = Casing([*ADS, *yours, "A time saver.", "A time of your own."])
    assert casing.with_article("quality time") == "quality time"


def test_what_is_quoted_or_determined_stays_as_it_is() -> None:
    casing = Casing(ADS)
    assert casing.with_article("“the plan is ready”") == "“the plan is ready”"
    assert casing.with_article("my own plan") == "my own plan"


def test_words_are_written_as_the_ads_write_them() -> None:
    assert Casing(ADS).apply("speak english with ai") == "speak English with AI"
    assert capitalise("iPhone cases") == "iPhone cases"
    assert capitalise("dinner in 20 minutes") == "Dinner in 20 minutes"
