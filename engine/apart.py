"""Work in a process of its own: bounded in memory and time, so that whoever asked for it goes on with other work meanwhile.

It is for computing that would hold this process: a library that keeps the interpreter's lock for seconds stops the heartbeats
and the timers of a worker, and one that takes too much memory ends it.
"""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Run(Protocol):
    """Runs a function of a module, with arguments that can be pickled, and gives its result or raises what it raised."""

    def __call__(self, function: Callable[..., Result], /, *args: object) -> Result:
        """Run it; this waits for it, other threads go on."""


@contextmanager
def process(*, memory: int, seconds: int) -> Iterator[Run]:
    """A process of its own, started when it is first asked for something; it ends with the block, or when this one is killed.

    Args:
        memory: how many bytes of address space it may take.
        seconds: of processor time that it may take, over all that it is asked for.

    Raises:
        concurrent.futures.process.BrokenProcessPool: by the runs: it ended, as one does that takes more than it may.
    """
    # Not forked: the threads of this process hold locks that nobody would open there.
    context = get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=_bound, initargs=(memory, seconds)) as pool:
        yield lambda function, *args: pool.submit(function, *args).result()


def _bound(memory: int, seconds: int) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _end_with_parent() -> None:
    """End this process when the one that asked for it is killed: nobody would ever tell it to."""
    parent = parent_process()
    assert parent is not None, "a process apart has a parent"
    wait([parent.sentinel])
    os._exit(1)
