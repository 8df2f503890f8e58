"""Where a BPMN error or escalation goes: to the boundary event of the nearest enclosing activity that catches it.

The library offers it to every waiting event of the scope, so that the boundary event of a neighbour
that runs at the same time would catch it as well.
"""

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.spiff.specs.event_definitions import ErrorEventDefinition, EscalationEventDefinition
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState


def _borders(task: Task | None) -> Iterator[Task]:
    """The waiting boundary events around a task, those of the innermost activity first."""
    while task is not None:
        activity = task.parent if isinstance(task.parent and task.parent.task_spec, LoopTask) else task
        if activity.parent is not None and isinstance(activity.parent.task_spec, BoundaryEventSplit):
            for sibling in activity.parent.children:
                if isinstance(sibling.task_spec, BoundaryEvent) and sibling.state == TaskState.WAITING:
                    yield sibling
        workflow = task.workflow
        task = None
        if workflow.parent_task_id is not None:
            task = workflow.top_workflow.get_task_from_id(workflow.parent_task_id)


def route(task: Task | None, definition: Any, payload: Any) -> bool:
    """Hand an error or escalation raised in `task` to the nearest event that catches its code.

    Of one activity's events, one with that very code comes before one for any code. Returns whether one took it.
    """
    candidates = [
        border
        for border in _borders(task)
        if type(border.task_spec.event_definition) is type(definition)
        and border.task_spec.event_definition.code in {None, definition.code}
    ]
    if not candidates:
        return False
    nearest = candidates[0].parent
    same_activity = [border for border in candidates if border.parent is nearest]
    chosen = next(
        (border for border in same_activity if border.task_spec.event_definition.code == definition.code),
        same_activity[0],
    )
    chosen.task_spec.catch(chosen, BpmnEvent(chosen.task_spec.event_definition, payload=payload))
    chosen.task_spec._update(chosen)
    return True


class _Routed:
    """Throwing by way of `route`."""

    def throw(self, task: Task) -> None:
        """Throw it out of the scope that the task belongs to."""
        payload = None
        if self.expression is not None:  # type: ignore[attr-defined]
            payload = task.workflow.script_engine.evaluate(task, self.expression)  # type: ignore[attr-defined]
        workflow = task.workflow
        parent = None
        if workflow.parent_task_id is not None:
            parent = workflow.top_workflow.get_task_from_id(workflow.parent_task_id)
        if not route(parent, self, payload):
            workflow.top_workflow.uncaught.append(self)


class Error(_Routed, ErrorEventDefinition):  # type: ignore[misc]
    """A BPMN error, matched by its code."""


class Escalation(_Routed, EscalationEventDefinition):  # type: ignore[misc]
    """A BPMN escalation, matched by its code."""
