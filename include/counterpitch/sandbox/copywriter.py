"""Writes one ad from the copy library: an opening for a persona and a need, then the structure's other parts.

A Draft holds marked lines and nothing drawn at random, so a near-duplicate is a draft with one line changed, and
the same draft always renders to the same words and the same planted spans.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from counterpitch.sandbox.library import Brand, Category, Library, Mention, library, read_marks
from counterpitch.sandbox.streams import pick, pick_weighted

# What stands where: | is a new paragraph. The kinds of opening that carry the structure stand beside it.
STRUCTURES: dict[str, tuple[tuple[str, ...], str]] = {
    "question": (("question",), "opening|feature payoff|called cta"),
    "problem": (("pain",), "opening|feature|payoff called cta"),
    "change": (("change",), "opening|feature called|cta"),
    "testimonial": (("quote",), "opening|feature|called cta"),
    "checklist": (("question", "pain"), "opening|list|called cta"),
    "proof": (("quote", "pain"), "proof|opening|feature|called cta"),
    "long": (("pain", "change", "quote"), "opening|feature also|payoff called|proof|cta"),
    "offer": (("question", "pain", "change"), "offer|opening|feature|called cta"),
    "offer_last": (("pain", "quote", "question"), "opening|feature|offer cta"),
    "short": (("question", "pain"), "opening feature"),
    "line": (("change", "quote", "pain"), "opening"),
}
_WEIGHTS = {
    "question": 2.0,
    "problem": 1.6,
    "change": 1.3,
    "testimonial": 1.5,
    "checklist": 1.7,
    "proof": 1.0,
    "long": 0.9,
    "short": 1.1,
    "line": 0.6,
}
_WITH_OFFER = {"offer": 1.0, "offer_last": 1.4}
_TICKS = ("✅", "✔️", "👉", "•", "🥕")
_EMOJI = {
    "time": "⏱️",
    "decide": "🗓️",
    "budget": "💸",
    "waste": "♻️",
    "nutrition": "💪",
    "safe": "🛡️",
    "variety": "🌶️",
    "skill": "👩‍🍳",
}
_SWAPS = {
    "en": (("dinner", "supper"), ("every week", "each week"), ("tonight", "this evening")),
    "de": (("kostenlos", "gratis"), ("heute Abend", "heute")),
    "es": (("gratis", "sin coste"), ("cenas", "comidas"), ("hoy", "esta noche")),
}


@dataclass(frozen=True)
class Draft:
    """The lines of an ad, still marked. thin: too few words to tell whom it speaks to."""

    brand: str
    persona: str
    theme: str
    language: str
    structure: str
    opening: str
    features: tuple[str, ...]
    said: str
    also: str
    ticks: tuple[str, ...]
    head: str
    payoff: str
    proof: str
    offer: str
    called: str
    cta: str
    title: str
    description: str
    button: str
    tick: str = "✅"
    emoji: str = ""
    swap: tuple[str, str] = ("", "")
    thin: bool = False


@dataclass(frozen=True)
class Copy:
    """The words of an ad as the platform shows them, and what was planted in the body."""

    body: str
    title: str
    description: str
    call_to_action: str
    mentions: tuple[Mention, ...]
    draft: Draft

    @property
    def text_id(self) -> str:
        """Same words, same id."""
        told = "\x1f".join((self.body, self.title, self.description, self.call_to_action))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def draft_ad(rng: np.random.Generator, brand: Brand, category: Category) -> Draft:
    """A new draft for the brand, drawn from its mix, its languages and its liking for offers."""
    language = pick_weighted(rng, brand.languages)
    persona, theme = pick_weighted(rng, brand.mix)
    if (persona, theme) not in library(language).cells():
        language = "en"
    lines = library(language)
    structure = _structure(rng, lines, category, brand, persona, theme)
    answers = category.features_for(persona, theme)
    features = _features(rng, answers)
    opening = pick(rng, openings(lines, category, brand.brand_id, persona, theme, STRUCTURES[structure][0]))
    thin = bool(rng.random() < 0.06)
    titles = lines.lines("titles", theme) + (lines.lines("titles", persona) if rng.random() < 0.5 else [])
    return Draft(
        brand=brand.name,
        persona=persona,
        theme=theme,
        language=language,
        structure=structure,
        opening=opening,
        features=features,
        said=pick(rng, lines.say(features[0], brand.brand_id)),
        also=pick(rng, lines.say(features[1], brand.brand_id)),
        ticks=tuple(pick(rng, lines.feature(feature, "tick")) for feature in features),
        head=pick(rng, lines.lines("lists", "head")),
        payoff=pick(rng, lines.lines("payoffs", theme)),
        proof=pick(rng, lines.of_brand(brand.brand_id, "proof")),
        offer=pick(rng, lines.of_brand(brand.brand_id, "offer")),
        called=pick(rng, lines.called(persona)) if rng.random() < 0.5 else "",
        cta=pick(rng, lines.lines("cta", theme, "any")),
        title=brand.name if thin else pick(rng, titles),
        description="" if thin or rng.random() < 0.35 else pick(rng, lines.lines("descriptions", "any")),
        button=pick(rng, lines.lines("buttons", "labels")),
        tick=pick(rng, _TICKS),
        emoji=_EMOJI[theme] if rng.random() < 0.2 else "",
        thin=thin,
    )


def vary_ad(rng: np.random.Generator, draft: Draft) -> Draft:
    """A near-duplicate of the draft: another call to action, title or emoji, or one word for another."""
    lines = library(draft.language)
    swaps = [pair for pair in _SWAPS[draft.language] if pair[0] in body_of(draft)]
    change = pick(rng, ["cta", "title", "emoji", *(["word"] * 2 if swaps else [])])
    if change == "cta":
        return replace(draft, cta=pick(rng, lines.lines("cta", draft.theme, "any")))
    if change == "title":
        return replace(draft, title=pick(rng, lines.lines("titles", draft.theme, draft.persona)))
    if change == "emoji":
        return replace(draft, emoji="" if draft.emoji else _EMOJI[draft.theme])
    return replace(draft, swap=pick(rng, swaps))


def write_copy(draft: Draft, thin_body: str = "") -> Copy:
    """The draft's words with the exact span of each planted mention; a thin ad has `thin_body` and no mention."""
    body, mentions = (thin_body, []) if draft.thin else read_marks(body_of(draft))
    if not draft.thin:
        for field, line in (("hook", draft.opening), ("call_to_action", draft.cta)):
            mentions += _whole(body, field, _told(line, draft))
    return Copy(
        body=body,
        title=draft.title,
        description=draft.description,
        call_to_action=draft.button,
        mentions=tuple(sorted(mentions, key=lambda m: (m.start, m.field))),
        draft=draft,
    )


def body_of(draft: Draft) -> str:
    """The draft's marked body: paragraphs by its structure, the brand's name filled in, one word perhaps swapped."""
    paragraphs = STRUCTURES[draft.structure][1].split("|")
    parts = [[_part(draft, name) for name in paragraph.split(" ")] for paragraph in paragraphs]
    return _told("\n\n".join(" ".join(part for part in paragraph if part) for paragraph in parts), draft)


def _told(line: str, draft: Draft) -> str:
    told = line.replace("{brand}", draft.brand)
    return told.replace(*draft.swap) if draft.swap[0] else told


def _part(draft: Draft, name: str) -> str:
    if name == "list":
        return "\n".join([draft.head, *(f"{draft.tick} {line}" for line in draft.ticks)])
    return {
        "opening": f"{draft.emoji} {draft.opening}".lstrip(),
        "feature": draft.said,
        "also": draft.also,
        "payoff": draft.payoff,
        "proof": draft.proof,
        "offer": draft.offer,
        "called": draft.called,
        "cta": draft.cta,
    }[name]


def _whole(body: str, field: str, line: str) -> list[Mention]:
    plain = read_marks(line)[0]
    start = body.find(plain)
    return [Mention(field, "", start, start + len(plain))] if start >= 0 else []


def openings(
    lines: Library, category: Category, brand_id: str, persona: str, theme: str, kinds: tuple[str, ...]
) -> list[str]:
    """The openings that a brand may use. A story (change, quote) is one brand's: no two brands quote the same nurse."""
    players = category.players(persona, theme)
    place = players.index(brand_id)
    told = []
    for kind in kinds:
        known = lines.openings(persona, theme, kind)
        told += known[place :: len(players)] if kind in ("change", "quote") else known
    return told


def _structure(
    rng: np.random.Generator, lines: Library, category: Category, brand: Brand, persona: str, theme: str
) -> str:
    weights = _WITH_OFFER if rng.random() < brand.offer_share else _WEIGHTS
    able = {
        structure: weight
        for structure, weight in weights.items()
        if openings(lines, category, brand.brand_id, persona, theme, STRUCTURES[structure][0])
    }
    return pick_weighted(rng, able)


def _features(rng: np.random.Generator, answers: list[str]) -> tuple[str, ...]:
    """The answers with the one that the ad leads with first: the need's best answer more often than the next."""
    first, second, *rest = answers
    return (first, second, *rest) if rng.random() < 0.65 else (second, first, *rest)
