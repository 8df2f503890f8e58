"""Shifts: from when until when a crew works."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.calendars import calendar_of
from engine.store.unit_of_work import UnitOfWork

#: A crew that has no shift for so long has none.
HORIZON_DAYS = 15


def shift(uow: UnitOfWork, crew: Mapping[str, Any], now: datetime) -> tuple[datetime, datetime] | None:
    """The shift of a crew that is under way, or else its next one; None if it has none within `HORIZON_DAYS`.

    Args:
        crew: a row of the crews; its days are those of the calendar of its unit, or all.
    """
    calendar = calendar_of(uow, crew["unit_id"])
    today = now.astimezone(calendar.zone).date()
    # The shift of yesterday may last until this morning.
    for offset in range(-1, HORIZON_DAYS):
        day = today + timedelta(days=offset)
        if crew["days"] == "working" and not calendar.is_working_day(day):
            continue
        begins = datetime.combine(day, crew["shift_begins"], calendar.zone)
        overnight = crew["shift_ends"] <= crew["shift_begins"]
        ends = datetime.combine(day + timedelta(days=overnight), crew["shift_ends"], calendar.zone)
        if ends > now:
            return begins, ends
    return None
