"""The prompt that reads ads, by version, and the fence round the ad.

A prompt's version is the hash of its text, so a word changed is a version more, and what an old version read
can be told from what the new one did. The version in use changes only by `evaluate.choose`: a text edited
and not yet scored against the one in use is not used.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

NAME = "pillars"
FILE = Path(__file__).with_name("prompt.md")


@dataclass(frozen=True)
class Prompt:
    """Instructions and their version."""

    body: str

    @property
    def version(self) -> str:
        """The first 12 hexadecimal digits of the text's SHA-256."""
        return hashlib.sha256(self.body.encode()).hexdigest()[:12]


def on_file() -> Prompt:
    """The prompt as it stands in prompt.md."""
    return Prompt(FILE.read_text("utf-8"))


def in_use(conn: Connection) -> Prompt:
    """The chosen prompt. The first time the one on file is registered and chosen: there is none to compare with."""
    body = query.scalar(conn, query.sql(__file__, "select_prompt_in_use"), {"name": NAME})
    if body is None:
        prompt = on_file()
        choose(conn, prompt, "the first prompt")
        return prompt
    return Prompt(body)


def register(conn: Connection, prompt: Prompt) -> None:
    """Keep the text of a version."""
    bound = {"name": NAME, "version": prompt.version, "body": prompt.body}
    query.execute(conn, query.sql(__file__, "insert_prompt"), bound)


def choose(conn: Connection, prompt: Prompt, reason: str) -> None:
    """Use this version from now on."""
    register(conn, prompt)
    bound = {"name": NAME, "version": prompt.version, "reason": reason}
    query.execute(conn, query.sql(__file__, "insert_prompt_choice"), bound)


def fence(ad: str) -> str:
    """The ad between markers that it cannot forge: they hold a hash of the ad itself."""
    mark = hashlib.sha256(ad.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"<<<ad {mark}>>>\n{ad}\n<<<end of ad {mark}>>>"
