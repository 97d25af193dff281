"""What is known of an ad before it runs: the named devices of its copy, its format, placement, language and day.

Nothing here may come from an outcome. `refuse_outcomes` holds the line: a frame that carries clicks, reach,
ranks or anything computed from them into the features is refused with the column's name, because a model that
peeks at its own exam looks excellent until the day it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from counterpitch.ctr.refusals import OutcomeLeak

VERSION = 1
KNOWN = ("text", "call_to_action", "language", "media_type", "placement", "day")
"""The only columns that features are made of."""

OUTCOMES = frozenset(
    {"impressions", "clicks", "link_clicks", "all_link_clicks", "ctr", "rate", "lift", "cpc", "cpm", "spend"}
    | {"conversions", "revenue", "roas", "winner", "significance", "first_place", "winner_count", "reach"}
    | {"page_rank", "best_rank", "running_days", "days_seen", "variants", "delivery_stop", "last_seen", "status"}
    | {"is_active", "low_impressions", "as_of"}
)
"""Columns that only exist once an ad has run. Running days are one: an ad that works is left running."""

FORMATS = ("image", "video", "carousel", "text")
PLACEMENTS = ("facebook", "instagram", "audience_network", "messenger", "threads", "google", "youtube", "tiktok")


@dataclass(frozen=True)
class Device:
    """One thing that a copywriter can change: how it is counted, and what it is called with and without."""

    name: str
    count: Callable[[str], float]
    present: str
    absent: str


def _found(pattern: str, flags: int = re.IGNORECASE) -> Callable[[str], float]:
    compiled = re.compile(pattern, flags)
    return lambda text: float(min(len(compiled.findall(text)), 5))


def _opening(pattern: str, flags: int = re.IGNORECASE) -> Callable[[str], float]:
    compiled = re.compile(pattern, flags)
    return lambda text: float(compiled.search(opening(text)) is not None)


def _word(words: str) -> Callable[[str], float]:
    return _found(rf"\b(?:{'|'.join(words.split())})\b")


def opening(text: str) -> str:
    """The first line of a text that says anything: what is read before "see more"."""
    for line in text.splitlines():
        if line.strip():
            return line.strip()
    return ""


def _capitals(text: str) -> float:
    return float(min(sum(1 for word in text.split() if len(word) > 2 and word.isupper()), 8))


def _title_case(text: str) -> float:
    words = [word for word in opening(text).split() if word[:1].isalpha()]
    return float(np.mean([word[0].isupper() for word in words])) if words else 0.0


def _long_words(text: str) -> float:
    words = text.split()
    return float(np.mean([len(word) for word in words])) if words else 0.0


_EMOJI = "[\U0001f300-\U0001faff\u2600-\u27bf]"

DEVICES: tuple[Device, ...] = (
    Device("words", lambda t: float(len(t.split())), "{n:.0f} words in all", "no words"),
    Device("opening_words", lambda t: float(len(opening(t).split())), "a first line of {n:.0f} words", "no first line"),
    Device("word_length", _long_words, "words of {n:.1f} letters on average", "no words"),
    Device("lines", lambda t: float(sum(1 for x in t.splitlines() if x.strip())), "{n:.0f} lines", "no lines"),
    Device("sentences", _found(r"[.!?…]+(?:\s|$)"), "{n:.0f} full sentences", "no full sentence"),
    Device("question_opening", _opening(r"[?？]"), "a question in the first line", "no question in the first line"),
    Device("questions", _found(r"[?？]"), "{n:.0f} question marks", "no question"),
    Device("exclamations", _found(r"[!！]"), "{n:.0f} exclamation marks", "no exclamation mark"),
    Device("ellipsis", _found(r"\.\.\.|…"), "a thought left open (...)", "no thought left open (...)"),
    Device("quotation", _found(r"[\"“”«»]|(?:^|\s)'"), "quoted words", "no quoted words"),
    Device("numbers", _found(r"\d+"), "{n:.0f} numbers", "no number"),
    Device("number_opening", _opening(r"\d"), "a number in the first line", "no number in the first line"),
    Device("price", _found(r"[$€£¥₹]\s?\d|\d\s?[$€£¥₹]|\d+\s?%"), "a price or per cent", "no price or per cent"),
    Device("capitals", _capitals, "{n:.0f} words in capitals", "no words in capitals"),
    Device("title_case", _title_case, "a Title Cased first line", "a first line in sentence case"),
    Device("you", _word("you your yours you're du dein tu tus votre vous usted"), "speaks to you", "does not say you"),
    Device("i", _word("i me my mine i'm i've ich mein je mon yo mi"), "speaks as I", "does not say I"),
    Device("we", _word("we our us ours we're wir unser nous notre nosotros"), "speaks as we", "does not say we"),
    Device("he_she", _word("he she him her his hers"), "tells of one person", "tells of no one person"),
    Device("they", _word("they them their people everyone"), "tells of people", "does not tell of people"),
    Device("this", _word("this these here that's here's it's"), "points (this, here's)", "does not point (this)"),
    Device("how_why", _word("how why what when who which"), "how, why or what", "no how, why or what"),
    Device("negation", _word("not no never don't can't won't nothing without"), "a no or never", "no no or never"),
    Device("superlative", _word("best most worst greatest biggest first only ever"), "a superlative", "no superlative"),
    Device("urgency", _word("now today hurry limited ends last soon deadline instantly"), "urgency", "no urgency"),
    Device("offer", _word("free save off discount deal sale gratis kostenlos trial bonus"), "an offer", "no offer"),
    Device("proof", _word("reviews rated stars trusted customers proven thousands millions"), "proof", "no proof"),
    Device("novelty", _word("new introducing finally launch neu nuevo nouveau update"), "something new", "nothing new"),
    Device("emotion", _word("love hate amazing beautiful terrible heart cry happy fear"), "feeling", "no feeling"),
    Device("action", _opening(r"^(?:get|try|start|learn|see|meet|watch|discover|stop|make|join|download|find)\b"),
           "opens with what to do", "does not open with what to do"),
    Device("colon", _found(r":\s"), "a colon", "no colon"),
    Device("parts", _found(r"[,;–—]|\s-\s"), "{n:.0f} commas or dashes", "no comma or dash"),
    Device("brackets", _found(r"[(\[]"), "brackets", "no brackets"),
    Device("emphasis", _found(r"\*\w|\bSO\b|\bREALLY\b", 0), "*stressed* words", "no *stressed* words"),
    Device("emoji", _found(_EMOJI), "{n:.0f} emoji", "no emoji"),
    Device("hashtags", _found(r"#\w"), "{n:.0f} hashtags", "no hashtag"),
    Device("links", _found(r"https?://|www\.|\.com\b"), "a web address", "no web address"),
)  # fmt: skip

CONTEXT = tuple(
    [f"format={name}" for name in FORMATS]
    + [f"placement={name}" for name in PLACEMENTS]
    + ["placements", "english", "language_known", "button", "weekday", "weekend"]
)
NAMES: tuple[str, ...] = tuple(device.name for device in DEVICES) + CONTEXT
_BY_NAME = {device.name: device for device in DEVICES}


def refuse_outcomes(columns: Sequence[str]) -> None:
    """Raise OutcomeLeak when a column can only be known after the ad ran."""
    leaked = sorted(set(columns) & OUTCOMES)
    if leaked:
        raise OutcomeLeak(
            f"{', '.join(leaked)}: known only after an ad ran, so it cannot be a feature. "
            "Offer only what is known before: " + ", ".join(KNOWN) + "."
        )


def matrix(ads: pd.DataFrame) -> np.ndarray:
    """Features of each ad as float64, shape (ads, len(NAMES)), in the order of NAMES.

    `ads` has the columns of KNOWN: text, call_to_action, language, media_type, placement (names joined by a
    space) as str, day as datetime64 (NaT where unknown). Raises OutcomeLeak when it carries an outcome.
    """
    refuse_outcomes(list(ads.columns))
    texts = ads["text"].tolist()
    distinct = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    devices = np.array([[device.count(text) for device in DEVICES] for text in distinct], dtype=np.float64)
    devices = devices.reshape(len(distinct), len(DEVICES))[[distinct[text] for text in texts]]
    return np.hstack([devices, _context(ads)])


def _context(ads: pd.DataFrame) -> np.ndarray:
    media = ads["media_type"].str.lower()
    placed = ads["placement"].str.lower()
    language = ads["language"].str.lower()
    weekday = ads["day"].dt.dayofweek.to_numpy(dtype=np.float64, na_value=np.nan)
    columns: list[np.ndarray] = [media.str.contains(name, regex=False).to_numpy(dtype=np.float64) for name in FORMATS]
    columns += [placed.str.contains(name, regex=False).to_numpy(dtype=np.float64) for name in PLACEMENTS]
    columns += [
        np.array([len(names.split()) for names in placed], dtype=np.float64),
        language.str.startswith("en").to_numpy(dtype=np.float64),
        (~language.isin(["", "und"])).to_numpy(dtype=np.float64),
        (ads["call_to_action"].str.strip() != "").to_numpy(dtype=np.float64),
        weekday,
        np.where(np.isnan(weekday), np.nan, (weekday >= 5).astype(np.float64)),
    ]
    return np.column_stack(columns) if len(ads) else np.empty((0, len(CONTEXT)))


def in_words(name: str, value: float) -> str:
    """A feature and its value as a copywriter says it: "a question in the first line", "no number", "a video"."""
    device = _BY_NAME.get(name)
    if device is not None:
        return device.present.format(n=value) if value > 0 else device.absent
    kind, _, what = name.partition("=")
    if kind == "format":
        return f"{what} format" if value else f"not a {what} format"
    if kind == "placement":
        return f"placed on {what.replace('_', ' ')}" if value else f"not placed on {what.replace('_', ' ')}"
    plain = {
        "placements": f"{value:.0f} placements",
        "english": "English" if value else "not marked as English",
        "language_known": "a known language" if value else "language not known",
        "button": "a call-to-action button" if value else "no call-to-action button",
        "weekday": "the day of the week it starts",
        "weekend": "starts at the weekend" if value else "starts on a working day",
    }
    return plain.get(name, name)
