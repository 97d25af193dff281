"""Sentence embeddings by name, through LangChain: "huggingface:PATH", or "provider:model" as LangChain spells it.

Optional: without one, the model reads words only and nothing needs a download. A model that was trained with an
embedder cannot score without the same one, and says so. Meant for local models: what an API charges passes no
budget and no ledger, every scoring asks again, and an API that answers otherwise tomorrow makes another model of the
same data.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from counterpitch.ctr.refusals import ModelUnusable

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings


def embed(texts: Sequence[str], name: str) -> np.ndarray:
    """Unit rows (texts x dimensions, float64) by the embedder called `name`; equal texts are embedded once."""
    distinct = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    if not distinct:
        return np.empty((0, 0))
    rows = np.asarray(_embedder(name).embed_documents([text[:1000] for text in distinct]), dtype=np.float64)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return np.asarray(rows[[distinct[text] for text in texts]])


@lru_cache(maxsize=2)
def _embedder(name: str) -> Embeddings:
    provider, _, model = name.partition(":")
    try:
        if provider == "huggingface":
            maker = importlib.import_module("langchain_huggingface").HuggingFaceEmbeddings
            made: Embeddings = maker(model_name=model, encode_kwargs={"batch_size": 64})
        else:
            made = importlib.import_module("langchain.embeddings").init_embeddings(name)
    except ImportError as error:
        raise ModelUnusable(
            f"The embedder {name!r} needs packages that are not installed: "
            "`pip install -r requirements-embeddings.txt`, or unset COUNTERPITCH_EMBEDDINGS and train again."
        ) from error
    return made
