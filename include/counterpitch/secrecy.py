"""Keep secrets out of what is kept and shown: a known secret in any spelling, and tokens that ride in addresses.

A platform may say a token back (an error that quotes it, an address that carries it), and an export may hold it. So
answers and cells lose it before anything else reads them; what nobody has, nobody can log, store or raise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "(hidden)"
SHORTEST = 6  # a shorter secret stands in ordinary words, and hiding those would damage the answer
_IN_ADDRESS = re.compile(
    r"(?i)\b((?:access|refresh|fb_exchange|input)_token|client_secret|appsecret_proof)(=|%3D)[^&\s\"'<>\\%]+"
)


def hide(text: bytes, secrets: Iterable[str]) -> bytes:
    """The text without these secrets, as they are or as an address or JSON spells them."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            for spelt in {secret, quote(secret, safe=""), quote_plus(secret), secret.replace("/", r"\/")}:
                if (found := spelt.encode()) in text:  # a copy of the text for nothing took longer than the search
                    text = text.replace(found, HIDDEN.encode())
    return text


def without_tokens(text: str) -> str:
    """The text with the tokens in its addresses hidden: `...?access_token=EAA` loses what follows the sign."""
    low = text.lower()  # an address may be spelt in any case; the search is for those few texts that can hold one
    return _IN_ADDRESS.sub(rf"\1\2{HIDDEN}", text) if "token" in low or "secret" in low else text


def without_password(text: str, address: str) -> str:
    """The text without the password of this database address, and without the address itself.

    A password that should have been percent-encoded cuts an address in odd places, so its pieces go too.
    """
    text = text.replace(address, HIDDEN)
    found = re.search(r"://[^:/?#]*:(.+)@", address) or re.search(r"password\s*=\s*'?([^'\s]+)", address)
    password = found[1] if found else ""
    cuts = [cut.span() for cut in re.finditer(r"[@:/?#]", password)]
    pieces = {password, *(password[:start] for start, _ in cuts), *(password[end:] for _, end in cuts)}
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= 3:
            text = text.replace(piece, HIDDEN)
    return text
