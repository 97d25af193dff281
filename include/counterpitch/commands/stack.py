"""`up`, `down`, `status`, `migrate`: the local stack and its warehouse."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from counterpitch.commands import console

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for scripts.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command()(migrate)


def up(as_json: Json = False) -> None:
    """Start Postgres and Airflow on this machine, and wait until all of it is healthy.

    Nothing listens beyond 127.0.0.1. Starting what runs already changes nothing.

    Examples:

        counterpitch up

        COUNTERPITCH_UI_PORT=9000 COUNTERPITCH_WORKERS=4 counterpitch up
    """
    address, user, password = started()
    if as_json:
        console.emit({"address": address, "user": user, "password": password})
    else:
        console.out.print(f"Airflow is up: [bold]{address}[/]  user [bold]{user}[/]  password [bold]{password}[/]")


def down(
    and_remove: Annotated[
        bool, typer.Option("--and-remove", help="Also delete the embedded database and all state. There is no undo.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Stop every process of the local stack, Postgres last. Data stay, unless --and-remove.

    Safe at any time: also while `counterpitch run` works, or when a start was killed half-way.
    """
    from counterpitch.local.airflow import stack

    local = stack()
    with console.err.status("Stopping"):
        ended = local.stop()
        if and_remove:
            local.remove()
    if as_json:
        console.emit({"processes_ended": ended, "removed": and_remove})
    else:
        console.out.print(f"Stopped: {ended} processes ended." if ended else "Nothing was running.")
        if and_remove:
            console.out.print("The embedded database and the state folder are gone.")


def status(as_json: Json = False) -> None:
    """Say what runs, where, and what the warehouse holds. Exit code 0 only when everything runs.

    Examples:

        counterpitch status

        counterpitch status --json | jq .parts
    """
    from counterpitch.local.airflow import stack

    local = stack()
    parts = local.health()
    running = all(state in {"running", "healthy"} for state in parts.values())
    report: dict[str, Any] = {"running": running, "parts": parts, "address": local.address() if running else None}
    report["state_folder"] = str(local.state.home)
    if as_json:
        console.emit(report)
    else:
        _show(report)
    raise typer.Exit(0 if running else 1)


def migrate(as_json: Json = False) -> None:
    """Bring the warehouse's tables up to date. Runs each migration once; safe to repeat.

    `up` and `run` do this themselves; you need it for a warehouse of your own (COUNTERPITCH_WAREHOUSE_URL).
    """
    from counterpitch.local.airflow import stack
    from counterpitch.settings import settings
    from counterpitch.warehouse.migrate import migrate as apply

    local = stack()
    if local.cluster and not local.cluster.running():
        local.check(console.say)
        local.cluster.start()
        local.cluster.create_database("warehouse")
    applied = apply(settings().warehouse)
    if as_json:
        console.emit({"applied": applied})
    else:
        console.out.print(f"Applied: {', '.join(applied)}" if applied else "The warehouse is up to date.")


def started() -> tuple[str, str, str]:
    """Start the stack if it does not run; returns address, user and password of the UI."""
    from counterpitch.local.airflow import SET_ASIDE, stack

    local = stack()
    with console.err.status("Checking the machine") as spinner:

        def say(text: str) -> None:
            spinner.update(text)
            if not console.err.is_terminal or text.startswith(("Port ", SET_ASIDE)):
                console.say(text)

        address = local.start(say)
    return address, *local.state.login()


def _show(report: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, state in report["parts"].items():
        color = {"running": "green", "healthy": "green", "stopped": "dim"}.get(state, "yellow")
        table.add_row(name, f"[{color}]{state}[/]")
    console.out.print(table)
    if report["address"]:
        where = f"UI {report['address']} (the login is in {report['state_folder']}/login.json)"
        console.out.print(where, soft_wrap=True)
    else:
        where = f"Start it with `counterpitch up`; look into {report['state_folder']}/logs"
        console.out.print(where, soft_wrap=True)
