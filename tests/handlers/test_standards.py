"""The standard of a case and its clock, against the catalogue that a city starts with."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.bpmn import BpmnError
from engine.clock import SteppedClock
from handlers.standards import match, start_clock
from tests.handlers.conftest import StoredCase

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_a_condition_brings_its_limit_and_unit(stored_case: StoredCase) -> None:
    case = stored_case(kind="component", category="0101", condition_no=1)

    found = match(case)

    assert (found.unit_type, found.condition_no, found.limit, found.unit_of_time) == (
        "water_supply",
        1,
        2.0,
        "urgent_hour",
    )


def test_of_several_conditions_none_is_guessed(stored_case: StoredCase) -> None:
    case = stored_case(kind="component", category="0101")

    found = match(case)

    assert (found.unit_type, found.condition_no, found.limit) == ("water_supply", None, None)


def test_a_single_condition_becomes_the_condition_of_the_case(stored_case: StoredCase) -> None:
    case = stored_case(kind="event", category="0409")

    match(case)

    assert case.condition_no == 1


def test_a_condition_that_the_category_does_not_have_is_dropped(stored_case: StoredCase) -> None:
    case = stored_case(kind="component", category="0101", condition_no=77)

    found = match(case)

    assert (found.condition_no, case.condition_no) == (None, None)


def test_a_category_outside_the_catalogue_is_an_error_that_a_diagram_can_catch(
    stored_case: StoredCase,
) -> None:
    case = stored_case(category="9876")

    with pytest.raises(BpmnError) as refused:
        match(case)

    assert refused.value.code == "unknown_category"


def test_filing_starts_the_clock_of_the_condition(stored_case: StoredCase) -> None:
    case = stored_case(kind="component", category="0101", condition_no=1)

    start_clock(case)

    assert (case.filed_at, case.due_at) == (case.now, case.now + timedelta(hours=2))


def test_working_days_run_by_the_calendar(stored_case: StoredCase) -> None:
    case = stored_case(kind="component", category="0101", condition_no=4)

    start_clock(case)

    # Five working days from Monday at ten end on the next Monday at ten.
    assert case.due_at == datetime(2026, 11, 30, 10, 0, tzinfo=SHANGHAI)


def test_without_a_condition_the_longest_limit_runs(stored_case: StoredCase) -> None:
    case = stored_case(kind="component", category="0101")

    running = start_clock(case)

    assert (running.condition_no, case.condition_no) == (4, None)


def test_filed_again_the_clock_starts_anew(stored_case: StoredCase, clock: SteppedClock) -> None:
    case = stored_case(kind="component", category="0101", condition_no=1)
    start_clock(case)

    case.uow.now = case.now + timedelta(hours=5)
    start_clock(case)

    assert case.due_at == case.now + timedelta(hours=2)


def test_the_clock_says_to_whom_the_case_goes(stored_case: StoredCase) -> None:
    case = stored_case(kind="component", category="0101", condition_no=2)

    running = start_clock(case)

    assert (running.kind, running.category, running.unit_type) == ("component", "0101", "water_supply")
