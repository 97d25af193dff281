"""The product or brand that an ad speaks of: which of its capitalised names is the one it sells.

Every name of the ad is a candidate; a learned chance, from where it stands and how it is written, says which is
meant. A name that also stands in the ad's web address or hashtags is likelier than one in the middle of a headline.
An ad without a capital letter has no candidate and costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from counterpitch.pillars import grammar
from counterpitch.pillars.features import Ad
from counterpitch.pillars.lexicon import classes
from counterpitch.pillars.weights import chance

LEAST = 0.17  # below this chance an ad is said to name no product (chosen on the folds that measure it)
_NAMED = re.compile(r"\b[A-Z][\w’'&+-]*[A-Za-z0-9](?:[^\S\n]+(?:[A-Z][\w’'&-]*|\d+)){0,2}")
_BEFORE = re.compile(
    r"(?:\b(try|download|get|meet|with|choose|use|join|introducing|discover|from|by|on)\s+|(#))$", re.I
)
_NEAR = 24  # characters before a name that _BEFORE can reach
_AFTER = re.compile(
    r"[^\S\n]+(?:is|are|makes|helps|lets|writes|turns|works|gives|has|runs|gets|can|does|speaks|knows|will|keeps|plans"
    r"|catches|fixes|follows|edits|and|puts|learns)\b"
)
_DATED = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|jan\w*|feb\w*|march|april|may|june?|july?|aug\w*|sept\w*|oct\w*|"
    r"nov\w*|dec\w*|google|chatgpt|slack|whatsapp|gmail|instagram|ios|android|mac|windows|iphone|tv|ceo|usa|uk|us|ok"
)
_TAG = re.compile(r"#\w+")
_CAMEL = re.compile(r"[a-z][A-Z]")
_MARKS = re.compile(r"[\W_]+")


def of_ad(ad: Ad, weights: Mapping[str, float]) -> str | None:
    """The product's name as the ad writes it, or None where no name is likely enough."""
    found = {name: chance(weights, seen) for name, seen in candidates(ad).items()}
    best = max(found, key=lambda name: (found[name], -ad.text.find(name)), default=None)
    return _bare(best) if best is not None and found[best] >= LEAST else None


def candidates(ad: Ad) -> dict[str, list[str]]:
    """Each name of the ad, in the order of its first place, with its features, each once."""
    places: dict[str, dict[str, None]] = {}
    times: dict[str, int] = {}
    loud: bool | None = None
    for number, piece in enumerate(ad.sentences):
        said = ad.text[piece.start : piece.end]
        for match in _NAMED.finditer(said):
            if loud is None:
                loud = _loud(ad.masked)
            whole, at = match.group(), match.start()
            for name in dict.fromkeys((whole, whole.split(maxsplit=1)[0])):
                times[name] = times.get(name, 0) + 1
                seen = _place(said, at, at + len(name), number, len(ad.sentences), loud)
                places.setdefault(name, {}).update(dict.fromkeys(seen))
    if not places:
        return {}
    hidden, tags = _hidden(ad), _folded(" ".join(_TAG.findall(ad.text)))
    return {
        name: ["bias", f"p.times={min(times[name], 3)}", *seen, *_writing(name, hidden, tags, bool(loud))]
        for name, seen in places.items()
    }


def _bare(name: str) -> str:
    """ "Try Tidybooks" -> "Tidybooks"."""
    words = name.split()
    while len(words) > 1 and (words[0].lower() in grammar.listed("verb") or words[0].lower() in grammar.listed("lead")):
        words = words[1:]
    return " ".join(words)


def _loud(masked: str) -> bool:
    """Whether most letters are capitals, so that a capital says nothing."""
    return sum(map(str.isupper, masked)) > 0.5 * max(1, sum(map(str.isalpha, masked)))


def _hidden(ad: Ad) -> str:
    """What residue hides, a web address for one, folded."""
    if ad.masked == ad.text:
        return ""
    return _folded("".join(a for a, b in zip(ad.text, ad.masked, strict=True) if a != b))


def _place(said: str, start: int, end: int, number: int, of: int, loud: bool) -> list[str]:
    found = [f"p.sentence={min(number, 3)}", f"p.left={min(of - 1 - number, 2)}", f"p.whole={end - start == len(said)}"]
    before = _BEFORE.search(said, max(0, start - _NEAR), start) if start else None
    if before:
        found += [f"p.after={(before.group(1) or '#').lower()}", "p.after"]
    if _AFTER.match(said, end):
        found.append("p.before.verb")
    if start > 0 and not loud:
        found.append("p.inside")
    if said.startswith(("'s", "’s"), end):
        found.append("p.owns")
    return found


def _writing(name: str, hidden: str, tags: str, loud: bool) -> list[str]:
    words = name.lower().split()
    folded = _folded(name)
    common = [grammar.is_common(word) for word in words]
    found = [
        f"p.words={len(words)}",
        f"p.loud={loud}",
        f"p.long={min(len(name), 12) // 3}",
        f"p.common={common[0]}{any(common)}",
    ]
    if len(folded) > 2 and folded in hidden:
        found.append("p.address")
    if len(folded) > 2 and folded in tags:
        found.append("p.tag")
    if _CAMEL.search(name):
        found.append("p.camel")
    if name.isupper():
        found.append("p.upper")
    if any(_DATED.fullmatch(word) for word in words):
        found.append("p.other")
    kinds = dict.fromkeys(kind for word in words for kind in classes(word))
    return [*found, *(f"p/{kind}" for kind in kinds), *dict.fromkeys(f"p.end/{kind}" for kind in classes(words[-1]))]


def _folded(text: str) -> str:
    return _MARKS.sub("", text.lower())
