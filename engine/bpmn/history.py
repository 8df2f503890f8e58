"""Cutting finished history out of the live state, so that round 500 of a rework loop costs what round 1 did.

What a finished task is still needed for, read off the library:

* a task's parent gives it its data and decides the arrival at a join: the parents of all unfinished tasks stay;
* a boundary event's join looks for its split and that split's children: both stay while the join is unfinished;
* a join counts the branches that have arrived as cancelled siblings with finished parents: they stay while
  one of them waits;
* the join before a process's end merges the data of all branches that have ended: they stay, folded
  into one when there are many;
* an unfinished multi-instance activity looks at its instances;
* the last finished task of a subprocess is its result.

Everything else is spliced out: the next needed descendant hangs on the next needed ancestor.
"""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from SpiffWorkflow.bpmn.specs.control import (
    BoundaryEventJoin,
    BoundaryEventSplit,
    StartEventJoin,
    StartEventSplit,
    _EndJoin,
)
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask, MultiInstanceTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.deep_merge import DeepMerge
from SpiffWorkflow.util.task import TaskState

from .workflow import LiveWorkflow

# So many ended branches keep their own data until the process ends; older ones are merged in the order they ended.
KEPT_ENDS = 8


def cut(workflow: LiveWorkflow) -> None:
    """Cut the finished history of a workflow that waits. Only between steps."""
    _cut_subprocesses(workflow)
    for part in [workflow, *workflow.subprocesses.values()]:
        _cut_watchers(part)
        _cut_tree(part)


def _cut_subprocesses(workflow: LiveWorkflow) -> None:
    for part in [workflow, *workflow.subprocesses.values()]:
        for task_id in [task_id for task_id in part.tasks if task_id in workflow.subprocesses]:
            if part.tasks[task_id].has_state(TaskState.FINISHED_MASK):
                workflow.abandon(task_id)


def _cut_watchers(workflow: Any) -> None:
    """Each firing of a cycle leaves a join that watches its activity; the last one is enough."""
    for task in list(workflow.in_order(TaskState.WAITING)):
        if isinstance(task.task_spec, BoundaryEvent):
            joins = [child for child in task.children if isinstance(child.task_spec, BoundaryEventJoin)]
            for join in joins[:-1]:
                workflow._remove_task(join.id)


def _cut_tree(workflow: Any) -> None:
    needed = _needed(workflow)
    if len(needed) == len(workflow.tasks):
        return
    # Depth first and in order, each with the nearest needed ancestor: children keep their order.
    children: dict[Any, list[Any]] = {task_id: [] for task_id in needed}
    parents: dict[Any, Any] = {}
    stack: list[tuple[Any, Any]] = [(workflow.task_tree.id, None)]
    order = []
    while stack:
        task_id, ancestor = stack.pop()
        task = workflow.tasks[task_id]
        if task_id in needed:
            order.append(task_id)
            parents[task_id] = ancestor
            if ancestor is not None:
                children[ancestor].append(task_id)
            ancestor = task_id
        stack.extend((child, ancestor) for child in reversed(task._children))
    workflow.tasks = {task_id: workflow.tasks[task_id] for task_id in order}
    for task_id in order:
        task = workflow.tasks[task_id]
        task._parent, task._children = parents[task_id], children[task_id]


def _needed(workflow: Any) -> set[Any]:
    tasks = list(workflow.in_order(TaskState.ANY_MASK))
    needed = {workflow.task_tree.id}
    if workflow.last_task is not None and workflow.last_task.id in workflow.tasks:
        needed.add(workflow.last_task.id)
    waiting_joins: set[str] = set()
    for task in tasks:
        if task.has_state(TaskState.FINISHED_MASK):
            continue
        needed.add(task.id)
        needed.update(_family(task))
        if isinstance(task.task_spec, UnstructuredJoin):
            waiting_joins.add(task.task_spec.name)
    needed.update(_arrivals(tasks, waiting_joins))
    for task in tasks:
        if task.id in needed:
            _keep_around(task, needed)
    return needed


def _family(task: Task) -> Iterable[Any]:
    """What an unfinished task looks at besides itself."""
    if task.parent is not None:
        yield task.parent.id
    if isinstance(task.task_spec, LoopTask):
        yield from _instances(task)
    if isinstance(task.task_spec, BoundaryEventJoin | StartEventJoin):
        split = _nearest(task, task.task_spec.split_task)
        if split is not None:
            yield split.id


def _instances(task: Task) -> Iterable[Any]:
    """The instances of a repeated activity that it still asks for; a plain loop only counts them."""
    if isinstance(task.task_spec, MultiInstanceTask):
        yield from task._children


def _nearest(task: Task, spec_name: str) -> Task | None:
    ancestor: Task | None = task.parent
    while ancestor is not None and ancestor.task_spec.name != spec_name:
        ancestor = ancestor.parent
    return ancestor


def _keep_around(task: Task, needed: set[Any]) -> None:
    if isinstance(task.task_spec, BoundaryEventSplit | StartEventSplit):
        needed.update(task._children)
    if isinstance(task.task_spec, UnstructuredJoin) and task.parent is not None:
        needed.add(task.parent.id)


def _arrivals(tasks: list[Task], waiting: set[str]) -> Iterable[Any]:
    """The branches that have arrived at a join which still waits for others."""
    ended: dict[str, list[Task]] = {}
    for task in tasks:
        if task.state != TaskState.CANCELLED or task.task_spec.name not in waiting or task.parent is None:
            continue
        if isinstance(task.task_spec, _EndJoin):
            ended.setdefault(task.task_spec.name, []).append(task)
        elif isinstance(task.task_spec, UnstructuredJoin):
            yield task.id
            yield task.parent.id
    for joins in ended.values():
        for task in _folded(joins):
            yield task.id
            yield task.parent.id


def _folded(joins: list[Task]) -> list[Task]:
    """Merge the data of the oldest ended branches into the oldest that stays, as the end would do one by one."""
    joins.sort(key=lambda task: task.last_state_change)
    # A parent that was already needed elsewhere keeps its own data; merging only writes into ended branches.
    surplus, kept = joins[: max(0, len(joins) - KEPT_ENDS)], joins[max(0, len(joins) - KEPT_ENDS) :]
    if surplus:
        merged: dict[str, Any] = {}
        for task in [*surplus, kept[0]]:
            merged = DeepMerge.merge(merged, deepcopy(task.parent.data))
        kept[0].parent.data = merged
    return kept
