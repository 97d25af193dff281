"""The champion's place: taken at once when empty, held by a stored model that scores the same after a reload."""

from __future__ import annotations

import pytest

from counterpitch.ctr import registry
from counterpitch.ctr.model import CtrModel
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
