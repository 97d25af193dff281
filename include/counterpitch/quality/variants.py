"""Variant groups: the ads of a brand that say nearly the same words, so that ten tests of one idea count as one idea.

Texts are compared by MinHash over five-letter shingles (Broder 1997, https://doi.org/10.1109/SEQUEN.1997.666900;
library datasketch) and joined where their estimated Jaccard similarity is at least SIMILAR; groups are the connected
components. A group bears the text_hash of its member that was seen first, so it keeps its name as it grows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from datasketch import MinHash, MinHashLSH

from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

SIMILAR = 0.8
PERMUTATIONS = 128
SHINGLE = 5


def group_variants(conn: Connection, brands: Sequence[str]) -> int:
    """Set `core.ad.variant_group` of the brands' ads that have words; returns how many groups there are."""
    found = query.rows(conn, query.sql(__file__, "list_variant_texts"), {"brands": list(brands)})
    names: list[str] = []
    texts: list[str] = []
    groups: list[str] = []
    for brand, rows in groupby(found, key=lambda row: row["brand_id"]):
        members = [(row["text_hash"], row["clean_text"]) for row in rows]
        for text_hash, group in grouped(members).items():
            names.append(brand)
            texts.append(text_hash)
            groups.append(group)
    params = {"brands": names, "texts": texts, "groups": groups}
    query.execute(conn, query.sql(__file__, "set_variant_groups"), params)
    return len(set(zip(names, groups, strict=True)))


def grouped(texts: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The group of each text, as key -> key of the group's first member. `texts` are (key, words), first seen first."""
    index = MinHashLSH(threshold=SIMILAR, num_perm=PERMUTATIONS)
    sketches = MinHash.bulk([_shingles(words) for _, words in texts], num_perm=PERMUTATIONS)
    by_key = {key: sketch for (key, _), sketch in zip(texts, sketches, strict=True)}
    leader: dict[str, str] = {}
    order = {key: place for place, (key, _) in enumerate(texts)}
    for key, sketch in by_key.items():
        leader[key] = key
        for other in index.query(sketch):
            if sketch.jaccard(by_key[other]) >= SIMILAR:
                _join(leader, order, key, other)
        index.insert(key, sketch)
    return {key: _leader(leader, key) for key in leader}


def _join(leader: dict[str, str], order: dict[str, int], one: str, other: str) -> None:
    first, second = sorted((_leader(leader, one), _leader(leader, other)), key=order.__getitem__)
    leader[second] = first


def _leader(leader: dict[str, str], key: str) -> str:
    while leader[key] != key:
        key = leader[key]
    return key


def _shingles(words: str) -> set[bytes]:
    letters = re.sub(r"[\W_]+", " ", words.casefold()).strip() or words
    return {letters[at : at + SHINGLE].encode() for at in range(max(1, len(letters) - SHINGLE + 1))}
