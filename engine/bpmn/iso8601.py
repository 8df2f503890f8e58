"""Durations, instants and cycles as ISO 8601 writes them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

_NUMBER = r"\d{1,6}(?:[.,]\d{1,6})?"
_DURATION = re.compile(
    rf"P(?=[\dT])(?:(?P<weeks>{_NUMBER})W|"
    r"(?:(?P<years>\d{1,3})Y)?(?:(?P<months>\d{1,4})M)?"
    rf"(?:(?P<days>{_NUMBER})D)?"
    rf"(?:T(?=\d)(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?)"
)
_CYCLE = re.compile(r"R(?P<cycles>\d{0,6})/(?P<first>[^/]+)(?:/(?P<second>[^/]+))?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T.*)?")


class TimeFormatError(ValueError):
    """A text that is not the ISO 8601 form asked for."""


@dataclass(frozen=True)
class Cycle:
    """A repetition: how often (-1 for ever), the first due instant, and the period between two."""

    times: int
    first: datetime
    period: timedelta


def is_literal(text: str) -> bool:
    """Whether a timer's text is a bare ISO duration, date or cycle and not an expression."""
    return any(pattern.fullmatch(text.strip()) for pattern in (_DURATION, _CYCLE, _DATE))


def parse_instant(text: str) -> datetime:
    """An instant with its offset from UTC, such as 2026-05-01T08:00:00+08:00. Raises TimeFormatError."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise TimeFormatError(f"{text!r} is not an ISO 8601 date; write 2026-05-01T08:00:00+08:00") from None
    if instant.tzinfo is None:
        raise TimeFormatError(
            f"{text!r} has no offset from UTC; write it as {text}+08:00 or with the right offset"
        )
    return instant


def add_duration(text: str, start: datetime) -> datetime:
    """The instant a duration such as PT4H, P1D or P2W after `start`. Raises TimeFormatError."""
    match = _DURATION.fullmatch(text.strip().upper())
    if match is None:
        raise TimeFormatError(f"{text!r} is not an ISO 8601 duration; write PT4H, P1D, P2W or P1DT12H")
    parts = {name: float(value.replace(",", ".")) for name, value in match.groupdict().items() if value}
    for whole in ("years", "months"):
        if whole in parts:
            parts[whole] = int(parts[whole])
    try:
        due: datetime = start + TimerEventDefinition.get_timedelta_from_start(parts, start)
    except OverflowError:
        raise TimeFormatError(f"{text!r} reaches beyond the year 9999") from None
    return due


def parse_cycle(text: str, now: datetime) -> Cycle:
    """A cycle: R3/PT1H from now on, or R3/<start>/PT1H. Raises TimeFormatError."""
    match = _CYCLE.fullmatch(text.strip().upper())
    if match is None:
        raise TimeFormatError(f"{text!r} is not an ISO 8601 cycle; write R3/PT1H, or R/PT1H for ever")
    times = int(match["cycles"]) if match["cycles"] else -1
    if match["second"] is None:
        due = add_duration(match["first"], now)
        first, period = due, due - now
    elif match["second"].startswith("P"):
        first = parse_instant(match["first"])
        period = add_duration(match["second"], first) - first
    else:
        raise TimeFormatError(f"{text!r} ends with a date; write R3/<start>/<duration>")
    if period < timedelta(seconds=1):
        raise TimeFormatError(f"{text!r} repeats faster than once a second")
    return Cycle(times, first, period)
