"""The small words of English, the commonest negations, and the verbs that advertising asks with.

They tell a name from an ordinary word with a capital letter, and an order from a statement. Function words are closed
classes, so a list can hold nearly all of them; other languages are not listed.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path


@cache
def listed(kind: str) -> frozenset[str]:
    """The words of one list of grammar.toml."""
    return frozenset(_lists()[kind].split())


@cache
def _lists() -> dict[str, str]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


@cache
def is_common(word: str) -> bool:
    """Whether a lower-case word is a function word or a verb of advertising: seldom a name, or the start of one."""
    return any(word in listed(kind) for kind in ("determiner", "preposition", "joiner", "pronoun", "auxiliary", "verb"))
