"""What a run passes on, for which day, and which runs have nothing to do because a later one was made by hand."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from airflow.sdk.execution_time.context import OutletEventAccessors

from counterpitch import brands, partition
from counterpitch.assets import ADS, CHALLENGER, TRAINING_DUE
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection


def run_of(key: str, run_type: str = "scheduled") -> dict[str, Any]:
    return {"dag_run": SimpleNamespace(partition_key=key, run_type=run_type), "params": {}}


@pytest.fixture
def market(conn: Connection) -> Connection:
    brands.register_brand(conn, "Acme")
    brands.register_market(conn, "Shoes", "acme", [])
    query.execute(
        conn,
        """
        insert into ml.model (model_id, name, partition_key, trained_on, params, features, metrics, artifact, sha256)
        values ('m', 'base', '2026-11-20', '{}', '{}', '{}', '{}', '', '')
        """,
    )
    conn.commit()
    return conn


def by_hand(day: str) -> dict[str, Any]:
    """A run that was started with the form's Day: Airflow gives it no key."""
    return {"dag_run": SimpleNamespace(partition_key=None, run_type="manual"), "params": {"partition_key": day}}


DUE = {"retrain": True, "reason": "It is Monday."}
WON = {"verdict": "wins", "model_id": "m", "reason": "beyond noise"}


@pytest.mark.parametrize(("context", "keys"), [(by_hand("2026-11-20"), {"2026-11-20"}), (run_of("2026-11-20"), set())])
def test_what_a_run_by_hand_publishes_carries_its_day(context: dict[str, Any], keys: set[str]) -> None:
    context = context | {"outlet_events": OutletEventAccessors()}
    partition.publish(context, ADS, ["acme"])
    partition.publish_training(context, TRAINING_DUE, DUE)
    partition.publish_challenger(context, CHALLENGER, WON)
    found = [context["outlet_events"][asset].partition_keys for asset in (ADS, TRAINING_DUE, CHALLENGER)]
    assert found == [keys] * 3, "a run that has a key lends it; one that has none names its day"


def test_the_weekly_model_is_for_the_newest_day_that_was_collected(market: Connection) -> None:
    _cover(market, "2026-11-21", "ok")
    _cover(market, "2026-11-22", "failed")
    market.commit()
    weekly = run_of("2026-11-23") | {"outlet_events": OutletEventAccessors()}
    partition.publish_training(weekly, TRAINING_DUE, DUE, day=partition.newest_collected(weekly))
    assert weekly["outlet_events"][TRAINING_DUE].partition_keys == {"2026-11-21"}
    assert partition.newest_collected(run_of("2026-11-02")) == "2026-11-02", "nothing is collected yet"
    assert partition.newest_collected(by_hand("2026-11-23")) == "2026-11-23", "a person says what it is for"


def why_skipped(context: dict[str, Any], by: str) -> str | None:
    """What a person reads in the log of a run that is skipped, None where it goes on."""
    try:
        partition.skip_if_overtaken(context, by)
    except AirflowSkipException as said:
        return str(said)
    return None


@pytest.mark.usefixtures("market")
def test_training_for_an_earlier_day_is_skipped() -> None:
    said = why_skipped(run_of("2026-11-16"), "find_later_model")
    assert said is not None
    assert "A model was trained for 2026-11-20" in said


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize("context", [run_of("2026-11-23"), run_of("2026-11-20"), run_of("2026-11-16", "manual")])
def test_training_for_a_later_day_or_by_hand_goes_on(context: dict[str, Any]) -> None:
    assert why_skipped(context, "find_later_model") is None


def test_an_empty_warehouse_overtakes_nothing(warehouse: str) -> None:
    for by in ("find_later_model", "find_latest_briefs"):
        assert why_skipped(run_of("2026-11-16"), by) is None


@pytest.mark.parametrize(
    ("written", "aggregated", "key", "skipped"),
    [
        ("2026-11-20", "2026-11-20", "2026-11-16", True),  # by hand, for a later day
        ("2026-06-14", "2026-06-14", "2026-11-16", True),  # ads of long ago: nothing new since
        ("2026-11-09", "2026-11-15", "2026-11-16", False),
    ],
)
def test_briefs_are_written_again_only_for_a_new_day(
    market: Connection, written: str, aggregated: str, key: str, skipped: bool
) -> None:
    _write(market, "shoes", written)
    _aggregate(market, "shoes", aggregated)
    market.commit()
    if skipped:
        with pytest.raises(AirflowSkipException, match=f"Briefs were written for {written}"):
            partition.skip_if_overtaken(run_of(key), "find_latest_briefs")
    else:
        partition.skip_if_overtaken(run_of(key), "find_latest_briefs")


@pytest.mark.parametrize(("written", "skipped"), [(("shoes",), False), (("shoes", "boots"), True)])
def test_briefs_of_one_market_do_not_stand_for_those_of_another(
    market: Connection, written: tuple[str, ...], skipped: bool
) -> None:
    for name in ("Boots", "Never aggregated"):
        brands.register_market(market, name, "acme", [])
    for each in ("shoes", "boots"):
        _aggregate(market, each, "2026-11-15")
    for each in written:
        _write(market, each, "2026-11-20")
    market.commit()
    if skipped:
        with pytest.raises(AirflowSkipException, match="Briefs were written for 2026-11-20"):
            partition.skip_if_overtaken(run_of("2026-11-16"), "find_latest_briefs")
    else:
        partition.skip_if_overtaken(run_of("2026-11-16"), "find_latest_briefs")


def _cover(conn: Connection, day: str, state: str) -> None:
    query.execute(
        conn,
        "insert into ops.coverage (source, brand_id, kind, partition_key, state, rows, observed_at) "
        "values ('files', 'acme', 'ads', %(day)s, %(state)s, 0, now())",
        {"day": day, "state": state},
    )


def _write(conn: Connection, market_id: str, day: str) -> None:
    query.execute(
        conn,
        """
        insert into mart.brief
            (market_id, partition_key, brief_id, rank, persona_id, theme_id, title, story, evidence, numbers, body_md,
             writer)
        values (%(market_id)s, %(day)s, 'b', 1, 'p', 't', 'x', '{}', '[]', '{}', '', 'test')
        """,
        {"market_id": market_id, "day": day},
    )


def _aggregate(conn: Connection, market_id: str, day: str) -> None:
    counts = ("our_ads", "their_ads", "our_total", "their_total", "their_brands", "our_messages", "their_messages")
    shares = ("our_share", "their_share", "difference", "difference_low", "difference_high", "p_value", "own_facts")
    row = {"market_id": market_id, "partition_key": day, "persona_id": "p", "theme_id": "t", "kind": "even"}
    gap = json.dumps(row | dict.fromkeys((*counts, *shares), 0) | {"by_brand": {}})
    query.execute(
        conn, "insert into mart.gap select (jsonb_populate_record(null::mart.gap, %(row)s::jsonb)).*", {"row": gap}
    )
