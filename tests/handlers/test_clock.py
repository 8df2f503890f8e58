"""The clock of a case: what is excused moves its due date in its own time, and how late it was is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.bpmn import BpmnError
from engine.case import Case
from engine.errors import Conflict, Invalid
from handlers import allowances, clock
from handlers.pressing import light, supervise, urge
from handlers.similar import count_rework, handled
from handlers.standards import start_clock
from tests.handlers.conftest import StoredCase

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)


@pytest.fixture
def urgent(stored_case: StoredCase) -> Case:
    """Filed on Monday at ten, with two hours that run day and night."""
    case = stored_case(kind="component", category="0101", condition_no=1)
    start_clock(case)
    return case


@pytest.fixture
def days(stored_case: StoredCase) -> Case:
    """Filed on Monday at ten, with five working days of eight hours."""
    case = stored_case(kind="component", category="0101", condition_no=4)
    start_clock(case)
    return case


def _pass(case: Case, time: timedelta) -> None:
    case.uow.now = case.now + time


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_yellow_comes_after_the_share_that_the_diagram_names(stored_case: StoredCase) -> None:
    case = stored_case(kind="component", category="0101", condition_no=1)

    start_clock(case, yellow=0.5)

    assert (case.yellow_at - case.now, case.alarm_at) == (HOUR, case.yellow_at)


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, float("nan")])
def test_a_share_that_is_none_is_an_error_of_the_diagram(stored_case: StoredCase, share: float) -> None:
    case = stored_case(kind="component", category="0101", condition_no=1)

    with pytest.raises(BpmnError, match="share"):
        start_clock(case, yellow=share)


def test_an_extension_gives_the_limit_once_more(days: Case) -> None:
    before = days.due_at

    allowances.extend(days)

    assert (before, days.due_at) == (_local("2026-11-30 10:00"), _local("2026-12-07 10:00"))
    assert (days.first_due_at, days.excused_seconds, days.extensions) == (before, 5 * 8 * 3600, 1)


def test_a_third_extension_is_an_error_of_the_diagram(days: Case) -> None:
    allowances.extend(days)
    allowances.extend(days)

    with pytest.raises(BpmnError) as refused:
        allowances.extend(days)

    assert refused.value.code == "extended_twice"


def test_after_a_suspension_is_left_what_was_left(days: Case) -> None:
    _pass(days, 3 * HOUR)  # 13:00, at noon: two hours of forty are gone
    allowances.pause(days, days=30)
    known = days.due_at
    assert clock.reading(days.uow, days.document) == clock.Reading(38 * HOUR, 0 * HOUR, 0 * HOUR)

    _pass(days, timedelta(days=30))
    allowances.resume(days)

    left = clock.reading(days.uow, days.document)
    assert left is not None
    assert (left.left, days.due_at) == (38 * HOUR, known)


def test_a_suspension_that_ends_before_its_time_mends_the_due_date(days: Case) -> None:
    _pass(days, 3 * HOUR)
    allowances.pause(days, days=30)

    _pass(days, timedelta(days=1))
    allowances.resume(days)

    assert (days.due_at, days.alarm_at) == (_local("2026-12-01 10:00"), days.yellow_at)
    assert (days.pause, days.paused_at, days.paused_until) == (None, None, None)


def test_no_light_is_due_while_the_clock_stands(urgent: Case) -> None:
    allowances.pause(urgent, days=1)

    assert urgent.alarm_at is None


@pytest.mark.parametrize(("length", "code"), [(0.0, "too_long"), (400.0, "too_long"), (-3.0, "too_long")])
def test_a_suspension_has_its_bounds(urgent: Case, length: float, code: str) -> None:
    with pytest.raises(BpmnError) as refused:
        allowances.pause(urgent, days=length)

    assert refused.value.code == code


def test_a_case_is_suspended_once(urgent: Case) -> None:
    allowances.pause(urgent, days=1)
    _pass(urgent, timedelta(days=1))
    allowances.resume(urgent)

    with pytest.raises(BpmnError) as refused:
        allowances.pause(urgent, days=1)

    assert refused.value.code == "suspended_before"


def test_the_check_does_not_count_and_the_raw_overrun_is_kept(urgent: Case) -> None:
    _pass(urgent, 1.5 * HOUR)
    handled(urgent)
    _pass(urgent, 10 * HOUR)
    count_rework(urgent)

    assert urgent.due_at == urgent.now + 0.5 * HOUR
    assert (urgent.overrun_seconds, urgent.pause, urgent.handled_at) == (0, None, None)
    _pass(urgent, 0.25 * HOUR)
    handled(urgent)
    assert urgent.handled_at <= urgent.due_at
    assert urgent.overrun_seconds == 9.75 * 3600


def test_work_done_in_a_suspension_is_checked_without_the_clock(urgent: Case) -> None:
    _pass(urgent, HOUR)
    allowances.pause(urgent, days=5)
    _pass(urgent, timedelta(days=1))
    handled(urgent)

    _pass(urgent, timedelta(days=4))
    allowances.resume(urgent)  # the end of the suspension, which the work has overtaken
    assert urgent.pause == "check"
    count_rework(urgent)

    assert urgent.due_at == urgent.now + HOUR


def test_a_suspension_that_the_work_overtakes_is_excused_and_over(urgent: Case) -> None:
    _pass(urgent, HOUR)
    allowances.pause(urgent, days=5)
    _pass(urgent, 23 * HOUR)

    handled(urgent)

    assert (urgent.handled_at <= urgent.due_at, urgent.excused_seconds) == (True, 23 * 3600)
    assert (urgent.pause, urgent.paused_at, urgent.paused_until) == ("check", urgent.now, urgent.now)


def test_a_case_filed_anew_is_not_suspended_any_more(urgent: Case) -> None:
    allowances.pause(urgent, days=5)
    _pass(urgent, HOUR)

    start_clock(urgent)

    reading = clock.reading(urgent.uow, urgent.document)
    assert (urgent.pause, urgent.paused_until, reading and reading.left) == (None, urgent.now, 2 * HOUR)


def test_an_extension_is_not_granted_when_the_work_is_done(urgent: Case) -> None:
    _pass(urgent, 3 * HOUR)
    handled(urgent)

    with pytest.raises(Conflict):
        allowances.extend(urgent)


def test_the_lights_begin_anew_after_an_extension(urgent: Case) -> None:
    _pass(urgent, 1.5 * HOUR)
    assert (light(urgent), urgent.alarm_at) == ("yellow", urgent.due_at)
    _pass(urgent, HOUR)
    assert (light(urgent), urgent.alarm_at) == ("red", None)

    allowances.extend(urgent)

    assert (urgent.alarm, urgent.alarm_at) == (None, urgent.now + HOUR)
    assert urgent.alarm_at == urgent.yellow_at


def test_an_extension_that_comes_too_late_leaves_it_red(urgent: Case) -> None:
    _pass(urgent, 9 * HOUR)
    assert light(urgent) == "red"

    allowances.extend(urgent)

    assert (urgent.alarm, urgent.alarm_at) == ("red", None)
    reading = clock.reading(urgent.uow, urgent.document)
    assert reading == clock.Reading(-5 * HOUR, 5 * HOUR, 7 * HOUR)


def test_who_asks_in_vain_is_told_why(urgent: Case) -> None:
    with pytest.raises(Invalid):
        allowances.request(urgent, "a holiday")
    assert allowances.request(urgent, "extension") == allowances.Request("extension", 0)
    urgent.set(extensions=2, suspensions=1)

    for what in ("extension", "suspension"):
        with pytest.raises(Conflict):
            allowances.request(urgent, what)


def test_before_a_case_is_filed_there_is_no_clock(stored_case: StoredCase) -> None:
    case = stored_case()

    for ask in (lambda: allowances.extend(case), lambda: allowances.pause(case, days=1)):
        with pytest.raises(BpmnError) as refused:
            ask()
        assert refused.value.code == "not_running"
    with pytest.raises(Conflict):
        allowances.request(case, "extension")
    handled(case)
    assert (case.pause, clock.reading(case.uow, case.document)) == (None, None)


def test_pressing_leaves_marks_and_raises_the_priority(stored_case: StoredCase) -> None:
    case = stored_case(priority=1)

    urge(case, "again")
    pressed = supervise(case, "today")

    assert (case.urged, case.supervised, case.priority) == (1, 1, 2)
    assert (pressed.by, pressed.remark, pressed.times) == (None, "today", 1)
