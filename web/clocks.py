"""The clock of a case as its page shows it: what is left, what was excused, and who presses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _

from engine.log import data_of
from engine.store.unit_of_work import UnitOfWork
from engine.working_time import WORKING_CLOCKS
from handlers import clock
from web import labels, times

#: The service tasks by which somebody presses, with a remark.
_PRESSING = ("cases.urge", "cases.supervise")


@dataclass(frozen=True)
class Remark:
    """What somebody said who presses for a case.

    Attributes:
        tone: ``urged`` or ``supervised``.
    """

    tone: str
    text: str
    who: str
    at: datetime


@dataclass(frozen=True)
class Clock:
    """The clock of a case that was filed.

    Attributes:
        due: how its due date stands; None where it runs no more.
        facts: (name, value) of what is to be known of it.
    """

    due: times.Due | None
    facts: Sequence[tuple[str, str]]


def clock_of(uow: UnitOfWork, case: Mapping[str, Any]) -> Clock | None:
    """The clock of a case, from its columns; None before it was filed."""
    found = clock.reading(uow, case)
    if found is None:
        return None
    facts = [(_("Left"), _length(found.left, case))] if _runs(case) and found.left > timedelta() else []
    if case["extensions"]:
        facts.append((_("Extensions"), _("%(n)s granted", n=case["extensions"])))
    if found.overrun:
        facts.append((_("Overdue"), _length(found.overrun, case)))
    if found.raw_overrun > found.overrun:
        facts.append((_("Past the first due date, nothing excused"), _length(found.raw_overrun, case)))
    return Clock(due_of(case, uow.now), facts)


def due_of(case: Mapping[str, Any], now: datetime) -> times.Due | None:
    """How the due date of a case stands; None before it was filed, and after it was handled."""
    if not _runs(case) or case["due_at"] is None:
        return None
    return times.due(case["due_at"], now, case["yellow_at"], paused=case["pause"] is not None)


def remarks(log: Sequence[Mapping[str, Any]]) -> list[Remark]:
    """What was said by those who press for a case: the last of each kind."""
    found: dict[str, Remark] = {}
    for row in log:
        data = data_of(row) if row["action"] == "service" else {}
        result = data.get("result")
        if data.get("task") in _PRESSING and isinstance(result, Mapping) and result.get("remark"):
            tone = "urged" if data["task"] == "cases.urge" else "supervised"
            found[tone] = Remark(tone, str(result["remark"]), str(result.get("by") or ""), row["at"])
    return sorted(found.values(), key=lambda one: one.at)


def pause_name(case: Mapping[str, Any]) -> str:
    """Why the clock of an open case stands; empty while it runs."""
    stands = case["pause"] and case["status"] == "open"
    return labels.called(labels.PAUSES, case["pause"]) if stands else ""


def _runs(case: Mapping[str, Any]) -> bool:
    return bool(case["status"] == "open" and case["handled_at"] is None)


def _length(length: timedelta, case: Mapping[str, Any]) -> str:
    working = case["unit_of_time"] in WORKING_CLOCKS
    told = times.length(length, days=not working)
    return _("%(length)s of working time", length=told) if working else told
