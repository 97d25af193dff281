"""The second model in the pipeline: it wins and scores again where pillars decide, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from counterpitch.ctr import drift, embeddings, evaluate, model, registry, rescore, score, second, variances, weigh
from counterpitch.ctr.refusals import ModelUnusable, NotEnoughData
from counterpitch.ctr.train import train
from counterpitch.settings import settings
from counterpitch.warehouse import query, write
from counterpitch.warehouse.connection import Connection
from tests.ctr import planted, rote

SCORES = "select ad_key, brand_id, model_id, ctr, rank_in_market, reasons from mart.ad_score order by ad_key"
READER = {"extractor": "planted", "extractor_version": "1"}


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    yield
    embeddings._embedder.cache_clear()
    settings.cache_clear()


def _market(conn: Connection, effect: float) -> dict[str, float]:
    """The planted market, read by a reader that finds parents in half the ads; `effect` on these, in log-odds.

    Returns each ad's true log-odds.
    """
    planted.fill(conn)
    rng = np.random.default_rng(11)
    truth: dict[str, float] = {}
    texts = query.rows(conn, "select a.ad_key, a.ad_id, a.text_hash from core.ad a order by a.ad_id::int")
    readings, pillars = [], []
    for row, ad in zip(texts, planted.ads(200), strict=True):
        parents = bool(rng.random() < 0.5)
        truth[row["ad_key"]] = ad["logit"] + effect * parents
        clicks = planted.clicks(rng, truth[row["ad_key"]], 4000)
        bound = {"ad": row["ad_id"], "clicks": clicks}
        query.execute(conn, "update core.ad_result_daily set clicks = %(clicks)s where ad_id = %(ad)s", bound)
        key = {"market_id": "m", "text_hash": row["text_hash"]}
        readings.append(
            {**key, **READER, "status": "read", "read_from": row["text_hash"], "mentions": int(parents), "dropped": 0}
        )
        if parents:
            said = {"field": "target_audience", "position": 0, "value": "busy mums", "extractor": "planted"}
            pillars.append({**key, **said})
    write.copy(conn, "mart.reading", list(readings[0]), readings)
    write.copy(conn, "mart.pillar", list(pillars[0]), pillars)
    conn.commit()
    return truth


def _scored(conn: Connection) -> list[dict[str, Any]]:
    conn.commit()
    return query.rows(conn, SCORES)


def test_where_pillars_decide_the_second_model_wins_and_the_day_is_scored_again_once_and_for_all(
    conn: Connection,
) -> None:
    truth = _market(conn, 0.8)
    base = registry.ensure_champion(planted.DAY)
    score.score_partition(planted.DAY, ["acme"])
    before = {row["ad_key"]: row["ctr"] for row in _scored(conn)}
    verdict = second.weigh(base)
    assert verdict["verdict"] == "wins"
    assert verdict["difference_95"][0] > 0
    assert verdict["pairs"] >= evaluate.LEAST_PAIRS
    assert verdict["reason"] in registry.describe(base)
    assert second.weigh(base) == verdict, "the same data give the same model and verdict"
    said = rescore.rescore_partition(planted.DAY, ["acme"])
    assert (said["ads"], said["model_id"]) == (200, verdict["model_id"])
    rows = _scored(conn)
    assert {row["model_id"] for row in rows} == {verdict["model_id"]}
    assert sorted(row["rank_in_market"] for row in rows) == list(range(1, 201))
    rivals = [row for row in rows if row["brand_id"] == "rival"]
    true = [truth[row["ad_key"]] for row in rivals]
    taus = [
        stats.kendalltau(ctr, true).statistic
        for ctr in ([before[row["ad_key"]] for row in rivals], [row["ctr"] for row in rivals])
    ]
    assert taus[1] > taus[0] + 0.1
    assert any(reason["what"] == "speaks to parents" for row in rows for reason in row["reasons"])
    rescore.rescore_partition(planted.DAY, ["acme"])
    assert _scored(conn) == rows
    _refused_as_champion(conn, str(verdict["model_id"]), base)
    _gone_with_its_base(conn, rows)


def _refused_as_champion(conn: Connection, model_id: str, base: str) -> None:
    for way in (registry.compare, registry.promote):
        with pytest.raises(ModelUnusable, match=f"it was trained beside .{base}"):
            way(model_id)
    with pytest.raises(ModelUnusable, match="reads pillars"):
        registry.record_decision(model_id, {"chosen_options": ["Promote"], "responded_by_user": {"name": "ana"}})
    with pytest.raises(ModelUnusable, match="no base model"):
        second.weigh(model_id)
    assert query.scalar(conn, "select model_id from ml.champion") == base


def _gone_with_its_base(conn: Connection, rows: list[dict[str, Any]]) -> None:
    """Another champion, or a second model that cannot score: the scores that are there stay."""
    query.execute(conn, "update ml.model set artifact = 'cut short' where name = 'pillars'")
    conn.commit()
    assert "does not match its sha256" in rescore.rescore_partition(planted.DAY, ["acme"])["reason"]
    query.execute(conn, "update core.ad_result_daily set clicks = clicks + 1")
    conn.commit()
    registry.promote(train(planted.DAY), decided_by="ana", reason="newer")
    assert "No model with pillars has won" in rescore.rescore_partition(planted.DAY, ["acme"])["reason"]
    assert _scored(conn) == rows


def test_the_second_model_reads_the_encoder_of_its_base_whatever_the_settings_name_by_now(
    conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _market(conn, 0.8)
    rote.install(monkeypatch)
    plain = f"huggingface:{rote.base(tmp_path)}"
    base = train(planted.DAY)
    monkeypatch.setenv("COUNTERPITCH_EMBEDDINGS", plain)
    settings.cache_clear()
    given: list[str | None] = []
    fit = model.fit
    monkeypatch.setattr(model, "fit", lambda *a, **k: given.append(a[1].embedder) or fit(*a, **k))  # type: ignore[func-returns-value]
    assert second.weigh(base)["verdict"] == "wins"
    assert given == [None] * 3
    reads = train(planted.DAY)
    monkeypatch.delenv("COUNTERPITCH_EMBEDDINGS")
    settings.cache_clear()
    given.clear()
    query.execute(conn, """update ml.model set metrics = metrics || '{"encoder": {"tests": 120}}'""")
    conn.commit()
    verdict = second.weigh(reads)
    assert verdict["verdict"] == "wins"
    assert given == [plain] * 3
    kept = query.scalar(conn, "select metrics from ml.model where model_id = %(id)s", {"id": verdict["model_id"]})
    assert kept["encoder"] == {"tests": 120}, "the card of the encoder that it reads too"
    (tmp_path / "base" / rote.FILE).write_text('{"another": 1}', encoding="utf-8")
    with pytest.raises(NotEnoughData, match="trained with another encoder"):
        second.weigh(reads)


def test_where_pillars_mean_nothing_they_do_not_win_and_the_champions_scores_stand(conn: Connection) -> None:
    _market(conn, 0.0)
    base = registry.ensure_champion(planted.DAY)
    score.score_partition(planted.DAY, ["acme"])
    before = _scored(conn)
    verdict = second.weigh(base)
    assert (verdict["verdict"], verdict["model_id"]) == ("no gain", None)
    assert "not beyond noise" in verdict["reason"]
    assert query.scalar(conn, "select count(*) from ml.model where name = 'pillars'") == 0
    assert rescore.rescore_partition(planted.DAY, ["acme"])["ads"] == 0
    assert _scored(conn) == before


def test_ads_of_another_reader_are_not_scored_by_what_this_one_learnt(conn: Connection) -> None:
    _market(conn, 0.8)
    base = registry.ensure_champion(planted.DAY)
    score.score_partition(planted.DAY, ["acme"])
    second.weigh(base)
    before = _scored(conn)
    few = "update mart.reading set extractor_version = '2' where text_hash in (select text_hash from core.ad limit 150)"
    for words, told in ((few, "50 of 200"), ("update mart.reading set extractor_version = '2'", "0 of 200")):
        query.execute(conn, words)
        conn.commit()
        said = rescore.rescore_partition(planted.DAY, ["acme"])
        assert (said["ads"], f"m keeps the champion's: {told} texts were read" in said["reason"]) == (0, True)
        assert _scored(conn) == before


def test_with_too_few_read_ads_nothing_is_trained_and_the_reason_is_kept(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.fill(conn)
    base = registry.ensure_champion(planted.DAY)
    monkeypatch.setattr(model, "fit", lambda *_, **__: pytest.fail("a first run has no time for this"))
    with pytest.raises(NotEnoughData, match="0 of our own ads were both read for pillars and shown"):
        second.weigh(base)
    kept = query.scalar(conn, "select metrics -> 'pillars' from ml.model where model_id = %(id)s", {"id": base})
    assert kept["verdict"] == "unknown"
    assert drift.measure(planted.DAY)["state"] == "thin", "what was noted disturbs nothing else"


def _verdicts(conn: Connection) -> dict[str, str | None]:
    conn.commit()
    said = "select model_id, metrics #>> '{pillars,verdict}' as verdict from ml.model where name = 'base'"
    return {row["model_id"]: row["verdict"] for row in query.rows(conn, said)}


def test_a_champion_whose_ads_were_read_later_is_weighed_with_the_next_training(conn: Connection) -> None:
    _market(conn, 0.8)
    for table in ("pillar", "reading"):
        query.execute(conn, f"create temp table {table}_later as select * from mart.{table}")
        query.execute(conn, f"delete from mart.{table}")
    conn.commit()
    champion = registry.ensure_champion(planted.DAY)
    with pytest.raises(NotEnoughData, match="0 of our own ads"):
        weigh.after_training(champion)
    assert _verdicts(conn) == {champion: "unknown"}
    for table in ("reading", "pillar"):
        query.execute(conn, f"insert into mart.{table} select * from {table}_later")
    query.execute(conn, "update core.ad_result_daily set clicks = clicks + 1")
    conn.commit()
    newer = train(planted.DAY)
    assert set(weigh.after_training(newer)) == {champion, newer}
    assert _verdicts(conn) == {champion: "wins", newer: "wins"}
    assert rescore.rescore_partition(planted.DAY, ["acme"])["ads"] == 200


def test_a_verdict_that_is_known_is_not_asked_again_and_a_failure_fails_no_training(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    _market(conn, 0.0)
    champion = registry.ensure_champion(planted.DAY)
    query.execute(conn, """update ml.model set metrics = metrics || '{"pillars": {"verdict": "no gain"}}'""")
    query.execute(conn, "update core.ad_result_daily set clicks = clicks + 1")
    conn.commit()
    newer, asked = train(planted.DAY), []

    def failing(base_id: str) -> dict[str, Any]:
        asked.append(base_id)
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(second, "weigh", failing)
    assert "a defect" in weigh.after_training(newer)["failed"]
    assert asked == [newer]
    assert _verdicts(conn) == {champion: "no gain", newer: None}


def test_both_twins_have_the_defaults_where_the_examples_are_just_enough_for_them(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    _market(conn, 0.8)
    monkeypatch.setattr(variances, "MOST_EXAMPLES", 300)  # of 320, a part of which a twin may see
    given: list[model.Params] = []
    fit = model.fit
    monkeypatch.setattr(model, "fit", lambda *a, **k: given.append(a[1]) or fit(*a, **k))  # type: ignore[func-returns-value]
    base = registry.ensure_champion(planted.DAY)
    assert second.weigh(base)["verdict"] == "wins"
    assert len(given) >= 5, "a twin and the stored model of the base, both twins and the stored model of the second"
    assert all(params == model.Params() for params in given)
