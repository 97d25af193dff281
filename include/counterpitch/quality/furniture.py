"""What of a scraped text is the library page's furniture and not the advertiser's words: the listed residue.

A line goes whole where it holds nothing else; where a scraper lost the line breaks, the same goes from within a line,
but only where it cannot be part of a sentence. When in doubt, words stay. Whoever adds residue moves
`cleaning.CLEANING`, and adds what goes and what stays to the spot lists of its test.
"""

from __future__ import annotations

import re

GENERIC = "ai|app|biz|club|co|com|dev|edu|gov|info|io|life|live|me|net|online|org|pro|shop|site|store|tech|tv|xyz"
COUNTRY = (  # a two-letter ending of another kind (Node.js) is no domain
    "ac|ad|ae|af|ag|al|am|ao|ar|at|au|az|ba|bd|be|bg|bh|bn|bo|br|by|bz|ca|cc|cd|ch|ci|cl|cm|cn|cr|cu|cy|cz|de|dk|do|"
    "dz|ec|ee|eg|es|et|eu|fi|fj|fm|fr|ge|gg|gh|gl|gr|gt|hk|hn|hr|ht|hu|id|ie|il|in|iq|ir|is|it|jm|jo|jp|ke|kg|kh|kr|kw|"
    "kz|la|lb|li|lk|lt|lu|lv|ly|ma|md|mg|mk|mm|mn|mo|mt|mu|mv|mx|my|mz|na|ng|ni|nl|no|np|nz|om|pa|pe|ph|pk|pl|pr|ps|pt|"
    "py|qa|ro|rs|ru|rw|sa|se|sg|si|sk|sn|sv|sy|th|tj|tn|to|tr|tt|tw|tz|ua|ug|uk|us|uy|uz|vc|ve|vn|ws|ye|za|zm|zw"
)
_PATH = r"(?:/\S*)?"
_LABELS = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\.)+"
_SHOUTED = r"(?:[A-Z0-9](?:[A-Z0-9_-]*[A-Z0-9])?\.)+"
_QUIET = r"(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\.)+"
_ANY_CASE = f"(?i:{GENERIC})"
# A country's ending counts in one case of letters only: Dr.No is a name, and Just.Do.It a slogan.
_DOMAIN = rf"(?:{_LABELS}{_ANY_CASE}|{_SHOUTED}(?:{COUNTRY.upper()})|{_QUIET}(?:{COUNTRY})){_PATH}"
_HANDLE = rf"{_QUIET}[a-z_0-9]+"  # the account that a creator's ad runs under stands below the domain
_CLOCK = r"0:\d{2}(?::\d{2})?\s*/\s*\d{1,2}:\d{2}(?::\d{2})?"  # a player's, from its start; 10:30 / 18:00 are hours
_BIDI = "[\u200e\u200f\u202a-\u202e\u2066-\u2069]*"
_DAY = r"(?:\d{1,2}\s[a-z]{3,9}|[a-z]{3,9}\s\d{1,2},?)\s\d{4}"

LINE = re.compile(
    rf"""^[^\S\n]*{_BIDI}(?:
        {_CLOCK}
      | (?i:low\ impression\ count)
      | (?i:see\ (?:ad\ |summary\ )?details)
      | (?i:sorry,\ we[’']re\ having\ trouble\ with\ playing\ this\ video\.?)
      | (?i:some\ controls\ cannot\ be\ shown\ due\ to\ the\ small\ ad\..*)
      | (?i:started\ running\ on\ {_DAY}.*)
      | (?i:library\ id:\s*\d+)
      | (?i:open\ drop-?down)
      | \{{\{{[^}}\n]*\}}\}}
      | {_DOMAIN}{_BIDI}[^\S\n]*(?:\n[^\S\n]*{_HANDLE})?
    ){_BIDI}[^\S\n]*$""",
    re.VERBOSE | re.MULTILINE,
)
INLINE = re.compile(
    rf"""(?<!\S)(?:
        0:00\s*/\s*\d{{1,2}}:\d{{2}}(?::\d{{2}})?
      | Low\ impression\ count(?=[^\S\n]*$)
      | See\ [dD]etails(?=[^\S\n]*$)
      | (?P<domain>{_SHOUTED}(?:{GENERIC.upper()}|{COUNTRY.upper()}){_PATH})
    )(?!\S)""",
    re.VERBOSE | re.MULTILINE,
)
_JOINS = set(",:;-–—(/&+|\"'“‘«→➡⇒👉👇⬇↓➜☞▶")  # what stands before a domain that a sentence leads to
_TONES = "\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


def without_residue(text: str) -> str:
    """The text without the listed residue, each piece of it a line break, until nothing more is found."""
    before = None
    while before != text:
        before = text
        text = INLINE.sub(_inline, LINE.sub("\n", text))
        text = re.sub(r"[^\S\n]+", " ", text)
        text = re.sub(r"\n{3,}", "\n\n", re.sub(r" *\n *", "\n", text)).strip()
    return text


def _inline(found: re.Match[str]) -> str:
    """A domain within a line is the link card's where a sentence has ended before it, and no sentence goes on."""
    if found["domain"] is None:
        return "\n"
    line = found.string[found.string.rfind("\n", 0, found.start()) + 1 : found.start()].rstrip().rstrip(_TONES)
    after = found.string[found.end() :].split("\n")[0].strip()
    if not line:
        return found[0] if after[:1].islower() else "\n"
    return found[0] if line[-1].isalnum() or line[-1] in _JOINS else "\n"
