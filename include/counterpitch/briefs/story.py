"""A gap as a user story: who, what they want, so that what; our answer; and what we may say of it.

Every sentence rests on something the case holds: a need that ads state, a feature that our own ads quote, a
format that was counted. Where we have no fact of our own, the brief says what to prove and claims nothing.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from counterpitch.briefs import wording
from counterpitch.briefs.gather import Case, Evidence, Market, Said
from counterpitch.personas import languages
from counterpitch.personas.casing import Casing, capitalise
from counterpitch.personas.embed import is_person, tokens
from counterpitch.personas.facts import APT
from counterpitch.personas.name import aptness, concepts_in, listed, shape

READER = "en"  # the language that briefs are written in
LONG = 18  # words of a sentence from which only the quoted piece of it is shown
PHRASE = 0.6  # shape from which a value may carry a sentence


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
        i_want=_wish(want, case, casing, pick),
        so_that=_so_that(why, case, casing, pick),
        key_message=_key_message(persona, theme, facts, pick),
        proof=_proof(case, theme, facts),
        facts=facts,
        do=tuple(_do(case, casing, facts)),
        dont=tuple(_dont(case, casing, facts)),
        formats=tuple(_formats(case, market, casing)),
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
    """The need to build on: among those said most, one that speaks of the theme and bends well; None: none does."""
    ranked = sorted(
        [s for s in case.needs if s.firm and _bends(s)],
        key=lambda s: (-aptness(s.value, case.marks, "want") * shape(s.value) * (1 + s.texts) ** 0.5, s.value),
    )
    best = ranked[0] if ranked else None
    return best if best and aptness(best.value, case.marks, "want") >= APT else None


def _outcome(case: Case, want: Said | None) -> Said | None:
    """What the need is for: another need that the same texts state, on another matter than the first."""
    known = concepts_in(want.value, "want") if want else {_concept(case)}
    words = set(wording.bare(want.value).casefold().split()) if want else set()
    options = [
        s
        for s in case.other_needs[:8]
        if s.firm and _bends(s) and concepts_in(s.value, "want") - known and not words & set(s.value.casefold().split())
    ]
    return max(options, key=lambda s: (s.texts, shape(s.value), s.value), default=None)


def _bends(said: Said) -> bool:
    if said.language not in {READER, "und"} or not said.whole or wording.points_back(said.value):
        return False
    return shape(said.value) >= PHRASE and not wording.is_clause(said.value) and not wording.has_verb(said.value)


def _wish(want: Said | None, case: Case, casing: Casing, pick: _Pick) -> str:
    """The need as the ads state it; where none holds, what people want of such a theme; else the theme itself."""
    if want is not None:
        return casing.with_article(wording.wish(casing.apply(want.value)))
    return _of_concept("wish", case, pick) or casing.with_article(wording.wish(_in_sentence(case.gap["theme"], casing)))


def _so_that(why: Said | None, case: Case, casing: Casing, pick: _Pick) -> str | None:
    """The outcome that the ads state; where they state none that bends, what such a wish is for."""
    if why is not None:
        return casing.with_article(wording.outcome(casing.apply(why.value)), after="I get")
    return _of_concept("outcome", case, pick)


def _of_concept(part: str, case: Case, pick: _Pick) -> str | None:
    """Words for what the theme is about, None where we have none. part: 'wish' or 'outcome'."""
    concept = _concept(case)
    return pick(part, wants()[part][concept]) if concept else None


def _concept(case: Case) -> str | None:
    """The concept that marks the theme most, of those that we have words for."""
    worded = [name for name in case.marks if name in wants()["wish"]]
    return min(worded, key=lambda name: (-case.marks[name], name), default=None)


@lru_cache(maxsize=1)
def wants() -> dict[str, dict[str, list[str]]]:
    """'wish' and 'outcome' -> concept of what people want -> wordings in the first person."""
    return tomllib.loads((Path(__file__).parent / "wants.toml").read_text(encoding="utf-8"))


def _title(case: Case, persona: str, theme: str, pick: _Pick) -> str:
    open_ground = [
        f"Tell {persona} about {theme}",
        f"Speak to {persona} about {theme}",
        f"{capitalise(theme)}: say it to {persona}",
    ]
    catch_up = [
        f"Close the gap on {theme} with {persona}",
        f"Say more to {persona} about {theme}",
        f"{capitalise(theme)}: catch up with {persona}",
    ]
    if case.gap["kind"] == "even":
        return pick("title", [f"Test {theme} with {persona}", f"{capitalise(theme)} for {persona}: worth a test"])
    silent = case.gap["kind"] == "white_space" or not case.gap["our_messages"]
    return pick("title", open_ground if silent else catch_up)


def _fact(evidence: Evidence, casing: Casing) -> dict[str, Any]:
    mention = evidence.mentions[0]
    return {
        "ad_key": evidence.ad.ad_key,
        "text_hash": evidence.ad.text_hash,
        "value": casing.apply(wording.fact(mention.said)),
        "quote": mention.quote,
        "lines": list(evidence.lines),
        "language": evidence.language,
        "running_days": evidence.ad.running_days,
    }


def _key_message(persona: str, theme: str, facts: Sequence[Mapping[str, Any]], pick: _Pick) -> str:
    if not facts:
        return (
            f"None yet. We have no line on {theme} that our own ads can back. Settle what is true of us first (see "
            "“What we can prove”), then write the one sentence."
        )
    lead = wording.quoted(_line(facts[0]))
    if facts[0]["language"] not in {READER, "und"}:
        lead += _marked(facts[0]["language"])
    if set(tokens(theme)) <= set(tokens(lead)):
        return pick(
            "key message",
            [
                f"Tell {persona} what we already tell others: {lead}.",
                f"We have the line already; it is {persona} who should hear it: {lead}.",
            ],
        )
    return pick(
        "key message",
        [
            f"For {persona}, put {theme} first, and show it with what we already say elsewhere: {lead}.",
            f"We have an answer on {theme}: {lead}. Say it to {persona}, in their words and about their day.",
            f"{lead}: that is our answer on {theme}, and {persona} should hear it from us.",
        ],
    )


def _line(fact: Mapping[str, Any]) -> str:
    """A fact as our ad puts it: its whole sentence, or its quote where that is long."""
    lines = [wording.line(line) for line in fact["lines"]]
    return lines[0] if lines and len(lines[0].split()) <= LONG else wording.line(str(fact["quote"]))


def _proof(case: Case, theme: str, facts: Sequence[Mapping[str, Any]]) -> str:
    if facts:
        kinds = wording.count(case.gap["own_facts"], "feature")
        return (
            f"Our own ads already quote {kinds} on this theme; the best are below. They are our words, in public: "
            "check that each still holds, then build on one."
        )
    asked = listed(wording.quoted(wording.bare(s.value)) for s in case.features[:8] if s.firm and _bends(s))
    promised = f" Competitors promise {asked}." if asked else ""
    return (
        f"Nothing in our own ads backs an answer on {theme}, so this is not ground we can claim.{promised} Find out "
        "what is true of our product, put it in writing with its source, and only then brief the creative."
    )


def _do(case: Case, casing: Casing, facts: Sequence[Mapping[str, Any]]) -> list[str]:
    found = []
    for evidence in sorted(case.evidence, key=lambda e: e.language not in {READER, "und"}):
        line = _names_them(evidence, case.gap["persona"])
        if line:
            found.append(
                f"Name them early, as {evidence.brand} does: {wording.quoted(line)}{_marked(evidence.language)}."
            )
            break
    heard = [s for s in case.needs if s.firm and _bends(s) and aptness(s.value, case.marks, "want") >= APT]
    if len(heard) > 1:
        said = listed(wording.quoted(casing.apply(wording.bare(s.value))) for s in heard[:3])
        found.append(f"Start from the need as they hear it put: {said}.")
    if facts:
        strongest = wording.quoted(_line(facts[0])) + _marked(facts[0]["language"])
        found.append(f"Prove it with one fact, not three. The closest we have run: {strongest}.")
    else:
        found.append("Bring one checked fact of ours before any headline is written.")
    if case.gap["our_messages"]:
        ours = case.gap["our_messages"]
        said = f"{wording.number(ours)} {'message' if ours == 1 else 'messages'}"
        found.append(f"Look first at our {said} already in this place, and say what was missing.")
    return found


def _names_them(evidence: Evidence, persona: str) -> str | None:
    """The sentence of an ad that names this persona, and not just anybody, where it is short enough to repeat."""
    wanted = concepts_in(persona, "audience") - {"anybody"}
    for mention in evidence.mentions:
        theirs = any(is_person(word) for word in tokens(mention.said))
        if wanted:
            theirs = bool(wanted & concepts_in(mention.said, "audience"))
        if mention.field == "target_audience" and theirs:
            lines = [line for line in evidence.lines if (mention.quote or "") in line]
            return next((wording.line(line) for line in lines if len(line.split()) <= LONG and "\n" not in line), None)
    return None


def _dont(case: Case, casing: Casing, facts: Sequence[Mapping[str, Any]]) -> list[str]:
    found = ["Don't reuse a competitor's line: what they say is evidence here, not copy."]
    ours = {wording.fact(str(fact["value"])).casefold() for fact in facts}
    theirs = [s for s in case.features if s.firm and _bends(s) and aptness(s.value, case.marks, "want") >= APT]
    unbacked = [s for s in theirs if wording.fact(s.value).casefold() not in ours]
    if unbacked:
        said = listed((wording.quoted(casing.apply(wording.bare(s.value))) for s in unbacked[:2]), "or")
        found.append(f"Don't promise {said} unless we can show it: that is their claim, not ours.")
    if case.inferred_texts * 2 > case.texts:
        share = f"{case.texts - case.inferred_texts} of their {case.texts}"
        found.append(
            f"Don't take the audience for granted: only {share} texts name it; the others were placed by what they say."
        )
    return found


def _formats(case: Case, market: Market, casing: Casing) -> list[str]:
    """What was counted of their ads: media, placements, languages, offers, calls to action."""
    ads, found = case.theirs, []
    media = Counter(ad.media_type for ad in ads if ad.media_type)
    if media:
        shares = [f"{wording.count(n, f'{kind.lower()} ad')}" for kind, n in _top(media, 3)]
        untold = len(ads) - sum(media.values())
        rest = f"; of the other {untold:,} the platform does not tell it" if untold else ""
        found.append(f"Format: {listed(shares)}{rest}.")
    places = Counter(place for ad in ads for place in ad.platforms)
    if places:
        said = [f"{wording.platform(place)} ({n})" for place, n in _top(places, 4)]
        found.append(f"Where they run: {listed(said)}.")
    spoken = Counter(market.corpus.texts[ad.text_hash].language for ad in ads)
    known = {code: n for code, n in spoken.items() if code != "und"}
    if len(known) > 1:
        said = [f"{languages.name(code)} ({n})" for code, n in _top(Counter(known), 4)]
        found.append(f"Languages: {listed(said)}.")
    texts = sorted({ad.text_hash for ad in ads})
    offers = sum(any(m.field == "offer" for m in market.corpus.mentions_of[text]) for text in texts)
    if texts:
        carry = "carries" if offers == 1 else "carry"
        found.append(f"Offers: {_part(offers, len(texts))} of their texts {carry} a price, trial or discount.")
    calls = Counter(
        wording.bare(m.value).casefold()
        for text in texts
        for m in market.corpus.mentions_of[text]
        if m.field == "call_to_action" and len(m.value.split()) > 1
    )
    if calls:
        said = [f"{wording.quoted(capitalise(casing.apply(call)))} ({n})" for call, n in _top(calls, 3)]
        found.append(f"Calls to action: {listed(said)}.")
    return found


def _headlines(case: Case, casing: Casing, facts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Headlines that only join the persona's name to a line our own ads already carry, word for word."""
    found = []
    for fact in facts:
        quote = _line(fact)
        if fact["language"] == READER and 3 <= len(quote.split()) <= 9 and not wording.is_clause(wording.bare(quote)):
            line = quote[:1].lower() + quote[1:] if _plain(quote, casing) else quote
            found.append({"text": f"{case.gap['persona']}: {line}", "ad_key": fact["ad_key"]})
    return found[:3]


def _plain(line: str, casing: Casing) -> bool:
    """Whether the first word is large only because it stands first."""
    first = line.split()[0]
    return first[:1].isupper() and sum(c.isupper() for c in first) == 1 and casing.apply(first.lower()).islower()


def _marked(code: str) -> str:
    return "" if code in {READER, "und"} else f" ({languages.name(code)})"


def _top(counts: Counter[str], most: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]


def _part(some: int, of: int) -> str:
    return "none" if not some else f"all {of}" if some == of else f"{some} of {of}"
