"""The partition key of a run, and the scope (brands) it works on: the only clock and the only reach of a task.

A scheduled or REST-triggered run carries its key; a run started by hand in the UI names it as a parameter.
The scope rides in the events of the upstream asset, because `conf` and `params` do not travel downstream:
a run unites the brands of all its events and re-reads the key's whole scope, so a duplicate run is harmless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from airflow.sdk import Asset, Param
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

Context = Mapping[str, Any]


def scope_params() -> dict[str, Param]:
    """The trigger form of the DAGs that may be started by hand."""
    return {
        "partition_key": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Day",
            description="The day to work on, when you start the run by hand (YYYY-MM-DD).",
            section="Scope",
        ),
        "brands": Param(
            [],
            type=["null", "array"],
            items={"type": "string"},
            title="Brands",
            description="Brand ids, one a line. Empty: every brand that is registered.",
            section="Scope",
        ),
    }


def key_of(context: Context) -> str:
    """The run's partition key as 'YYYY-MM-DD'.

    Raises AirflowFailException, which no retry follows, when there is none or it is not a day.
    """
    key = context["dag_run"].partition_key or context["params"].get("partition_key")
    if not key:
        raise AirflowFailException("This run has no day. Trigger it again and fill in the field Day (YYYY-MM-DD).")
    try:
        return date.fromisoformat(key).isoformat()
    except ValueError as error:
        raise AirflowFailException(f"The partition key {key!r} is not a day. Use the form YYYY-MM-DD.") from error


def brands_of(context: Context) -> list[str]:
    """The brands of this run: those of its asset events, else those of the form, else all that are registered."""
    from counterpitch import brands
    from counterpitch.warehouse.connection import transaction

    asked = _brands_of_events(context) or set(context["params"].get("brands") or [])
    with transaction(application="scope") as conn:
        registered = brands.registered(conn)
    unknown = asked - set(registered)
    if unknown:
        raise AirflowFailException(
            f"Not registered: {', '.join(sorted(unknown))}. Add them with `counterpitch brand add`, "
            f"or choose from: {', '.join(registered) or 'none yet'}."
        )
    return sorted(asked) or registered


def markets_of(context: Context) -> list[str]:
    """The markets that hold any brand of this run's scope."""
    from counterpitch import brands
    from counterpitch.warehouse.connection import transaction

    with transaction(application="scope") as conn:
        return brands.markets_of(conn, brands_of(context))


def is_scheduled(context: Context) -> bool:
    """Whether the schedule began this run, not a person, a backfill or an event."""
    return bool(context["dag_run"].run_type == "scheduled")


def publish(context: Context, asset: Asset, brands: list[str], days: Sequence[str] = ()) -> None:
    """Publish `asset` once for this run's key, with the brands that moved; or once for each of `days`, if given.

    Raises AirflowSkipException when none moved: a day that no source covers starts nothing downstream.
    """
    if not brands:
        raise AirflowSkipException("No source covers this day for any brand: there is nothing to pass on.")
    _pass_on(context, asset, {"brands": sorted(brands)}, days)


def publish_training(context: Context, asset: Asset, verdict: Mapping[str, Any], day: str | None = None) -> None:
    """Ask for training where the verdict (`retrain`, `reason`) says that it is due; else skip with its own words.

    `day`: what the model is to know up to, if that is not the run's own day.
    """
    if not verdict["retrain"]:
        raise AirflowSkipException(str(verdict["reason"]))
    _pass_on(context, asset, {"reason": verdict["reason"]}, [day] if day else [])


def publish_challenger(context: Context, asset: Asset, verdict: Mapping[str, Any]) -> None:
    """Publish a challenger that won, with its comparison; any other verdict skips with its own words."""
    if verdict["verdict"] != "wins":
        raise AirflowSkipException(str(verdict["reason"]))
    _pass_on(context, asset, {"model_id": verdict["model_id"], "reason": verdict["reason"]})


def newest_collected(context: Context) -> str:
    """The newest day with collected data up to a scheduled run's key; the key itself by hand, or with no data yet."""
    from counterpitch.warehouse import query
    from counterpitch.warehouse.connection import transaction

    key = key_of(context)
    if not is_scheduled(context):
        return key
    with transaction(application="scope") as conn:
        return str(query.scalar(conn, query.sql(__file__, "find_newest_collected"), {"key": key}) or key)


def challenger_of(context: Context) -> dict[str, str]:
    """The model that waits for a decision: of the latest event of this run, else of the form."""
    events = context.get("triggering_asset_events") or {}
    found = [event.extra for batch in events.values() for event in batch if event.extra]
    if found:
        return {"model_id": found[-1]["model_id"], "reason": found[-1]["reason"]}
    if model_id := context["params"].get("model_id"):
        return {"model_id": model_id, "reason": "asked for by hand"}
    raise AirflowFailException("This run names no model. Trigger it again and fill in the field Model.")


@contextmanager
def skip_on(*errors: type[BaseException]) -> Iterator[None]:
    """Turn an expected lack (no data to learn from yet) into a skipped task that says why."""
    try:
        yield
    except errors as error:
        raise AirflowSkipException(str(error)) from error


def skip_if_overtaken(context: Context, by: str) -> None:
    """Skip a scheduled run whose work is done: unpausing a DAG makes the run of last Monday, whatever ran by hand.

    `by` names the query that says, for a key and the markets of the scope, what overtook the run, or gives no row.
    Raises AirflowSkipException.
    """
    from counterpitch.warehouse import query
    from counterpitch.warehouse.connection import transaction

    if not is_scheduled(context):
        return
    run = {"key": key_of(context), "markets": markets_of(context)}
    with transaction(application="scope") as conn:
        reason = query.scalar(conn, query.sql(__file__, by), run)
    if reason:
        raise AirflowSkipException(reason)


def _pass_on(context: Context, asset: Asset, extra: dict[str, Any], days: Sequence[str] = ()) -> None:
    """Publish for `days`, else for the run's day.

    A run with a key lends it to its events. One started with the form's Day has none, and Airflow drops an event
    without a key on its way to a partitioned DAG, so the day is then named.
    """
    context["outlet_events"][asset].extra = extra
    days = list(days) or [key_of(context)]
    if set(days) - {context["dag_run"].partition_key}:
        context["outlet_events"][asset].add_partitions(days)


def _brands_of_events(context: Context) -> set[str]:
    events = context.get("triggering_asset_events") or {}
    return {brand for batch in events.values() for event in batch for brand in (event.extra or {}).get("brands", [])}
