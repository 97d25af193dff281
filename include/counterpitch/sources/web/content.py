"""What stands on a page: its main text, the statements it makes, and the products it describes for machines.

The text is trafilatura's (without navigation and footers). Whether a statement proves or promises something is for the
pillars to judge; here each is kept in the page's own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from counterpitch.sources.reading import storable
from counterpitch.sources.web.products import Product, products

SYNTAXES = ["json-ld", "microdata", "opengraph"]
FEWEST_WORDS, MOST_WORDS, MOST_CLAIMS = 3, 40, 300
_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[^\W_])")
_SCRIPT = re.compile(r"<(script|style|template)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_LANGUAGE = re.compile(r"<html[^>]*\slang\s*=\s*[\"']?([A-Za-z]{2,3})\b", re.IGNORECASE)


@dataclass(frozen=True)
class PageContent:
    """`text` has a line for each heading, paragraph and list item; `claims` are its statements, each once."""

    title: str | None = None
    description: str | None = None
    language: str | None = None
    text: str = ""
    claims: list[str] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)


def read_page(body: bytes, content_type: str, url: str) -> PageContent:
    """The content of an HTML page; what its markup hides or breaks is left out, never guessed.

    `content_type` is the header as it was sent: its charset counts before the page's own.
    """
    import trafilatura
    from w3lib.encoding import html_to_unicode

    html = storable(html_to_unicode(content_type, body)[1])
    spoken = _SCRIPT.sub(" ", html)  # trafilatura takes a script that stands among paragraphs for one of them
    found = trafilatura.bare_extraction(spoken, url=url, favor_recall=True, include_comments=False, with_metadata=True)
    language = _LANGUAGE.search(html[:20_000])
    text = storable(_lines(getattr(found, "text", None) or ""))
    return PageContent(
        title=storable(getattr(found, "title", None)),
        description=storable(getattr(found, "description", None)),
        language=language[1].lower() if language else None,
        text=text,
        claims=claims(text),
        products=storable(products(structured(html, url))),  # JSON spells out what the HTML did not hold
    )


def structured(html: str, url: str | None = None) -> dict[str, Any]:
    """What the page says in JSON-LD, microdata and OpenGraph, as extruct gives it: {syntax: [item]}.

    A syntax that cannot be read at all is []; the others are read all the same.
    """
    import extruct

    found: dict[str, Any] = {}
    for syntax in SYNTAXES:
        try:
            found[syntax] = extruct.extract(html, base_url=url, syntaxes=[syntax])[syntax]
        except Exception:  # extruct lets out whatever its parsers raise
            found[syntax] = []
    return found


def claims(text: str) -> list[str]:
    """The statements of a text in its order, each once: headings, list items and sentences of 3 to 40 words."""
    sentences = (sentence.strip() for line in text.splitlines() for sentence in _SENTENCE.split(line))
    told = (each for each in sentences if FEWEST_WORDS <= len(each.split()) <= MOST_WORDS and not each.endswith("?"))
    return list(dict.fromkeys(told))[:MOST_CLAIMS]


def _lines(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())
