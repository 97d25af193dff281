"""Run the sandbox platforms by hand: `python -m counterpitch.sandbox.platforms --help`."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from contextlib import suppress
from datetime import date, timedelta

from counterpitch.sandbox.market import DAYS, SEED
from counterpitch.sandbox.platforms.accounts import META_TOKEN, TIKTOK_KEY, TIKTOK_SECRET
from counterpitch.sandbox.platforms.faults import Dial
from counterpitch.sandbox.platforms.server import Sandbox, serving
from counterpitch.sandbox.platforms.world import World


def main() -> None:
    """Serve until interrupted; print the addresses and tokens as JSON first."""
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--port", type=int, default=8765, help="port of the APIs; the sites take the ports after it")
    cli.add_argument("--last-day", type=date.fromisoformat, default=date.today())  # noqa: DTZ011 by hand, it is today
    cli.add_argument("--start", type=date.fromisoformat)
    cli.add_argument("--seed", type=int, default=SEED)
    cli.add_argument("--faults", type=float, default=0.0, help="share of requests that meet a fault, 0 to 1")
    cli.add_argument("--fault-seed", type=int, default=1)
    args = cli.parse_args()
    world = World(args.start or args.last_day - timedelta(days=DAYS), args.last_day, args.seed)
    sandbox = Sandbox(world, args.last_day, Dial(rate=args.faults, seed=args.fault_seed))
    with serving(sandbox, args.port, args.port + 1) as served:
        told = {
            "url": served.url,
            "sites": dict(served.sites),
            "meta_token": META_TOKEN,
            "tiktok": {"client_key": TIKTOK_KEY, "client_secret": TIKTOK_SECRET},
            "account": world.account,
            "pages": world.pages,
        }
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
