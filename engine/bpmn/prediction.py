"""Bounds how far the library looks ahead. In a loop without a choice it would foresee tasks without end."""

from functools import partial
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import EventBasedGateway
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.specs.MultiChoice import MultiChoice
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState


def _certain(spec: Any) -> list[Any]:
    """The specs that surely follow one; what follows a choice is only a possibility, and foreseen two deep."""
    if isinstance(spec, MultiChoice | EventBasedGateway):
        return []
    following: list[Any] = spec.outputs
    if isinstance(spec, BoundaryEventSplit):
        return [output for output in following if not isinstance(output, BoundaryEvent)]
    return following


def _closing(spec: Any) -> list[Any]:
    """The task specs at which a loop without a choice closes."""
    done: set[str] = set()
    found = []
    for root in spec.task_specs.values():
        if root.name in done:
            continue
        path, stack = {root.name}, [(root, iter(_certain(root)))]
        while stack:
            current, following = stack[-1]
            step = next(following, None)
            if step is None:
                stack.pop()
                path.discard(current.name)
                done.add(current.name)
            elif step.name in path:
                found.append(current)
            elif step.name not in done:
                path.add(step.name)
                stack.append((step, iter(_certain(step))))
    return found


def _possibly(task_spec: Any, task: Task) -> None:
    task._sync_children(task_spec.outputs, TaskState.MAYBE)


def bound_prediction(spec: Any) -> None:
    """Let what follows the closing point of such a loop be foreseen as a possibility only."""
    for task_spec in _closing(spec):
        task_spec._predict_hook = partial(_possibly, task_spec)
