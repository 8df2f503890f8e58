"""Work in a process of its own."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool

import pytest

from engine import apart
from gis.errors import LayerError

ROOM, SECONDS = 2 * 1024**3, 60


def _refuse() -> None:
    raise LayerError("It has none.", field="outline", hint="Draw one.")


def _fill() -> int:
    return len(bytes(2 * ROOM))


def _spin() -> None:
    while True:
        pass


def test_work_is_done_in_another_process() -> None:
    with apart.process(memory=ROOM, seconds=SECONDS) as run:
        elsewhere = run(os.getpid)

    assert elsewhere != os.getpid()


def test_a_refusal_comes_back_as_it_was() -> None:
    with apart.process(memory=ROOM, seconds=SECONDS) as run, pytest.raises(LayerError) as refused:
        run(_refuse)

    assert (refused.value.field, refused.value.hint) == ("outline", "Draw one.")
    assert str(refused.value) == "outline: It has none. Draw one."


def test_more_memory_than_allowed_is_refused() -> None:
    with apart.process(memory=ROOM, seconds=SECONDS) as run, pytest.raises(MemoryError):
        run(_fill)


def test_more_time_than_allowed_ends_it() -> None:
    with apart.process(memory=ROOM, seconds=2) as run, pytest.raises(BrokenProcessPool):
        run(_spin)


def test_it_ends_with_the_process_that_asked_for_it() -> None:
    asking = subprocess.Popen([sys.executable, "-c", _ASKING], stdout=subprocess.PIPE, text=True)
    assert asking.stdout is not None
    child = os.pidfd_open(int(asking.stdout.readline()))

    asking.kill()
    asking.wait()

    ended, _, _ = select.select([child], [], [], 30)
    os.close(child)
    asking.stdout.close()
    assert ended


#: Starts the process apart, tells its identifier, and waits for ever.
_ASKING = """
import os, threading
from engine import apart

with apart.process(memory=2**31, seconds=60) as run:
    print(run(os.getpid), flush=True)
    threading.Event().wait()
"""
