"""Keeps the parts of the program running together: starts them, starts again what dies, stops all in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

import structlog

from engine.errors import ConfigurationError, Unavailable

logger = structlog.get_logger()

#: A part that ran for this long did not die of its start: its next start is not put off.
STEADY_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 10.0

#: A part that was killed from outside is no part that cannot start: it is back as soon as may be.
KILLED_PAUSE_SECONDS = 0.2
STOP_SECONDS = 25.0

#: How often what the parts need is tended.
TEND_SECONDS = 2.0

#: The exit code of a command that was refused for a reason its user can mend: starting it again would not help.
REFUSED = 2


@dataclass
class Part:
    """One process that the supervisor keeps."""

    name: str
    arguments: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    start_at: float = field(default=0.0)

    def start(self) -> None:
        """Start it, in a process group of its own: a signal to the terminal reaches the supervisor alone."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.command", *self.arguments], start_new_session=True
        )
        logger.info("started", part=self.name, pid=self.process.pid)

    def look(self) -> None:
        """Start it again if it died; the more often it dies at its start, the longer the pause.

        Raises:
            ConfigurationError: it refused to start.
        """
        now = time.monotonic()
        if self.process is not None:
            status = self.process.poll()
            if status is None:
                return
            self.process = None
            if status == REFUSED:
                raise ConfigurationError(f"{self.name} refused to start: see what it said above")
            pause = self._pause(status, now - self.started)
            self.start_at = now + pause
            logger.error("died and starts again", part=self.name, status=status, in_seconds=pause)
        if now >= self.start_at:
            self.start()

    def _pause(self, status: int, ran: float) -> float:
        if status < 0 or ran > STEADY_SECONDS:
            self.failures = 0
            return KILLED_PAUSE_SECONDS
        self.failures += 1
        return min(LONGEST_PAUSE_SECONDS, 0.25 * 2.0**self.failures)


class Supervisor:
    """Runs parts until it is told to stop.

    Args:
        parts: name and the arguments of the command ``gridcase`` for each.
        tend: looks after what all of them need; raises Unavailable as long as that cannot be had.
    """

    def __init__(
        self, parts: Sequence[tuple[str, Sequence[str]]], tend: Callable[[], None] = lambda: None
    ) -> None:
        self.parts = [Part(name, arguments) for name, arguments in parts]
        self._stopping = False
        self._tend, self._tended = tend, 0.0

    def run(self) -> None:
        """Start all, and keep them until SIGTERM or SIGINT; then stop them gracefully, at last by force."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            while not self._stopping:
                self._look_after_needs()
                for part in self.parts:
                    part.look()
                # The pause between two looks; a signal ends it.
                time.sleep(0.2)
        finally:
            self._end()

    def _look_after_needs(self) -> None:
        if time.monotonic() < self._tended + TEND_SECONDS:
            return
        try:
            self._tend()
        except Unavailable as error:
            logger.error("what the parts need cannot be had", reason=str(error))  # noqa: TRY400 - said in one line
        self._tended = time.monotonic()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _end(self) -> None:
        running = [
            part.process for part in self.parts if part.process is not None and part.process.poll() is None
        ]
        for process in running:
            process.terminate()
        until = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.warning("did not stop in time", pid=process.pid)
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
