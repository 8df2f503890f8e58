"""Actions of a diagram write into the case document only what the checks of its columns let pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from engine import actions, columns
from engine.actors import SYSTEM
from engine.case import Case
from engine.deployment import deploy, read_folder
from engine.errors import Invalid
from engine.messages import Message
from tests.engine.conftest import DIAGRAMS, Town


@pytest.fixture
def refusing() -> Iterator[None]:
    """A check that lets no description pass."""

    def check(_case: Case, values: Mapping[str, Any]) -> None:
        if "description" in values:
            raise Invalid(Message("Not like this."), {"description": Message("Not like this.")})

    columns.column_check(check)
    yield
    columns._checks.remove(check)


@pytest.mark.usefixtures("refusing")
def test_an_action_is_held_to_the_checks_of_columns(town: Town) -> None:
    files = read_folder(DIAGRAMS)
    files["forms/void.json"] = files["forms/void.json"].replace(
        b'"properties": {',
        b'"properties": {"description": {"type": "string", "maxLength": 9, "x-to": "case"}, ',
    )
    with town.database.unit_of_work() as uow:
        deploy(uow, files, SYSTEM)
    opened = town.opened()

    with pytest.raises(Invalid) as refusal, town.database.unit_of_work() as uow:
        actions.act(uow, opened.id, "void", town.leader, {"reason": "x", "description": "y"})

    assert list(refusal.value.fields) == ["description"]
