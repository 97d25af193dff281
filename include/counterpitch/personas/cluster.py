"""Clusters of unit vectors: how many is decided by a stated criterion, and each says how stable it is.

The criterion: of all k whose cut of one Ward tree comes back best under resampling (within one standard
error), take the one with the best silhouette. Silhouette alone keeps rising as short texts are split into
ever smaller heaps of the same words; coming back under resampling does not. Everything is seeded and works on rows in the caller's
order, so equal input gives equal output; the caller sorts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import cut_tree, fcluster, linkage
from sklearn.cluster import MiniBatchKMeans
from sklearn.metrics import adjusted_rand_score

Vectors = NDArray[np.float64]
Labels = NDArray[np.int64]

CRITERION = (
    "best mean silhouette among the k whose cuts of subsamples agree with the cut of the whole "
    "(adjusted Rand index) within one standard error of the best agreement"
)
FEW = 8  # distinct values below which nothing can be resampled: near-equal values are joined, the rest stand alone
SUBSAMPLES = 12
SHARE = 0.7
MOST_IN_TREE = 2500  # a Ward tree over more points takes too long; micro-clusters stand in for them
MOST_IN_SUBSAMPLE = 700
NEAR = 0.5  # cosine at which two of a few values are one


@dataclass(frozen=True)
class Clustering:
    """labels (n,) int; centers (k, d) unit rows; similarity (n,) cosine to the own center; stability (k,) 0..1 or nan.

    scores: for each k tried {"k", "silhouette", "agreement", "error" (of the agreement)}; empty where there was too little to try.
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


def cluster(vectors: Vectors, weights: NDArray[np.float64], most: int, seed: int = 0) -> Clustering:
    """Cluster unit rows (n, d) into 0 to `most` clusters; `weights` (n,) say how often each row was said.

    Method: Ward's tree on unit rows (squared Euclidean is twice one minus cosine), cut where the criterion
    says, then Lloyd steps on the sphere with weights 1 + log(weight). Stability is Hennig's (2007,
    doi:10.1016/j.csda.2006.11.025) mean Jaccard overlap of each cluster with its nearest in subsamples.
    """
    n = len(vectors)
    if n == 0:
        return Clustering(np.zeros(0, np.int64), np.zeros((0, 0)), np.zeros(0), np.zeros(0))
    pull = 1.0 + np.log(np.maximum(weights, 1.0))
    if n < FEW:
        return _few(vectors, pull)
    rng = np.random.default_rng(seed)
    points, owner = _points(vectors, seed)
    tree = linkage(points, "ward")
    ks = list(range(2, max(2, min(most, n // 3)) + 1))
    cuts = cut_tree(tree, n_clusters=ks).T.astype(np.int64)[:, owner]
    samples = [
        np.sort(rng.choice(n, min(MOST_IN_SUBSAMPLE, max(FEW, int(SHARE * n))), replace=False))
        for _ in range(SUBSAMPLES)
    ]
    trees = [linkage(vectors[rows], "ward") for rows in samples]
    scores = _score(vectors, cuts, ks, samples, trees)
    k = _choose(scores)
    labels, centers = _settle(vectors, pull, cuts[ks.index(k)])
    stability = _stability(vectors, pull, labels, len(centers), samples, trees)
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


def _points(vectors: Vectors, seed: int) -> tuple[Vectors, Labels]:
    """The points of the tree and, for each row, its point: the rows themselves, or micro-clusters of many rows."""
    if len(vectors) <= MOST_IN_TREE:
        return vectors, np.arange(len(vectors))
    micro = MiniBatchKMeans(MOST_IN_TREE // 2, random_state=seed, n_init=1, batch_size=4096).fit(vectors)
    used, owner = np.unique(micro.labels_, return_inverse=True)
    return np.asarray(micro.cluster_centers_[used], np.float64), owner.astype(np.int64)


def _score(
    vectors: Vectors, cuts: Labels, ks: list[int], samples: list[Labels], trees: list[Vectors]
) -> list[dict[str, Any]]:
    """Silhouette (cosine) of the subsample's own cut and its agreement with the whole, mean over subsamples."""
    silhouettes, agreements = np.zeros((len(samples), len(ks))), np.zeros((len(samples), len(ks)))
    for s, (rows, tree) in enumerate(zip(samples, trees, strict=True)):
        own = cut_tree(tree, n_clusters=ks).T
        apart = np.maximum(1 - vectors[rows] @ vectors[rows].T, 0)
        for i in range(len(ks)):
            silhouettes[s, i] = _silhouette(apart, own[i])
            agreements[s, i] = adjusted_rand_score(cuts[i][rows], own[i])
    error = agreements.std(axis=0, ddof=1) / np.sqrt(len(samples))
    return [
        {
            "k": k,
            "silhouette": round(float(silhouettes[:, i].mean()), 4),
            "error": round(float(error[i]), 4),
            "agreement": round(float(agreements[:, i].mean()), 4),
        }
        for i, k in enumerate(ks)
    ]


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


def _choose(scores: list[dict[str, Any]]) -> int:
    best = max(scores, key=lambda score: float(score["agreement"]))
    stable = [score for score in scores if score["agreement"] >= best["agreement"] - best["error"]]
    return int(max(stable, key=lambda score: float(score["silhouette"]))["k"])


def _centers(vectors: Vectors, pull: NDArray[np.float64], labels: Labels) -> Vectors:
    sums = np.zeros((labels.max() + 1, vectors.shape[1]))
    np.add.at(sums, labels, vectors * pull[:, None])
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.maximum(length, 1e-12), np.float64)


def _settle(vectors: Vectors, pull: NDArray[np.float64], labels: Labels, steps: int = 20) -> tuple[Labels, Vectors]:
    """Lloyd steps on the sphere from a cut; a cluster that loses all its members goes."""
    for _ in range(steps):
        centers = _centers(vectors, pull, labels)
        moved = np.unique(np.argmax(vectors @ centers.T, axis=1), return_inverse=True)[1].astype(np.int64)
        if np.array_equal(moved, labels):
            break
        labels = moved
    return labels, _centers(vectors, pull, labels)


def _stability(
    vectors: Vectors, pull: NDArray[np.float64], labels: Labels, k: int, samples: list[Labels], trees: list[Vectors]
) -> NDArray[np.float64]:
    overlaps = np.full((len(samples), k), np.nan)
    for s, (rows, tree) in enumerate(zip(samples, trees, strict=True)):
        cut = cut_tree(tree, n_clusters=[min(k, len(rows))])[:, 0].astype(np.int64)
        again, _ = _settle(vectors[rows], pull[rows], cut)
        whole = labels[rows]
        both = np.zeros((k, again.max() + 1))
        np.add.at(both, (whole, again), 1)
        union = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
        present = both.sum(axis=1) > 0
        overlaps[s, present] = (both / union).max(axis=1)[present]
    with np.errstate(all="ignore"):
        seen = np.isfinite(overlaps).sum(axis=0)
        return np.asarray(np.where(seen > 0, np.nansum(overlaps, axis=0) / np.maximum(seen, 1), np.nan))
