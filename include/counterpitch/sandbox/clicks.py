"""The planted click model: what a reader's click depends on, and how much of it no text can tell.

logit(ctr) = base + sum(coefficient x device) + persona and theme appeal + an effect of the ad's own. The effect has
a stated spread, so the best Kendall's tau that any model of the words could reach is known, not guessed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from counterpitch.sandbox.copywriter import Copy

BASE_CTR = 0.011
EFFECT_SD = 0.16
DEVICES = {
    "question_first": 0.20,
    "number": 0.12,
    "second_person": 0.10,
    "testimonial": 0.26,
    "offer": 0.24,
    "checklist": 0.08,
    "emoji": 0.04,
    "length": -0.14,
    "thin": -0.45,
    "video": 0.12,
    "carousel": 0.05,
    "german": -0.08,
    "spanish": 0.06,
}
THEME_APPEAL = {
    "time": 0.16,
    "decide": 0.30,
    "budget": 0.12,
    "waste": -0.18,
    "nutrition": 0.0,
    "safe": 0.22,
    "variety": -0.12,
    "skill": -0.22,
}
PERSONA_APPEAL = {"parents": 0.12, "shift": 0.28, "students": -0.12, "athletes": 0.0, "allergy": 0.16, "two": -0.16}
_SECOND_PERSON = {
    "en": re.compile(r"\b(you|your|yours|you're|you'll)\b", re.I),
    "de": re.compile(r"\b(du|dir|dich|dein\w*|euch|euer|eure\w*)\b", re.I),
    "es": re.compile(r"\b(tú|te|tu|tus|ti|sois|os|tienes|llegas|entrenas)\b", re.I),
}
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\u23f1]")
TYPICAL_WORDS = 35


@dataclass(frozen=True)
class Clicks:
    """The explained part of an ad's logit, its own effect, and the click-through rate (a probability) they make."""

    explained: float
    effect: float

    @property
    def ctr(self) -> float:
        """The true click-through rate."""
        return 1.0 / (1.0 + math.exp(-(self.explained + self.effect)))


def devices(copy: Copy, media_type: str) -> dict[str, float]:
    """What the words and the format show: 0 or 1 each, `length` as ln(words / 35). All can be read off the ad."""
    draft, lines = copy.draft, [line for line in copy.body.split("\n") if line.strip()]
    words = len(copy.body.split())
    first = lines[0] if lines else ""
    return {
        "question_first": float("?" in first),
        "number": float(bool(re.search(r"\d", copy.body + copy.title))),
        "second_person": float(bool(_SECOND_PERSON[draft.language].search(copy.body))),
        "testimonial": float(bool(re.search(r"[“„«].*[”“»]", copy.body))),
        "offer": float(any(m.field == "offer" for m in copy.mentions)),
        "checklist": float(draft.structure == "checklist" and not draft.thin),
        "emoji": float(bool(_EMOJI.search(copy.body))),
        "length": 0.0 if draft.thin else math.log(max(words, 1) / TYPICAL_WORDS),
        "thin": float(draft.thin),
        "video": float(media_type == "video"),
        "carousel": float(media_type == "carousel"),
        "german": float(draft.language == "de"),
        "spanish": float(draft.language == "es"),
    }


def clicks(copy: Copy, media_type: str, effect: float) -> Clicks:
    """The planted click model's answer for an ad. A thin ad has no words that could appeal to anyone."""
    explained = math.log(BASE_CTR / (1 - BASE_CTR))
    explained += sum(DEVICES[name] * value for name, value in devices(copy, media_type).items())
    if not copy.draft.thin:
        explained += THEME_APPEAL[copy.draft.theme] + PERSONA_APPEAL[copy.draft.persona]
    return Clicks(explained, effect)


def effect(rng: np.random.Generator) -> float:
    """What no text tells: the picture, the cut, the moment."""
    return float(rng.normal(0.0, EFFECT_SD))


def model_truth() -> dict[str, object]:
    """The click model as it stands in the truth file."""
    return {
        "base_ctr": BASE_CTR,
        "link": "logit",
        "devices": DEVICES,
        "theme_appeal": THEME_APPEAL,
        "persona_appeal": PERSONA_APPEAL,
        "typical_words": TYPICAL_WORDS,
        "effect_variance": EFFECT_SD**2,
    }


def kendall_tau(first: list[float], second: list[float]) -> float:
    """Kendall's tau-b of two rankings (Kendall 1945), counted over all pairs; 0.0 where a ranking is all ties.

    Written out in numpy since scipy takes a second to load and a newcomer waits for the market.
    """
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    signs_a, signs_b = np.sign(a[:, None] - a[None, :]), np.sign(b[:, None] - b[None, :])
    ties = math.sqrt(float((signs_a != 0).sum()) * float((signs_b != 0).sum()))
    return float((signs_a * signs_b).sum()) / ties if ties else 0.0
