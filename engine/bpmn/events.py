"""What messages, signals and timers have in common as event definitions."""

from typing import Any, TypeVar

from SpiffWorkflow.bpmn.specs.event_definitions import MultipleEventDefinition
from SpiffWorkflow.task import Task

Kind = TypeVar("Kind")


def among(definition: object, kind: type[Kind]) -> list[Kind]:
    """The definitions of a kind in an event definition: itself, or those of a choice."""
    several = (
        definition.event_definitions if isinstance(definition, MultipleEventDefinition) else [definition]
    )
    return [one for one in several if isinstance(one, kind)]


def take_payload(task: Task, name: str, variable: str | None) -> None:
    """Bring what an event brought to a task into its data: into the variable that the diagram names, else key by key."""
    payload: Any = task.internal_data.pop(name, None)
    if variable is not None:
        task.data[variable] = payload
    elif isinstance(payload, dict):
        task.data.update(payload)
