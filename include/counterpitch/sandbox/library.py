"""The copy library: hand-written lines by language, with the phrases that prove a pillar marked in them.

A mark is `[a|phrase]`: a = who is spoken to, n = what they need, f = a feature, o = an offer. Marks are taken out
of the text and kept as exact spans, so the truth quotes an ad by construction and cannot drift from its words.
How to add lines, a persona or a language is told in copy/README.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "copy"
KINDS = ("question", "pain", "change", "quote")
FIELDS = {
    "a": "target_audience",
    "n": "customer_need",
    "f": "product_feature",
    "o": "offer",
    "h": "hook",
    "c": "call_to_action",
}
_MARK = re.compile(r"\[([anfohc])(?::([a-z]+))?\|([^\]|]+)\]")


@dataclass(frozen=True)
class Mention:
    """A planted pillar: `text[start:end]` proves `label` (a persona, theme or feature id; '' for an offer)."""

    field: str
    label: str
    start: int
    end: int


@dataclass(frozen=True)
class Brand:
    """A brand of the category, and where it plays. mix: (persona, theme) -> share, adding up to one."""

    brand_id: str
    name: str
    page: str
    homepage: str
    stock: int
    launches: float
    languages: dict[str, float]
    offer_share: float
    mix: dict[tuple[str, str], float]


@dataclass(frozen=True)
class Category:
    """The category and what is planted in it."""

    name: str
    market: str
    own: str
    countries: list[str]
    languages: dict[str, list[str]]
    personas: dict[str, str]
    themes: dict[str, str]
    features: dict[str, str]
    white_space: tuple[str, str]
    strength: tuple[str, str]
    brands: dict[str, Brand]
    facts: list[dict[str, str]]
    answers: dict[str, list[str]]
    answers_for: dict[str, dict[str, list[str]]]

    def players(self, persona: str, theme: str) -> list[str]:
        """The brands that speak to these people about this need."""
        return [brand_id for brand_id, brand in self.brands.items() if (persona, theme) in brand.mix]

    def features_for(self, persona: str, theme: str) -> list[str]:
        """Features that answer the need, the likeliest first; a persona's own answers stand before the theme's."""
        return self.answers_for.get(persona, {}).get(theme) or self.answers[theme]


def read_marks(marked: str) -> tuple[str, list[Mention]]:
    """The plain text of a marked line, and its mentions with their spans in that text.

    >>> read_marks("Dinner for [a:two|the two of you].")[0]
    'Dinner for the two of you.'
    """
    text, mentions, last = "", [], 0
    for found in _MARK.finditer(marked):
        text += marked[last : found.start()]
        mentions.append(Mention(FIELDS[found[1]], found[2] or "", len(text), len(text) + len(found[3])))
        text += found[3]
        last = found.end()
    return text + marked[last:], mentions


class Library:
    """The lines of one language; each list is what the TOML files say, its marks labelled with their ids."""

    def __init__(self, language: str) -> None:
        self.language = language
        told = _merged(FOLDER / language)
        self._hooks = {
            (persona, theme): {
                kind: [_label(line, a=persona, n=theme) for line in lines] for kind, lines in kinds.items()
            }
            for persona, themes in told["hooks"].items()
            for theme, kinds in themes.items()
        }
        self._features = {
            feature: {form: [_label(line, f=feature) for line in lines] for form, lines in forms.items()}
            for feature, forms in told["features"].items()
        }
        self._told = told

    def cells(self) -> set[tuple[str, str]]:
        """The (persona, theme) pairs that this language has openings for."""
        return set(self._hooks)

    def openings(self, persona: str, theme: str, kind: str) -> list[str]:
        """Marked openings of a kind; empty where none is written."""
        return self._hooks.get((persona, theme), {}).get(kind, [])

    def feature(self, feature: str, form: str) -> list[str]:
        """Marked lines that tell of a feature: form `say` is a sentence, `tick` an entry of a list."""
        return self._features[feature][form]

    def say(self, feature: str, brand_id: str) -> list[str]:
        """Marked sentences that tell of a feature, the brand's own words for it among them, twice as likely."""
        own = self._told["brands"][brand_id].get("says", {}).get(feature, [])
        return [*self.feature(feature, "say"), *(_label(line, f=feature) for line in own * 2)]

    def called(self, persona: str) -> list[str]:
        """Marked sentences that name the people an ad is for."""
        return [_label(line, a=persona) for line in self._told["called"][persona]]

    def lines(self, part: str, *names: str) -> list[str]:
        """Plain lines of a part (payoffs, cta, titles, ...), those of all the names together."""
        return [line for name in names for line in self._told[part].get(name, [])]

    def of_brand(self, brand_id: str, part: str) -> list[str]:
        """What a brand alone may say: part `proof` or `offer`."""
        lines: list[str] = self._told["brands"][brand_id][part]
        return lines


@lru_cache
def library(language: str) -> Library:
    """The library of a language ('en', 'de', 'es'); FileNotFoundError names the folder that is missing."""
    return Library(language)


@lru_cache
def category() -> Category:
    """The category of copy/category.toml."""
    told = tomllib.loads((FOLDER / "category.toml").read_text(encoding="utf-8"))
    return Category(
        name=told["name"],
        market=told["market"],
        own=told["own"],
        countries=told["countries"],
        languages=told["languages"],
        personas=told["personas"],
        themes=told["themes"],
        features=told["features"],
        white_space=(told["white_space"]["persona"], told["white_space"]["theme"]),
        strength=(told["strength"]["persona"], told["strength"]["theme"]),
        brands={brand_id: _brand(brand_id, row) for brand_id, row in told["brands"].items()},
        facts=told["facts"],
        answers=told["answers"],
        answers_for=told["answers_for"],
    )


def _brand(brand_id: str, row: Mapping[str, Any]) -> Brand:
    weights = {(persona, theme): float(w) for persona, themes in row["mix"].items() for theme, w in themes.items()}
    whole = sum(weights.values())
    fields = {name: row[name] for name in ("name", "page", "homepage", "stock", "launches", "languages", "offer_share")}
    return Brand(brand_id=brand_id, mix={cell: w / whole for cell, w in weights.items()}, **fields)


def _merged(folder: Path) -> dict[str, Any]:
    hooks, lines, brands = (
        tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")) for name in ("hooks", "lines", "brands")
    )
    return {**hooks, **lines, "brands": brands}


def _label(line: str, **labels: str) -> str:
    for mark, label in labels.items():
        line = line.replace(f"[{mark}|", f"[{mark}:{label}|")
    return line
