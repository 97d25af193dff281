"""No mention without its words: a quote must be an exact substring of the ad, else the mention goes.

One repair is tried first, for what readers change without noticing: white space, the shape of quotation
marks and dashes, and case. The repaired quote is then the ad's own wording, so what is stored is always
`text[start:end]`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from counterpitch.pillars import residue
from counterpitch.pillars.schema import Mention, Pillars

_SAME = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "…": "...",
    }
)
# A value names a thing in a few words. Longer, or with an address in it, it is somebody's message.
_LONGEST = 12
_ADDRESS = re.compile(r"https?:|www\.|@\w+\.", re.I)
_AROUND = " \t\r\n\"'“”‘’«»"


@dataclass(frozen=True)
class Evidence:
    """A mention with its place in the ad: `quote == text[start:end]`, or all three None where it is implied."""

    field: str
    position: int
    value: str
    quote: str | None
    start: int | None
    end: int | None


@dataclass(frozen=True)
class Reading:
    """What one ad says, every quote proven, and how many mentions had to be dropped."""

    product: str | None = None
    tone: str | None = None
    evidence: Sequence[Evidence] = field(default_factory=tuple)
    dropped: int = 0

    @property
    def empty(self) -> bool:
        """Whether the ad says nothing that a market could learn from (no audience, need or feature)."""
        return not any(e.field in {"target_audience", "customer_need", "product_feature"} for e in self.evidence)

    def pillars(self) -> Pillars:
        """The same as plain pillars, without offsets."""
        found: dict[str, list[Mention]] = {}
        for e in self.evidence:
            found.setdefault(e.field, []).append(Mention(value=e.value, quote=e.quote))
        singles = {name: found[name][0] for name in ("offer", "hook", "call_to_action") if name in found}
        lists = {n: found[n] for n in ("target_audience", "customer_need", "product_feature") if n in found}
        return Pillars.model_validate({"product": self.product, "tone": self.tone, **singles, **lists})


def ground(pillars: Pillars, text: str) -> Reading:
    """Keep the mentions whose quote is in `text` (repaired once), drop and count the others.

    A feature without a quote is dropped, a quote that lies wholly in scraping residue, and a value that is no
    name of a thing but a message.
    """
    kept: list[Evidence] = []
    dropped = 0
    places: dict[str, int] = {}
    masked = residue.mask(text)
    for name, mention in pillars.mentions():
        value = " ".join(mention.value.replace("\0", "").split())
        span = locate(mention.quote, text) if mention.quote else None
        unproven = mention.quote is not None and (span is None or not masked[span[0] : span[1]].strip())
        message = len(value.split()) > _LONGEST or bool(_ADDRESS.search(value))
        if not value or message or unproven or (span is None and name == "product_feature"):
            dropped += 1
            continue
        start, end = span or (None, None)
        place = places.get(name, 0)
        places[name] = place + 1
        kept.append(Evidence(name, place, value, text[start:end] if span else None, start, end))
    product = " ".join(pillars.product.replace("\0", "").split()) if pillars.product else None
    return Reading(product or None, pillars.tone, tuple(kept), dropped)


def locate(quote: str, text: str) -> tuple[int, int] | None:
    """(start, end) of `quote` in `text`: exact, else with white space, quotation marks and case forgiven."""
    start = text.find(quote)
    if quote.strip() and start >= 0:
        return start, start + len(quote)
    flat, places = _flatten(text)
    for wanted in (quote, quote.strip(_AROUND)):
        needle = _flatten(wanted)[0].strip()
        start = flat.find(needle) if needle else -1
        if start >= 0:
            return places[start], places[start + len(needle) - 1] + 1
    return None


def _flatten(text: str) -> tuple[str, list[int]]:
    """`text` lower-cased, with runs of white space as one space, and where each character came from."""
    out: list[str] = []
    places: list[int] = []
    for i, character in enumerate(text):
        plain = " " if character.isspace() else character.casefold().translate(_SAME)
        if plain == " " and out and out[-1] == " ":
            continue
        for c in plain:
            out.append(c)
            places.append(i)
    return "".join(out), places
