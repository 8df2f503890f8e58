"""The guides name what there is: every service task, every property, every command."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from engine.forms import DESTINATIONS, WRITABLE
from engine.tasks import load_service_tasks
from engine.working_time import UNITS_OF_TIME

DOCS = Path(__file__).parents[2] / "docs"
PROCESSES = (DOCS / "processes.md").read_text(encoding="utf-8")


def test_every_service_task_is_described() -> None:
    described = set(
        re.findall(r"^\| `([\w.]+)` \|", (DOCS / "service-tasks.md").read_text("utf-8"), re.MULTILINE)
    )
    ours = {name for name in load_service_tasks() if not name.startswith("test.")}

    assert described == ours


@pytest.mark.parametrize("word", [*UNITS_OF_TIME, *DESTINATIONS, *sorted(WRITABLE)])
def test_the_guide_for_designers_names(word: str) -> None:
    assert f"`{word}`" in PROCESSES


def test_every_command_is_named_somewhere() -> None:
    texts = [path.read_text("utf-8") for path in (*DOCS.glob("*.md"), DOCS.parent / "README.md")]
    everything = "\n".join(texts)

    missing = [
        one.name
        for one in entry_points(group="gridcase.commands")
        if f"gridcase {one.name}" not in everything
    ]

    assert missing == []
