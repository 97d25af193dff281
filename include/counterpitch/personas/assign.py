"""Give a persona to texts that name no audience, from the words around it; or give none.

The bars are set on texts that do name their audience: each is judged by a model that saw neither it nor its
near-copies, and a persona's bar is the lowest at which enough of what is called this persona comes out right. A
persona of its own bar, because the largest would otherwise lend its good average to the others. Where no bar is
good enough, nothing is inferred: an unassigned text is honest, a wrong persona is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

PRECISION = 0.8  # of named texts above the bar, how many must come out right
MIN_NAMED = 20  # named messages below which nothing is learned
MIN_JUDGED = 5  # named texts called one persona below which its bar is not believed
FOLDS = 5


@dataclass(frozen=True)
class Assignment:
    """personas: text -> (persona number, probability) for the texts above its bar; bars: persona -> its bar.

    precision and coverage are those of the bars on the named texts, each judged out of its own fold; None where
    there was too little to judge.
    """

    personas: dict[str, tuple[int, float]]
    bars: dict[int, float]
    precision: float | None
    coverage: float | None


def infer(
    vectors: Mapping[str, NDArray[np.float64]],
    named: Mapping[str, set[int]],
    groups: Mapping[str, str],
    unnamed: Sequence[str],
) -> Assignment:
    """Personas for `unnamed` texts.

    vectors: text -> unit row of its words; named: text -> its personas; groups: text -> its message, which keeps
    near-copies in one fold. Method: multinomial logistic regression; out-of-fold probabilities set the bar.
    """
    texts = sorted(text for text in named if vectors[text].any())
    if len({groups[text] for text in texts}) < MIN_NAMED or len(set().union(*(named[t] for t in texts))) < 2:
        return Assignment({}, {}, None, None)
    x = np.array([vectors[text] for text in texts])
    y = np.array([min(named[text]) for text in texts])
    guess, sure = _out_of_fold(x, y, [groups[text] for text in texts])
    right = np.array([int(g) in named[text] for g, text in zip(guess, texts, strict=True)])
    called = {int(persona): guess == persona for persona in np.unique(guess)}
    bars = {persona: bar for persona, of in called.items() if (bar := _bar(sure[of], right[of])) is not None}
    if not bars:
        return Assignment({}, {}, None, 0.0)
    above = sure >= np.array([bars.get(int(persona), np.inf) for persona in guess])
    waiting = [text for text in sorted(unnamed) if vectors[text].any()]
    found = _predict(_fit(x, y), waiting, vectors, bars)
    return Assignment(found, bars, round(float(right[above].mean()), 4), round(float(above.mean()), 4))


def _fit(x: NDArray[np.float64], y: NDArray[np.int64]) -> LogisticRegression:
    return LogisticRegression(C=10.0, max_iter=300).fit(x, y)


def _out_of_fold(
    x: NDArray[np.float64], y: NDArray[np.int64], groups: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    guess, sure = np.full(len(y), -1), np.zeros(len(y))
    for train, test in GroupKFold(min(FOLDS, len(set(groups)))).split(x, y, groups):
        if len(set(y[train].tolist())) < 2:
            continue
        model = _fit(x[train], y[train])
        likely = model.predict_proba(x[test])
        guess[test] = model.classes_[likely.argmax(axis=1)]
        sure[test] = likely.max(axis=1)
    return guess.astype(np.int64), sure


def _bar(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> float | None:
    """The lowest probability from which, of MIN_JUDGED texts or more, at least PRECISION come out right."""
    order = np.argsort(-sure, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero((precision >= PRECISION) & (np.arange(1, len(order) + 1) >= MIN_JUDGED))
    return round(float(sure[order][good[-1]]), 6) if len(good) else None


def _predict(
    model: LogisticRegression,
    texts: Sequence[str],
    vectors: Mapping[str, NDArray[np.float64]],
    bars: Mapping[int, float],
) -> dict[str, tuple[int, float]]:
    if not texts:
        return {}
    likely = model.predict_proba(np.array([vectors[text] for text in texts]))
    best, sure = model.classes_[likely.argmax(axis=1)], likely.max(axis=1)
    return {
        text: (int(persona), round(float(probability), 6))
        for text, persona, probability in zip(texts, best, sure, strict=True)
        if probability >= bars.get(int(persona), np.inf)
    }
