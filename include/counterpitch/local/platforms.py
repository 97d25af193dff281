"""The sandbox platforms as a process of the local stack, for as long as the bundled market is collected.

The tasks know them by two Airflow connections that hold the address and the token, as they would know the real ones.
The address carries the day (`/on/{day}`), because the market's history is looked at as it was on each day.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from counterpitch.local import checks, market
from counterpitch.local.configuration import LOOPBACK
from counterpitch.local.errors import LocalFailure
from counterpitch.local.processes import Program, stop
from counterpitch.local.rest import Airflow
from counterpitch.local.state import State, read_json, write_private
from counterpitch.settings import Settings
from counterpitch.warehouse.connection import transaction

NAME = "sandbox"
READY_SECONDS = 180
TIKTOK_CALLS = 6000  # a minute: the bundled history is collected at once, six days side by side


@dataclass(frozen=True)
class Platforms:
    """The sandbox server of one state folder."""

    state: State
    given: Settings

    @property
    def program(self) -> Program:
        """Its process."""
        return Program(NAME, self.state.home)

    def begin(self) -> bool:
        """Start the server if the bundled market is collected and it does not run; whether it was started.

        One that nobody asks any more is ended.
        """
        with transaction(self.given.warehouse, application="sandbox platforms") as conn:
            wanted, start = market.is_collected(conn), market.first_day(conn)
        if not wanted or not start:
            self.end()
            return False
        if self.program.alive():
            return False
        port = checks.free_port(self.given.sandbox_port, "COUNTERPITCH_SANDBOX_PORT")
        write_private(self._note, {"port": port})
        command = [sys.executable, "-m", "counterpitch", "sandbox", "--json", "--port", str(port)]
        command += ["--start", start.isoformat(), "--tiktok-calls", str(TIKTOK_CALLS)]
        slim = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "NO_COLOR": "1"}
        self.program.start(command, {**os.environ, **slim}, self.state.home)
        return True

    def settle(self, airflow: Airflow) -> None:
        """Wait until the server answers, and tell Airflow where it is. Raises LocalFailure."""
        from counterpitch.sandbox.platforms.accounts import META_TOKEN, TIKTOK_KEY, TIKTOK_SECRET

        self._await()
        looked_at = f"{self.address}/on/{{day}}"
        airflow.keep_connection(market.META, host=looked_at, password=META_TOKEN)
        airflow.keep_connection(market.TIKTOK, host=looked_at, login=TIKTOK_KEY, password=TIKTOK_SECRET)

    def end(self) -> None:
        """End the server, if it runs."""
        if self.program.pidfile.exists():
            stop([self.program])

    @property
    def address(self) -> str:
        """The address of its APIs, as the last start left it."""
        return f"http://{LOOPBACK}:{read_json(self._note).get('port')}"

    def health(self) -> dict[str, str]:
        """Its state in a word, where it was started at all."""
        if not self.program.pidfile.exists():
            return {}
        return {NAME: "running" if self.program.alive() and _answers(self.address) else "stopped"}

    def _await(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(self.address):
            if not self.program.alive() or time.monotonic() > deadline:
                raise LocalFailure(
                    f"The sandbox platforms did not start. See {self.program.log}.\n{self.program.last_words()}"
                )
            time.sleep(0.1)

    @property
    def _note(self) -> Path:
        return self.state.home / "run" / "sandbox-port.json"


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/_sandbox", timeout=20, trust_env=False).is_success
    except httpx.HTTPError:
        return False
