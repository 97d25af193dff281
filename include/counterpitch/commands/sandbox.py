"""`sandbox`: the invented market behind the platforms' APIs on this machine, with as many faults as you like."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from counterpitch.commands import console
from counterpitch.commands.stack import Json
from counterpitch.errors import Permanent

if TYPE_CHECKING:
    from counterpitch.sandbox.platforms.server import Sandbox, Served

ALL = "all"
ALL_RATE = 0.15
DAY_FORM = ["%Y-%m-%d"]


class SandboxRefused(Permanent):
    """The sandbox cannot be served as asked; the message says what to change."""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(sandbox)


def sandbox(
    port: Annotated[
        int | None,
        typer.Option(help="Port of the APIs on 127.0.0.1. Unset: COUNTERPITCH_SANDBOX_PORT.", min=0, max=65535),
    ] = None,
    site_port: Annotated[
        int, typer.Option(help="First port of the brands' sites; 0: any that are free.", min=0, max=65535)
    ] = 0,
    day: Annotated[
        datetime | None, typer.Option(formats=DAY_FORM, help="The day on which one looks. Unset: today.")
    ] = None,
    start: Annotated[
        datetime | None, typer.Option(formats=DAY_FORM, help="First day of the market. Unset: 60 days before.")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault", metavar="NAME[=RATE]", help=f"What goes wrong, for which share of calls; `{ALL}` for everything."
        ),
    ] = None,
    fault_seed: Annotated[int, typer.Option(help="The same seed meets the same faults.")] = 1,
    meta_calls: Annotated[int, typer.Option(help="Calls that Meta allows a token in an hour.", min=1)] = 10_000,
    tiktok_calls: Annotated[int, typer.Option(help="Calls that TikTok allows in a minute.", min=1)] = 600,
    seed: Annotated[int | None, typer.Option(help="Another market of the same kind.")] = None,
    as_json: Json = False,
) -> None:
    """Serve the invented market in the shapes of Meta's Ad Library and Insights, TikTok and brands' sites.

    Prints the addresses, the tokens and how to point connections there; serves until Ctrl-C. Any client that works
    here works on the platforms: what changes is the connection. `make run` starts one of its own.

    Examples:

        counterpitch sandbox

        counterpitch sandbox --day 2026-11-20 --fault all --fault-seed 7

        counterpitch sandbox --fault throttle_400=0.3 --fault cut_json=0.1 --meta-calls 200
    """
    from counterpitch.sandbox.market import SEED
    from counterpitch.sandbox.platforms.server import PortTaken, serving
    from counterpitch.settings import settings

    looked = day.date() if day else datetime.now(UTC).date()
    served = _sandbox(looked, start.date() if start else None, SEED if seed is None else seed, fault or [], fault_seed)
    served.quota(meta=meta_calls, tiktok=tiktok_calls)
    port = settings().sandbox_port if port is None else port
    try:
        with serving(served, port, site_port) as running:
            told = describe(running)
            console.emit(told) if as_json else _show(told)
            with suppress(KeyboardInterrupt):
                threading.Event().wait()
    except PortTaken as error:
        option = "--port" if error.port == port else "--site-port"
        raise SandboxRefused(f"{error} Choose another with {option}.") from error
    except TimeoutError as error:
        raise SandboxRefused(f"{error} Try again with --port 0.") from error


def _sandbox(day: date, start: date | None, seed: int, faults: Sequence[str], fault_seed: int) -> Sandbox:
    from counterpitch.sandbox.market import DAYS
    from counterpitch.sandbox.platforms.faults import Dial
    from counterpitch.sandbox.platforms.server import Sandbox
    from counterpitch.sandbox.platforms.world import World

    if start and start > day:
        raise SandboxRefused(f"The market cannot start on {start}, after the day of looking, {day}.")
    world = World(start or day - timedelta(days=DAYS), day, seed)
    return Sandbox(world, day, Dial(seed=fault_seed, rates=fault_rates(faults)))


def fault_rates(faults: Sequence[str]) -> dict[str, float]:
    """Kind of fault -> share of calls, from `NAME=RATE` words; `all` shares its rate out. Raises SandboxRefused."""
    from counterpitch.sandbox.platforms.faults import KINDS, OWN, WIRE

    rates: dict[str, float] = {}
    for word in faults:
        name, _, told = word.partition("=")
        try:
            rate = float(told) if told else ALL_RATE
        except ValueError:
            rate = -1.0
        if not 0 <= rate <= 1:
            raise SandboxRefused(f"--fault {word}: the rate is a share of calls, such as {name}=0.1.")
        if name != ALL and name not in KINDS:
            raise SandboxRefused(f"There is no fault {name}. Choose from: {ALL}, {', '.join(KINDS)}.")
        most = len(WIRE) + max(len(own) for own in OWN.values())  # kinds that one platform can meet
        rates |= dict.fromkeys(KINDS, rate / most) if name == ALL else {name: rate}
    return rates


def describe(running: Served) -> dict[str, Any]:
    """Addresses, tokens, accounts, pages and the connections that lead here, as JSON."""
    from counterpitch.sandbox.platforms.accounts import META_TOKEN, TIKTOK_KEY, TIKTOK_SECRET
    from counterpitch.sandbox.sightings import business_id

    world, bare = running.sandbox.world, running.url.removeprefix("http://")
    return {
        "address": running.url,
        "on_a_day": running.on("{day}"),
        "day": running.sandbox.day.isoformat(),
        "first_day": world.market.start.isoformat(),
        "meta": {"token": META_TOKEN, "account": world.account, "pages": {b: page for page, b in world.pages.items()}},
        "tiktok": {
            "client_key": TIKTOK_KEY,
            "client_secret": TIKTOK_SECRET,
            "advertisers": {brand: business_id(brand) for brand in world.brands},
        },
        "sites": dict(running.sites),
        "faults": running.sandbox.dial.rates,
        "connections": {
            "AIRFLOW_CONN_META": f"http://:{META_TOKEN}@{bare}/on/{{day}}",
            "AIRFLOW_CONN_TIKTOK": f"http://{TIKTOK_KEY}:{TIKTOK_SECRET}@{bare}/on/{{day}}",
        },
    }


def _show(told: dict[str, Any]) -> None:
    def line(name: str, text: str) -> None:
        console.out.print(f"  [dim]{name:<12}[/]{text}", highlight=False, soft_wrap=True, markup=True)

    console.out.print(f"The sandbox shows the market as it is on [bold]{told['day']}[/]; Ctrl-C ends it.\n")
    line("APIs", f"[bold]{told['address']}[/]  (as they were on a day: {told['on_a_day']})")
    line("Meta", f"token {told['meta']['token']}, our account {told['meta']['account']}")
    line("TikTok", f"client key {told['tiktok']['client_key']}, secret {told['tiktok']['client_secret']}")
    for brand, site in told["sites"].items():
        page, advertiser = told["meta"]["pages"][brand], told["tiktok"]["advertisers"][brand]
        line(brand, f"meta:{page}  tiktok:{advertiser}  {site}")
    for kind, rate in told["faults"].items():
        line("Fault", f"{kind}: {rate:.1%} of calls")
    console.out.print("\nPoint the connections here, or at the platforms: nothing else changes.\n")
    for name, address in told["connections"].items():
        console.out.print(f"  export {name}='{address}'", highlight=False, soft_wrap=True, markup=False)
    brand, page = next(iter(told["meta"]["pages"].items()))
    example = f"counterpitch brand add {brand} --page meta:{page} --reader meta_ad_library"
    console.out.print(f"\n  {example}\n", highlight=False, soft_wrap=True)
