"""A folder that tune.py wrote: an encoder, its card, and what its folds said of the texts that taught it.

No text is ever read by an encoder that was taught on it: a taught text has the score of the fold that did not see it,
whoever asks, in training and in use; any other text has the score of the whole encoder. Scores are in standard
deviations of the taught texts' scores, and no higher or lower for the fold that they come from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from counterpitch.ctr.refusals import ModelUnusable
from counterpitch.ctr.vectors import pack, pack_whole, unpack, unpack_whole

FORMAT = 1
CARD, SCORES = "counterpitch-card.json", "counterpitch-scores.json"
READ = 1_000
"""Characters of a text that an encoder is given."""

DECIMALS = 4
"""Scores are cut here: the last bits of a float depend on the texts that are read beside one, and on the processor."""


@dataclass(frozen=True)
class Scores:
    """How vectors become scores, and the scores of the taught texts by the folds that did not see them.

    keys: of the taught texts, sorted (int64); out_of_fold: their scores; centre, scale: of the whole encoder's.
    """

    head: np.ndarray
    centre: float
    scale: float
    keys: np.ndarray
    out_of_fold: np.ndarray

    def taught(self, texts: Sequence[str]) -> np.ndarray:
        """Mask over texts: those that taught the encoder."""
        return np.isin(keys_of(texts), self.keys)

    def known(self, texts: Sequence[str]) -> np.ndarray:
        """The scores of taught texts; of any other, nonsense."""
        at = np.minimum(np.searchsorted(self.keys, keys_of(texts)), len(self.keys) - 1)
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
        }
        (folder / SCORES).write_text(json.dumps(said, sort_keys=True), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Scores:
        """The scores that `write` wrote. Raises ModelUnusable where they cannot be read."""
        try:
            said = json.loads((folder / SCORES).read_text(encoding="utf-8"))
            return cls(
                unpack(said["head"]),
                float(said["centre"]),
                float(said["scale"]),
                unpack_whole(said["keys"]),
                unpack(said["out_of_fold"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelUnusable(f"{folder / SCORES} cannot be read ({error}). {AGAIN}") from error


AGAIN = "Teach the encoder again, into another folder: `counterpitch ctr tune-encoder --out FOLDER`."


def keys_of(texts: Sequence[str]) -> np.ndarray:
    """A number for each text, as far as it is read: texts, int64."""
    said = (hashlib.blake2b(text[:READ].encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts)
    return np.frombuffer(b"".join(said), dtype="<i8").astype(np.int64)


def card(folder: Path) -> dict[str, Any] | None:
    """The card of a folder that tune.py wrote; None where there is none.

    Raises ModelUnusable where the folder is not whole, or of a newer version.
    """
    path = folder / CARD
    if not path.is_file():
        return None
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        whole = said["format"] == FORMAT and said["sha256"] == fingerprint(folder)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelUnusable(f"{path} cannot be read ({error}). {AGAIN}") from error
    if not whole:
        raise ModelUnusable(f"The files in {folder} are not those that its card names (sha256, format). {AGAIN}")
    return said


def fingerprint(folder: Path) -> str:
    """The sha256 of all files in a folder but the card and the prose: who an encoder is."""
    digest = hashlib.sha256()
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md" and path.name != CARD)
    for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in files):
        digest.update(f"{name}\n{path.stat().st_size}\n".encode())
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()


def judges(known: pd.DataFrame, held: np.ndarray, tied: np.ndarray, scores: Scores, until: str) -> np.ndarray:
    """Mask of the `held` examples that may judge a model with this encoder.

    They are later than all that taught it (`until`, a day), and none shares a test or nearly all words with a text that
    did. `tied`: splits.ties of `known`.
    """
    taught = scores.taught(known["text"].tolist())
    later = (known["day"] > pd.Timestamp(until)).to_numpy()
    return np.asarray(held & later & ~np.isin(tied, np.unique(tied[taught])))
