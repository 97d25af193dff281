"""A folder that tune.py wrote: an encoder, its card, and what its folds said of the texts that taught it.

No text is ever read by an encoder that was taught on it: a taught text has the score of the fold that did not see it,
whoever asks, in training and in use; any other text has the score of the whole encoder. An encoder reads the opening
of a text alone, and most see neither case nor accents nor line breaks, so two texts whose openings differ in nothing
else are one text here: in folds, in keys, and where it is judged. Scores are in standard deviations of the taught
texts' scores, and no higher or lower for the fold that they come from.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from counterpitch.ctr import splits
from counterpitch.ctr.refusals import EncoderUnusable
from counterpitch.ctr.vectors import pack, pack_whole, unpack, unpack_whole

FORMATS = (1, 2)
"""Of a card. The second came with FOLDED, which a version that knows only the first would take for AS_WRITTEN."""

CARD, SCORES = "counterpitch-card.json", "counterpitch-scores.json"
WORDS, CHARACTERS = 24, 200
"""What a taught encoder reads of a text, and all that it reads: a headline and a first line. What stands behind "see
more" is seen by few."""

WHOLE = (1_000, 1_000)
"""Words and characters by which folders told texts apart that were taught before they named theirs."""

FOLDED, AS_WRITTEN = "folded openings", "openings as written"
"""What tells texts apart; the second in folders that were taught before they named theirs. A MiniLM gives the same
tokens to openings that are equal when folded, so as written a taught text in capitals would count as new."""

COPY, WITH_BUTTON = "copy", "with button and description"
"""What an own ad's text is (examples.told); the second in folders that were taught before they named theirs."""

_SIGN = "\ufffd"
_SIGNS, _TOKEN = re.compile(f"{_SIGN}+"), re.compile(r"\w+|[^\w\s]")

DECIMALS = 4
"""Scores are rounded here, since the last bits of a float depend on the texts that are read beside one, and on the
processor. A score that stands on the edge between two roundings may still fall to either side."""


@dataclass(frozen=True)
class Scores:
    """How vectors become scores, and the scores of the taught texts by the folds that did not see them.

    keys: of the taught texts, sorted (int64); out_of_fold: their scores; centre, scale: of the whole encoder's; read:
    the words and characters of a text that count (opening); told_apart: FOLDED or AS_WRITTEN; ads: COPY or WITH_BUTTON.
    """

    head: np.ndarray
    centre: float
    scale: float
    keys: np.ndarray
    out_of_fold: np.ndarray
    read: tuple[int, int] = (WORDS, CHARACTERS)
    told_apart: str = FOLDED
    ads: str = COPY

    def opening(self, text: str) -> str:
        """What the encoder reads of a text."""
        return opening(spaced(text) if self.told_apart == FOLDED else text, *self.read)

    def keys_of(self, texts: Sequence[str]) -> np.ndarray:
        """A number for each text, as far as it is read: texts, int64."""
        heads = map(self.opening, texts)
        return keys_of([folded(head) for head in heads] if self.told_apart == FOLDED else list(heads))

    def taught(self, texts: Sequence[str]) -> np.ndarray:
        """Mask over texts: those that taught the encoder."""
        return np.isin(self.keys_of(texts), self.keys)

    def known(self, texts: Sequence[str]) -> np.ndarray:
        """The scores of taught texts; of any other, nonsense."""
        at = np.minimum(np.searchsorted(self.keys, self.keys_of(texts)), len(self.keys) - 1)
        return np.asarray(self.out_of_fold[at])

    def of(self, vectors: np.ndarray) -> np.ndarray:
        """The scores of texts that the encoder gave these vectors (texts x dimensions)."""
        return np.asarray(np.round((vectors @ self.head - self.centre) / self.scale, DECIMALS))

    def write(self, folder: Path) -> None:
        """Write SCORES into a folder."""
        said = {
            "head": pack(self.head),
            "centre": self.centre,
            "scale": self.scale,
            "keys": pack_whole(self.keys),
            "out_of_fold": pack(self.out_of_fold),
            "read": list(self.read),
            "told_apart": self.told_apart,
            "ads": self.ads,
        }
        (folder / SCORES).write_text(json.dumps(said, sort_keys=True), encoding="utf-8")

    @classmethod
    def of_folder(cls, folder: Path) -> Scores:
        """The scores that `write` wrote. Raises EncoderUnusable where they cannot be read."""
        try:
            said = json.loads((folder / SCORES).read_text(encoding="utf-8"))
            words, characters = said.get("read", WHOLE)
            return cls(
                unpack(said["head"]),
                float(said["centre"]),
                float(said["scale"]),
                unpack_whole(said["keys"]),
                unpack(said["out_of_fold"]),
                (int(words), int(characters)),
                said.get("told_apart", AS_WRITTEN),
                said.get("ads", WITH_BUTTON),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EncoderUnusable(f"{folder / SCORES} cannot be read ({error}). {AGAIN}") from error


AGAIN = "Teach the encoder again, into another folder: `counterpitch ctr tune-encoder --out FOLDER`."


def opening(text: str, words: int = WORDS, characters: int = CHARACTERS) -> str:
    """The first words of a text, and no more than its first characters; a text that has no more comes back as it is."""
    head = text[:characters]
    rest = head.split(maxsplit=words)[words:]
    return head[: -len(rest[0])].rstrip() if rest else head


def openings(examples: pd.DataFrame) -> pd.DataFrame:
    """Examples with the openings of their texts in place of these."""
    return examples.assign(text=examples["text"].map(spaced).map(opening))


def folded_openings(examples: pd.DataFrame) -> pd.DataFrame:
    """`openings`, folded: equal texts are those that no encoder is asked to tell apart."""
    return examples.assign(text=openings(examples)["text"].map(folded))


def spaced(text: str) -> str:
    """A text with one space wherever it has spaces or line breaks."""
    return " ".join(text.split())


def folded(text: str) -> str:
    """A text without case, accents, spacing, and which emoji it shows: no more than an uncased BERT reads of it."""
    plain = "".join(map(_plain, unicodedata.normalize("NFKD", text))).casefold()
    return " ".join(_TOKEN.findall(_SIGNS.sub(_SIGN, plain)))


@lru_cache(maxsize=1 << 14)
def _plain(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind in ("Mn", "Me", "Cf") or (kind == "Cc" and not letter.isspace()):
        return ""
    return _SIGN if kind[0] == "S" and not letter.isascii() else letter


def keys_of(texts: Sequence[str]) -> np.ndarray:
    """A number for each text: texts, int64."""
    said = (hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts)
    return np.frombuffer(b"".join(said), dtype="<i8").astype(np.int64)


def has_card(folder: Path) -> bool:
    """Whether tune.py wrote a folder."""
    return (folder / CARD).is_file()


def card(folder: Path) -> dict[str, Any] | None:
    """The card of a folder that tune.py wrote; None where another wrote it.

    Raises EncoderUnusable where the folder is not whole, or of a newer version.
    """
    path = folder / CARD
    if not has_card(folder):
        if (folder / SCORES).is_file():
            raise EncoderUnusable(
                f"{folder} holds a taught encoder without its card, {CARD}: nobody can tell what taught it. Copy the "
                f"card too. {AGAIN}"
            )
        return None
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        whole = said["format"] in FORMATS and said["sha256"] == fingerprint(folder)
    except (ValueError, KeyError, TypeError) as error:
        raise EncoderUnusable(f"{path} cannot be read ({error}). {AGAIN}") from error
    if not whole:
        raise EncoderUnusable(f"The files in {folder} are not those that its card names (sha256, format). {AGAIN}")
    return said


def lessons(card: dict[str, Any]) -> str:
    """What taught an encoder, in words. A card of before counts the tests of its examples, with equal texts too."""
    if "contests" in card:
        return f"{card['contests']} tests, or dozens of a brand's ads, with different texts"
    return f"examples of {card['tests']} tests"


def fingerprint(folder: Path, everything: bool = False) -> str:
    """The sha256 of all files in a folder but the card, the prose and what tools leave behind: who an encoder is.

    everything: with what tools leave behind, as some stored models name theirs.
    """
    digest = hashlib.sha256()
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md" and path.name != CARD)
    named = ((path.relative_to(folder), path) for path in files)
    for name, path in sorted((name.as_posix(), path) for name, path in named if everything or not _left_behind(name)):
        digest.update(f"{name}\n{path.stat().st_size}\n".encode())
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()


def _left_behind(name: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in name.parts)


def judges(known: pd.DataFrame, held: np.ndarray, scores: Scores, until: str) -> np.ndarray:
    """Mask of the `held` examples that may judge a model with this encoder.

    They are later than all that taught it (`until`, a day), and none shares a group (group_key: a test's arms with one
    image), or nearly all words of what is read, with a text that did.
    """
    tied = splits.ties(folded_openings(known))
    taught = scores.taught(known["text"].tolist())
    later = (known["day"] > pd.Timestamp(until)).to_numpy()
    return np.asarray(held & later & ~np.isin(tied, np.unique(tied[taught])))
