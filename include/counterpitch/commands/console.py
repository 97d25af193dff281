"""How commands speak: results on standard output, progress and failures on standard error, JSON where asked.

Every failure that we foresaw is one sentence that says what to do, followed by its evidence if there is any.
A failure nobody foresaw is one line too; `--debug` shows the traceback of either.
"""

from __future__ import annotations

import json
import os
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

out = Console()
err = Console(stderr=True)


class Commands(TyperGroup):
    """A group that turns exceptions into a line and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Exit codes: 1 a failure, 2 wrong usage, 130 interrupted."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            err.print("Interrupted.")
            raise typer.Exit(130) from None
        except BrokenPipeError:  # `counterpitch sql ... | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            raise typer.Exit(0) from None
        except Exception as error:
            if ctx.params.get("debug") or isinstance(error, typer.Abort) or hasattr(error, "exit_code"):
                raise  # wrong usage and exits are typer's to show
            fail(error)
            raise typer.Exit(1) from None


def fail(error: Exception) -> None:
    """Print a failure as a sentence, its further lines dimmed."""
    text = str(error).strip() if _foreseen(error) else _unforeseen(error)
    first, _, rest = text.partition("\n")
    err.print(f"[bold red]Failed.[/] {escape(first)}", highlight=False, soft_wrap=True)
    if rest:
        err.print(escape(rest), style="dim", highlight=False, soft_wrap=True)


def emit(value: Any) -> None:
    """Print a value as JSON on standard output."""
    out.print_json(json.dumps(value, default=str, ensure_ascii=False)) if out.is_terminal else out.out(
        json.dumps(value, default=str, ensure_ascii=False), highlight=False
    )


def say(text: str) -> None:
    """Tell what goes on, without mixing into the output."""
    err.print(escape(text), highlight=False)


def _foreseen(error: Exception) -> bool:
    from counterpitch.errors import Permanent, Transient
    from counterpitch.local.errors import LocalFailure
    from counterpitch.warehouse.connection import WarehouseUnreachable

    return isinstance(error, Permanent | Transient | LocalFailure | WarehouseUnreachable)


def _unforeseen(error: Exception) -> str:
    from pydantic import ValidationError

    if isinstance(error, ValidationError) and error.title == "Settings":
        wrong = error.errors()[0]
        name = "COUNTERPITCH_" + "_".join(str(part) for part in wrong["loc"]).upper()
        return f"The setting {name} cannot be used: {wrong['msg']}. Correct it in the environment or in .env."
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0] if said else 'no message'}. Run `counterpitch --debug ...` for the trace."
