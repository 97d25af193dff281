"""A gap as a user story: who, what they want, so that what; our answer; and what we may say of it.

Every sentence rests on something the case holds: a need that ads state, a feature that our own ads quote, a
format that was counted. Where we have no fact of our own, the brief says what to prove and claims nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterpitch.briefs import wording
from counterpitch.briefs.gather import Case, Market, Said
from counterpitch.personas.casing import Casing, capitalise
from counterpitch.personas.name import listed

READER = "en"  # the language that briefs are written in


@dataclass(frozen=True)
class Story:
    """The content of a brief, apart from its figures and evidence."""

    title: str
    persona: str
    theme: str
    as_a: str
    i_want: str
    so_that: str | None
    key_message: str
    proof: str
    facts: tuple[Mapping[str, Any], ...]
    do: tuple[str, ...]
    dont: tuple[str, ...]
    formats: tuple[str, ...]
    headlines: tuple[Mapping[str, Any], ...]

    @property
    def sentence(self) -> str:
        """The user story in one sentence."""
        so_that = f", so that {self.so_that}" if self.so_that else ""
        return wording.sentence(f"As {self.as_a}, I want {self.i_want}{so_that}")

    def row(self) -> dict[str, Any]:
        """As it stands in mart.brief.story."""
        names = ("title", "persona", "theme", "as_a", "i_want", "so_that", "sentence", "key_message", "proof")
        said: dict[str, Any] = {name: getattr(self, name) for name in names}
        for name in ("facts", "do", "dont", "formats", "headlines"):
            said[name] = list(getattr(self, name))
        return said


def tell(case: Case, market: Market, casing: Casing, brief_id: str) -> Story:
    """The story of a case. Equal cases give equal stories; wordings vary by brief_id, not by chance."""
    persona = _in_sentence(case.gap["persona"], casing)
    theme = wording.topic(_in_sentence(case.gap["theme"], casing))
    pick = _Pick(brief_id)
    want = _wanted(case)
    why = _outcome(case, want)
    facts = tuple(_fact(evidence, casing) for evidence in case.facts)
    return Story(
        title=_title(case, persona, theme, pick),
        persona=case.gap["persona"],
        theme=case.gap["theme"],
        as_a=wording.as_a(persona),
        i_want=_wish(want, case, casing),
        so_that=_so_that(why, casing),
        key_message=_key_message(persona, theme, facts, pick),
        proof=_proof(case, theme, facts),
        facts=facts,
        do=tuple(_do(case, casing, facts)),
        dont=tuple(_dont(case, casing, facts)),
        formats=tuple(_formats(case, market)),
        headlines=tuple(_headlines(case, casing, facts)),
    )


class _Pick:
    """One of several wordings, by the brief's id and the place: stable, and not the same in every brief."""

    def __init__(self, brief_id: str) -> None:
        self._id = brief_id

    def __call__(self, place: str, options: Sequence[str]) -> str:
        return options[int(hashlib.sha256(f"{self._id}|{place}".encode()).hexdigest(), 16) % len(options)]


def _in_sentence(name: str, casing: Casing) -> str:
    """A name as it stands inside a sentence: "Busy parents" -> "busy parents", "English learners" as it is."""
    first, space, rest = name.partition(" ")
    if sum(letter.isupper() for letter in first) > 1 or not first[:1].isupper():
        return name
    return casing.apply(first.lower()) + space + rest


def _wanted(case: Case) -> Said | None:
    """The need to build on: among those said most, one that is in the reader's language and bends well."""
    said = list(case.needs) or list(case.features)
    return max(said[:6], key=lambda s: (_fit(s), s.texts), default=None)


def _outcome(case: Case, want: Said | None) -> Said | None:
    """What the need is for: another need of the same texts, of this persona, or of the same theme."""
    texts = (value["value"] for value in case.gap["needs"])
    of_persona = [Said(value, 0, "en") for value in texts]
    known = set(wording.bare(want.value).casefold().split()) if want else set()
    options = [*case.other_needs[:6], *of_persona, *case.needs[1:4]]
    other = [s for s in options if not _same(known, s) and _fit(s) > 0]
    return max(other[:6], key=lambda s: (_fit(s), s.texts), default=None)


def _same(known: set[str], said: Said) -> bool:
    words = set(wording.bare(said.value).casefold().split())
    return len(words & known) > 0.5 * min(len(words), len(known) or 1)


def _fit(said: Said) -> int:
    """0 to 3: how well a value carries a sentence in the reader's language."""
    words = len(said.value.split())
    return int(said.language == READER) + int(2 <= words <= 6) + int(not wording.is_clause(said.value))


def _wish(want: Said | None, case: Case, casing: Casing) -> str:
    if want is None:
        return f"an answer on {wording.topic(_in_sentence(case.gap['theme'], casing))}"
    if want.language not in {READER, "und"}:
        return f"an answer to {wording.quoted(wording.bare(want.value))} ({wording.language(want.language)})"
    return wording.wish(casing.apply(want.value))


def _so_that(why: Said | None, casing: Casing) -> str | None:
    if why is None or why.language not in {READER, "und"}:
        return None
    return wording.outcome(casing.apply(why.value))


def _title(case: Case, persona: str, theme: str, pick: _Pick) -> str:
    open_ground = [
        f"Give {persona} our answer on {theme}",
        f"Speak to {persona} about {theme}",
        f"{capitalise(theme)}: say it to {persona}",
    ]
    catch_up = [
        f"Close the gap on {theme} with {persona}",
        f"Say more to {persona} about {theme}",
        f"{capitalise(theme)}: catch up with {persona}",
    ]
    silent = case.gap["kind"] == "white_space" or not case.gap["our_messages"]
    return pick("title", open_ground if silent else catch_up)


def _fact(evidence: Any, casing: Casing) -> dict[str, Any]:
    mention = evidence.mentions[0]
    return {
        "ad_key": evidence.ad.ad_key,
        "text_hash": evidence.ad.text_hash,
        "value": casing.apply(wording.fact(mention.value)),
        "quote": mention.quote,
        "language": evidence.language,
        "running_days": evidence.ad.running_days,
    }


def _key_message(persona: str, theme: str, facts: Sequence[Mapping[str, Any]], pick: _Pick) -> str:
    if not facts:
        return (
            f"None yet. We have no line on {theme} that our own ads can back. Settle what is true of us first (see "
            "“What we can prove”), then write the one sentence."
        )
    lead = facts[0]["value"]
    return pick(
        "key message",
        [
            f"For {persona}, put {theme} first and show it with what we already say: {lead}.",
            f"We can answer {theme} today: {lead}. Say it to {persona}, in their words.",
            f"{capitalise(lead)}. That is our answer on {theme}, and {persona} should hear it from us.",
        ],
    )


def _proof(case: Case, theme: str, facts: Sequence[Mapping[str, Any]]) -> str:
    if facts:
        kinds = wording.count(case.gap["own_facts"], "feature")
        return f"Our own ads already quote {kinds} on this theme. These lines have run; use them as they stand."
    asked = listed(wording.quoted(wording.bare(said.value)) for said in case.features[:3])
    promised = f" Competitors promise {asked}." if asked else ""
    return (
        f"Nothing in our own ads backs an answer on {theme}, so this is not ground we can claim.{promised} Find out "
        "what is true of our product, put it in writing with its source, and only then brief the creative."
    )


def _do(case: Case, casing: Casing, facts: Sequence[Mapping[str, Any]]) -> list[str]:
    found = []
    name = next((e for e in case.evidence for m in e.mentions if m.field == "target_audience"), None)
    if name:
        quote = next(m.quote for m in name.mentions if m.field == "target_audience")
        found.append(
            f"Name them in the first line. {name.brand} does: {wording.quoted(quote or '')}{_marked(name.language)}."
        )
    english = [s for s in case.needs if s.language == READER and len(s.value.split()) > 1]
    if len(english) > 1:
        said = listed(wording.quoted(casing.apply(wording.bare(s.value))) for s in english[:3])
        found.append(f"Start from the need as they hear it put: {said}.")
    if facts:
        found.append(
            f"Prove it with one fact, not three. The strongest we have run: {wording.quoted(facts[0]['quote'])}."
        )
    elif case.features:
        found.append("Bring one checked fact of ours before any headline is written.")
    return found


def _dont(case: Case, casing: Casing, facts: Sequence[Mapping[str, Any]]) -> list[str]:
    found = ["Don't reuse a competitor's line. The quotes below show what is being said; they are evidence, not copy."]
    theirs = [s for s in case.features[:5] if s.language == READER]
    ours = {str(fact["value"]).casefold() for fact in facts}
    unbacked = [s for s in theirs if wording.fact(s.value).casefold() not in ours]
    if unbacked:
        said = listed((wording.quoted(casing.apply(wording.bare(s.value))) for s in unbacked[:2]), "or")
        found.append(f"Don't promise {said} unless we can show it: that is their claim, not ours.")
    if case.inferred_texts * 2 > case.texts:
        found.append(
            "Don't take the audience for granted: most of these ads do not name it, and were placed by what they say."
        )
    return found


def _formats(case: Case, market: Market) -> list[str]:
    """What was counted of their ads: media, placements, languages, offers, calls to action."""
    ads, found = case.theirs, []
    media = Counter(ad.media_type for ad in ads if ad.media_type)
    if media:
        shares = [f"{wording.count(n, f'{kind.lower()} ad')}" for kind, n in _top(media, 3)]
        found.append(f"Format: {listed(shares)}.")
    places = Counter(place for ad in ads for place in ad.platforms)
    if places:
        said = [f"{wording.platform(place)} ({n})" for place, n in _top(places, 4)]
        found.append(f"Where they run: {listed(said)}.")
    languages = Counter(market.corpus.texts[ad.text_hash].language for ad in ads)
    known = {code: n for code, n in languages.items() if code != "und"}
    if len(known) > 1:
        said = [f"{wording.language(code)} ({n})" for code, n in _top(Counter(known), 4)]
        found.append(f"Languages: {listed(said)}.")
    texts = sorted({ad.text_hash for ad in ads})
    offers = sum(any(m.field == "offer" for m in market.corpus.mentions_of[text]) for text in texts)
    if texts:
        found.append(f"Offers: {_part(offers, len(texts))} of their texts carry a price, trial or discount.")
    calls = Counter(
        wording.bare(m.value).casefold()
        for text in texts
        for m in market.corpus.mentions_of[text]
        if m.field == "call_to_action"
    )
    if calls:
        said = [f"{wording.quoted(capitalise(call))} ({n})" for call, n in _top(calls, 3)]
        found.append(f"Calls to action: {listed(said)}.")
    return found


def _headlines(case: Case, casing: Casing, facts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Headlines that only join the persona's name to a line our own ads already carry, word for word."""
    found = []
    for fact in facts:
        quote = wording.bare(str(fact["quote"]))
        if fact["language"] == READER and 2 <= len(quote.split()) <= 9:
            line = quote[:1].lower() + quote[1:] if _plain(quote, casing) else quote
            found.append({"text": f"{case.gap['persona']}: {line}", "ad_key": fact["ad_key"]})
    return found[:3]


def _plain(line: str, casing: Casing) -> bool:
    """Whether the first word is large only because it stands first."""
    first = line.split()[0]
    return first[:1].isupper() and sum(c.isupper() for c in first) == 1 and casing.apply(first.lower()).islower()


def _marked(code: str) -> str:
    return "" if code in {READER, "und"} else f" ({wording.language(code)})"


def _top(counts: Counter[str], most: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]


def _part(some: int, of: int) -> str:
    return "none" if not some else f"all {of}" if some == of else f"{some} of {of}"
