"""Ask the click model why, see which models there are, take a promotion back, and teach it an encoder."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from counterpitch.commands import console
from counterpitch.commands.stack import Json

app = typer.Typer(no_args_is_help=True)

MODELS = """
select m.model_id, m.partition_key as trained_up_to, c.mark, c.decided_by, c.promoted_at,
       m.metrics #>> '{pillars,verdict}' as pillars, m.metrics #>> '{pillars,reason}' as pillars_reason,
       d.state as drift, d.partition_key as drift_on, d.reason as drift_reason
from ml.model m
left join ml.champion c using (model_id)
left join lateral (
    select state, partition_key, reason from ml.drift_day
    where model_id = m.model_id order by partition_key desc limit 1
) d on true
order by m.partition_key desc, m.created_at desc
"""


@app.command()
def explain(
    text: Annotated[str, typer.Option(help="The words of an ad nobody has shown yet.")],
    before: Annotated[str | None, typer.Option(help="An earlier wording: also says what the change does.")] = None,
    brand: Annotated[str | None, typer.Option(help="For which own brand it would run, by brand id.")] = None,
    as_json: Json = False,
) -> None:
    """Predict a text's click-through rate, and say why in words a copywriter can act on.

    Example:

        counterpitch ctr explain --text "Tired of cold coffee?" --before "Our mug keeps coffee warm"
    """
    from counterpitch.ctr.explain import explain_text

    said = explain_text(text, before=before, owner=brand)
    if as_json:
        console.emit(said)
        return
    console.out.print(_told("Predicted", said))
    for reason in said["reasons"]:
        console.out.print(f"  {reason['text']}", markup=False, highlight=False)
    if before is not None:
        console.out.print(_told("Before", said["before"]))
        console.out.print(f"The change: {said['change_points']:+.2f} points", highlight=False)
    taught = ", ".join(said["trained_on"])
    console.out.print(f"Model {said['model_id']}, taught by: {taught}", style="dim", highlight=False)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the trained models, newest first; the champion carries the mark of its promotion, and its latest drift.

    pillars: whether a second model that also reads pillars ranks ads better (wins, no gain, or unknown yet).
    """
    from counterpitch.warehouse import query
    from counterpitch.warehouse.connection import transaction

    with transaction(application="counterpitch ctr list") as conn:
        found = query.rows(conn, MODELS)
    if as_json:
        console.emit(found)
        return
    if not found:
        console.out.print("No model is trained yet. `counterpitch run` trains the first one.")
        return
    from counterpitch.commands.tables import show

    told = [name for name in found[0] if not name.endswith("_reason")]
    show(told, [[row[name] for name in told] for row in found])
    for row in found:
        if row["mark"] and row["drift_reason"]:
            console.out.print(f"Drift on {row['drift_on']}: {row['drift_reason']}", highlight=False)
        if row["mark"] and row["pillars_reason"]:
            console.out.print(f"Pillars: {row['pillars_reason']}", highlight=False)


@app.command()
def rollback(
    reason: Annotated[str, typer.Option(help="Why; kept with the move.")] = "",
    as_json: Json = False,
) -> None:
    """Take the last promotion back: the champion before it scores again.

    Example:

        counterpitch ctr rollback --reason "predicts nothing for video ads"
    """
    import getpass

    from counterpitch.ctr import registry

    model_id = registry.rollback(decided_by=getpass.getuser(), reason=reason)
    if as_json:
        console.emit({"champion": model_id})
        return
    console.out.print(f"{model_id} is the champion again.")


@app.command("tune-encoder")
def tune_encoder(
    folder: Annotated[Path, typer.Option("--out", help="A new folder for the taught encoder.")],
    base: Annotated[
        Path | None,
        typer.Option(help="A sentence-transformers folder of the BERT family; unset: requirements-embeddings' MiniLM."),
    ] = None,
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Learn from what was known by this day; unset: today.")
    ] = None,
    threads: Annotated[int, typer.Option(help="Processors. Another number may give other last digits.", min=1)] = 1,
    as_json: Json = False,
) -> None:
    """Teach a sentence encoder which of our wordings won, for the click model to read beside the words.

    Minutes of one processor for thousands of tests. Interrupted, it goes on where it stopped; run again on the same
    results, it is done at once. Then name the folder in COUNTERPITCH_CTR_ENCODER: the next training reads it, is judged
    only on results that the encoder has not seen, and has to win like any other challenger. See docs/tune-encoder.md.

    Example:

        counterpitch ctr tune-encoder --out encoders/2026-11
    """
    from counterpitch.ctr import tune, tuned

    told = _Told()
    tune.log.addHandler(told)
    tune.log.setLevel(logging.INFO)
    try:
        card = tune.tune(folder.absolute(), base, day.date().isoformat() if day else None, threads)
    finally:
        tune.log.removeHandler(told)
    if as_json:
        console.emit(card)
        return
    console.out.print(
        f"Taught on {card['examples']} examples ({tuned.lessons(card)}) up to {card['taught_until']}. Of pairs "
        f"that it had not seen it is right in {card['out_of_fold_accuracy']:.1%} (weighted by certainty).",
        highlight=False,
    )
    console.out.print(f"Use it: COUNTERPITCH_CTR_ENCODER={folder.absolute()}", highlight=False, soft_wrap=True)


class _Told(logging.Handler):
    """Shows a log's lines as progress."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one line."""
        console.say(record.getMessage())


def _told(word: str, said: dict[str, Any]) -> str:
    return (
        f"{word}: {100 * said['ctr']:.2f}% click-through "
        f"({100 * said['ctr_low']:.2f}% to {100 * said['ctr_high']:.2f}% with 95% confidence)"
    )
