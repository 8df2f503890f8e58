"""``gridcase up``: what dies is started again, and a stop leaves nothing behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests.installation import Installation, wait_until

PARTS = {"web", "worker", "scheduler"}


@pytest.fixture
def up(installation: Installation) -> Iterator[Installation]:
    """The installation with web, worker and scheduler running."""
    (installation.home / "output.log").unlink(missing_ok=True)
    process = installation.start("up")
    installation.wait_until_up()
    wait_until(lambda: set(installation.parts()) == PARTS, lambda: "three parts start")
    yield installation
    if process.poll() is None:
        installation.stop(process)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("part", ["worker", "scheduler", "web"])
def test_a_part_that_was_killed_is_started_again(up: Installation, part: str) -> None:
    killed = up.parts()[part]

    os.killpg(killed, signal.SIGKILL)

    wait_until(
        lambda: up.parts()[part] != killed and _alive(up.parts()[part]), lambda: f"{part} starts again"
    )


def test_a_stop_leaves_no_process_behind(installation: Installation) -> None:
    (installation.home / "output.log").unlink(missing_ok=True)
    process = installation.start("up")
    installation.wait_until_up()
    wait_until(lambda: set(installation.parts()) == PARTS, lambda: "three parts start")
    pids = installation.parts()

    installation.stop(process)

    assert [name for name, pid in pids.items() if _alive(pid)] == []
