"""What a model learns from on a day is what was known by that day, whatever was collected since."""

from __future__ import annotations

import pandas as pd

from counterpitch.ctr import drift, examples, registry
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.ctr import planted

LATER = "2026-11-25"


def _change(conn: Connection) -> None:
    """Every ad is seen again on LATER with other words, format and places; core.ad follows."""
    changed = """
        insert into core.ad_text (text_hash, body, clean_text, cleaning, language, words, readable)
        values ('changed', 'Sold out', 'Sold out', 'test', 'en', 2, true);
        insert into core.ad_seen_daily
            (source, brand_id, partition_key, ad_id, text_hash, media_type, platforms, delivery_start)
        select source, brand_id, %(day)s, ad_id, 'changed', 'video', '{tiktok}', '2026-01-01' from core.ad_seen_daily;
        update core.ad set text_hash = 'changed', media_type = 'video', platforms = '{tiktok}',
            delivery_start = '2026-01-01', last_seen = %(day)s
    """
    query.execute(conn, changed, {"day": LATER})
    conn.commit()


def test_a_later_change_leaves_the_examples_of_a_day_as_they_were(conn: Connection) -> None:
    planted.fill(conn)
    before = examples.read(conn, planted.DAY)
    assert set(before["placement"]) == {"facebook", ""}
    _change(conn)
    pd.testing.assert_frame_equal(examples.read(conn, planted.DAY), before)


def test_a_later_day_learns_the_words_of_then(conn: Connection) -> None:
    planted.fill(conn)
    _change(conn)
    learnt = examples.read(conn, LATER)
    ours = learnt[learnt["group_key"] == "ads|acme"]
    assert len(ours) == 160
    assert set(ours["text"]) == {"Sold out"}
    assert set(ours["placement"]) == {"tiktok"}
    assert set(ours["day"]) == {pd.Timestamp("2026-01-01")}


def test_a_sighting_without_words_keeps_those_that_are_known(conn: Connection) -> None:
    planted.fill(conn)
    before = examples.read(conn, planted.DAY)
    query.execute(
        conn,
        "insert into core.ad_seen_daily (source, brand_id, partition_key, ad_id) "
        "select source, brand_id, %(day)s, ad_id from core.ad_seen_daily",
        {"day": LATER},
    )
    pd.testing.assert_frame_equal(examples.read(conn, LATER), before)


def test_results_of_ads_that_are_seen_later_wait_and_the_experiments_teach(conn: Connection) -> None:
    planted.fill(conn)
    learnt = examples.read(conn, "2026-11-19")
    assert len(learnt) == 160
    assert learnt["group_key"].str.startswith("test|").all()


def test_a_later_change_leaves_the_drift_of_a_day_as_it_was(conn: Connection) -> None:
    planted.fill(conn)
    registry.ensure_champion("2026-11-19")
    query.execute(conn, "update core.ad_result_daily set result_date = %(day)s", {"day": planted.DAY})
    conn.commit()
    stored = "select metric, value from ml.drift where metric = 'calibration'"
    drift.measure(planted.DAY)
    before = query.rows(conn, stored)
    assert before
    _change(conn)
    drift.measure(planted.DAY)
    assert query.rows(conn, stored) == before


def test_the_corpus_of_a_day_is_the_words_seen_by_then(conn: Connection) -> None:
    planted.fill(conn)
    _change(conn)
    then = examples.corpus(conn, planted.DAY)
    assert len(then) == 200
    assert "Sold out" not in then
    assert set(examples.corpus(conn, LATER)) == {"Sold out", *then}


def test_an_arm_has_the_language_that_an_ad_of_its_words_has(conn: Connection) -> None:
    planted.fill(conn)
    german = "Schlafen Sie besser mit einem Plan für jeden Abend"
    query.execute(
        conn, "update core.experiment_arm set headline = %(text)s where experiment_id = 't0'", {"text": german}
    )
    learnt = examples.read(conn, planted.DAY)
    arms = learnt[learnt["owner"] == "own"].set_index("text")["language"]
    assert set(arms[[german]]) == {"de"}
    assert (arms == "en").mean() > 0.9


def test_the_buttons_label_and_the_description_beside_a_body_are_no_copy() -> None:
    ad = {"body": "Sleep well tonight.", "title": "Cook at home", "description": "Free on iOS."}
    ad["clean_text"] = "\n".join([*ad.values(), "Try free"])
    assert examples.told(ad) == "Sleep well tonight.\nCook at home"


def test_where_an_ad_has_nothing_else_its_description_or_button_is_its_copy() -> None:
    bare = {"body": "", "title": "Cook at home", "description": "Free on iOS.", "clean_text": "Try free"}
    assert examples.told(bare) == "Cook at home\nFree on iOS."
    assert examples.told(bare | {"title": None, "description": None}) == "Try free"


def test_the_same_copy_under_two_buttons_is_one_text_to_learn_words_from(conn: Connection) -> None:
    query.execute(conn, "insert into core.brand (brand_id, name) values ('acme', 'Acme')")
    for label in ("Try free", "Learn more"):
        query.execute(
            conn,
            """
            insert into core.ad_text
                (text_hash, body, title, description, call_to_action, clean_text, cleaning, language, words, readable)
            values (%(label)s, 'Sleep well.', 'Cook', 'Free.', %(label)s, %(whole)s, 'test', 'en', 5, true);
            insert into core.ad_seen_daily (source, brand_id, partition_key, ad_id, text_hash)
            values ('files', 'acme', %(day)s, %(label)s, %(label)s)
            """,
            {"label": label, "whole": f"Sleep well.\nCook\nFree.\n{label}", "day": planted.DAY},
        )
    assert examples.corpus(conn, planted.DAY) == ["Sleep well.\nCook"]


def test_an_arm_is_its_headline_and_the_words_under_it(conn: Connection) -> None:
    planted.fill(conn)
    query.execute(conn, "update core.experiment_arm set body = 'And so to bed.'")
    arms = examples.read(conn, planted.DAY).query("brand_id.isna()")
    headlines = {row["headline"] for row in query.rows(conn, "select headline from core.experiment_arm")}
    assert set(arms["text"]) == {f"{headline}\nAnd so to bed." for headline in headlines}
