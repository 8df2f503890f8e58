"""Timer events that take the time as given, and the choice between several at an event-based gateway.

The library's own read the machine's clock and keep one due time a task, so that two timers behind
one gateway share it. Here every definition has its own slot in the task's internal data.
"""

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions import (
    CycleTimerEventDefinition,
    DurationTimerEventDefinition,
    MultipleEventDefinition,
    TimeDateEventDefinition,
)
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.task import Task

from .errors import RunError
from .iso8601 import Cycle, TimeFormatError, add_duration, parse_cycle, parse_instant

# The key that the library uses; further timers of one task get a number behind it.
SLOT = "event_value"

# In a slot: the timer is not to fire before it is set.
UNSET = ""


def _now(task: Task) -> datetime | None:
    now: datetime | None = task.workflow.top_workflow.now
    return now


def _text(definition: Any, task: Task) -> str:
    value = task.workflow.script_engine.evaluate(task, definition.expression)
    if not isinstance(value, str):
        raise RunError(
            f"the timer's expression {definition.expression!r} gave {value!r}, not an ISO 8601 text",
            task.task_spec.bpmn_id,
        )
    return value


class _DueOnce(ABC):
    """What a duration and a date have in common: one due instant, kept as ISO text."""

    slot = SLOT

    def due(self, task: Task) -> datetime | None:
        """The due instant, or None while it is not yet reckoned. Reckons it when the time is known."""
        value = task.internal_data.get(self.slot)
        if value is not None:
            return None if value == UNSET else datetime.fromisoformat(value)
        now = _now(task)
        if now is None:
            return None
        try:
            due = self.reckon(_text(self, task), now).astimezone(UTC)
        except TimeFormatError as error:
            raise RunError(str(error), task.task_spec.bpmn_id) from error
        task.internal_data[self.slot] = due.isoformat()
        return due

    def set_due(self, task: Task, due: datetime | None) -> None:
        """Let it be due then instead of when its text said; None lets it wait until it is set again."""
        task.internal_data[self.slot] = UNSET if due is None else due.astimezone(UTC).isoformat()

    @abstractmethod
    def reckon(self, text: str, now: datetime) -> datetime:
        """The due instant of a text, reckoned from now."""

    def is_due(self, task: Task) -> bool:
        """Whether its time has come."""
        due, now = self.due(task), _now(task)
        return due is not None and now is not None and due <= now

    def has_fired(self, task: Task) -> bool:
        """Whether the event has happened: its time has come now or earlier."""
        if self.is_due(task):
            task.internal_data["event_fired"] = True
        return bool(task.internal_data.get("event_fired", False))

    def reset(self, task: Task) -> None:
        """Forget the due time, so that a task that comes here again waits anew."""
        task.internal_data["event_fired"] = False


class Duration(_DueOnce, DurationTimerEventDefinition):  # type: ignore[misc]
    """Fires once a duration after it was reached."""

    def reckon(self, text: str, now: datetime) -> datetime:
        """The instant that long after now."""
        return add_duration(text, now)


class Date(_DueOnce, TimeDateEventDefinition):  # type: ignore[misc]
    """Fires at an instant; a duration is accepted too, as in the library."""

    def reckon(self, text: str, now: datetime) -> datetime:
        """The instant itself."""
        return add_duration(text, now) if text.strip().upper().startswith("P") else parse_instant(text)


class Repetition(CycleTimerEventDefinition):  # type: ignore[misc]
    """Fires again and again; periods slept through fire once together."""

    slot = SLOT

    def due(self, task: Task) -> datetime | None:
        """The next due instant, or None when the cycles are used up or the time is not yet known."""
        value = self._value(task)
        return None if value is None or value["cycles"] == 0 else datetime.fromisoformat(value["next"])

    def _value(self, task: Task) -> dict[str, Any] | None:
        value: dict[str, Any] | None = task.internal_data.get(self.slot)
        now = _now(task)
        if value is not None or now is None:
            return value
        try:
            cycle: Cycle = parse_cycle(_text(self, task), now)
        except TimeFormatError as error:
            raise RunError(str(error), task.task_spec.bpmn_id) from error
        value = {
            "cycles": cycle.times,
            "next": cycle.first.astimezone(UTC).isoformat(),
            "duration": cycle.period.total_seconds(),
        }
        task.internal_data[self.slot] = value
        return value

    def cycle_complete(self, task: Task) -> bool:
        """Whether a period has ended since the last look; called by the library's update_task."""
        value, now = self._value(task), _now(task)
        if value is None or now is None:
            return False
        if value["cycles"] == 0:
            task.internal_data["event_fired"] = True
            return False
        due = datetime.fromisoformat(value["next"])
        if due > now:
            return False
        period = timedelta(seconds=value["duration"])
        passed = (now - due) // period + 1
        left = value["cycles"]
        task.internal_data[self.slot] = {
            "cycles": left if left < 0 else max(0, left - passed),
            "next": (due + period * passed).isoformat(),
            "duration": value["duration"],
        }
        return True


class Alternatives(MultipleEventDefinition):  # type: ignore[misc]
    """The events behind an event-based gateway: the first to happen wins, of several due timers the earliest."""

    def has_fired(self, task: Task) -> bool:
        """Whether one of the events has happened."""
        seen: list[BpmnEvent] = task.internal_data.get("seen_events", [])
        if not seen:
            timers = [item for item in self.event_definitions if isinstance(item, _DueOnce)]
            # Every timer is asked, so that all of them start to run when the gateway is reached.
            due = [(item.due(task), item) for item in timers if item.due(task) is not None]
            ripe = [entry for entry in due if entry[1].is_due(task)]
            if ripe:
                first = min(ripe, key=lambda entry: entry[0] or datetime.max.replace(tzinfo=UTC))
                seen = [BpmnEvent(first[1])]
        task.internal_data["seen_events"] = seen[:1]
        return len(seen) > 0

    def update_task(self, task: Task) -> None:
        """Let each of the events do what it does when it is reached."""
        for definition in self.event_definitions:
            definition.update_task(task)


def give_slots(definition: MultipleEventDefinition) -> None:
    """Give each timer of a choice its own place for its due time."""
    timers = [item for item in definition.event_definitions if isinstance(item, _DueOnce)]
    for number, timer in enumerate(timers):
        timer.slot = SLOT if number == 0 else f"{SLOT}_{number}"


def timers_of(definition: Any) -> list[Any]:
    """The timer definitions in an event definition: itself, or those of a choice."""
    if isinstance(definition, MultipleEventDefinition):
        return [item for item in definition.event_definitions if isinstance(item, _DueOnce | Repetition)]
    return [definition] if isinstance(definition, _DueOnce | Repetition) else []
