"""The one cleaning step between what was scraped and what is read, named and versioned.

It removes what nobody said to a customer (the library page's buttons and clocks, HTML, control characters)
and nothing else; the text as it was scraped stays in raw. A text's identity is the hash of its cleaned
words, so ten scrapes of one ad that differ in a video clock are one text, and a quote keeps its place.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from counterpitch.quality.furniture import without_residue

CLEANING = "clean-2"
READABLE_WORDS = 3
LEAST_SURE = 0.25  # of 97 languages; below it the best guess is noise

_HIDDEN = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/h[1-6])\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(  # by name and with attributes that have values: "3 <b and c> d" is no markup
    r"""<(?:!--.*?--|(?:!doctype\b[^<>]*)|/?(?:a|abbr|article|aside|b|blockquote|body|br|button|center|code|dd|del|div|dl|dt|em|
        fieldset|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|label|li|link|main|mark|
        meta|nav|noscript|ol|option|p|picture|pre|s|script|section|select|small|source|span|strike|strong|style|sub|sup|svg|
        table|tbody|td|textarea|tfoot|th|thead|title|tr|u|ul|video|wbr)
        (?:\s+[\w:@.-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+)|\s+(?:allowfullscreen|async|checked|controls|defer|disabled|hidden))*
        \s*/?)>""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_WIDE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True)
class AdText:
    """A row of `core.ad_text`: the cleaned fields, the text they make in lines, and what is known of it."""

    text_hash: str
    body: str
    title: str
    description: str
    call_to_action: str
    clean_text: str
    cleaning: str
    language: str
    words: int
    readable: bool

    def row(self) -> dict[str, Any]:
        """The row as a dict."""
        return asdict(self)


def clean(text: str) -> str:
    """The text without markup, control characters and scraping residue, spaces and blank lines tidied.

    What was escaped twice is read twice, so cleaning a cleaned text changes nothing.
    """
    before = None
    while before != text:
        before = text
        text = without_residue(_decoded(text))
    return text


def _decoded(text: str) -> str:
    text = _ESCAPED.sub(_unescape, text)
    if "<" in text:
        text = _TAG.sub("", _BREAK.sub("\n", _HIDDEN.sub("", text)))
    text = html.unescape(text).replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(letter for letter in text if letter in "\n\t" or unicodedata.category(letter) not in {"Cc", "Cs"})
    return text.replace("\ufffd", "").replace("\ufeff", "")


def compose(fields: Sequence[str]) -> str:
    """The fields in lines, in their order; a field that a line of an earlier one says already is left out."""
    lines: list[str] = []
    said: set[str] = set()
    for field in fields:
        if field and field.casefold() not in said:
            lines.append(field)
            said |= {line.casefold() for line in field.split("\n")}
    return "\n".join(lines)


def read_text(
    body: str | None, title: str | None, description: str | None, call_to_action: str | None
) -> AdText | None:
    """The text of an ad from its four raw fields, or None where nothing is left to read."""
    fields = tuple(clean(field or "") for field in (body, title, description, call_to_action))
    whole = compose(fields)
    if not whole:
        return None
    digest = hashlib.sha256("\x1f".join([*fields, whole]).encode()).hexdigest()[:32]
    words = count_words(whole)
    return AdText(
        text_hash=digest,
        body=fields[0],
        title=fields[1],
        description=fields[2],
        call_to_action=fields[3],
        clean_text=whole,
        cleaning=CLEANING,
        language=language_of(whole),
        words=words,
        readable=words >= READABLE_WORDS,
    )


def count_words(text: str) -> int:
    """Words of a text; scripts without spaces count two letters as a word."""
    wide = len(_WIDE.findall(text))
    return len(re.findall(r"[^\W_]+(?:['’][^\W_]+)*", _WIDE.sub(" ", text))) + (wide + 1) // 2


def language_of(text: str) -> str:
    """ISO 639-1 code of the language, 'und' where there is too little to tell.

    By py3langid (a naive Bayes model over byte n-grams that ships in its wheel: no download, 30 MB in memory).
    Words of several languages in one ad give the one that most letters speak for.
    """
    letters = sum(letter.isalpha() for letter in text)
    if letters < 4 or (letters < 12 and text.isascii()):
        return "und"
    code, probability = _identifier().classify(re.sub(r"https?://\S+|[@#]\w+", " ", text))
    return str(code) if probability >= LEAST_SURE else "und"


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid import langid

    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)


def _unescape(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return "" if "\ud800" <= letter <= "\udfff" else letter
