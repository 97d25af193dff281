"""What is known of an ad before it runs: the named devices of its copy, its format, placement, language and day.

Nothing here may come from an outcome. `refuse_outcomes` holds the line: a frame that carries clicks, reach,
ranks or anything computed from them into the features is refused with the column's name, because a model that
peeks at its own exam looks excellent until the day it is needed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from counterpitch.ctr import words as cut
from counterpitch.ctr.refusals import OutcomeLeak
from counterpitch.ctr.words import Words

VERSION = 3
MOST = 5
"""A device is counted up to here."""

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


Count = Callable[["Copy"], np.ndarray]


@dataclass(frozen=True)
class Device:
    """One thing that a copywriter can change: how it is counted, and what it is called with and without."""

    name: str
    count: Count
    present: str
    absent: str


class Copy:
    """A batch of texts as the devices read it: the texts, their first lines, and the words of both, each cut once."""

    def __init__(self, texts: Sequence[str], words: Words) -> None:
        self.texts = texts
        self.openings = [opening(text) for text in texts]
        self._split = [text.split() for text in texts]
        self._split_openings = [text.split() for text in self.openings]
        self._words = words
        self._stems = [(name, name.partition("'")[0]) for name in words.tokens.names]
        self._joined = {first_line: _join(part) for first_line, part in ((False, texts), (True, self.openings))}

    def matches(self, pattern: re.Pattern[str], *, first_line: bool = False) -> np.ndarray:
        """How often a pattern stands in each text: one pass over all texts, none of which it can leave."""
        joined, starts = self._joined[first_line]
        found = np.fromiter((match.start() for match in pattern.finditer(joined)), dtype=np.int64)
        return np.bincount(np.searchsorted(starts, found, side="right") - 1, minlength=len(self.texts)).astype(float)

    def holds(self, words: frozenset[str]) -> np.ndarray:
        """How many words of each text are among `words`, or are before an apostrophe ("you" in "you'll")."""
        tokens = self._words.tokens
        listed = np.array([name in words or stem in words for name, stem in self._stems], dtype=float)
        return tokens.per_text(listed[tokens.number]) if len(listed) else np.zeros(len(self.texts))

    def starts_with(self, words: frozenset[str]) -> np.ndarray:
        """1 where the first word of a text is among `words`."""
        out = np.zeros(len(self.texts))
        tokens = self._words.tokens
        rows, first = np.unique(tokens.row, return_index=True)
        out[rows] = [name in words for name in tokens.names[tokens.number[first]]]
        return out

    def each(self, measure: Callable[[str], float]) -> np.ndarray:
        """A measure of each text."""
        return np.array([measure(text) for text in self.texts], dtype=float)

    def each_split(self, measure: Callable[[list[str]], float], *, first_line: bool = False) -> np.ndarray:
        """A measure of the words between spaces of each text, or of its first line."""
        return np.array(
            [measure(words) for words in (self._split_openings if first_line else self._split)], dtype=float
        )


_BETWEEN = "\n\0\n"
"""Between joined texts: no device's pattern holds a NUL, so none reaches from one text into the next."""


def _join(texts: Sequence[str]) -> tuple[str, np.ndarray]:
    lengths = np.array([len(text) + len(_BETWEEN) for text in texts], dtype=np.int64)
    return _BETWEEN.join(texts), np.concatenate([[0], np.cumsum(lengths)[:-1]]) if len(texts) else np.zeros(1)


def _found(pattern: str, flags: int = 0) -> Count:
    compiled = re.compile(pattern, flags)
    return lambda copy: np.minimum(copy.matches(compiled), MOST)


def _opening(pattern: str) -> Count:
    compiled = re.compile(pattern)
    return lambda copy: np.minimum(copy.matches(compiled, first_line=True), 1)


def _word(words: str) -> Count:
    listed = frozenset(words.split())
    return lambda copy: np.minimum(copy.holds(listed), MOST)


def _first(words: str) -> Count:
    listed = frozenset(words.split())
    return lambda copy: copy.starts_with(listed)


def opening(text: str) -> str:
    """The first line of a text that says anything: what is read before "see more"."""
    if "\n" not in text:
        return text.strip()
    for line in text.splitlines():
        if line.strip():
            return line.strip()
    return ""


def _lines(text: str) -> float:
    return sum(1 for line in text.splitlines() if line.strip())


def _capitals(words: list[str]) -> float:
    return min(sum(1 for word in words if word.isupper() and len(word) > 2), 8)


def _title_case(words: list[str]) -> float:
    lettered = [word for word in words if word[0].isalpha()]
    return sum(word[0].isupper() for word in lettered) / len(lettered) if lettered else 0.0


def _word_length(words: list[str]) -> float:
    return sum(map(len, words)) / len(words) if words else 0.0


_EMOJI = "[\U0001f300-\U0001faff\u2600-\u27bf]"

DEVICES: tuple[Device, ...] = (
    Device("words", lambda copy: copy.each_split(len), "{n:.0f} words in all", "no words"),
    Device("opening_words", lambda copy: copy.each_split(len, first_line=True),
           "a first line of {n:.0f} words", "no first line"),
    Device("word_length", lambda copy: copy.each_split(_word_length),
           "words of {n:.1f} letters on average", "no words"),
    Device("lines", lambda copy: copy.each(_lines), "{n:.0f} lines", "no lines"),
    Device("sentences", _found(r"[.!?…]+(?:\s|$)"), "{n:.0f} full sentences", "no full sentence"),
    Device("question_opening", _opening(r"[?？]"), "a question in the first line", "no question in the first line"),
    Device("questions", _found(r"[?？]"), "{n:.0f} question marks", "no question"),
    Device("exclamations", _found(r"[!！]"), "{n:.0f} exclamation marks", "no exclamation mark"),
    Device("ellipsis", _found(r"\.\.\.|…"), "a thought left open (...)", "no thought left open (...)"),
    Device("quotation", _found(r"[\"“”«»]|(?:^|\s)'"), "quoted words", "no quoted words"),
    Device("numbers", _found(r"\d+"), "{n:.0f} numbers", "no number"),
    Device("number_opening", _opening(r"\d"), "a number in the first line", "no number in the first line"),
    Device("price", _found(r"[$€£¥₹]\s?\d|\d\s?[$€£¥₹%]"), "a price or per cent", "no price or per cent"),
    Device("capitals", lambda copy: copy.each_split(_capitals), "{n:.0f} words in capitals", "no words in capitals"),
    Device("title_case", lambda copy: copy.each_split(_title_case, first_line=True),
           "a Title Cased first line", "in sentence case"),
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
    Device("action", _first("get try start learn see meet watch discover stop make join download find"),
           "opens with what to do", "does not open with what to do"),
    Device("colon", _found(r":\s"), "a colon", "no colon"),
    Device("parts", _found(r"[,;–—]|\s-\s"), "{n:.0f} commas or dashes", "no comma or dash"),
    Device("brackets", _found(r"[(\[]"), "brackets", "no brackets"),
    Device("emphasis", _found(r"\*\w|SO\b(?<!\wSO)|REALLY\b(?<!\wREALLY)"), "*stressed* words", "no *stressed* words"),
    Device("emoji", _found(_EMOJI), "{n:.0f} emoji", "no emoji"),
    Device("hashtags", _found(r"#\w"), "{n:.0f} hashtags", "no hashtag"),
    Device("links", _found(r"https?://|www\.|\.com\b", re.IGNORECASE), "a web address", "no web address"),
)  # fmt: skip

CONTEXT = tuple(
    [f"format={name}" for name in FORMATS]
    + [f"placement={name}" for name in PLACEMENTS]
    + ["placements", "english", "language_known", "button", "weekday", "weekend"]
)
NAMES: tuple[str, ...] = tuple(device.name for device in DEVICES) + CONTEXT
MOST_TOLD: dict[str, float] = {device.name: 1.0 for device in DEVICES} | {
    "words": 12.0,
    **dict.fromkeys(("opening_words", "word_length", "lines", "title_case"), math.inf),
}
"""Up to where a device is counted by a model of few examples. That there is a number or a question tells most of what
they tell; hardly any words are another ad than a dozen, and beyond that its lines tell how long it is."""
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
    return np.hstack([devices(texts, cut.read(texts)), context(ads)])


def devices(texts: Sequence[str], words: Words) -> np.ndarray:
    """How often each of DEVICES stands in each text; `words` are the same texts cut (words.read)."""
    copy = Copy(texts, words)
    return np.column_stack([device.count(copy) for device in DEVICES]).reshape(len(texts), len(DEVICES))


def context(ads: pd.DataFrame) -> np.ndarray:
    """Format, placement, language, button and day of each ad: ads x CONTEXT. Raises OutcomeLeak on an outcome."""
    refuse_outcomes(list(ads.columns))
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
        "rarity": "how unusual its words are",
        "rarest": "its most unusual word",
        "three_rarest": "its three most unusual words",
        "rare_words": f"{value:.0%} rare words" if value else "no rare words",
        "uncommon_words": f"{value:.0%} uncommon words" if value else "everyday words only",
        "function_words": f"{value:.0%} function words (the, of, that)",
        "long_words": f"{value:.0%} long words" if value else "no long words",
        "surprise": "how unexpected its words are after each other",
        "repeats": f"{value:.0%} repeated words" if value else "no word said twice",
    }
    return plain.get(name, name)
