"""Times as a reader takes them in at a glance: how long is left, and where a day or a month begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from engine.inbox import SOON


@dataclass(frozen=True)
class Due:
    """How a due date stands: in words, and as a tone for those who see colour."""

    text: str
    tone: str
    at: datetime


def due(at: datetime, now: datetime, yellow_at: datetime | None = None, *, paused: bool = False) -> Due:
    """Say how long is left, or for how long something is overdue.

    Its tone is ``overdue``, ``soon`` (yellow, or where no such instant is known, within `engine.inbox.SOON`), ``later``, or
    ``paused`` while the clock stands.
    """
    if paused:
        return Due(_("the clock stands"), "paused", at)
    left = at - now
    if left < timedelta():
        return Due(_overdue(-left), "overdue", at)
    return Due(_left(left), "soon" if now >= (yellow_at or at - SOON) else "later", at)


def of_item(item: Mapping[str, Any], now: datetime) -> Due:
    """How the due date of a work item stands."""
    return due(item["due_at"], now, item["yellow_at"], paused=item["paused_at"] is not None)


def length(of: timedelta, *, days: bool = True) -> str:
    """Say a length in minutes, hours or days; `days` says whether days have 24 hours."""
    seconds = of.total_seconds()
    if not days and seconds >= 3600:
        return str(_("%(n)s h", n=f"{seconds / 3600:.1f}".removesuffix(".0")))
    number, unit = _measured(of)
    if unit == "minute":
        return str(_("%(n)s min", n=number))
    return str(_("%(n)s h", n=number) if unit == "hour" else _("%(n)s d", n=number))


def lasted(of: timedelta) -> str:
    """Say a length as somebody watches it grow: in seconds for the first minutes."""
    seconds = int(of.total_seconds())
    return str(_("%(n)s s", n=max(0, seconds))) if seconds < 180 else length(of)


def _overdue(length: timedelta) -> str:
    number, unit = _measured(length)
    if unit == "minute":
        return str(_("%(n)s min overdue", n=number))
    return str(_("%(n)s h overdue", n=number) if unit == "hour" else _("%(n)s d overdue", n=number))


def _left(length: timedelta) -> str:
    number, unit = _measured(length)
    if unit == "minute":
        return str(_("%(n)s min left", n=number))
    return str(_("%(n)s h left", n=number) if unit == "hour" else _("%(n)s d left", n=number))


def _measured(length: timedelta) -> tuple[str, str]:
    seconds = length.total_seconds()
    if seconds < 3600:
        return str(int(seconds // 60)), "minute"
    whole, unit = (3600, "hour") if seconds < 48 * 3600 else (86400, "day")
    return f"{seconds / whole:.1f}".removesuffix(".0"), unit


def day_begins(now: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the day in a time zone."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def month_begins(now: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the month in a time zone."""
    return day_begins(now, zone).replace(day=1)
