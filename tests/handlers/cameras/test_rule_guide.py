"""The guide to rules says what there is: files that are read, conditions that hold, commands, columns and bounds."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from engine.store.unit_of_work import UnitOfWork
from handlers.cameras import rule_files
from handlers.commands.camera_rules import rules
from tests.handlers.cameras.conftest import with_categories
from vision.expressions import Expression
from vision.faults import MAX_DEPTH
from vision.grammar import MAX_LENGTH

DOCS = Path(__file__).parents[3] / "docs"
GUIDE = (DOCS / "rules.md").read_text("utf-8")


def test_the_file_that_it_shows_is_read_and_has_every_field(uow: UnitOfWork, tmp_path: Path) -> None:
    with_categories(uow)
    (text,) = re.findall(r"^```yaml\n(.+?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    path = tmp_path / "rules.yaml"
    path.write_text(text, "utf-8")

    (planned,) = rule_files.plan(uow, path)

    assert planned.change == "new"
    assert set(yaml.safe_load(text)[0]) == set(rule_files.FIELDS)


def test_it_names_every_column() -> None:
    assert {column.name for column in rule_files.COLUMNS} <= set(re.findall(r"`(\w+)`", GUIDE))


def test_every_condition_that_the_guides_show_can_be_read() -> None:
    lines = [
        line for name in ("rules.md", "cameras.md") for line in (DOCS / name).read_text("utf-8").splitlines()
    ]
    shown = [line for line in lines if line.startswith(("stands(", "count("))]

    assert [Expression(line).text for line in shown] == shown
    assert len(shown) >= 6


def test_it_names_every_command_and_every_bound() -> None:
    assert all(f"gridcase cameras rules {name}" in GUIDE for name in rules.commands)
    assert f"{MAX_LENGTH} characters at most, nested at most {MAX_DEPTH} deep" in GUIDE
