"""When things happen in the demonstration city: reports by day, work in working hours, a unit's time by its limit."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_OPENS, _CLOSES = time(7, 30), time(20, 30)
_HOURS = range(6, 23)
#: How many reports come in each hour from six in the morning on, in proportion.
_BY_HOUR = (2, 4, 9, 11, 10, 8, 5, 5, 8, 10, 9, 8, 7, 6, 5, 3, 2)
_WEEKEND = 0.6
#: The last days have more, for many of the older cases are closed.
_RECENT_DAYS, _RECENT = 3, 2.2
#: And a few came in just now, so that not everything that waits is late.
_FRESH, _FRESH_SHARE = timedelta(hours=2), 0.05

#: How long the usual answer takes, in minutes: the median.
_MINUTES = {"accept": 9.0, "verify": 50.0, "file": 12.0, "dispatch": 14.0, "check": 65.0, "close": 25.0}


def report_times(
    chance: random.Random, count: int, start: datetime, end: datetime, zone: ZoneInfo
) -> list[datetime]:
    """When the reports come in, in order: between start and end, more by day than at night, fewer on weekends."""
    days = max((end - start).days, 1)
    dates = [(start + timedelta(days=n)).astimezone(zone).date() for n in range(days + 1)]
    weights = [
        (_WEEKEND if day.isoweekday() > 5 else 1.0) * (_RECENT if n > days - _RECENT_DAYS else 1.0)
        for n, day in enumerate(dates)
    ]
    found = [end - _FRESH * chance.random() for _ in range(round(count * _FRESH_SHARE))]
    while len(found) < count:
        day = chance.choices(dates, weights)[0]
        hour = chance.choices(_HOURS, _BY_HOUR)[0]
        at = datetime.combine(day, time(hour), zone) + timedelta(seconds=chance.randrange(3600))
        if start <= at <= end:
            found.append(at)
    return sorted(found)


def answered(chance: random.Random, step: str, now: datetime, zone: ZoneInfo) -> datetime:
    """When a step that becomes open now is done by the people of a platform."""
    minutes = _MINUTES.get(step, 20.0) * chance.lognormvariate(0.0, 0.6)
    return at_work(chance, now + timedelta(minutes=max(minutes, 1.0)), zone)


def handled(chance: random.Random, now: datetime, due: datetime, slow: float, zone: ZoneInfo) -> datetime:
    """When a unit is done with a case: within its limit, unless it is slow."""
    left = max(due - now, timedelta(minutes=40))
    return at_work(chance, now + left * chance.uniform(0.15, 0.85) * slow, zone)


def at_work(chance: random.Random, at: datetime, zone: ZoneInfo) -> datetime:
    """The same instant if somebody works then, else soon after work begins again."""
    local = at.astimezone(zone)
    if _OPENS <= local.time() <= _CLOSES:
        return at
    day = local.date() + timedelta(days=local.time() > _CLOSES)
    return datetime.combine(day, _OPENS, zone) + timedelta(minutes=chance.uniform(1.0, 45.0))
