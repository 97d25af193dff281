"""A language is called by its English name, and an unknown code is not passed off as one."""

from __future__ import annotations

from counterpitch.personas import languages


def test_names_of_languages() -> None:
    assert languages.name("de") == "German"
    assert languages.name("pt-BR") == "Portuguese"
    assert languages.name("xx") == "another language"
