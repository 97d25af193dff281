"""What must be true of the machine before anything starts, each with the sentence that says what to do.

Checked first and all at once: a missing library that shows itself in the fifth task of a run costs minutes.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import pwd
import shutil
import socket
import sys
from pathlib import Path

from counterpitch.local.errors import LocalFailure

FREE_BYTES = 1_000_000_000  # a new cluster with its write-ahead log and the first run's logs take about half of it
PORTS_TO_TRY = 50


def machine(folders: list[Path]) -> None:
    """Check the user, OpenMP and the disk space below each folder.

    Raises LocalFailure with what to do about the first thing that is not so.
    """
    _user()
    _openmp()
    for folder in folders:
        _space(folder)


def free_port(wanted: int, setting: str = "COUNTERPITCH_UI_PORT") -> int:
    """The first port from `wanted` on that nothing on 127.0.0.1 holds; `setting` is where another can be chosen.

    Raises LocalFailure when none of the next ports is free.
    """
    for port in range(wanted, min(wanted + PORTS_TO_TRY, 65536)):
        if _is_free(port):
            return port
    raise LocalFailure(f"Ports {wanted} to {wanted + PORTS_TO_TRY - 1} are all taken. Set {setting} to a free one.")


def _user() -> None:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise LocalFailure(
            f"User id {os.geteuid()} has no name on this machine, and Postgres refuses to run so. "
            "Add the user (useradd), or set COUNTERPITCH_WAREHOUSE_URL to a Postgres elsewhere."
        ) from error


def _openmp() -> None:
    library = "libgomp.so.1" if sys.platform == "linux" else (ctypes.util.find_library("omp") or "libomp.dylib")
    try:
        ctypes.CDLL(library)
    except OSError as error:
        raise LocalFailure(
            f"The OpenMP library {library} is missing, and the click-through model (LightGBM) needs it. Install it: "
            "`apt-get install libgomp1` (Debian, Ubuntu), `dnf install libgomp` (Fedora, RHEL), "
            "`apk add libgomp` (Alpine) or `brew install libomp` (macOS)."
        ) from error


def _space(folder: Path) -> None:
    there = next(path for path in [folder, *folder.parents] if path.exists())
    free = shutil.disk_usage(there).free
    if free < FREE_BYTES:
        raise LocalFailure(
            f"Only {free / 1e6:.0f} MB are free at {there}; Counterpitch needs {FREE_BYTES / 1e6:.0f} MB. "
            "Free some, or set COUNTERPITCH_HOME to a folder on another disk."
        )


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
