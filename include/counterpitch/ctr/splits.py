"""Folds and hold-outs that no copy of a text crosses, and hold-outs that are later than all they are judged by.

Two examples are tied when they share a group (a test's arms with one image) or say nearly the same: MinHash of what is
left once case, digits and punctuation are gone (quality/variants.py). Tied examples land on one side of every split.
Random splits of ad data flatter: a brand repeats itself.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from counterpitch.quality.variants import grouped

TEMPLATE_SHARE = 0.2
"""Near-duplicates that make up more of the examples than this are one template, not copies: equal gists tie there."""

_NOT_A_LETTER = re.compile(r"[\W\d_]+")


def gist(text: str) -> str:
    """A text without case, digits, punctuation and spacing: equal gists are copies."""
    return _NOT_A_LETTER.sub(" ", text.lower()).strip()


def ties(frame: pd.DataFrame) -> np.ndarray:
    """Number of the tied set of each example (int64): one group (group_key), or one of near-duplicates, is one set.

    A group is a test's arms with one image. Its arms with another image, and the ads of a brand (group_key 'ads|...'),
    are tied only by their words.
    """
    count = len(frame)
    group = frame["group_key"].where(~frame["group_key"].str.startswith("ads|"), frame["example_key"])
    by_group = pd.factorize(group)[0]
    gists = frame["text"].map(gist)
    near = gists.map(_near(tuple(gists.unique())))
    template = near.groupby(near).transform("size") > TEMPLATE_SHARE * count
    by_text = pd.factorize(gists.where(template, near))[0]
    rows = np.concatenate([np.arange(count), np.arange(count)])
    columns = np.concatenate([count + by_group, count + by_group.max(initial=-1) + 1 + by_text])
    size = int(columns.max(initial=0)) + 1
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1][:count], dtype=np.int64)


@lru_cache(maxsize=8)
def _near(gists: tuple[str, ...]) -> dict[str, str]:
    """For each gist the first of its group of near-duplicates. Kept, since one training splits the same texts often."""
    return grouped([(text, text) for text in gists])


def folds(frame: pd.DataFrame, count: int, seed: int) -> np.ndarray:
    """Fold number of each example (int64, 0..count-1); tied examples share one."""
    tied = ties(frame)
    names = np.unique(tied)
    drawn = np.random.default_rng(seed).permutation(len(names)) % count
    return np.asarray(drawn[np.searchsorted(names, tied)], dtype=np.int64)


def newest(frame: pd.DataFrame, share: float = 0.2) -> np.ndarray:
    """Mask of the newest `share` of groups by their first day; an own ad is a group of its own here.

    Rows without a day count as oldest. The older side must be cleaned of copies with `without_copies`.
    """
    unit = frame["group_key"].where(~frame["group_key"].str.startswith("ads|"), frame["example_key"])
    first = frame.groupby(unit)["day"].min().fillna(pd.Timestamp("1970-01-01")).sort_values(kind="stable")
    if first.empty:
        return np.zeros(len(frame), dtype=bool)
    border = first.iloc[max(0, min(len(first) - 1, int(len(first) * (1 - share))))]
    return np.asarray(unit.map(first) >= border) if border > first.iloc[0] else np.zeros(len(frame), dtype=bool)


def without_copies(frame: pd.DataFrame, held: np.ndarray) -> np.ndarray:
    """Mask of the examples outside `held` that are tied to none inside it: what may train."""
    tied = ties(frame)
    return np.asarray(~held & ~np.isin(tied, np.unique(tied[held])))
