"""The `counterpitch` command: every capability of the project from a terminal.

Light on purpose: each command imports what it needs when it runs, so that `--help` answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from counterpitch.commands.console import Commands

# A module of single commands has `register(app)`; a group (`counterpitch brand add`) has an `app` of its own.
SINGLE = ("stack", "run", "summarise", "importing", "backfill", "sql", "export", "sandbox")
GROUPS = {"brand": "brand", "ctr": "ctr", "quarantine": "quarantine"}

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Read the ads your competitors pay to show, learn what works, write your brand's answer.

[bold]First steps[/]

  counterpitch run                      the bundled market, to briefs
  counterpitch run --ads DIR --own-brand acme     your own ads
  counterpitch status                   what runs, and where the UI is
  counterpitch down                     stop everything

Settings are COUNTERPITCH_* variables or lines in .env.""",
)


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the whole traceback when something fails.")] = False,
) -> None:
    """Options of every command."""


for name in SINGLE:
    import_module(f"counterpitch.commands.{name}").register(app)
for word, name in GROUPS.items():
    group = import_module(f"counterpitch.commands.{name}")
    app.add_typer(group.app, name=word, help=group.__doc__)
