"""The record of what an instance has visited: small, kept for ever, and independent of the live tasks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.end_event import EndEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState


@dataclass(frozen=True)
class Visit:
    """How often an element was finished or a flow was taken, and when it last was."""

    count: int
    last: datetime


@dataclass(eq=False)
class FlowMap:
    """The ids of the sequence flows between two nodes of one process or subprocess, by (source, target)."""

    ids: Mapping[tuple[str, str], tuple[str, ...]]


def _node_id(task: Task) -> str | None:
    spec = task.task_spec
    if isinstance(spec, BoundaryEventSplit):
        return str(spec.name).removesuffix(".BoundaryEventSplit")
    return getattr(spec, "bpmn_id", None)


def _is_instance(task: Task) -> bool:
    """Whether it is one instance of a repeated activity, which counts only as a whole."""
    return str(task.task_spec.name).endswith(" [child]")


class VisitLog:
    """Counts visits as tasks finish. A visit in a call that knows no time is dated by the next that does."""

    def __init__(self, now: datetime | None = None) -> None:
        self.visits: dict[str, Visit] = {}
        self.end_events: list[str] = []
        self.last_seen = now
        self._undated: list[str] = []

    def record(
        self, task: Task, flows: Mapping[tuple[str, str], tuple[str, ...]], now: datetime | None
    ) -> None:
        """Note that a task has finished, and which flows were taken out of it."""
        for visited in self._visited(task, flows):
            if now is None:
                self._undated.append(visited)
            else:
                self._count(visited, now)
        node_id = _node_id(task)
        if isinstance(task.task_spec, EndEvent) and node_id and node_id not in self.end_events:
            self.end_events.append(node_id)

    def _visited(self, task: Task, flows: Mapping[tuple[str, str], tuple[str, ...]]) -> Iterator[str]:
        node_id = _node_id(task)
        if node_id is None or _is_instance(task) or isinstance(task.task_spec, BoundaryEventSplit):
            return
        yield node_id
        taken: list[str] = []
        for child in task.children:
            target = _node_id(child)
            unused = TaskState.PREDICTED_MASK | TaskState.CANCELLED
            if target is not None and not child.has_state(unused):
                taken.extend(flows.get((node_id, target), ()))
        yield from dict.fromkeys(taken)

    def _count(self, visited: str, now: datetime) -> None:
        before = self.visits.get(visited)
        self.visits[visited] = Visit(before.count + 1 if before else 1, now)

    def date(self, now: datetime) -> None:
        """Date what happened since the time was last known."""
        self.last_seen = now
        undated, self._undated = self._undated, []
        for visited in undated:
            self._count(visited, now)

    def settle(self) -> None:
        """Date what is still undated by the last known time, before it is stored or shown."""
        if self._undated:
            self.date(self.last_seen or datetime.fromtimestamp(0, UTC))

    def to_plain(self) -> list[Any]:
        """As JSON."""
        self.settle()
        seen = self.last_seen.timestamp() if self.last_seen else None
        visits = {key: [visit.count, visit.last.timestamp()] for key, visit in self.visits.items()}
        return [seen, visits, self.end_events]

    @classmethod
    def from_plain(cls, plain: list[Any]) -> "VisitLog":
        """From what to_plain gave."""
        seen, visits, end_events = plain
        log = cls(datetime.fromtimestamp(seen, UTC) if seen is not None else None)
        log.visits = {
            key: Visit(count, datetime.fromtimestamp(last, UTC)) for key, (count, last) in visits.items()
        }
        log.end_events = list(end_events)
        return log
