"""The state folder of the local stack: what lies where, and the secrets that are made once and kept.

The folder belongs to one user alone (0700), and secrets are files that only this user reads (0600).
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from counterpitch.local.errors import LocalFailure
from counterpitch.settings import settings

ADMIN = "admin"


class Busy(LocalFailure):
    """Somebody else holds the lock; `holder` is their pid when it is known."""

    def __init__(self, message: str, holder: int | None) -> None:
        super().__init__(message)
        self.holder = holder


@dataclass(frozen=True)
class State:
    """The folder in which a local stack keeps everything of its own."""

    home: Path

    @property
    def airflow_home(self) -> Path:
        """AIRFLOW_HOME."""
        return self.home / "airflow"

    @property
    def task_logs(self) -> Path:
        """Logs of Airflow's tasks."""
        return self.airflow_home / "logs"

    @property
    def login_file(self) -> Path:
        """JSON {user: password}, in the form that Airflow's SimpleAuthManager reads."""
        return self.home / "login.json"

    def prepare(self) -> bool:
        """Make the folder, for this user alone; returns whether it was not there.

        Raises LocalFailure when it cannot be made or belongs to another user.
        """
        try:
            anew = not self.home.exists()
            self.home.mkdir(parents=True, exist_ok=True)
            if self.home.stat().st_uid != os.geteuid():
                raise LocalFailure(
                    f"The state folder {self.home} belongs to another user. Run as that user, "
                    "or set COUNTERPITCH_HOME to a folder of your own."
                )
            self.home.chmod(0o700)
            for folder in (self.airflow_home, self.task_logs, self.home / "logs", self.home / "run"):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LocalFailure(
                f"The state folder {self.home} cannot be written ({error.strerror}). "
                "Free space there, or set COUNTERPITCH_HOME to another folder."
            ) from error
        return anew

    def keys(self) -> dict[str, str]:
        """Keys `fernet`, `jwt`, `session`: made at the first call, the same ever after."""
        path = self.home / "secrets.json"
        kept = read_json(path)
        fresh = {
            "fernet": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "jwt": secrets.token_urlsafe(48),
            "session": secrets.token_urlsafe(48),
        }
        if set(fresh) - set(kept):
            kept = {**fresh, **kept}
            write_private(path, kept)
        return {name: str(value) for name, value in kept.items()}

    def login(self) -> tuple[str, str]:
        """User and password of the Airflow UI; the password is generated once."""
        kept = read_json(self.login_file)
        if not kept.get(ADMIN):
            kept = {**kept, ADMIN: secrets.token_urlsafe(12)}
            write_private(self.login_file, kept)
        return ADMIN, str(kept[ADMIN])

    def address(self) -> str | None:
        """The UI's address as the last start left it; None when the stack was stopped."""
        found = read_json(self.home / "stack.json").get("address")
        return str(found) if found else None

    def remember_address(self, address: str) -> None:
        """Keep the UI's address for the commands that come later."""
        write_private(self.home / "stack.json", {"address": address})

    def forget_address(self) -> None:
        """The stack was stopped."""
        (self.home / "stack.json").unlink(missing_ok=True)

    @contextmanager
    def lock(self, name: str, busy: str) -> Iterator[None]:
        """Hold `<name>.lock` while the block runs; a killed holder lets go of it by dying.

        Raises Busy, with the sentence `busy`, at once when somebody else holds it.
        """
        path = self.home / "run" / f"{name}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy(busy, _holder(path)) from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield
            file.truncate(0)


def current() -> State:
    """The state folder of the present settings."""
    return State(settings().home.expanduser().absolute())


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty when there is none, or when a killed writer left half of one."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_private(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON that only this user may read, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _holder(path: Path) -> int | None:
    text = path.read_text().strip()
    return int(text) if text.isdigit() else None
