"""The signals by which a process is told to stop: SIGTERM and SIGINT.

They may come twice, for a supervisor and the system both send them; the second must not cut off what the first let finish.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOP = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def awaited() -> Iterator[Callable[[], None]]:
    """Give the main thread a function that waits until the process is told to stop; nothing else heeds these signals any more."""
    # A signal may come to any thread and between any two instructions: a pipe loses none, and needs no lock.
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    heed_no_more()
    before = signal.set_wakeup_fd(writer)
    try:
        yield lambda: _wait(reader)
    finally:
        signal.set_wakeup_fd(before)
        os.close(reader)
        os.close(writer)


@contextmanager
def heeded(stop: Callable[[], object]) -> Iterator[None]:
    """Call a function at the first of these signals; those that follow, and those that come afterwards, do nothing."""

    def first(_number: int, _frame: FrameType | None) -> None:
        heed_no_more()
        stop()

    for number in STOP:
        signal.signal(number, first)
    try:
        yield
    finally:
        heed_no_more()


def heed_no_more() -> None:
    """Let these signals do nothing from here on."""
    for number in STOP:
        # Not SIG_IGN, which child processes would inherit.
        signal.signal(number, _nothing)


def _wait(reader: int) -> None:
    while os.read(reader, 1)[0] not in STOP:
        pass


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """A signal that changes nothing any more."""
