"""A package from elsewhere: its watch leaves a line when it begins and when it is told to end."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection
from pathlib import Path

from engine.settings import Settings
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from engine.watches import Watch

#: Names the file that gets the lines: what happened, the process, and the key.
LEDGER = "LASTING_WATCH_LEDGER"
#: The keys, with spaces between them; without it nothing is watched.
KEYS = "LASTING_WATCH_KEYS"


def keys(uow: UnitOfWork) -> Collection[str]:
    """What is watched."""
    return os.environ.get(KEYS, "").split()


def stand(database: Database, settings: Settings, key: str, told: threading.Event) -> None:
    """Stand until told; the key `broken` falls at once."""
    _note("begin", key)
    if key == "broken":
        raise SystemExit(9)
    told.wait()
    _note("end", key)


def _note(what: str, key: str) -> None:
    with Path(os.environ[LEDGER]).open("a") as ledger:
        ledger.write(f"{what} {os.getpid()} {key}\n")


WATCH = Watch(keys, stand)
