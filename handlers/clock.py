"""The clock of a case: it starts with filing, stands still in pauses, is extended, and is read without what was excused.

Everything is reckoned in the clock's own time (see `engine.working_time.running`). The first due date never moves; the due date
is the first one and what was excused since: ended pauses, extensions, and a pause under way whose end is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.calendars import calendar_of
from engine.case import Case
from engine.store.unit_of_work import UnitOfWork
from engine.working_time import after, deadline, running

#: Why a clock stands.
SUSPENSION, CHECK = "suspension", "check"
#: What a case of before has that knows no unit of time of its own.
_WALL = "urgent_hour"
_LIGHTS = (None, "yellow", "red")


@dataclass(frozen=True)
class Reading:
    """How a clock stands, in its own time.

    Attributes:
        left: until it is due; negative when it is overdue. While it stands, what will be left when it goes on.
        overrun: how long the case has been overdue, whatever was excused being excused; 0 before.
        raw_overrun: how long it has been past the first due date, nothing being excused; 0 before.
    """

    left: timedelta
    overrun: timedelta
    raw_overrun: timedelta


class _Scale:
    """The time of one clock: that of its unit of time, by the calendar of the unit that is responsible."""

    def __init__(self, uow: UnitOfWork, case: Mapping[str, Any]) -> None:
        self.unit = case["unit_of_time"] or _WALL
        self.calendar = calendar_of(uow, case["unit_id"] or case["platform_id"])

    def between(self, start: datetime, end: datetime) -> timedelta:
        return running(start, end, self.unit, self.calendar)

    def after(self, start: datetime, length: timedelta) -> datetime:
        return after(start, length, self.unit, self.calendar)


def start(case: Case, limit: Decimal, unit_of_time: str, yellow: Decimal) -> datetime:
    """File the case now: its clock begins anew, and nothing is excused yet. Gives the due date.

    Args:
        yellow: after which share of the limit it is yellow, between 0 and 1.
    """
    calendar = calendar_of(case.uow, case.unit_id or case.platform_id)
    due_at = deadline(case.now, limit, unit_of_time, calendar)
    yellow_at = deadline(case.now, limit * yellow, unit_of_time, calendar)
    case.set(
        filed_at=case.now,
        due_at=due_at,
        first_due_at=due_at,
        yellow_at=yellow_at,
        time_limit=limit,
        unit_of_time=unit_of_time,
        alarm=None,
        alarm_at=yellow_at,
        pause=None,
        paused_at=None,
        paused_until=case.now if case.pause == SUSPENSION else case.paused_until,
        excused_seconds=0,
        overrun_seconds=0,
        extensions=0,
        suspensions=0,
    )
    return due_at


def is_started(case: Case) -> bool:
    """Whether the case was filed, so that there is a clock."""
    return case.first_due_at is not None and case.filed_at is not None


def extend(case: Case) -> None:
    """Give the case its limit once more, behind the one that it has."""
    scale = _Scale(case.uow, case.document)
    stands = timedelta(seconds=case.excused_seconds)
    due_at = scale.after(case.first_due_at, stands)
    if case.time_limit is not None:
        extended = deadline(due_at, case.time_limit, scale.unit, scale.calendar)
    else:
        extended = due_at + (case.first_due_at - case.filed_at)
    more = scale.between(due_at, extended)
    case.set(excused_seconds=_seconds(stands + more), extensions=case.extensions + 1)
    _reckon(case, scale)


def pause(case: Case, reason: str, until: datetime | None = None) -> None:
    """Let the clock stand from now on; one that stands already goes on standing, for the new reason."""
    if case.pause is None:
        case.set(paused_at=case.now)
    case.set(pause=reason)
    if until is not None:
        case.set(paused_until=until)
    _reckon(case, _Scale(case.uow, case.document))


def resume(case: Case) -> None:
    """Let the clock go on: the limit has left what it had left when the clock began to stand."""
    if case.pause is None:
        return
    scale = _Scale(case.uow, case.document)
    stood = scale.between(case.paused_at, case.now)
    case.set(excused_seconds=_seconds(timedelta(seconds=case.excused_seconds) + stood))
    if case.pause == SUSPENSION:
        case.set(paused_until=None)
    case.set(pause=None, paused_at=None)
    _reckon(case, scale)


def handled(case: Case) -> None:
    """Note that the work is done now, and how late it was; while it is checked, the clock stands."""
    case.set(handled_at=case.now)
    if is_started(case):
        late = _Scale(case.uow, case.document).between(case.first_due_at, case.now)
        case.set(overrun_seconds=max(0, _seconds(late)))
        if case.pause == SUSPENSION:
            # The work has overtaken it: what it excused stays, and whatever waits for its end waits no more.
            resume(case)
            case.set(paused_until=case.now)
        pause(case, CHECK)


def handle_again(case: Case) -> None:
    """Note that the work is not done after all: the clock, if it stood for a check, goes on."""
    case.set(handled_at=None)
    if case.pause == CHECK:
        resume(case)


def reading(uow: UnitOfWork, case: Mapping[str, Any]) -> Reading | None:
    """How the clock of a case stands now, or stood when it was handled or ended; None before it was filed.

    Args:
        case: columns of the case.
    """
    if case["first_due_at"] is None:
        return None
    scale = _Scale(uow, case)
    now = case["handled_at"] or case["closed_at"] or uow.now
    # A pause with a known end is in the due date already.
    counted = _known_end(case) or case["paused_at"] or now
    left = scale.between(counted, case["due_at"])
    raw = scale.between(case["first_due_at"], now)
    return Reading(left, max(-left, timedelta()), max(raw, timedelta()))


def show_light(case: Case) -> str:
    """Note that the case has reached yellow or red, and await the next light; gives which it is."""
    light = "red" if case.now >= case.due_at else "yellow"
    case.set(alarm=light, alarm_at=case.due_at if light == "yellow" else None)
    return light


def _reckon(case: Case, scale: _Scale) -> None:
    """Yellow, red and the next light, from the first due date and what was excused."""
    excused = timedelta(seconds=case.excused_seconds)
    if end := _known_end(case.document):
        excused += scale.between(case.paused_at, end)
    due_at = scale.after(case.first_due_at, excused)
    ahead = scale.between(case.yellow_at, case.due_at)
    yellow_at = scale.after(case.filed_at, scale.between(case.filed_at, due_at) - ahead)
    reached = 2 if case.now >= due_at else 1 if case.now >= yellow_at else 0
    told = _LIGHTS[min(reached, _LIGHTS.index(case.alarm))]
    following = {None: yellow_at, "yellow": due_at, "red": None}[told]
    case.set(due_at=due_at, yellow_at=yellow_at, alarm=told, alarm_at=None if case.pause else following)


def _known_end(case: Mapping[str, Any]) -> datetime | None:
    """The end of a suspension under way; that of one that is over says nothing any more."""
    end: datetime | None = case["paused_until"] if case["pause"] == SUSPENSION else None
    return end


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())
