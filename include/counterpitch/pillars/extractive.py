"""Read an ad without a model: the ad's own words, cut into pieces, each put to the field its wording shows.

Every value is made from words that stand in the ad, so every quote is exact by construction. Works in
English well; elsewhere it says only what the few words shared by many languages show.
"""

from __future__ import annotations

import re

from counterpitch.pillars import spans
from counterpitch.pillars.ground import Reading, ground
from counterpitch.pillars.schema import Mention, Pillars

NAME = "extractive"
VERSION = "1"

_CTA = re.compile(
    r"^(?:(?:just|so|please|click|tap|go ahead and)\s+)?(?:try|download|get|start|install|join|sign up|learn more|shop|"
    r"buy|order|book|call|visit|take|discover|subscribe|apply|register|claim|see|watch|play|unlock|check|find|follow|"
    r"contact|save|donate|vote|give it a try)\b",
    re.I,
)
_OFFER = re.compile(
    r"\bfree\b|\d\s?%|\boff\b|\btrial\b|\bdiscount|\bsave\b|[$€£₹]\s?\d|\bonly \d|\bguarantee|\blimited time|\bdeal\b",
    re.I,
)
_AUDIENCE = re.compile(
    r"\b(?:perfect|ideal|great|made|built|designed|best|good) for ([^.!?\n]+)|"
    r"\bfor ((?:[\w'-]+ ){0,4}(?:\w+ers|professionals?|people|beginners?|students?|women|men|kids|teams?|founders?))\b",
    re.I,
)
_LEARN = re.compile(
    r"\b(?:learn(?:ing)?|speak(?:ing)?|practi[cs]e|master(?:ing)?) "
    r"(english|spanish|french|german|italian|japanese|korean|portuguese|chinese|languages?|a (?:new )?language)\b",
    re.I,
)
_NEED = re.compile(
    r"^(?:want|wish|dream|tired|struggl|need|ready to|ever\b|if you|no more|never|stop|afraid|worried|how (?:to|can))"
    r"|\?$|\b(?:fluen\w+|confiden\w+|progress|anytime|anywhere|at your (?:own )?pace|your schedule)\b",
    re.I,
)
_FILLER = re.compile(r"^(?:get|just|real(?:ly)?|with|and|your|our|a|an|the|to|you|we|it'?s|is|are|now|try)\s+", re.I)


def read(text: str) -> Reading:
    """The pillars of one ad. Never raises; an ad with too little text gives an empty reading."""
    found: dict[str, list[Mention]] = {}
    for sentence in spans.sentences(text):
        said = text[sentence.start : sentence.end]
        if len(said) > 300:
            continue
        for field, mention in _mentions(text, sentence, said):
            found.setdefault(field, []).append(mention)
    singles: dict[str, Mention] = {name: found[name][0] for name in ("offer", "hook") if name in found}
    if "call_to_action" in found:
        singles["call_to_action"] = found["call_to_action"][-1]
    lists = {name: found.get(name, []) for name in ("target_audience", "customer_need", "product_feature")}
    return ground(Pillars.model_validate({**singles, **lists, "tone": "informative"}), text)


def _mentions(text: str, sentence: spans.Piece, said: str) -> list[tuple[str, Mention]]:
    found: list[tuple[str, Mention]] = []
    audience = _AUDIENCE.search(said)
    if audience:
        found.append(("target_audience", Mention(value=_value(audience[1] or audience[2]), quote=audience[0])))
    learn = _LEARN.search(said)
    if learn:
        found.append(("target_audience", Mention(value=f"{learn[1].lower()} learners", quote=learn[0])))
    if _OFFER.search(said):
        found.append(("offer", Mention(value=_value(said), quote=said)))
    if _CTA.match(said) and len(said.split()) <= 8 and not sentence.marked:
        found.append(("call_to_action", Mention(value=_value(said), quote=said)))
    elif _NEED.search(said):
        found.append(("customer_need", Mention(value=_value(said), quote=said)))
        if sentence.sentence == 0:
            found.append(("hook", Mention(value=_value(said), quote=said)))
    elif not audience and len(said.split()) <= 12:
        found += [
            ("product_feature", Mention(value=_value(piece), quote=piece))
            for clause in spans.clauses(text, sentence)
            if len((piece := text[clause.start : clause.end]).split()) > 1
        ]
    return found


def _value(quote: str) -> str:
    words = quote.strip(" .!?,:;\"'“”").lower()
    while (shorter := _FILLER.sub("", words)) != words:
        words = shorter
    return " ".join(words.split()[:7]) or quote.lower()
