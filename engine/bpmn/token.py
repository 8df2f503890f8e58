"""What the host sees of a task: copies only."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.task import Task

from .definitions import Definitions
from .process_info import ElementInfo, Retry


@dataclass(frozen=True)
class Token:
    """One place at which an instance stands.

    `index` counts the instances of a repeated activity from 0; `operation` is what a service task asks for.
    """

    task_id: str
    element_id: str
    name: str
    lane: str | None
    kind: str
    properties: Mapping[str, str]
    index: int | None
    variables: Mapping[str, Any]
    message: str | None = None
    operation: str | None = None
    retry: Retry | None = None


@dataclass(frozen=True)
class Timer:
    """One timer that runs; `due` is aware."""

    task_id: str
    element_id: str
    due: datetime


def element_of(definitions: Definitions, element_id: str) -> ElementInfo:
    """What the diagram says of an element; an empty description of one that it does not have."""
    for process in definitions.processes.values():
        if element_id in process.elements:
            return process.elements[element_id]
    return ElementInfo(element_id, "", "", None, MappingProxyType({}))


def _index(task: Task) -> int | None:
    if task.parent is None or not isinstance(task.parent.task_spec, LoopTask):
        return None
    for key in ("key_or_index", "iteration", "item"):
        index = task.internal_data.get(key)
        if isinstance(index, int):
            return index
    return None


def token_of(
    definitions: Definitions, task: Task, element_id: str | None = None, message: str | None = None
) -> Token:
    """Describe a task; `element_id` names the element itself where the task stands for several."""
    element_id = element_id or str(task.task_spec.bpmn_id)
    element = element_of(definitions, element_id)
    return Token(
        str(task.id),
        element_id,
        element.name,
        element.lane if element.lane is not None else task.task_spec.lane,
        element.kind,
        element.properties,
        _index(task),
        deepcopy(task.data),
        message,
        getattr(task.task_spec, "operation_name", None),
        element.retry,
    )
