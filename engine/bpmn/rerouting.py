"""Rerouting: a token that cannot go on is taken from where it stands and goes on at another element.

It is done only where no other token can notice: inside one process or subprocess, outside repeated activities, and where the
same joins lie ahead as before and are entered from the same side, so that none waits for ever or fires twice. Forks that lie ahead
may be left out, but none may come to lie ahead: its other branches may be under way.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, Literal

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import EventBasedGateway
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.events.start_event import StartEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from .gateways import Fork, Inclusive

_FORESEEN = TaskState.PREDICTED_MASK | TaskState.FUTURE
_LIVE = TaskState.READY | TaskState.WAITING | TaskState.STARTED

Problem = Literal["unknown", "kind", "elsewhere", "repeated", "parallel", "occupied", "branched"]


class RerouteRefused(Exception):
    """A token cannot go on there. `problem` says why:

    ``unknown``: there is no such element; ``kind``: nothing can begin with it; ``elsewhere``: it lies in another process or
    subprocess; ``repeated``: the token is one of several of a repeated activity; ``parallel``: other joins or forks lie ahead;
    ``occupied``: another token is there; ``branched``: a boundary event has begun a branch of its own.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem: Problem = problem


def reroute(task: Task, element_id: str) -> None:
    """Take a waiting or started task away and enter the element in its place; then run. Raises RerouteRefused."""
    entry = _entry(task, element_id)
    if isinstance(task.parent.task_spec, LoopTask):
        raise RerouteRefused("repeated")
    (joins, forks), (joins_before, forks_before) = _gateways(entry), _gateways(task.task_spec)
    if joins != joins_before or not forks <= forks_before:
        raise RerouteRefused("parallel")
    family = _family(task)
    _check_place(task, element_id)
    data = deepcopy(task.data)
    anchor = task.parent
    if isinstance(anchor.task_spec, BoundaryEventSplit):
        anchor = anchor.parent
    for member in family:
        member.cancel()
    entered = anchor._add_child(entry, TaskState.FUTURE)
    entered.data = data
    entry._predict(entered, mask=_FORESEEN)
    entry._update(entered)


def _entry(task: Task, element_id: str) -> Any:
    """The spec with which the element begins: with boundary events it is their split."""
    specs = task.workflow.spec.task_specs
    spec = specs.get(element_id)
    if spec is None or spec.bpmn_id != element_id:
        everywhere = task.workflow.top_workflow
        known = [everywhere.spec, *everywhere.subprocess_specs.values()]
        raise RerouteRefused("elsewhere" if any(element_id in one.task_specs for one in known) else "unknown")
    behind_choice = any(isinstance(one, EventBasedGateway) for one in spec.inputs)
    if isinstance(spec, BoundaryEvent | StartEvent | Fork | Inclusive) or behind_choice or not spec.inputs:
        raise RerouteRefused("kind")
    return specs.get(f"{element_id}.BoundaryEventSplit", spec)


def _gateways(spec: Any) -> tuple[frozenset[tuple[str, str]], frozenset[str]]:
    """The parallel and inclusive gateways that lie ahead: joins that are reached first, each with the element from which it is
    entered, and forks before them, which a single flow enters.
    """
    joins: set[tuple[str, str]] = set()
    forks: set[str] = set()
    seen = {spec.name}
    pending = [spec]
    while pending:
        one = pending.pop()
        for following in one.outputs:
            if isinstance(following, Fork | Inclusive):
                if len(following.inputs) > 1:
                    joins.add((one.name, following.name))
                    continue
                forks.add(following.name)
            if following.name not in seen:
                seen.add(following.name)
                pending.append(following)
    return frozenset(joins), frozenset(forks)


def _family(task: Task) -> list[Task]:
    """The task with the boundary events that wait beside it."""
    if not isinstance(task.parent.task_spec, BoundaryEventSplit):
        return [task]
    beside: Iterable[Task] = [child for child in task.parent.children if child is not task]
    for event in beside:
        if event.state != TaskState.WAITING or any(
            not child.has_state(_FORESEEN) for child in event.children
        ):
            raise RerouteRefused("branched")
    return [task, *beside]


def _check_place(task: Task, element_id: str) -> None:
    for other in task.workflow.in_order(_LIVE):
        if other is not task and other.task_spec.bpmn_id == element_id:
            raise RerouteRefused("occupied")
