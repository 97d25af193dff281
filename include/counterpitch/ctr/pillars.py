"""What a reader found in an ad, as columns that a second model may read: how much it says, to whom, and of what.

The base model never sees these: its scores choose which ads are read. For the same reason an ad that was not read
counts as the average one, and that it was not read teaches nothing: a score decided who was read, and results the
score. Give columns of one reader only, because two readers of the same words find different things. second.py trains
the model that reads them and finds out what they are worth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from counterpitch.ctr.examples import told
from counterpitch.personas.embed import concept_names, concepts_of, tokens
from counterpitch.pillars.schema import LISTS, SINGLES, TONES

_KINDS = {"target_audience": "audience", "customer_need": "want", "product_feature": "want"}
NAMES: tuple[str, ...] = (
    *(f"pillar_count={field}" for field in LISTS),
    *(f"pillar_said={field}" for field in SINGLES),
    *(f"pillar_tone={tone}" for tone in TONES),
    *(f"pillar_audience={name}" for name in concept_names("audience")),
    *(f"pillar_want={name}" for name in concept_names("want")),
)
"""The optional block: mentions of a field, whether one is there, the tone, and the concepts that its values name."""


def columns(tone: str | None, mentions: Iterable[tuple[str, str]]) -> dict[str, float]:
    """NAMES of one read ad; `mentions` are (field, value), with fields as in pillars.schema.FIELDS."""
    said = list(mentions)
    out = dict.fromkeys(NAMES, 0.0)
    for field, number in Counter(field for field, _ in said).items():
        out[f"pillar_count={field}" if field in LISTS else f"pillar_said={field}"] = float(number)
    if f"pillar_tone={tone}" in out:
        out[f"pillar_tone={tone}"] = 1.0
    for field, value in said:
        kind = _KINDS.get(field)
        for name in {name for word in tokens(value) for name in concepts_of(word, (kind,))} if kind else ():
            out[f"pillar_{kind}={name}"] = 1.0
    return out


def of_texts(texts: pd.Series, readings: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """NAMES of each text by its reading: {"tone", "mentions" (pairs of field and value)} and the words; else NaN.

    texts: as examples.known gives them; the words of a reading are the columns that examples.told reads. Of several
    readings of one copy (it ran under other buttons) the last counts.
    """
    found = {told(row): list(columns(row["tone"], row["mentions"]).values()) for row in readings}
    unread = [np.nan] * len(NAMES)
    return pd.DataFrame([found.get(text, unread) for text in texts], columns=NAMES, index=texts.index, dtype=float)


def in_words(name: str, value: float) -> str:
    """A column and its value as a copywriter says it: "speaks to parents", "offer found"."""
    kind, _, what = name.partition("=")
    said = what.replace("_", " ")
    phrases = {
        "pillar_count": (f"{value:.0f} × {said}", f"no {said}"),
        "pillar_said": (f"a clear {said}", f"no clear {said}"),
        "pillar_tone": (f"a tone that is {said}", f"a tone that is not {said}"),
        "pillar_audience": (f"speaks to {said}", f"does not speak to {said}"),
        "pillar_want": (f"speaks of {said}", f"does not speak of {said}"),
    }[kind]
    return phrases[0] if value > 0 else phrases[1]
