"""Watches: work that never ends, such as looking at a group of cameras. Each is stood by one process at a time, wherever a worker is.

A watch is a job that lasts: the scheduler sees to it that each has one, and a worker starts a process of its own for it, so that
neither its computing nor its memory is in the way of timers and effects. That process ends with the worker, however that ends.
Whoever brings watches names them in the entry point group ``gridcase.watches``.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

import structlog

from engine import stop_signals
from engine.errors import GridcaseError
from engine.messages import Message
from engine.settings import Settings
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork

logger = structlog.get_logger()

GROUP = "gridcase.watches"

#: How long a watch may take to end when it is told to: less than a worker waits for its jobs.
END_SECONDS = 12.0
#: A watch that stood for so long did not die of its start: the scheduler may start it again at once.
STEADY_SECONDS = 60.0
#: A watch that does not say for so long that it goes on hangs.
HANGS_SECONDS = 180.0
#: A watch has many threads that wait, of which each would get a heap of its own, and computes on one processor.
ENVIRONMENT = {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1"}
#: Pictures wait for timers, never the other way round.
NICE = 10


@dataclass(frozen=True)
class Watch:
    """A kind of watch.

    Attributes:
        keys: for what there is to be one each; asked every few seconds, in a transaction of its own.
        stand: stands the watch of a key until the event is set, or until it finds that nobody needs it; then it puts away what it
            has in hand, within a few seconds. It may be cut off at any instant, and two may stand the same for a moment: what it
            writes must say so.
    """

    keys: Callable[[UnitOfWork], Collection[str]]
    stand: Callable[[Database, Settings, str, threading.Event], None]


class Fell(GridcaseError):
    """A watch ended by itself soon after its start."""


@cache
def watches() -> Mapping[str, Watch]:
    """All kinds of watches by name."""
    return {point.name: point.load() for point in entry_points(group=GROUP)}


def lock(which: str, key: str) -> str:
    """The lock of the jobs of one watch."""
    return f"watch:{which}:{key}"


def wanted(uow: UnitOfWork) -> dict[str, tuple[str, str]]:
    """What there is to be a watch for: name and key by the lock of its jobs."""
    return {lock(which, key): (which, key) for which, one in watches().items() for key in one.keys(uow)}


def stand(database: Database, settings: Settings, which: str, key: str) -> None:
    """Stand a watch in this process, until it is told to stop or its standard input ends, as it does with whoever started it.

    Raises:
        GridcaseError: there is no such watch.
    """
    found = watches().get(which)
    if found is None:
        raise GridcaseError(Message("There is no watch %(name)s.", name=which))
    told = threading.Event()
    threading.Thread(target=_heed_end, args=(told,), daemon=True).start()
    with stop_signals.heeded(told.set):
        found.stand(database, settings, key, told)


def go_on() -> None:
    """Say that a watch goes on, from its main thread, now and then: when it does not for `HANGS_SECONDS`, at its end too, its process
    tells where each of its threads is, and ends; the next one takes over.
    """
    faulthandler.dump_traceback_later(HANGS_SECONDS, exit=True)


def settle(*started: int) -> None:
    """Go on with low priority: a watch calls this when it is under way, for those that it took over from were missed already.

    Args:
        started: processes that it started before, for which the same holds.
    """
    priority = os.nice(NICE)
    for process in started:
        # One that has ended needs none.
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, process, priority)


def _heed_end(told: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    told.set()


async def keep(which: str, key: str, told: asyncio.Event) -> None:
    """Start the process of a watch and wait for its end; when the worker is told to stop, it is told too.

    Raises:
        Fell: it ended by itself soon after its start, and is better started again a little later.
    """
    command = (sys.executable, "-m", "engine.command", "watch", which, key)
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, env={**os.environ, **ENVIRONMENT}
    )
    began = time.monotonic()
    stopping = asyncio.create_task(told.wait())
    ended = asyncio.create_task(process.wait())
    try:
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            _end_input(process)
            await asyncio.wait({ended}, timeout=END_SECONDS)
    finally:
        stopping.cancel()
        if process.returncode is None:
            logger.warning("watch did not end in time", watch=which, key=key, pid=process.pid)
            process.kill()
        _end_input(process)
        status = await ended
    if status and not told.is_set():
        logger.error("watch died", watch=which, key=key, status=status)
        if time.monotonic() - began < STEADY_SECONDS:
            raise Fell(
                Message(
                    "The watch %(name)s of %(key)s died (%(status)s).", name=which, key=key, status=status
                )
            )


def _end_input(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None, "it is given one"
    process.stdin.close()
