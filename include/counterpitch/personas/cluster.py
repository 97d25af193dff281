"""Clusters of unit vectors: how many is decided by a stated criterion, and each says how stable it is.

The criterion: cluster subsamples and the whole alike, for every k; take the smallest k within one standard error
of the largest product of compactness (silhouette) and reproducibility (agreement of subsample and whole). Either
alone misleads with short texts: the first splits them into ever smaller heaps of the same words, the second is
content with two halves. Everything is seeded and works on rows in the caller's order, so equal input gives equal
output; the caller sorts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import cut_tree, fcluster, linkage
from scipy.sparse import csr_matrix
from sklearn.cluster import MiniBatchKMeans
from sklearn.metrics import adjusted_rand_score

Vectors = NDArray[np.float64]
Labels = NDArray[np.int64]

CRITERION = (
    "the smallest k within one standard error of the largest product of silhouette (cosine) of subsamples clustered "
    "into k and adjusted Rand index between them and the whole clustered into k"
)
FEW = 8  # distinct values below which nothing can be resampled: near-equal values are joined, the rest stand alone
MANY = 60  # distinct values from which `fewest` holds
SUBSAMPLES = 10
SHARE = 0.7
MOST_IN_TREE = 2500  # a Ward tree over more points takes too long; micro-clusters stand in for them
MOST_IN_SUBSAMPLE = 500
NEAR = 0.5  # cosine at which two of a few values are one


@dataclass(frozen=True)
class Clustering:
    """labels (n,) int; centers (k, d) unit rows; similarity (n,) cosine to the own center; stability (k,) 0..1 or nan.

    scores: for each k tried {"k", "silhouette", "agreement", "product", "error"}; empty where too little was there.
    """

    labels: Labels
    centers: Vectors
    similarity: NDArray[np.float64]
    stability: NDArray[np.float64]
    scores: list[dict[str, Any]] = field(default_factory=list)
    criterion: str = CRITERION

    @property
    def k(self) -> int:
        """How many clusters."""
        return len(self.centers)


def cluster(vectors: Vectors, weights: NDArray[np.float64], most: int, fewest: int = 2, seed: int = 0) -> Clustering:
    """Cluster unit rows (n, d) into 0 to `most` clusters; `weights` (n,) say how often each row was said.

    `fewest`: asked for only where there are MANY rows; a large market in two halves tells nobody where to go.

    Method: Ward's tree on unit rows (squared Euclidean is twice one minus cosine), its cuts settled by Lloyd steps
    on the sphere with weights 1 + log(weight), k by CRITERION. Stability is Hennig's (2007,
    doi:10.1016/j.csda.2006.11.025) mean Jaccard overlap of each cluster with its nearest in subsamples.
    """
    n = len(vectors)
    if n == 0:
        return Clustering(np.zeros(0, np.int64), np.zeros((0, 0)), np.zeros(0), np.zeros(0))
    pull = 1.0 + np.log(np.maximum(weights, 1.0))
    if n < FEW:
        return _few(vectors, pull)
    ks = list(range(fewest if n >= MANY else 2, max(2, min(most, n // 3)) + 1))
    whole = _grow(vectors, pull, ks, seed)
    rng = np.random.default_rng(seed)
    size = min(MOST_IN_SUBSAMPLE, max(FEW - 1, int(SHARE * n)))
    rows = [np.sort(rng.choice(n, size, replace=False)) for _ in range(SUBSAMPLES)]
    samples = [(some, _grow(vectors[some], pull[some], ks, seed)) for some in rows]
    apart = [np.maximum(1 - vectors[some] @ vectors[some].T, 0) for some in rows]
    scores = [_score(k, whole[k], [(some, grown[k]) for some, grown in samples], apart) for k in ks]
    best = _choose(scores)
    labels = whole[best]
    centers = _centers(vectors, pull, labels)
    stability = _stability(labels, len(centers), [(some, grown[best]) for some, grown in samples])
    return Clustering(labels, centers, np.einsum("nd,nd->n", vectors, centers[labels]), stability, scores)


def _few(vectors: Vectors, pull: NDArray[np.float64]) -> Clustering:
    labels = np.zeros(len(vectors), np.int64)
    if len(vectors) > 1:
        cosine = np.clip(vectors @ vectors.T, -1, 1)
        apart = 1 - cosine[np.triu_indices(len(vectors), 1)]
        labels = fcluster(linkage(np.maximum(apart, 0), "average"), 1 - NEAR, "distance").astype(np.int64)
    labels = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    centers = _centers(vectors, pull, labels)
    return Clustering(labels, centers, np.einsum("nd,nd->n", vectors, centers[labels]), np.full(len(centers), np.nan))


def _grow(vectors: Vectors, pull: NDArray[np.float64], ks: list[int], seed: int) -> dict[int, Labels]:
    """Labels for each k: the cuts of one Ward tree, settled."""
    points, owner = _points(vectors, seed)
    cuts = cut_tree(linkage(points, "ward"), n_clusters=ks).T.astype(np.int64)[:, owner]
    return {k: _settle(vectors, pull, cut) for k, cut in zip(ks, cuts, strict=True)}


def _points(vectors: Vectors, seed: int) -> tuple[Vectors, Labels]:
    """The points of the tree and, for each row, its point: the rows themselves, or micro-clusters of many rows."""
    if len(vectors) <= MOST_IN_TREE:
        return vectors, np.arange(len(vectors))
    micro = MiniBatchKMeans(MOST_IN_TREE // 2, random_state=seed, n_init=1, batch_size=4096).fit(vectors)
    used, owner = np.unique(micro.labels_, return_inverse=True)
    return np.asarray(micro.cluster_centers_[used], np.float64), owner.astype(np.int64)


def _score(
    k: int, whole: Labels, samples: Sequence[tuple[Labels, Labels]], apart_in: Sequence[Vectors]
) -> dict[str, Any]:
    """Mean over subsamples (rows, their labels; distances): silhouette, and adjusted Rand index with the whole."""
    compact = [_silhouette(apart, labels) for apart, (_, labels) in zip(apart_in, samples, strict=True)]
    again = [adjusted_rand_score(whole[rows], labels) for rows, labels in samples]
    both = np.array(compact) * np.array(again)
    return {
        "k": k,
        "silhouette": round(float(np.mean(compact)), 4),
        "agreement": round(float(np.mean(again)), 4),
        "product": round(float(both.mean()), 4),
        "error": round(float(both.std(ddof=1) / np.sqrt(len(both))), 4),
    }


def _choose(scores: Sequence[Mapping[str, float]]) -> int:
    best = max(scores, key=lambda score: score["product"])
    return min(int(score["k"]) for score in scores if score["product"] >= best["product"] - best["error"])


def _silhouette(apart: Vectors, labels: Labels) -> float:
    """Mean silhouette (Rousseeuw 1987) from a distance matrix, by one matrix product."""
    groups = np.unique(labels, return_inverse=True)[1]
    member = np.zeros((len(labels), groups.max() + 1))
    member[np.arange(len(labels)), groups] = 1
    size = member.sum(axis=0)
    total = apart @ member
    own = np.arange(len(labels))
    inside = total[own, groups] / np.maximum(size[groups] - 1, 1)
    total[own, groups] = np.inf
    outside = (total / size).min(axis=1)
    value = (outside - inside) / np.maximum(np.maximum(inside, outside), 1e-12)
    return float(np.where(size[groups] > 1, value, 0).mean())


def _centers(vectors: Vectors, pull: NDArray[np.float64], labels: Labels) -> Vectors:
    n = len(labels)
    member = csr_matrix((pull, (labels, np.arange(n))), shape=(int(labels.max()) + 1, n))
    sums = member @ vectors
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.maximum(length, 1e-12), np.float64)


def _settle(vectors: Vectors, pull: NDArray[np.float64], labels: Labels, steps: int = 12) -> Labels:
    """Lloyd steps on the sphere from a cut; a cluster that loses all its members goes."""
    for _ in range(steps):
        centers = _centers(vectors, pull, labels)
        moved = np.unique(np.argmax(vectors @ centers.T, axis=1), return_inverse=True)[1].astype(np.int64)
        if np.array_equal(moved, labels):
            break
        labels = moved
    return labels


def _stability(labels: Labels, k: int, samples: Sequence[tuple[Labels, Labels]]) -> NDArray[np.float64]:
    """Mean over subsamples of each cluster's Jaccard overlap with its nearest; nan where no subsample held it."""
    overlaps = np.full((len(samples), k), np.nan)
    for s, (rows, again) in enumerate(samples):
        both = np.zeros((k, again.max() + 1))
        np.add.at(both, (labels[rows], again), 1)
        union = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
        present = both.sum(axis=1) > 0
        overlaps[s, present] = (both / np.maximum(union, 1)).max(axis=1)[present]
    seen = np.isfinite(overlaps).sum(axis=0)
    return np.asarray(np.where(seen > 0, np.nansum(overlaps, axis=0) / np.maximum(seen, 1), np.nan))
