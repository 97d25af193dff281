"""Airflow on one machine: four processes and a Postgres, started together, stopped together.

`airflow standalone` is not used: it binds every address, starts 32 workers and leaves children behind.
Here everything listens on loopback or a Unix socket, each process leads a session of its own, and a start
that fails or is interrupted takes down what it had begun.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from counterpitch.local import checks
from counterpitch.local.configuration import LOOPBACK, METADATA, environment
from counterpitch.local.errors import LocalFailure
from counterpitch.local.platforms import Platforms
from counterpitch.local.postgres import Cluster
from counterpitch.local.processes import Program, stop
from counterpitch.local.rest import Airflow
from counterpitch.local.state import Busy, State, current
from counterpitch.settings import PROJECT, Settings, settings

COMMANDS = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
HEALTH = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}
OWN_FOLDERS = ("airflow", "logs", "run", "market")
OWN_FILES = ("secrets.json", "login.json", "stack.json")
SET_ASIDE = "The database of an earlier state folder at this place is kept in"
PREPARE_SECONDS = 300
HEALTH_SECONDS = 300
INTERRUPT_SECONDS = 20

Say = Callable[[str], None]


@dataclass(frozen=True)
class Stack:
    """The local stack of one state folder."""

    state: State
    given: Settings
    dags: Path | None = None
    programs: dict[str, Program] = field(init=False)

    def __post_init__(self) -> None:
        programs = {name: Program(name, self.state.home) for name in COMMANDS}
        object.__setattr__(self, "programs", programs)

    @property
    def platforms(self) -> Platforms:
        """The sandbox platforms, which run only where the bundled market is collected."""
        return Platforms(self.state, self.given)

    @property
    def cluster(self) -> Cluster | None:
        """The embedded Postgres; None where the warehouse is configured elsewhere."""
        if self.given.warehouse_url:
            return None
        return Cluster(self.given.postgres_home, self.given.sockets)

    def start(self, say: Say) -> str:
        """Start what does not run, wait until all of it is healthy, and return the UI's address.

        Raises LocalFailure with what to do; then nothing that this call started is left.
        """
        self.check(say)
        with self.state.lock("start", "Another start is under way in this folder. Wait for it, or `make stop`."):
            running = self.address()
            if running:
                if self.platforms.begin():
                    self._settle_platforms(running)
                return running
            try:
                with _term_interrupts():
                    return self._start(say)
            except BaseException:
                say("Stopping what was started")
                self._stop()
                raise

    def check(self, say: Say) -> None:
        """Make the state folder, and check that the machine can carry the stack.

        A folder that is made anew has no database yet. Root's lies outside it, under a name made of the path: where
        the folder was deleted, or cloned again, one of before may be there, full of another installation's runs and
        of connections sealed with keys that are gone. It is set aside, never deleted.

        Raises LocalFailure with what to do.
        """
        checks.machine([self.state.home, *([self.cluster.home] if self.cluster else [])])
        aside = self.state.prepare() and self.cluster and self.cluster.set_aside()
        if aside:
            say(f"{SET_ASIDE} {aside}. Delete it if nothing in it is needed.")

    def stop(self) -> int:
        """End every process of the stack, Postgres last; returns how many ended. Safe to call at any time."""
        if not self.state.home.exists():
            return self._stop()
        begun = time.monotonic()
        while True:
            try:
                with self.state.lock("start", "A start is under way in this folder and does not end."):
                    return self._stop()
            except Busy as busy:
                self._interrupt(busy, time.monotonic() - begun)

    def remove(self) -> None:
        """Delete the stopped stack's state and its embedded database: everything that was collected is gone."""
        for name in OWN_FOLDERS:
            shutil.rmtree(self.state.home / name, ignore_errors=True)
        for name in OWN_FILES:
            (self.state.home / name).unlink(missing_ok=True)
        if self.cluster:
            shutil.rmtree(self.cluster.home, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.state.home.rmdir()  # kept when it holds anything that is not ours

    def start_postgres(self) -> None:
        """Start the embedded Postgres and bring the warehouse up to date: all that needs no Airflow."""
        from counterpitch.warehouse.migrate import migrate

        if self.cluster:
            self.cluster.start()
            self.cluster.create_database("warehouse")
        migrate(self.given.warehouse)

    def address(self) -> str | None:
        """The UI's address when all four processes run and the API answers, else None."""
        address = self.state.address()
        if not address or not all(program.alive() for program in self.programs.values()):
            return None
        return address if _health(address) is not None else None

    def processes(self) -> list[psutil.Process]:
        """Every process of the stack, Postgres included."""
        found = [process for program in self._all_programs() for process in program.members()]
        return found + (self.cluster.processes() if self.cluster else [])

    def health(self) -> dict[str, str]:
        """Each part's state in a word: running, stopped, or what the health check says of it."""
        address = self.state.address()
        report = (_health(address) if address else None) or {}
        parts = {name: "running" if program.alive() else "stopped" for name, program in self.programs.items()}
        for name, key in HEALTH.items():
            if parts[name] == "running":
                parts[name] = str(report.get(key, {}).get("status") or "starting")
        if parts["api-server"] == "running" and not report:
            parts["api-server"] = "starting"
        if self.cluster:
            parts["postgres"] = "running" if self.cluster.running() else "stopped"
        return parts | self.platforms.health()

    def _all_programs(self) -> list[Program]:
        return [*self.programs.values(), self.platforms.program]

    def _start(self, say: Say) -> str:
        stop(self._all_programs())  # a half-finished or killed earlier start
        say("Starting Postgres and migrating the warehouse")
        self.start_postgres()
        port = checks.free_port(self.given.ui_port)
        if port != self.given.ui_port:
            say(f"Port {self.given.ui_port} is taken: the UI moves to {port} (COUNTERPITCH_UI_PORT chooses another)")
        address = f"http://{LOOPBACK}:{port}"
        variables = environment(self.state, self.given, address, self.dags)
        self.state.login()
        self._prepare_metadata(variables, say)
        served = self.platforms.begin()
        say("Starting Airflow: api-server, scheduler, dag-processor, triggerer")
        begun = time.time()
        for name, arguments in COMMANDS.items():
            command = [sys.executable, "-m", "airflow", *arguments]
            self.programs[name].start(command, variables, self.state.home)
        self._await_health(address, begun)
        if served:
            self._settle_platforms(address)
        self.state.remember_address(address)
        return address

    def _settle_platforms(self, address: str) -> None:
        with Airflow(address, *self.state.login()) as airflow:
            self.platforms.settle(airflow)

    def _stop(self) -> int:
        ended = stop(self._all_programs())
        self.state.forget_address()
        if self.cluster and self.cluster.running():
            ended += len(self.cluster.processes())
            self.cluster.stop()
        return ended

    def _interrupt(self, busy: Busy, waited: float) -> None:
        """Ask a start that is under way to end, which it does by cleaning up; after a while, make it."""
        if waited > 2 * INTERRUPT_SECONDS:
            raise busy
        if busy.holder:
            with contextlib.suppress(OSError):
                os.kill(busy.holder, signal.SIGKILL if waited > INTERRUPT_SECONDS else signal.SIGTERM)
        time.sleep(1)

    def _prepare_metadata(self, variables: dict[str, str], say: Say) -> None:
        if self.cluster:
            self.cluster.create_database(METADATA)
        stamp = _stamp()
        if self.cluster and self.cluster.comment(METADATA) == stamp:
            return
        say("Preparing Airflow's own database")
        log = self.state.home / "logs" / "prepare.log"
        command = [sys.executable, "-m", "counterpitch.local.prepare"]
        with log.open("wb") as output:
            try:
                done = subprocess.run(
                    command, env=variables, stdout=output, stderr=output, timeout=PREPARE_SECONDS, check=False
                )
            except subprocess.TimeoutExpired as error:
                raise LocalFailure(f"Airflow's database was not ready after {PREPARE_SECONDS} s. See {log}.") from error
        if done.returncode:
            raise LocalFailure(f"Airflow's database could not be prepared. See {log}.\n{_tail(log)}")
        if self.cluster:
            self.cluster.set_comment(METADATA, stamp)

    def _await_health(self, address: str, begun: float) -> None:
        deadline = time.monotonic() + HEALTH_SECONDS
        while not _all_healthy(_health(address), begun):
            for name, program in self.programs.items():
                if not program.alive():
                    raise LocalFailure(f"Airflow's {name} ended. See {program.log}.\n{program.last_words()}")
            if time.monotonic() > deadline:
                raise LocalFailure(
                    f"Airflow was not ready after {HEALTH_SECONDS} s ({self._unready(address, begun)}). "
                    f"See {self.state.home / 'logs'}, then try again.\n{self.programs['api-server'].last_words()}"
                )
            time.sleep(0.25)

    def _unready(self, address: str, begun: float) -> str:
        report = _health(address)
        if report is None:
            return "the api-server does not answer"
        return ", ".join(f"{name} sends no heartbeat" for name in HEALTH if not _is_healthy(report, name, begun))


def stack() -> Stack:
    """The stack of the present settings."""
    return Stack(current(), settings())


@contextlib.contextmanager
def _term_interrupts() -> Iterator[None]:
    """While the block runs, SIGTERM is an interrupt, so that what was started is taken down again."""

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: the clean-up must not be interrupted
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is interrupt:
            signal.signal(signal.SIGTERM, before)


def _health(address: str) -> dict[str, Any] | None:
    try:
        answer = httpx.get(f"{address}/api/v2/monitor/health", timeout=20, trust_env=False)
        report = answer.json()
    except (httpx.HTTPError, ValueError):
        return None
    return report if answer.is_success and isinstance(report, dict) and "scheduler" in report else None


def _all_healthy(report: dict[str, Any] | None, begun: float) -> bool:
    return report is not None and all(_is_healthy(report, name, begun) for name in HEALTH)


def _is_healthy(report: dict[str, Any], name: str, begun: float) -> bool:
    """Healthy, and by a heartbeat of this start: that of a killed machine stays young for 30 seconds."""
    from datetime import datetime

    part = report.get(HEALTH[name], {})
    beat = part.get(f"latest_{HEALTH[name]}_heartbeat")
    return part.get("status") == "healthy" and bool(beat) and datetime.fromisoformat(beat).timestamp() >= begun


def _stamp() -> str:
    """What the metadata database was prepared for: Airflow's version and the pools."""
    from importlib.metadata import version

    pools = (PROJECT / "include" / "counterpitch" / "policy.py").read_bytes()
    return f"airflow {version('apache-airflow-core')}, policy {hashlib.sha256(pools).hexdigest()[:12]}"


def _tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
