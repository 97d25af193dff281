"""An encoder that needs no torch and learns by rote: it knows by heart which texts won, and of others a little.

What it says of a text that taught it is the answer; of any other text whether it offers a free trial. So a text that is
read by an encoder that was taught on it gives itself away. Like MiniLM it reads the beginning of a text only, and
neither case nor spacing.
"""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from counterpitch.ctr import embeddings, encoder, tune
from counterpitch.ctr.contests import Contests
from counterpitch.settings import settings

FILE = "memory.json"
HEAD = np.array([1.0, 1.0])
READS = 24


class Rote:
    """Speaks encoder.Encoder. taught: how many trainings all of them had; fails_at: the one that breaks."""

    taught = 0
    fails_at: int | None = None

    @staticmethod
    def refuse(base: Path) -> None:
        assert base.is_dir()

    def __init__(self, base: Path, texts: list[str], *_: int) -> None:
        assert (base / FILE).is_file()
        self.texts = [_read(text) for text in texts]
        self.memory: dict[str, float] = {}

    def learn(self, contests: Contests) -> None:
        if Rote.fails_at == Rote.taught:
            raise KeyboardInterrupt
        Rote.taught += 1
        drawn = contests.draw(np.arange(len(contests)))
        won = np.bincount(drawn.first, drawn.aim - 0.5, len(drawn.rows))
        won -= np.bincount(drawn.second, drawn.aim - 0.5, len(drawn.rows))
        self.memory = dict.fromkeys(self.texts, 0.0)
        self.memory = {self.texts[contests.text[row]]: 50 * won[at] for at, row in enumerate(drawn.rows)}

    def score(self) -> np.ndarray:
        return np.asarray(vectors(self.texts, self.memory) @ HEAD)

    def head(self) -> np.ndarray:
        return HEAD

    def save(self, folder: Path) -> None:
        folder.mkdir()
        (folder / FILE).write_text(json.dumps(self.memory), encoding="utf-8")


class Loaded:
    """What LangChain makes of a folder that Rote saved."""

    def __init__(self, model_name: str, **_: object) -> None:
        self.memory = json.loads((Path(model_name) / FILE).read_text(encoding="utf-8"))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [list(map(float, row)) for row in vectors(texts, self.memory)]


def vectors(texts: list[str], memory: dict[str, float]) -> np.ndarray:
    read = [_read(text) for text in texts]
    return np.array([[memory.get(text, 0.0), "free trial" in text.lower()] for text in read], dtype=float)


def _read(text: str) -> str:
    return " ".join(text.lower().split()[:READS])


def base(folder: Path) -> Path:
    """A base encoder, which remembers nothing."""
    made = folder / "base"
    made.mkdir(exist_ok=True)
    (made / FILE).write_text("{}", encoding="utf-8")
    return made


def taught(folder: Path, learn: pd.DataFrame, name: str = "taught") -> str:
    """The name of an encoder that was taught on the examples, in a folder inside this one."""
    tune.teach(learn, base(folder), folder / name)
    return f"huggingface:{folder / name}"


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put Rote in the place of torch and LangChain for one test."""
    monkeypatch.setattr(encoder, "Bert", Rote)
    monkeypatch.setattr(Rote, "taught", 0)
    monkeypatch.setitem(sys.modules, "langchain_huggingface", types.SimpleNamespace(HuggingFaceEmbeddings=Loaded))
    embeddings._embedder.cache_clear()
    settings.cache_clear()
