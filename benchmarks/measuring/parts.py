"""The program's own processes, run as an operator would: the worker and the scheduler."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from benchmarks.measuring.server import Server

STOP_SECONDS = 30


@contextmanager
def parts(server: Server, *names: str) -> Iterator[None]:
    """Run subcommands of ``gridcase`` until the block ends; what they say goes to a file in the installation's folder."""
    environment = {**os.environ, "GRIDCASE_HOME": str(server.home), "GRIDCASE_DATABASE_URL": server.url}
    running: list[subprocess.Popen[bytes]] = []
    with (server.home / "parts.log").open("ab") as said:
        try:
            for name in names:
                command = [sys.executable, "-m", "engine.command", name]
                running.append(subprocess.Popen(command, env=environment, stdout=said, stderr=said))
            yield
            ended = [one.args for one in running if one.poll() is not None]
            if ended:
                raise RuntimeError(
                    f"{ended} ended by itself: {(server.home / 'parts.log').read_text()[-2000:]}"
                )
        finally:
            for one in running:
                with suppress(ProcessLookupError):
                    one.terminate()
            for one in running:
                _ended(one)


def _ended(one: subprocess.Popen[bytes]) -> None:
    try:
        one.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        one.kill()
        one.wait()
