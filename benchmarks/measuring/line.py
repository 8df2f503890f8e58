"""The line of JSON that a run prints."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr

from engine import program_log


def load() -> list[float]:
    """The load average of the machine over 1, 5 and 15 minutes."""
    return [round(one, 2) for one in os.getloadavg()]


def tell(figures: Mapping[str, object]) -> None:
    """Print figures as one line of JSON, numbers to three places."""
    rounded = {
        name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()
    }
    sys.stdout.write(json.dumps(rounded, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def say(what: str) -> None:
    """Say on standard error what is being measured now."""
    # Not `sys.stderr`: see `said_nowhere`.
    if sys.__stderr__ is not None:
        sys.__stderr__.write(f"  {what}\n")
        sys.__stderr__.flush()


@contextmanager
def said_nowhere() -> Iterator[None]:
    """Let the program write its own log as it does in service, and let nobody read it."""
    program_log.configure({"GRIDCASE_LOG": "json"})
    with open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):
        yield
