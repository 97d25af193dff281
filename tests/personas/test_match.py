"""Ids persist while members do: the best assignment overall, new ids for what is new, merges that hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from counterpitch.personas.match import Members, fresh_id, match

NEW = {i: f"new-{i}" for i in range(20)}


def test_a_cluster_keeps_its_id_through_growth_and_loss() -> None:
    before: dict[str, Members] = {"x": {1, 2, 3, 4}, "y": {5, 6, 7}}
    assert match([{5, 6, 7, 8, 9}, {1, 2, 3, 10, 11, 12}], [before], NEW) == ["y", "x"]


def test_ads_that_came_or_went_do_not_count_against_it() -> None:
    before: dict[str, Members] = {"x": {1, 2, *range(100, 200)}}
    assert match([{1, 2, *range(300, 400)}], [before], NEW) == ["x"]


def test_little_overlap_is_a_new_cluster() -> None:
    before: dict[str, Members] = {"x": set(range(10)), "y": set(range(10, 20))}
    assert match([{0, *range(10, 14)}, {*range(1, 10)}], [before], NEW) == ["y", "x"]
    scattered: dict[str, Members] = {name: {name + str(i) for i in range(5)} for name in "abcde"}
    assert match([{"a0", "b0", "c0", "d0", "e0"}], [scattered], NEW) == ["new-0"]


def test_the_assignment_is_the_best_overall_not_the_first_come() -> None:
    before: dict[str, Members] = {"x": {1, 2, 3, 4, 5, 6}, "y": {7, 8}}
    # The first cluster likes x best, but then the second would have nothing.
    assert match([{1, 2, 3, 7, 8}, {4, 5, 6}], [before], NEW) == ["y", "x"]


def test_the_day_itself_is_asked_before_the_days_around_it() -> None:
    own: dict[str, Members] = {"mine": {1, 2, 3}}
    earlier: dict[str, Members] = {"old": {1, 2, 3}, "other": {4, 5, 6}}
    assert match([{1, 2, 3}, {4, 5, 6}], [own, earlier], NEW) == ["mine", "other"]


def test_the_rest_of_a_merged_cluster_joins_it_again() -> None:
    before: dict[str, Members] = {"whole": {1, 2, 3, 4, 5, 6, 7, 8}, "else": {9, 10}}
    halves: list[Members] = [{1, 2, 3, 4, 5}, {6, 7, 8}, {9, 10}]
    assert match(halves, [before], NEW) == ["whole", "new-1", "else"]
    assert match(halves, [before], NEW, joins=frozenset({"whole"})) == ["whole", "whole", "else"]


@given(st.lists(st.sets(st.integers(0, 30), min_size=1), max_size=8))
def test_no_two_clusters_share_an_id_and_matching_itself_changes_nothing(sets: list[set[int]]) -> None:
    clusters: list[Members] = []
    taken: Members = set()
    for members in sets:
        left: Members = {member for member in members if member not in taken}
        if left:
            clusters.append(left)
            taken |= left
    ids = match(clusters, [], NEW)
    assert len(set(ids)) == len(ids)
    assert match(clusters, [dict(zip(ids, clusters, strict=True))], dict.fromkeys(NEW, "other")) == ids


def test_a_fresh_id_is_the_same_for_the_same_parts() -> None:
    assert fresh_id("p", "m", "a") == fresh_id("p", "m", "a") != fresh_id("p", "m", "b")
