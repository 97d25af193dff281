"""Texts that say nearly the same are one group, whatever order they come in."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from counterpitch.quality.variants import grouped
from counterpitch.sources.importing import import_ads
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.sources.ads import TODAY, ad, run_day, write_ads

LONG = "Talk out loud and get feedback from an AI tutor that never judges. Free for seven days, in ten languages."
NEAR = "👉 Talk out loud, and get feedback from an AI tutor that never judges! Free for seven days, in ten languages"
FAR = "Dinner for four, planned on Sunday, on the table by six. No leftovers in the bin, no tears before bed."


def test_nearly_the_same_words_are_one_group_named_by_the_first() -> None:
    assert grouped([("a", LONG), ("b", FAR), ("c", NEAR)]) == {"a": "a", "b": "b", "c": "a"}
    assert grouped([("c", NEAR), ("a", LONG)]) == {"c": "c", "a": "c"}
    assert grouped([]) == {}


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(min_size=1, max_size=60), max_size=12))
def test_every_text_has_a_group_and_the_same_words_have_the_same(texts: dict[str, str]) -> None:
    doubled = list(texts.items()) + [(key + "-again", words) for key, words in texts.items()]
    groups = grouped(list(dict(doubled).items()))
    assert set(groups) == set(dict(doubled))
    assert all(groups[group] == group for group in groups.values())
    for key in texts:
        if dict(doubled)[key] == dict(doubled)[key + "-again"]:
            assert groups[key] == groups[key + "-again"]


def test_groups_stay_within_a_brand_and_keep_their_name(conn: Connection, tmp_path: Path) -> None:
    rows = [ad(body=LONG, observed_on="2026-11-18"), ad(ad_id="2", body=NEAR), ad(ad_id="3", body=FAR)]
    import_ads(write_ads(tmp_path / "ads.csv", [*rows, ad(ad_id="9", brand="Rival", body=NEAR)]), today=TODAY)
    run_day("2026-11-18")
    first = query.scalar(conn, "select variant_group from core.ad where ad_id = '1'")
    conn.commit()
    run_day(brands=["acme", "rival"])
    groups = {row["ad_id"]: row["variant_group"] for row in query.rows(conn, "select * from core.ad")}
    assert first is not None
    assert groups["1"] == groups["2"] == first
    assert len({groups["1"], groups["3"], groups["9"]}) == 3
