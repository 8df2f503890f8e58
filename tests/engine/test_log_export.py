"""The exported log is verified by the script of the documentation, which knows nothing of the program."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engine import anchors, work
from engine.clock import SteppedClock
from engine.commands.log import export_log
from engine.store import log_entries
from tests.engine.conftest import Town

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


@pytest.fixture
def anchored(town: Town, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> Town:
    """A city with anchored cases on two days, whose log is read in small portions."""
    monkeypatch.setattr(log_entries, "PORTION", 2)
    monkeypatch.setenv("GRIDCASE_DATABASE_URL", town.database.url.replace("+psycopg", ""))
    first = town.opened("first")
    town.opened("second")
    anchors.anchor(town.database)
    clock.advance(timedelta(days=1))
    with town.database.unit_of_work() as uow:
        work.claim(uow, town.waiting(first.id), town.acceptor)
    anchors.anchor(town.database)
    clock.advance(timedelta(hours=1))
    town.opened("third")
    anchors.anchor(town.database)
    town.opened("fourth")
    return town


def _exported(*arguments: str) -> str:
    answer = CliRunner().invoke(export_log, arguments, catch_exceptions=False)
    assert answer.exit_code == 0
    return answer.stdout


def _verified(export: str) -> tuple[int, str]:
    """Exit code and output of the documented script."""
    (script,) = re.findall(r"```python\n(.*?)```", OPERATIONS.read_text(encoding="utf-8"), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], input=export, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def _lines(export: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in export.splitlines()]


def _text(lines: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_the_whole_log_verifies(anchored: Town) -> None:
    code, said = _verified(_exported())

    with anchored.database.unit_of_work() as uow:
        newest = log_entries.last_anchor(uow.conn)
    assert newest is not None
    assert (code, said) == (0, f"4 cases verify; newest root: {bytes(newest['root']).hex()}\n")


def test_every_entry_and_every_anchor_is_there_once(anchored: Town) -> None:
    lines = _lines(_exported())

    with anchored.database.unit_of_work() as uow:
        entries = sum(1 for _ in log_entries.stream(uow.conn))
    kinds = [line["type"] for line in lines]
    assert (kinds.count("entry"), kinds.count("anchor")) == (entries, 3)
    assert len({line.get("position", -line.get("id", 0)) for line in lines}) == len(lines)


def test_one_case_verifies_by_itself(anchored: Town) -> None:
    case_id = _lines(_exported())[0]["case"]

    export = _exported("--case", str(case_id))

    assert {line["case"] for line in _lines(export)} == {case_id}
    assert _verified(export) == (0, "1 cases verify; newest root: none\n")


def test_a_later_part_verifies_by_itself(anchored: Town) -> None:
    export = _exported("--since", "2026-11-24T10:30:00")

    assert 0 < len(_lines(export)) < len(_lines(_exported()))
    assert _verified(export)[0] == 0


def test_nothing_since_is_nothing(anchored: Town) -> None:
    assert _exported("--since", "2030-01-01") == ""


def _changed(line: Mapping[str, Any]) -> dict[str, Any]:
    return {**line, "body": line["body"].replace("citizen", "leader ")}


def test_the_script_finds_a_changed_entry(anchored: Town) -> None:
    first, *others = _lines(_exported())

    assert "changed" in _verified(_text([_changed(first), *others]))[1]


def test_the_script_finds_a_case_that_is_missing(anchored: Town) -> None:
    lines = _lines(_exported())

    without = [line for line in lines if line.get("case") != lines[0]["case"]]

    assert "does not fit its entries" in _verified(_text(without))[1]


def test_the_script_finds_an_anchor_that_is_missing(anchored: Town) -> None:
    lines = _lines(_exported())

    without = [line for line in lines if line["type"] == "entry" or line["id"] != lines[-1].get("id")]
    second = [line for line in lines if line["type"] == "anchor"][1]

    assert "does not follow" in _verified(_text([line for line in without if line != second]))[1]
