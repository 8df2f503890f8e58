"""The guides name what there is: every service task, every property, every command."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from engine.bpmn.allowance import MAX_NESTING, MAX_SECONDS, MAX_VARIABLES
from engine.bpmn.codec import MAX_STATE
from engine.bpmn.guards import BUDGET, ITEM_COST, MAX_RANGE, MAX_RESULT, ROUND_COST
from engine.bpmn.multi_instance import MAX_INSTANCES
from engine.bpmn.values import MAX_DEPTH, MAX_ITEMS, MAX_TEXT
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


@pytest.mark.parametrize(
    "bound",
    [
        f"| {MAX_SECONDS:g} s |",
        f"{BUDGET:,} characters, of which its result {MAX_RESULT:,}",
        f"counts for {ITEM_COST}, a round of a loop for {ROUND_COST}",
        f"64 bits, {MAX_RANGE:,}",
        f"{MAX_TEXT:,} characters, {MAX_ITEMS:,} parts, {MAX_DEPTH} levels",
        f"{MAX_VARIABLES >> 10:,} KB",
        f"{MAX_INSTANCES:,}, {MAX_STATE >> 20} MB",
        f"inside one another | {MAX_NESTING} |",
    ],
)
def test_the_guide_for_designers_names_the_bounds(bound: str) -> None:
    assert bound in PROCESSES
