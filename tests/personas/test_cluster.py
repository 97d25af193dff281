"""Planted clusters come back with their number; noise is unstable; few, none and very many rows all work."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from counterpitch.personas.cluster import cluster


def blobs(
    rng: np.random.Generator, sizes: list[int], spread: float, d: int = 30
) -> tuple[NDArray[np.float64], list[int]]:
    centers = np.linalg.qr(rng.normal(size=(d, d)))[0][: len(sizes)]
    rows = np.vstack([c + spread * rng.normal(size=(n, d)) / d**0.5 for c, n in zip(centers, sizes, strict=True)])
    labels = [i for i, n in enumerate(sizes) for _ in range(n)]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), labels


@pytest.mark.parametrize("sizes", [[30, 30], [60, 25, 15], [40, 40, 40, 40, 40, 40, 40], [200, 20, 20, 20]])
def test_the_planted_number_of_clusters_comes_back(sizes: list[int]) -> None:
    rows, truth = blobs(np.random.default_rng(3), sizes, 0.9)
    found = cluster(rows, np.ones(len(rows)), 12)
    assert found.k == len(sizes)
    assert adjusted_rand_score(truth, found.labels) > 0.95
    assert found.stability.min() > 0.9


def test_noise_is_called_unstable() -> None:
    rows, _ = blobs(np.random.default_rng(3), [150], 20.0)
    assert np.nanmean(cluster(rows, np.ones(len(rows)), 12).stability) < 0.6


def test_equal_input_gives_equal_output() -> None:
    rows, _ = blobs(np.random.default_rng(5), [40, 30, 30], 1.5)
    one, other = (cluster(rows, np.ones(len(rows)), 8) for _ in range(2))
    assert one.labels.tolist() == other.labels.tolist()
    assert one.stability.tolist() == other.stability.tolist()
    assert one.scores == other.scores


def test_nothing_gives_no_cluster_and_one_row_one() -> None:
    assert cluster(np.zeros((0, 5)), np.zeros(0), 8).k == 0
    assert cluster(np.eye(5)[:1], np.ones(1), 8).k == 1


def test_of_three_texts_the_two_alike_are_joined_and_nothing_is_resampled() -> None:
    rows = np.array([[1.0, 0.0, 0.0], [0.9, 0.436, 0.0], [0.0, 0.0, 1.0]])
    found = cluster(rows, np.ones(3), 8)
    assert found.labels[0] == found.labels[1] != found.labels[2]
    assert np.isnan(found.stability).all()


def test_five_thousand_rows_are_clustered_through_micro_clusters() -> None:
    rows, truth = blobs(np.random.default_rng(1), [1700, 1700, 1600], 0.9)
    found = cluster(rows, np.ones(len(rows)), 6)
    assert found.k == 3
    assert adjusted_rand_score(truth, found.labels) > 0.95


def test_the_fewest_are_asked_for_only_where_there_are_many_rows() -> None:
    many, _ = blobs(np.random.default_rng(2), [60, 60], 0.9)
    few, _ = blobs(np.random.default_rng(2), [15, 15], 0.9)
    assert cluster(many, np.ones(120), 8, fewest=4).k >= 4
    assert cluster(few, np.ones(30), 8, fewest=4).k == 2
