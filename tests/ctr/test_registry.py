"""The champion's place: taken at once when empty, held by a stored model that scores the same after a reload."""

from __future__ import annotations

import json

import pytest

from counterpitch.ctr import model, registry
from counterpitch.ctr.model import CtrModel, fingerprint
from counterpitch.ctr.refusals import ModelUnusable, NotEnoughData
from counterpitch.ctr.train import train
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection
from tests.ctr import planted


def test_the_first_model_is_promoted_at_once_as_bootstrap(conn: Connection) -> None:
    planted.fill(conn)
    model_id = registry.ensure_champion(planted.DAY)
    assert query.rows(conn, "select model_id, mark, decided_by from ml.champion") == [
        {"model_id": model_id, "mark": "bootstrap", "decided_by": "counterpitch"}
    ]
    assert registry.ensure_champion("2026-11-21") == model_id, "a champion is not trained anew"


def test_training_twice_on_the_same_data_is_one_model(conn: Connection) -> None:
    planted.fill(conn)
    assert train(planted.DAY) == train(planted.DAY)
    assert query.scalar(conn, "select count(*) from ml.model") == 1
    assert query.scalar(conn, "select count(*) from ml.promotion") == 0, "training promotes nothing"


def test_held_out_predictions_are_kept_beside_what_happened(conn: Connection) -> None:
    planted.fill(conn)
    model_id = train(planted.DAY)
    kept = query.rows(conn, "select * from ml.held_out where model_id = %(id)s", {"id": model_id})
    assert len(kept) > 30
    assert all(0 < row["ctr"] < 1 for row in kept)


def test_the_twin_reads_no_words_from_after_the_held_out_border(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.fill(conn)  # its ads were first seen on DAY, after their results began
    query.execute(conn, "update core.ad_seen_daily set partition_key = '2026-09-01' where ad_id in ('0', '1')")
    conn.commit()
    given: list[int] = []
    fit = model.fit
    monkeypatch.setattr(model, "fit", lambda *a, **k: given.append(len(a[2])) or fit(*a, **k))  # type: ignore[func-returns-value]
    train(planted.DAY)
    assert given == [2, len(planted.ads(200))], "the twin's texts, then the stored model's"


def test_too_few_ads_are_refused_with_the_counts(conn: Connection) -> None:
    planted.fill(conn, count=10, tests=0)
    with pytest.raises(NotEnoughData, match="10 examples"):
        registry.ensure_champion(planted.DAY)
    assert query.rows(conn, "select * from ml.champion") == []


def test_a_stored_model_cut_short_is_refused_with_what_to_do(conn: Connection) -> None:
    planted.fill(conn)
    model_id = registry.ensure_champion(planted.DAY)
    query.execute(conn, "update ml.model set artifact = left(artifact, 5000)")
    with pytest.raises(ModelUnusable, match="sha256"):
        registry.load(conn, model_id)
    with pytest.raises(ModelUnusable, match="cannot be read"):
        CtrModel.from_json('{"format": 1, "features_version"')


def _two_models(conn: Connection) -> tuple[str, str]:
    planted.fill(conn)
    first = registry.ensure_champion(planted.DAY)
    second = train("2026-11-21")
    assert first != second
    return first, second


def _champion(conn: Connection) -> str:
    conn.commit()
    return str(query.scalar(conn, "select model_id from ml.champion"))


def test_a_challenger_without_later_data_does_not_win(conn: Connection) -> None:
    first, second = _two_models(conn)
    verdict = registry.compare(second)
    assert verdict["verdict"] == "keeps"
    assert "later than the champion's training" in verdict["reason"]
    assert verdict["champion_id"] == first


def test_a_challenger_wins_where_it_is_better_on_later_data_beyond_noise(conn: Connection) -> None:
    _, second = _two_models(conn)
    # The champion was taught the opposite: what it calls strong is weak.
    query.execute(conn, "update core.experiment_arm set clicks = 200 - clicks where clicks <= 200")
    query.execute(conn, "update core.ad_result_daily set clicks = 200 - clicks where clicks <= 200")
    conn.commit()
    worse = train("2026-08-15")
    registry.promote(worse, decided_by="test", reason="to be beaten")
    query.execute(conn, "update core.experiment_arm set clicks = 200 - clicks where clicks <= 200")
    query.execute(conn, "update core.ad_result_daily set clicks = 200 - clicks where clicks <= 200")
    conn.commit()
    verdict = registry.compare(second)
    assert verdict["verdict"] == "wins"
    assert verdict["difference_95"][0] > 0
    assert verdict["reason"] in registry.describe(second)
    assert _champion(conn) == worse, "winning moves nothing: a person decides"


def test_a_person_promotes_and_a_rollback_takes_it_back(conn: Connection) -> None:
    first, second = _two_models(conn)
    answer = {
        "chosen_options": ["Promote"],
        "params_input": {"reason": "better"},
        "responded_by_user": {"id": "1", "name": "ana"},
    }
    assert registry.record_decision(second, answer)["decision"] == "approved"
    assert _champion(conn) == second
    assert registry.rollback("ana", "worse in the field") == first
    assert _champion(conn) == first
    with pytest.raises(ModelUnusable, match="no earlier champion"):
        registry.rollback()
    marks = query.rows(conn, "select mark, decided_by from ml.promotion order by promotion_id")
    assert [(row["mark"], row["decided_by"]) for row in marks] == [
        ("bootstrap", "counterpitch"),
        ("approved", "ana"),
        ("rollback", "ana"),
    ]


@pytest.mark.parametrize(
    ("user", "options", "decision"),
    [(None, ["Keep the champion"], "expired"), ({"id": "1", "name": "ana"}, ["Keep the champion"], "rejected")],
)
def test_silence_and_no_leave_the_champion(
    conn: Connection, user: dict[str, str] | None, options: list[str], decision: str
) -> None:
    first, second = _two_models(conn)
    answer = {"chosen_options": options, "params_input": {"reason": ""}, "responded_by_user": user}
    assert registry.record_decision(second, answer)["decision"] == decision
    assert query.scalar(conn, "select decision from ml.decision") == decision
    assert _champion(conn) == first


def test_a_model_that_cannot_score_is_not_promoted(conn: Connection) -> None:
    first, second = _two_models(conn)
    query.execute(conn, "update ml.model set artifact = '{}' where model_id = %(id)s", {"id": second})
    conn.commit()
    with pytest.raises(ModelUnusable):
        registry.promote(second)
    assert _champion(conn) == first


def _of_another_version(conn: Connection, model_id: str, **numbers: int) -> None:
    """The stored model as another version wrote it: whole, but with a feature that is not known here; `numbers` are
    what that version calls its format and features_version, if not as this one does.
    """
    said = json.loads(query.scalar(conn, "select artifact from ml.model where model_id = %(id)s", {"id": model_id}))
    said["columns"] = [*said["columns"][:-1], "phase_of_the_moon"]
    said |= numbers
    changed = {"id": model_id, "artifact": json.dumps(said, sort_keys=True, ensure_ascii=False)}
    changed["sha256"] = fingerprint(changed["artifact"])
    query.execute(
        conn, "update ml.model set artifact = %(artifact)s, sha256 = %(sha256)s where model_id = %(id)s", changed
    )
    conn.commit()


def test_a_feature_list_of_another_version_is_refused_with_the_reason_and_the_champion_stays(conn: Connection) -> None:
    first, second = _two_models(conn)
    _of_another_version(conn, second)
    with pytest.raises(ModelUnusable, match=r"columns differ from this version's"):
        registry.promote(second)
    with pytest.raises(ModelUnusable, match=r"columns differ"):
        registry.record_decision(second, {"chosen_options": ["Promote"], "responded_by_user": {"name": "ana"}})
    assert _champion(conn) == first
    assert query.scalar(conn, "select count(*) from ml.decision") == 0, "a decision that could not be kept is not kept"


def _champion_of_another_version(conn: Connection) -> str:
    """The champion that an older version trained and promoted, under the name that it had then."""
    planted_id, old = registry.ensure_champion(planted.DAY), f"base-{planted.DAY}-0123456789ab"
    _of_another_version(conn, planted_id)
    query.execute(conn, "create temp table older as select * from ml.model")
    query.execute(conn, "update older set model_id = %(old)s", {"old": old})
    query.execute(conn, "insert into ml.model select * from older")
    query.execute(conn, "update ml.promotion set model_id = %(old)s", {"old": old})
    query.execute(conn, "delete from ml.held_out")
    query.execute(conn, "delete from ml.model where model_id <> %(old)s", {"old": old})
    conn.commit()
    return old


def test_a_champion_that_an_upgrade_left_behind_is_replaced_before_the_day_is_scored(conn: Connection) -> None:
    planted.fill(conn)
    old = _champion_of_another_version(conn)
    assert registry.is_left_behind(conn)
    new = registry.ensure_champion("2026-09-01")  # an old day of a backfill, with next to nothing known
    assert new != old
    assert not registry.is_left_behind(conn)
    moves = query.rows(conn, "select model_id, mark, decided_by, reason from ml.promotion order by promotion_id")
    assert [(row["model_id"], row["mark"]) for row in moves] == [(old, "bootstrap"), (new, "bootstrap")]
    assert f"The champion {old} can score no longer" in moves[1]["reason"]
    assert "columns differ" in moves[1]["reason"]
    assert str(registry.load(conn, new)[2]["partition_key"]) == planted.DAY, "it learns all that the old one knew"
    with pytest.raises(ModelUnusable, match="columns differ"):
        registry.rollback()
    assert registry.ensure_champion(planted.DAY) == new


def test_a_training_replaces_a_champion_that_an_upgrade_left_behind(conn: Connection) -> None:
    first, second = _two_models(conn)
    _of_another_version(conn, first)
    verdict = registry.compare(second)
    assert verdict["verdict"] == "bootstrap"
    assert f"The champion {first} can score no longer" in verdict["reason"]
    assert _champion(conn) == second


def test_a_champion_that_was_cut_short_stays_until_a_person_decides(conn: Connection) -> None:
    first, second = _two_models(conn)
    query.execute(conn, "update ml.model set artifact = left(artifact, 5000) where model_id = %(id)s", {"id": first})
    conn.commit()
    assert not registry.is_left_behind(conn)
    assert registry.ensure_champion(planted.DAY) == first
    verdict = registry.compare(second)
    assert verdict["verdict"] == "wins"
    assert "The champion can no longer score" in verdict["reason"]
    assert _champion(conn) == first, "a person decides"


def test_a_rollback_to_a_model_that_cannot_score_leaves_the_champion(conn: Connection) -> None:
    first, second = _two_models(conn)
    registry.promote(second, decided_by="ana", reason="better")
    _of_another_version(conn, first)
    with pytest.raises(ModelUnusable, match="columns differ"):
        registry.rollback()
    assert _champion(conn) == second


@pytest.mark.parametrize("number", ["format", "features_version"])
def test_a_champion_that_a_newer_version_stored_stays_and_the_older_one_asks_for_an_upgrade(
    conn: Connection, number: str
) -> None:
    first, second = _two_models(conn)
    _of_another_version(conn, first, **{number: 1_000})
    assert not registry.is_left_behind(conn)
    assert registry.ensure_champion(planted.DAY) == first
    verdict = registry.compare(second)
    assert (verdict["verdict"], "Upgrade this one" in verdict["reason"]) == ("keeps", True)
    with pytest.raises(ModelUnusable, match="Upgrade this one"):
        registry.load(conn, first)
    assert _champion(conn) == first
    _of_another_version(conn, first, **{number: 0})
    assert registry.is_left_behind(conn), "an older one is replaced"
