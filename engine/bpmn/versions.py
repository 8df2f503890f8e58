"""Versions: whether an instance under way may go over to another version of its diagram, and how it does.

The rule is the one that proved right (spiff-arena's): no element that was finished, or that is under way as a whole, may differ or
be missing in the other version. What a case has finished is read off its visits, for finished history is cut out of the live
state. What waits keeps its place, its variables and the times at which it is due; it may get another form, lane, limit or
another way on, but must stay of its kind. An exclusive gateway may be put between what was finished and where it led.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.exclusive_gateway import ExclusiveGateway
from SpiffWorkflow.specs.Join import Join
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from . import codec
from .definitions import Definitions, ParsedProcess
from .library_json import comparable
from .timers import Alternatives
from .workflow import LiveWorkflow

_FORESEEN = TaskState.PREDICTED_MASK | TaskState.FUTURE
_DONE = TaskState.COMPLETED | TaskState.STARTED

#: What an element is called, who does it and with which form says nothing about the way of a case.
_WORDS = frozenset({"description", "bpmn_name", "documentation", "lane", "lookahead"})

Problem = Literal["process", "gone", "differs", "waits_gone", "waits_differs"]


@dataclass(frozen=True)
class Obstacle:
    """Why an instance cannot go over.

    `problem` is ``process``: the version has no such process; ``gone``, ``differs``: an element that was finished or is under
    way is missing or differs there; ``waits_gone``, ``waits_differs``: one that waits is missing or of another kind there.
    """

    problem: Problem
    element_id: str


class MoveRefused(Exception):
    """An instance cannot go over to a version; with every reason."""

    def __init__(self, obstacles: Iterable[Obstacle]) -> None:
        self.obstacles = tuple(dict.fromkeys(obstacles))
        super().__init__(", ".join(f"{one.problem} {one.element_id}" for one in self.obstacles))


@dataclass(frozen=True)
class _Difference:
    """What became of the elements of one process or subprocess, by the names of their specs."""

    gone: frozenset[str]
    changed: frozenset[str]
    other_kind: frozenset[str]


@lru_cache(maxsize=64)
def _differences(old: Definitions, new: Definitions, process_id: str) -> Mapping[str, _Difference]:
    """By the names of the process and of its subprocesses; many cases are asked about one pair of versions."""
    before, after = old.parsed(process_id), new.parsed(process_id)
    there = _scopes(after)
    return {name: _compare(spec, there.get(name), before, after) for name, spec in _scopes(before).items()}


def _scopes(parsed: ParsedProcess) -> dict[str, Any]:
    return {parsed.spec.name: parsed.spec, **parsed.subprocess_specs}


def _compare(spec: Any, other: Any, before: ParsedProcess, after: ParsedProcess) -> _Difference:
    names = frozenset(spec.task_specs)
    if other is None:
        return _Difference(names, frozenset(), frozenset())
    both = names & frozenset(other.task_specs)
    one, two = _meanings(spec, before), _meanings(other, after)
    kinds = {name for name in both if _kind(spec.task_specs[name]) != _kind(other.task_specs[name])}
    asked = _inserted(spec, other)
    changed = {
        name for name in both if one[name] != two[name] and not _leads_there(one[name], two[name], asked)
    }
    return _Difference(names - both, frozenset(changed), frozenset(kinds))


def _inserted(spec: Any, other: Any) -> dict[str, list[str]]:
    """The exclusive gateways that the other version has more, with where they lead."""
    return {
        name: [one.name for one in found.outputs]
        for name, found in other.task_specs.items()
        if name not in spec.task_specs and isinstance(found, ExclusiveGateway)
    }


def _leads_there(
    one: Mapping[str, Any], two: Mapping[str, Any], inserted: Mapping[str, Sequence[str]]
) -> bool:
    """Whether an element differs only in that exclusive gateways were put behind it, each with a way to where it led.

    A gateway does nothing and keeps nothing: who is past it is where they would be if they had been asked. It sends on as many
    tokens as came, so that no join waits for one more.
    """
    if {**one, "outputs": ()} != {**two, "outputs": ()} or len(one["outputs"]) != len(two["outputs"]):
        return False
    pairs = zip(one["outputs"], two["outputs"], strict=True)
    return all(before == after or _reaches(after, before, inserted) for before, after in pairs)


def _reaches(start: str, wanted: str, inserted: Mapping[str, Sequence[str]]) -> bool:
    """Whether a way leads from one element to another through nothing but inserted gateways."""
    seen: set[str] = set()
    pending = [start]
    while pending:
        name = pending.pop()
        if name in seen or name not in inserted:
            continue
        seen.add(name)
        if wanted in inserted[name]:
            return True
        pending += inserted[name]
    return False


def _meanings(spec: Any, parsed: ParsedProcess) -> dict[str, dict[str, Any]]:
    """Everything of each element that has a say in the way of a case."""
    return {
        name: _meaning(plain, isinstance(spec.task_specs[name], Join))
        for name, plain in comparable(parsed, spec).items()
    }


def _meaning(plain: Mapping[str, Any], joins: bool) -> dict[str, Any]:
    # From where else one comes to an element changes nothing for who has passed it; a join counts who has come.
    unsaid = _WORDS if joins else _WORDS | {"inputs"}
    kept = {key: value for key, value in plain.items() if key not in unsaid}
    if joins:
        kept["inputs"] = sorted(kept["inputs"])
    ways = kept.get("cond_task_specs")
    if ways and sum(way["condition"] is not None for way in ways) <= 1:
        # The library has the ways in the order drawn; with one condition and a way else it says nothing.
        kept["cond_task_specs"] = sorted(ways, key=lambda way: str(way["task_spec"]))
        kept["outputs"] = sorted(kept["outputs"])
    extensions = kept.get("extensions") or {}
    kept["extensions"] = {key: value for key, value in extensions.items() if key != "properties"}
    return kept


def _kind(task_spec: Any) -> tuple[Any, ...]:
    """What must stay as it is while a task waits at the element: what it keeps is of this shape."""
    definition = getattr(task_spec, "event_definition", None)
    choices: tuple[Any, ...] = ()
    if isinstance(definition, Alternatives):
        choices = tuple(
            (type(item), output)
            for item, output in zip(definition.event_definitions, task_spec._outputs, strict=True)
        )
    return type(task_spec), type(definition), choices


def obstacles(workflow: LiveWorkflow, old: Definitions, new: Definitions, process_id: str) -> list[Obstacle]:
    """Every reason why a workflow cannot go over; empty if it can."""
    if process_id not in new.processes:
        return [Obstacle("process", process_id)]
    differences = _differences(old, new, process_id)
    parsed = old.parsed(process_id)
    found = [*_finished_otherwise(workflow, differences, parsed), *_waiting_otherwise(workflow, differences)]
    return list(dict.fromkeys(found))


def _finished_otherwise(
    workflow: LiveWorkflow, differences: Mapping[str, _Difference], parsed: ParsedProcess
) -> Iterator[Obstacle]:
    visited = workflow.log.visits
    scopes = _scopes(parsed)
    done = {
        name: {one.name for one in spec.task_specs.values() if _element_id(one) in visited}
        for name, spec in scopes.items()
    }
    for part in _parts(workflow):
        names = done[part.spec.name]
        names.update(task.task_spec.name for task in part.tasks.values() if task.has_state(_DONE))
    for scope, names in done.items():
        difference = differences[scope]
        for name in sorted(names & (difference.gone | difference.changed)):
            problem: Problem = "gone" if name in difference.gone else "differs"
            yield Obstacle(problem, _element_id(scopes[scope].task_specs[name]))


def _waiting_otherwise(workflow: LiveWorkflow, differences: Mapping[str, _Difference]) -> Iterator[Obstacle]:
    for part in _parts(workflow):
        difference = differences[part.spec.name]
        for task in part.in_order(TaskState.READY | TaskState.WAITING):
            name = task.task_spec.name
            if name in difference.gone:
                yield Obstacle("waits_gone", _element_id(task.task_spec))
            elif name in difference.other_kind:
                yield Obstacle("waits_differs", _element_id(task.task_spec))


def _parts(workflow: LiveWorkflow) -> list[Any]:
    return [workflow, *workflow.subprocesses.values()]


def _element_id(task_spec: Any) -> str:
    """The element that a spec is drawn as, or belongs to."""
    if isinstance(task_spec, BoundaryEventSplit):
        return str(task_spec.name).removesuffix(".BoundaryEventSplit")
    return str(task_spec.bpmn_id or task_spec.name)


def carry_over(old: LiveWorkflow, new: LiveWorkflow) -> None:
    """Fill an empty workflow of another version with the state of one that may go over, which is of no use afterwards.

    What is only foreseen is foreseen anew; every other task keeps its id, its variables and its times.
    """
    foreseeing = {task.id for part in _parts(old) for task in part.tasks.values() if _foresees(task)}
    for part in _parts(old):
        for task in list(part.in_order(_FORESEEN)):
            if task.id in part.tasks:
                part._remove_task(task.id)
    codec.load_workflow(new, codec.dump_workflow(old))
    new.log = old.log
    for part in _parts(new):
        for task in [part.tasks[task_id] for task_id in foreseeing if task_id in part.tasks]:
            _foresee(task)


def _foresees(task: Task) -> bool:
    return not task.has_state(_FORESEEN) and any(child.has_state(_FORESEEN) for child in task.children)


def _foresee(task: Task) -> None:
    """Add what follows, beside the instances of a repeated activity or the firings of a timer that are there."""
    following = task.task_spec.outputs
    if not task.children:
        task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)
        return
    present = [child.task_spec for child in task.children]
    for spec in following:
        if spec not in present:
            child = task._add_child(spec, TaskState.FUTURE)
            spec._predict(child, mask=_FORESEEN)
