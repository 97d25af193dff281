"""Carry ids from one clustering to the next: a cluster keeps its id while it keeps enough of its members.

Ids are matched, never recomputed from members: a persona that gains ten ads overnight is the same persona.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

KEPT = 0.3  # Jaccard overlap from which a cluster is the same one (Greene, Doyle, Cunningham 2010 try 0.1 to 0.5)
JOINED = 0.5  # share of a leftover cluster that lay in one earlier cluster, from which it is a part of that one

Members = set[Hashable]


def match(
    clusters: Sequence[Members],
    references: Sequence[Mapping[str, Members]],
    new_id: Mapping[int, str],
    *,
    joins: frozenset[str] = frozenset(),
) -> list[str]:
    """The id of each cluster: from the first reference where it finds itself, else `new_id` of its position.

    References are earlier clusterings, id -> members, in the order to ask. Overlap is Jaccard among members that
    both sides know, so that ads which came or went in between do not count; the assignment is the best one
    overall (Hungarian). A cluster left over whose members lay mostly in an earlier cluster of `joins` (one
    that a marketer merged others into) takes that id too: the only way two clusters share one.
    """
    ids: dict[int, str] = {}
    for reference in references:
        open_ids = sorted(set(reference) - set(ids.values()))
        waiting = [i for i in range(len(clusters)) if i not in ids]
        ids |= _assign(clusters, waiting, {known: reference[known] for known in open_ids})
        for i in waiting:
            if i not in ids and (whole := _part_of(clusters[i], reference, joins)):
                ids[i] = whole
    return [ids.get(i, new_id[i]) for i in range(len(clusters))]


def fresh_id(prefix: str, *parts: str) -> str:
    """A new id: the same for the same market, kind, day and members."""
    return f"{prefix}-{hashlib.sha256(chr(31).join(parts).encode()).hexdigest()[:10]}"


def _assign(clusters: Sequence[Members], waiting: list[int], reference: Mapping[str, Members]) -> dict[int, str]:
    if not waiting or not reference:
        return {}
    names = list(reference)
    known = set().union(*reference.values())
    here = set().union(*(clusters[i] for i in range(len(clusters))))
    overlap = np.array([[_jaccard(clusters[i] & known, reference[name] & here) for name in names] for i in waiting])
    rows, columns = linear_sum_assignment(-overlap)
    return {waiting[r]: names[c] for r, c in zip(rows.tolist(), columns.tolist(), strict=True) if overlap[r, c] >= KEPT}


def _part_of(cluster: Members, reference: Mapping[str, Members], joins: frozenset[str]) -> str | None:
    known = len(cluster & set().union(*reference.values())) if reference else 0
    shares = [(len(cluster & reference[name]) / known, name) for name in sorted(joins & set(reference)) if known]
    share, name = max(shares, default=(0.0, ""))
    return name if share >= JOINED else None


def _jaccard(one: Members, other: Members) -> float:
    union = len(one | other)
    return len(one & other) / union if union else 0.0
