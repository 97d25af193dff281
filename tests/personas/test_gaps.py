"""Shares, intervals and kinds: against published figures, planted differences, and markets where there are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from counterpitch.personas.gaps import Cell, Q, compare, fisher_mid_p, newcombe

US, THEM = "us", ("a", "b", "c", "d")


def market(
    ours: list[int], theirs: list[list[int]], our_total: int, total: int, facts: int = 1
) -> list[dict[str, Any]]:
    """Cells of one persona: ours[i] messages of ours and theirs[i][b] of each rival in theme i."""
    cells = []
    for i, (us, them) in enumerate(zip(ours, theirs, strict=True)):
        said = {US: us} | dict(zip(THEM, them, strict=True))
        cells.append(Cell("p", f"t{i}", {brand: {"messages": n, "ads": n} for brand, n in said.items()}))
    totals = {US: our_total} | dict.fromkeys(THEM, total)
    return compare(cells, totals, US, {cell.theme_id: facts for cell in cells})


@pytest.mark.parametrize(
    ("count", "total", "other", "total_other", "low", "high"),
    [  # Newcombe (1998), Stat Med 17:873, table II, method 10
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_the_interval_is_the_published_one(
    count: int, total: int, other: int, total_other: int, low: float, high: float
) -> None:
    found = newcombe(np.array([float(count)]), total, np.array([float(other)]), total_other)
    assert [round(float(bound[0]), 4) for bound in found[1:]] == [low, high]


@given(st.integers(0, 30), st.integers(1, 30), st.integers(0, 60), st.integers(1, 60))
def test_the_mid_p_stays_below_fishers_own_and_is_symmetric(
    count: int, total: int, other: int, total_other: int
) -> None:
    count, other = min(count, total), min(other, total_other)
    p = fisher_mid_p(np.array([float(count)]), total, np.array([float(other)]), total_other)[0]
    swapped = fisher_mid_p(np.array([float(other)]), total_other, np.array([float(count)]), total)[0]
    table = [[count, total - count], [other, total_other - other]]
    one_sided = min(fisher_exact(table, "less")[1], fisher_exact(table, "greater")[1])
    assert p == pytest.approx(swapped)
    assert 0 <= p <= min(1, 2 * one_sided) + 1e-9


def test_what_all_rivals_say_and_we_do_not_is_white_space_only_with_a_fact_of_ours() -> None:
    (with_fact,) = market([0], [[10, 12, 9, 11]], 100, 100)
    (without,) = market([0], [[10, 12, 9, 11]], 100, 100, facts=0)
    assert (with_fact["kind"], with_fact["rank"]) == ("white_space", 1)
    assert (without["kind"], without["rank"]) == ("behind", 1)


def test_what_one_rival_alone_says_is_no_white_space() -> None:
    (row,) = market([0], [[40, 0, 0, 0]], 100, 100)
    assert row["kind"] == "behind"


def test_little_support_is_thin_whatever_the_shares() -> None:
    assert market([0], [[1, 1, 1, 1]], 100, 100)[0]["kind"] == "thin"
    assert market([0], [[10, 10, 10, 10]], 10, 100)[0]["kind"] == "thin"


def test_kinds_follow_the_difference_and_ranks_the_sure_distance() -> None:
    rows = market([30, 5, 5, 20], [[5, 5, 5, 5], [20, 20, 20, 20], [40, 40, 40, 40], [20, 20, 20, 20]], 100, 100)
    assert [row["kind"] for row in rows] == ["ahead", "behind", "white_space", "even"]
    assert [row["rank"] for row in rows] == [None, 2, 1, None]
    assert all(row["difference_low"] <= row["difference"] <= row["difference_high"] for row in rows)


def test_each_competitor_is_compared_too() -> None:
    (row,) = market([10], [[30, 10, 0, 10]], 100, 100)
    assert row["by_brand"]["a"]["high"] < 0 < row["by_brand"]["c"]["low"]
    assert row["by_brand"]["b"]["difference"] == 0


def test_a_market_without_differences_rarely_cries_gap() -> None:
    """All brands draw from one mix: a gap is called in no more markets than the false discovery rate allows."""
    rng = np.random.default_rng(7)
    mix = np.full(12, 1 / 12)
    called, outside, cells = 0, 0, 0
    for _ in range(300):
        ours, theirs = rng.multinomial(120, mix), [rng.multinomial(100, mix) for _ in THEM]
        rows = market(ours.tolist(), np.array(theirs).T.tolist(), 120, 100)
        called += any(row["kind"] in {"white_space", "behind", "ahead"} for row in rows)
        outside += sum(not row["difference_low"] <= 0 <= row["difference_high"] for row in rows)
        cells += len(rows)
    assert 0 < called / 300 <= Q + 2 * (Q * (1 - Q) / 300) ** 0.5
    assert outside / cells == pytest.approx(0.05, abs=0.01)  # the intervals hold what they promise
