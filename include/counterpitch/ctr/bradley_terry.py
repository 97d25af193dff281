"""The opponent to beat: logistic regression on differences, the Bradley-Terry model with linear strengths.

Bradley & Terry (1952). It sees only who won each pair; the mixed model in strength.py sees by how much, and how
sure that is, and needs no pairs.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from counterpitch.ctr.pairs import Pairs

FEW = 1_200
"""Up to so many texts the weights are sought in the span of the texts."""


def fit_differences(vectors: sparse.csr_array | np.ndarray, pairs: Pairs, strength: float) -> np.ndarray:
    """Weights of a logistic regression on `pairs` of rows of `vectors`, without intercept, weighted by certainty.

    Every second pair is turned round so that both classes exist. With fewer texts than FEW the weights are sought
    in the span of the texts, where the penalised optimum lies (representer theorem, Kimeldorf & Wahba 1971).
    """
    if not len(pairs):
        return np.zeros(vectors.shape[1])
    if sparse.issparse(vectors) and vectors.shape[0] <= FEW:
        gram = np.asarray((vectors @ vectors.T).todense())
        values, bases = np.linalg.eigh(gram)
        keep = values > values.max(initial=0.0) * 1e-10
        axes = bases[:, keep] / np.sqrt(values[keep])
        return np.asarray(vectors.T @ (axes @ _logistic(gram @ axes, pairs, strength))).ravel()
    return _logistic(vectors, pairs, strength)


def _logistic(vectors: sparse.csr_array | np.ndarray, pairs: Pairs, strength: float) -> np.ndarray:
    difference = vectors[pairs.better] - vectors[pairs.worse]
    turn = np.where(np.arange(len(pairs)) % 2, -1.0, 1.0)
    turned = sparse.diags_array(turn) @ difference if sparse.issparse(difference) else difference * turn[:, None]
    model = LogisticRegression(C=strength, fit_intercept=False, solver="lbfgs", max_iter=200, tol=1e-4)
    model.fit(turned, (turn > 0).astype(int), sample_weight=pairs.certainty)
    return np.asarray(model.coef_).ravel()
