"""Sentence embeddings by name, through LangChain: "huggingface:PATH", or "provider:model" as LangChain spells it.

Optional: without one, the model reads words only and nothing needs a download. A model that was trained with an
embedder cannot score without the same one, and says so: a folder is known by the sha256 of its files. Of an encoder
that tune.py taught, one number is read (tuned.py), not its vector. Meant for local models: what an API charges passes
no budget and no ledger, every scoring asks again, and an API that answers otherwise tomorrow makes another model of the
same data.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from counterpitch.ctr import tuned
from counterpitch.ctr.refusals import EncoderUnusable
from counterpitch.settings import settings

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

READ = 1_000
"""Characters of a text that an embedder is given; one that tune.py taught is given less."""


@dataclass(frozen=True)
class Embedder:
    """An embedder that is loaded; of one that tune.py wrote its scores."""

    model: Embeddings
    scores: tuned.Scores | None = None


def configured() -> str | None:
    """The name of the embedder in the settings; None reads words only.

    Raises EncoderUnusable where COUNTERPITCH_CTR_ENCODER names a folder that `counterpitch ctr tune-encoder` did not
    write: its vectors would be read, and what it was taught on would be kept from no judgement.
    """
    folder = settings().ctr_encoder
    if folder and folder.expanduser().is_dir() and not tuned.has_card(folder.expanduser()):
        raise EncoderUnusable(
            f"COUNTERPITCH_CTR_ENCODER names {folder}, which holds no {tuned.CARD}: `counterpitch ctr tune-encoder` "
            "did not write it, or the card was not copied. Another encoder's vectors are read with "
            "COUNTERPITCH_EMBEDDINGS=huggingface:FOLDER."
        )
    return settings().ctr_embedder


def embed(texts: Sequence[str], name: str, sha256: str | None = None) -> np.ndarray:
    """What the embedder called `name` says of texts (texts x dimensions, float64); equal texts are embedded once.

    Unit rows; of an encoder that tune.py taught, one column of scores. Raises EncoderUnusable where the embedder is not
    the one with `sha256`, before anything of it is loaded.
    """
    distinct = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    if not distinct:
        return np.empty((0, 0))
    held = _embedder(name, sha256 or identity(name))
    if held.scores:
        rows = _scored(held.model, held.scores, list(distinct))
    else:
        rows = np.asarray(held.model.embed_documents([text[:READ] for text in distinct]), dtype=np.float64)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return np.asarray(rows[[distinct[text] for text in texts]])


def identity(name: str) -> str | None:
    """The sha256 of the embedder's folder; None of one that is no folder."""
    folder = _folder(name)
    card = tuned.card(folder) if folder else None
    return card["sha256"] if card else tuned.fingerprint(folder) if folder else None


def refuse_other(name: str, sha256: str | None) -> None:
    """Raise EncoderUnusable where the embedder's folder is missing, or not the one with `sha256`; loads nothing."""
    now, folder = identity(name), _folder(name)
    if sha256 and now != sha256 and not (folder and tuned.fingerprint(folder, everything=True) == sha256):
        raise EncoderUnusable(
            f"The model was trained with another encoder than {name!r} holds now (sha256 {sha256[:12]}, now "
            f"{(now or 'unknown')[:12]}). Put that one back, or train again."
        )


def taught(name: str) -> tuple[dict[str, Any], tuned.Scores] | None:
    """Card and scores of an encoder that tune.py taught; None of any other embedder."""
    folder = _folder(name)
    card = tuned.card(folder) if folder else None
    return (card, tuned.Scores.of_folder(folder)) if folder and card else None


def _scored(model: Embeddings, scores: tuned.Scores, texts: list[str]) -> np.ndarray:
    out = scores.known(texts)
    new = np.flatnonzero(~scores.taught(texts))
    if len(new):
        vectors = model.embed_documents([scores.opening(texts[row]) for row in new])
        out[new] = scores.of(np.asarray(vectors, dtype=np.float64))
    return out[:, None]


def _folder(name: str) -> Path | None:
    provider, _, path = name.partition(":")
    folder = Path(path).expanduser()
    if provider != "huggingface" or not folder.is_dir():
        if provider == "huggingface" and (folder.is_absolute() or path.startswith((".", "~"))):
            raise EncoderUnusable(
                f"There is no folder {folder}, in which the encoder should be. Put it back, or name another and train "
                "again (COUNTERPITCH_CTR_ENCODER, COUNTERPITCH_EMBEDDINGS)."
            )
        return None
    return folder


@lru_cache(maxsize=2)
def _embedder(name: str, sha256: str | None) -> Embedder:
    refuse_other(name, sha256)  # before it is loaded: who knows what the files are now
    provider, _, model = name.partition(":")
    folder, held = _folder(name), taught(name)
    try:
        if provider == "huggingface":
            maker = importlib.import_module("langchain_huggingface").HuggingFaceEmbeddings
            made: Embeddings = maker(model_name=str(folder or model), encode_kwargs={"batch_size": 64})
        else:
            made = importlib.import_module("langchain.embeddings").init_embeddings(name)
    except ImportError as error:
        raise EncoderUnusable(
            f"The embedder {name!r} needs packages that are not installed: `pip install -r "
            "requirements-embeddings.txt`, or unset COUNTERPITCH_EMBEDDINGS and COUNTERPITCH_CTR_ENCODER and train "
            "again."
        ) from error
    return Embedder(made, held[1] if held else None)
