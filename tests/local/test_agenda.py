"""What is left to do, told from what was landed and what went through since."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from counterpitch import brands
from counterpitch.brands import slug
from counterpitch.local.agenda import agenda
from counterpitch.local.pipeline import CHAIN, LEARN, WRITE
from counterpitch.local.rest import Airflow, Run
from counterpitch.sources import importing, snapshots
from counterpitch.sources.base import State
from counterpitch.warehouse import query
from counterpitch.warehouse.connection import Connection

LANDED = datetime(2026, 11, 21, 8, tzinfo=UTC)
AFTER, BEFORE = LANDED + timedelta(minutes=5), LANDED - timedelta(minutes=5)


class Recorded(Airflow):
    """An Airflow that only remembers."""

    def __init__(self, *runs: Run) -> None:
        self._all = runs

    def dags(self) -> dict[str, bool]:
        return dict.fromkeys((*CHAIN, LEARN, WRITE), False)

    def runs(self, dag_id: str = "~", *, since: datetime | None = None) -> list[Run]:  # noqa: ARG002 as the real one
        return [run for run in self._all if run.dag_id == dag_id]


def ended(dag_id: str, key: str, started: datetime = AFTER, state: str = "success") -> Run:
    return Run(dag_id, f"{dag_id}-{key}", key, state, "manual", started, started, started)


def through(key: str, started: datetime = AFTER) -> list[Run]:
    return [ended(CHAIN[0], key, started), ended(CHAIN[-1], key, started)]


@pytest.fixture
def landed(conn: Connection, tmp_path: Path) -> Connection:
    """Two days of ads and a file of results, landed at LANDED."""
    ads = tmp_path / "ads.csv"
    ads.write_text(
        "source,brand,ad_id,observed_on,body\n"
        "meta,acme,1,2026-11-18,Run further in softer shoes\n"
        "meta,acme,1,2026-11-20,Run further in softer shoes\n"
    )
    results = tmp_path / "results.csv"
    results.write_text(
        "source,brand,ad_id,result_date,as_of,impressions,clicks\nmeta,acme,1,2026-11-19,2026-11-20,1000,20\n"
    )
    importing.import_ads(ads)
    importing.import_results(results)
    query.execute(conn, "update raw.landed_file set landed_at = %(at)s", {"at": LANDED})
    conn.commit()
    return conn


def test_everything_is_left_at_first(landed: Connection) -> None:
    todo = agenda(landed, Recorded())
    assert (todo.days, todo.last_day) == (["2026-11-18", "2026-11-20"], "2026-11-20")
    assert (todo.learn, todo.write, todo.empty) == (True, True, False)
    assert todo.since == LANDED


def test_nothing_is_left_after_a_whole_run(landed: Connection) -> None:
    runs = [*through("2026-11-18"), *through("2026-11-20"), ended(LEARN, "2026-11-20"), ended(WRITE, "2026-11-20")]
    assert agenda(landed, Recorded(*runs)).empty


def test_a_day_that_was_cut_off_is_taken_up_again(landed: Connection) -> None:
    runs = [*through("2026-11-18"), ended(CHAIN[0], "2026-11-20"), ended(CHAIN[-1], "2026-11-20", state="failed")]
    assert agenda(landed, Recorded(*runs)).days == ["2026-11-20"]


def test_rows_that_land_after_a_run_of_their_day_make_it_due_again(landed: Connection) -> None:
    runs = [*through("2026-11-18", BEFORE), *through("2026-11-20")]
    assert agenda(landed, Recorded(*runs)).days == ["2026-11-18"]


def test_briefs_that_failed_are_due_although_every_day_is_through(landed: Connection) -> None:
    runs = [*through("2026-11-18"), *through("2026-11-20"), ended(LEARN, "2026-11-20")]
    runs.append(ended(WRITE, "2026-11-20", state="failed"))
    todo = agenda(landed, Recorded(*runs))
    assert (todo.days, todo.learn, todo.write) == ([], False, True)


def test_learning_is_due_when_results_came_after_the_last_lesson(landed: Connection) -> None:
    assert agenda(landed, Recorded(ended(LEARN, "2026-11-16", BEFORE))).learn
    assert not agenda(landed, Recorded(ended(LEARN, "2026-11-16", AFTER))).learn


def test_an_empty_warehouse_has_nothing_to_do(conn: Connection) -> None:
    todo = agenda(conn, Recorded())
    assert (todo.empty, todo.last_day) == (True, None)


@pytest.fixture
def live(conn: Connection) -> Connection:
    """A brand that was collected on both days, and a second one that joined after they went through."""
    with conn:
        for name in ("Bolt", "Acme"):
            brands.register_brand(conn, name)
            brands.register_feed(conn, slug(name), "meta", options={"reader": "meta_ad_library"})
        for day in ("2026-11-19", "2026-11-20"):
            snapshots.cover(conn, "meta", "bolt", day, LANDED, state=State.OK, rows=3)
        snapshots.cover(conn, "meta", "acme", "2026-11-19", LANDED, state=State.EMPTY)
    return conn


def test_a_brand_that_joins_a_day_that_went_through_makes_it_due_again(live: Connection) -> None:
    done = [run for day in ("2026-11-19", "2026-11-20") for run in (*through(day), ended(WRITE, day))]
    todo = agenda(live, Recorded(*done), ["2026-11-19", "2026-11-20"])
    assert (todo.days, todo.last_day, todo.write) == (["2026-11-20"], "2026-11-20", True)
    assert todo.since > AFTER, "a run of before cannot have read the brand"


@pytest.mark.parametrize(("state", "due"), [(State.FAILED, True), (State.EMPTY, False), (State.NOT_COVERED, False)])
def test_an_asked_day_is_due_until_every_feed_was_answered(live: Connection, state: State, due: bool) -> None:
    with live:
        snapshots.cover(live, "meta", "acme", "2026-11-20", LANDED, state=state)
    done = [*through("2026-11-20"), ended(WRITE, "2026-11-20")]
    assert agenda(live, Recorded(*done), ["2026-11-20"]).empty is not due
    with live:
        query.execute(live, "update core.feed set enabled = false where brand_id = 'acme'")
    assert agenda(live, Recorded(*done), ["2026-11-20"]).empty


def test_a_file_that_landed_for_an_asked_day_does_not_hide_who_was_not_read(
    landed: Connection, live: Connection
) -> None:
    done = [*through("2026-11-18"), *through("2026-11-20"), ended(WRITE, "2026-11-20"), ended(LEARN, "2026-11-20")]
    assert agenda(landed, Recorded(*done), ["2026-11-20"]).days == ["2026-11-20"]


def test_a_champion_that_an_upgrade_left_behind_is_learnt_anew_before_its_days_are_scored(
    landed: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from counterpitch.ctr import registry

    learnt = [ended(LEARN, "2026-11-20")]
    assert not agenda(landed, Recorded(*learnt)).learn
    monkeypatch.setattr(registry, "is_left_behind", lambda _: True)
    assert agenda(landed, Recorded(*learnt)).learn
    whole = [*through("2026-11-18"), *through("2026-11-20"), *learnt, ended(WRITE, "2026-11-20")]
    assert agenda(landed, Recorded(*whole)).empty, "nothing is to be scored: Monday's training is soon enough"


@pytest.mark.parametrize(("kind", "source"), [("pages", "web"), ("results", "meta")])
def test_a_day_that_was_asked_for_pages_or_results_alone_is_asked_for_once(
    conn: Connection, kind: str, source: str
) -> None:
    day = "2026-11-20"
    reader = {"pages": "web_pages", "results": "meta_insights"}[kind]
    with conn:
        brands.register_brand(conn, "Acme")
        brands.register_feed(conn, "acme", source, kind=kind, options={"reader": reader})
    assert agenda(conn, Recorded(), [day]).days == [day]
    with conn:
        snapshots.cover(conn, source, "acme", day, LANDED, state=State.OK, rows=2, kind=kind)
    collected = ended(CHAIN[0], day)
    todo = agenda(conn, Recorded(collected, ended(LEARN, day)), [day])
    assert (todo.days, todo.write) == ([], False)
    with conn:
        snapshots.cover(conn, "meta", "acme", day, LANDED, state=State.OK, rows=2)
    assert agenda(conn, Recorded(collected), [day]).days == [day], "its ads have to go through the chain"
