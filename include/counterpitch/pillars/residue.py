"""Scraping residue in an ad's text: player times, buttons of the library page, bare domains.

Whoever reads an ad must not quote these, because nobody ever said them to a customer. They are masked in
place (by spaces of equal length) rather than removed, so that offsets still point into the original text.
"""

from __future__ import annotations

import re

_LINE = re.compile(
    r"""^[^\S\n]*(?:
        \d{1,2}:\d{2}(?::\d{2})?\s*/\s*\d{1,2}:\d{2}(?::\d{2})?      # a video player's clock
      | low\ impression\ count
      | see\ (?:ad|summary)?\s*details
      | sorry,\ we[’']re\ having\ trouble\ with\ playing\ this\ video\.?(?:[^\S\n]*\n[^\S\n]*learn\ more)?
      | sponsored | about\ this\ ad | open\ drop-?down | library\ id:?.* | platforms
      | (?:https?://)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,6})(?:/\S*)?   # a bare domain
      | [a-z0-9_]+(?:\.[a-z0-9_]+)+                                  # a bare handle
      | \{\{[^}]*\}\}                                                # a template's unfilled slot
    )[^\S\n]*$""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)


def mask(text: str) -> str:
    """`text` with every line of residue blanked out, character for character; same length."""
    return _LINE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)
