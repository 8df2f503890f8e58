"""What crosses the border of a case: keyed messages and signals that leave it, and those that it waits for.

A message element with the property ``correlation`` sends to, or waits for, whoever has the same key, in whatever case; one
without it stays within its case. A signal has no key: it reaches all that wait for it.
"""

from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.task import Task

from .errors import RunError
from .values import json_value

CORRELATION, TO = "correlation", "to"

#: Under which the keys of what a task waits for stand in its internal data, by the names of the messages.
SLOT = "correlation"

MAX_KEY = 200


@dataclass(frozen=True)
class Sent:
    """A message or a signal that leaves the case.

    Attributes:
        task_id: of the task that sent it; it sends once.
        kind: ``message`` or ``signal``.
        key: of a message; None for a signal.
        to: of a message, what the diagram says of the platform at which it opens a case; None if it says nothing.
    """

    task_id: str
    element_id: str
    kind: str
    name: str
    key: str | None
    payload: Any
    to: str | None = None


@dataclass(frozen=True)
class Subscription:
    """A message with a key, or a signal, for which a task waits; a signal's key is empty. The element tells no two apart."""

    task_id: str
    kind: str
    name: str
    key: str
    element_id: str = field(default="", compare=False)


def key_of(task: Task, expression: str) -> str:
    """The key that an expression gives at a task: a text, or a whole number as text. Raises RunError."""
    value = task.workflow.script_engine.evaluate(task, expression)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_KEY or "\x00" in value:
        raise RunError(
            f"the correlation {expression!r} gave {value!r}: a key is a text of 1 to {MAX_KEY} characters, or a whole number",
            task.task_spec.bpmn_id,
        )
    return value


def place_of(task: Task, expression: str | None) -> str | None:
    """The unit's code that the property ``to`` gives at a task. Raises RunError."""
    if expression is None:
        return None
    value = task.workflow.script_engine.evaluate(task, expression)
    if not isinstance(value, str) or not value:
        raise RunError(f"{TO} {expression!r} gave {value!r}, not the code of a unit", task.task_spec.bpmn_id)
    return value


def payload_of(task: Task, expression: str | None) -> Any:
    """What goes along, as JSON values; nothing by default. Raises ValueRefusedError for what is no JSON."""
    return (
        {}
        if expression is None
        else json_value("payload", task.workflow.script_engine.evaluate(task, expression))
    )


def send(task: Task, sent: Sent) -> None:
    """Leave something for the host to send on, when the step is written."""
    task.workflow.top_workflow.sent.append(sent)
