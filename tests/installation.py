"""A whole installation in a folder of its own, run by its own commands as a city would run it."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from engine.settings import Settings
from engine.store.database import Database

WAIT_SECONDS = 60.0


@dataclass
class Installation:
    """An installation with the demonstration's organisation, people and layers.

    Attributes:
        changed: variables of its environment besides the usual ones.
        log: where the commands that run on print; in its folder if none is named.
    """

    home: Path
    port: int
    changed: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands."""
        ours = {
            "GRIDCASE_HOME": str(self.home),
            "GRIDCASE_PORT": str(self.port),
            "GRIDCASE_DATABASE_URL": "",
            "GRIDCASE_LOG": "console",
        }
        return {**os.environ, **ours, **self.changed}

    @property
    def url(self) -> str:
        """Where its web server answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return Settings.from_environment(self.environment)

    def run(self, *arguments: str) -> str:
        """Run one command of it to its end; gives what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "engine.command", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, f"gridcase {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command that runs on, in a process group of its own."""
        log = self._log.open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "engine.command", *arguments],
            env=self.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        log.close()
        self._running.append(process)
        return process

    def output(self) -> str:
        """What the commands that run on have printed so far."""
        return self._log.read_text(errors="replace")

    @property
    def _log(self) -> Path:
        return self.log or self.home / "output.log"

    def parts(self) -> dict[str, int]:
        """The process of each part that ``up`` started last."""
        plain = re.sub(r"\x1b\[[0-9;]*m", "", self.output())
        return {name: int(pid) for name, pid in re.findall(r"started\s.*\bpart=(\w+) pid=(\d+)", plain)}

    def stop(self, process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> None:
        """Send a signal to a started command (SIGKILL: to its whole group), and wait for its end."""
        if process in self._running:
            self._running.remove(process)
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        process.wait(40)

    def stop_all(self) -> None:
        """Stop every command that still runs."""
        for process in list(self._running):
            if process.poll() is None:
                self.stop(process)

    def wait_until_up(self) -> None:
        """Wait until the web server answers."""
        wait_until(self._answers, lambda: f"no answer from the web server\n{self.output()[-4000:]}")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Its database, looked at from beside the program."""
        opened = Database.of(self.settings)
        try:
            yield opened
        finally:
            opened.close()


def wait_until(condition: Callable[[], bool], complaint: Callable[[], str]) -> None:
    """Ask again and again whether another process has come so far, and give up with a complaint."""
    until = time.monotonic() + WAIT_SECONDS
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < until, complaint()
        pause.wait(0.05)


def free_port() -> int:
    """A port of the loopback address that nobody uses."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def installed(above: Path | None = None) -> Iterator[Installation]:
    """A new installation with the demonstration city, without cases, in a folder (of its own), and removed afterwards."""
    # Not in pytest's own folder: each run of pytest closes that to every other user, the server's among them.
    with tempfile.TemporaryDirectory(prefix="gridcase-city-", dir=above) as home:
        # The owners of the files too: the database server has a user of its own.
        subprocess.run(["cp", "-a", f"{_first()}/.", home], check=True)
        installation = Installation(Path(home), free_port())
        try:
            yield installation
        finally:
            installation.stop_all()


@cache
def _first() -> Path:
    """An installation that was just made, of which all others are copies: making one takes ten seconds."""
    home = Path(tempfile.mkdtemp(prefix="gridcase-first-"))
    atexit.register(shutil.rmtree, home)
    Installation(home, free_port()).run("demo", "--cases", "0", "--no-camera")
    return home
