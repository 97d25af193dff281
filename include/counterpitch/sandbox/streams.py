"""Random numbers by name: the same seed and names give the same stream, whatever else was drawn before.

Naming each stream by what it decides (a brand's launches of one day, one ad's results of one day) is what lets
the market be extended by a day without changing the days before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def number(seed: int, *names: object) -> int:
    """A 64-bit number that depends on nothing but the seed and the names."""
    told = "\x1f".join([str(seed), *(str(name) for name in names)])
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big")


def stream(seed: int, *names: object) -> np.random.Generator:
    """A numpy generator of its own for these names."""
    return np.random.default_rng(number(seed, *names))


def pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of the choices, each as likely as the other (numpy's own choice would turn them into arrays)."""
    return choices[int(rng.integers(len(choices)))]


def pick_weighted(rng: np.random.Generator, weights: dict[T, float]) -> T:
    """One key, as likely as its weight; the weights need not add up to one."""
    keys = list(weights)
    total = np.cumsum([weights[key] for key in keys])
    return keys[int(np.searchsorted(total, rng.random() * total[-1], side="right"))]
