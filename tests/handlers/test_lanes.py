"""At which unit a role does a step of a case."""

from __future__ import annotations

from handlers.lanes import at_platform, at_responsible_unit
from tests.handlers.conftest import StoredCase


def test_handlers_are_those_of_the_responsible_unit(stored_case: StoredCase, toy: dict[str, int]) -> None:
    case = stored_case(unit_id=toy["west-sanitation"])

    assert at_responsible_unit(case, "handler") == toy["west-sanitation"]


def test_without_a_responsible_unit_there_are_no_handlers(stored_case: StoredCase) -> None:
    case = stored_case()

    assert at_responsible_unit(case, "handler") is None


def test_everybody_else_works_at_the_platform(stored_case: StoredCase, toy: dict[str, int]) -> None:
    case = stored_case(unit_id=toy["west-sanitation"])

    assert at_platform(case, "acceptor") == toy["west"]
