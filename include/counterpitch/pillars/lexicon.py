"""Classes of words that advertising uses, so that a rare word may speak with the voice of its kind.

A hundred annotated ads cannot teach that "dentists" are people and "effortless" is a benefit; a word list can.
English first; of other large languages of advertising the commonest words, where one word shows its kind.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

_PEOPLE = ("ers", "ors", "ists", "ians")


@cache
def classes(word: str) -> tuple[str, ...]:
    """The classes of a lower-case word; a plural of doers that is in no list counts as people."""
    found = _listed().get(word) or _listed().get(word.removesuffix("'s").removesuffix("’s"))
    if found is not None:
        return found
    return ("person",) if len(word) > 5 and word.endswith(_PEOPLE) else ()


@cache
def _listed() -> dict[str, tuple[str, ...]]:
    lists = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    found: dict[str, tuple[str, ...]] = {}
    for name, words in lists.items():
        for word in words.split():
            found[word] = (*found.get(word, ()), name)
    return found
