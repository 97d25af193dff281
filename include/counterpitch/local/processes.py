"""Background programs that end when they are told to, with everything they started.

Each program leads a session of its own, and its pidfile keeps the pid with the start time of the process:
a pid that the system gave to somebody else in the meantime is never signalled. Children that moved to a
process group of their own (Airflow's task supervisors do) are still found by the session and by MARK.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

MARK = "COUNTERPITCH_STATE"  # variable that every process below a program inherits: the state folder
LOG_LIMIT = 20_000_000  # bytes; a log that is larger when its program starts is moved aside once


@dataclass(frozen=True)
class Program:
    """A program that runs in the background: its name, pidfile and log lie in the state folder."""

    name: str
    folder: Path

    @property
    def pidfile(self) -> Path:
        """JSON: the pid, and the mark of the process that had it."""
        return self.folder / "run" / f"{self.name}.json"

    @property
    def log(self) -> Path:
        """Standard output and error of the program."""
        return self.folder / "logs" / f"{self.name}.log"

    def start(self, command: Sequence[str], environment: Mapping[str, str], working_folder: Path) -> None:
        """Start the program as the leader of its own session; its output goes to the log."""
        self.pidfile.parent.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._turn_log()
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # SPT_NOENV: Airflow writes process titles, which otherwise overwrite the environment, and MARK in it.
                env={**environment, MARK: str(self.folder), "SPT_NOENV": "1"},
                cwd=working_folder,
                start_new_session=True,
            )
        self._remember(child.pid)

    def alive(self) -> bool:
        """Whether the leader that we started still runs."""
        pid, mark = self._remembered()
        return pid is not None and birth_mark(pid) == mark and not _is_zombie(pid)

    def members(self) -> list[psutil.Process]:
        """All processes of the program that run now, also those whose leader was killed."""
        pid, mark = self._remembered()
        if pid is None or birth_mark(pid) not in {mark, None}:
            return []
        session = [process for process in _own_processes() if _session(process.pid) == pid]
        return [process for process in session if _is_marked(process, str(self.folder))]

    def last_words(self, lines: int = 15) -> str:
        """The end of the log."""
        try:
            text = self.log.read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def forget(self) -> None:
        """Remove the pidfile."""
        self.pidfile.unlink(missing_ok=True)

    def _remember(self, pid: int) -> None:
        draft = self.pidfile.with_suffix(".new")
        draft.write_text(json.dumps({"pid": pid, "mark": birth_mark(pid)}))
        draft.replace(self.pidfile)

    def _remembered(self) -> tuple[int | None, str | None]:
        try:
            note = json.loads(self.pidfile.read_text())
            return int(note["pid"]), str(note["mark"])
        except (OSError, ValueError, KeyError, TypeError):
            return None, None

    def _turn_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))


def stop(programs: Iterable[Program], patience: float = 10.0) -> int:
    """End the programs and all they started: TERM, then KILL after `patience` seconds. Returns how many ended."""
    programs = list(programs)
    found = [process for program in programs for process in program.members()]
    for process in found:
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while any(program.members() for program in programs) and time.monotonic() < deadline:
        time.sleep(0.1)
    for _ in range(50):  # what forks while it dies is caught on the next round
        rest = [process for program in programs for process in program.members()]
        if not rest:
            break
        for process in rest:
            _signal(process, signal.SIGKILL)
        time.sleep(0.1)
    for program in programs:
        program.forget()
    return len(found)


def listening(processes: Iterable[psutil.Process]) -> list[tuple[str, int]]:
    """(address, port) of every TCP socket on which the processes listen."""
    found = set()
    for process in processes:
        with contextlib.suppress(psutil.Error):
            found |= {(c.laddr.ip, c.laddr.port) for c in process.net_connections("tcp") if c.status == "LISTEN"}
    return sorted(found)


def _own_processes() -> list[psutil.Process]:
    """Processes of this user that are not dead already."""
    mine = []
    for process in psutil.process_iter(["uids", "status"]):
        uids = process.info["uids"]
        if uids and uids.real == os.getuid() and process.info["status"] != psutil.STATUS_ZOMBIE:
            mine.append(process)
    return mine


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _is_marked(process: psutil.Process, mark: str) -> bool:
    """Whether the process inherited MARK. Airflow's workers hide theirs from all but root: then the session decides."""
    try:
        return process.environ().get(MARK) == mark
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False


def birth_mark(pid: int) -> str | None:
    """What tells a process from another that has its pid later: the boot, and the tick of its start. None: no process.

    Ticks since the boot, because the wall clock may be set while the process runs.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip() + ":" + stat.rpartition(")")[2].split()[19]
    except OSError:
        pass
    try:
        return str(psutil.Process(pid).create_time())  # no /proc here
    except psutil.Error:
        return None


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return True


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.Error):
        process.send_signal(number)
