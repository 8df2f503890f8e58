"""Execution: one step of a case's process, from the state as it was read to the difference that is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.actors import Actor
from engine.bpmn import Instance, RunError, Token
from engine.bundles import Bundle, bundle_of
from engine.calendars import due
from engine.case import Case
from engine.errors import Conflict, Invalid
from engine.lanes import offer
from engine.messages import Message
from engine.store import instances, timers, work_items
from engine.store.unit_of_work import UnitOfWork
from engine.tasks import load_service_tasks

#: A step that names no limit of its own has this one.
DEFAULT_LIMIT = (Decimal(1), "work_day")

OPEN, CLOSED = "open", "closed"


@dataclass
class Waiting:
    """What an instance waits for, by task id."""

    items: Mapping[str, Token]
    timers: Mapping[str, datetime]

    @classmethod
    def of(cls, instance: Instance) -> Waiting:
        """What it waits for now."""
        return cls(
            {token.task_id: token for token in instance.user_tasks()},
            {timer.task_id: timer.due for timer in instance.timers()},
        )


class Execution:
    """A live process of a case inside one unit of work.

    Args:
        case: the case, locked.
        bundle: the version with which it began.
        process_key: of its process.
        instance: the live state.
        stored: (identifier, version) of the row it was read from; None for a new one.
    """

    def __init__(
        self,
        case: Case,
        bundle: Bundle,
        process_key: str,
        instance: Instance,
        stored: tuple[int, int] | None = None,
    ) -> None:
        self.case = case
        self.uow: UnitOfWork = case.uow
        self.bundle = bundle
        self.process_key = process_key
        self.instance = instance
        self._stored = stored
        self._before = Waiting.of(instance) if stored else Waiting({}, {})
        self._tasks = load_service_tasks()

    @classmethod
    def of(cls, uow: UnitOfWork, row: Mapping[str, Any], actor: Actor) -> Execution:
        """Take up the process of a case from a locked row of `engine.store.instances` or `engine.store.work_items`."""
        uow.know_revisions(row["revisions"])
        bundle = bundle_of(uow, row["bundle_hash"])
        instance = Instance.restore(bundle.definitions, bytes(row["state"]))
        stored = (row["instance_id"], row["instance_version"])
        return cls(Case(uow, row, actor), bundle, row["process_key"], instance, stored)

    def call(self, operation: str, parameters: Mapping[str, Any], token: Token) -> Any:
        """Run a service task for the diagram (the `engine.bpmn.Host` of this instance)."""
        task = self._tasks.get(operation)
        if task is None:
            raise RunError(Message("There is no service task %(name)s.", name=operation), token.element_id)
        result = task.run(self.case, parameters)
        self.case.record("service", token.element_id, {"task": operation, "result": result})
        return result

    def advance(self) -> None:
        """Run until the process waits for somebody or is over."""
        self.instance.run(self, self.uow.now)

    def write(self, *, done: tuple[int, int] | None = None, submission_key: str | None = None) -> None:
        """Write what changed: state, work items, timers, case document and log.

        Args:
            done: identifier and version of the work item that a person completed with this step.
            submission_key: with which they sent it.

        Raises:
            Conflict: somebody else moved the case since it was read; the transaction must be rolled back.
        """
        after = Waiting.of(self.instance)
        new = [token for task_id, token in after.items.items() if task_id not in self._before.items]
        gone = [task_id for task_id in self._before.items if task_id not in after.items]
        rows = [self._work_item(token) for token in new]
        if self.instance.ended:
            self._close()
        instance_id = self._write_state()
        self._end_items(instance_id, gone, done, submission_key)
        if rows:
            work_items.add(self.uow.conn, [{**row, "instance_id": instance_id} for row in rows])
        self._write_timers(instance_id, after)
        self.case.save()

    def _write_state(self) -> int:
        state, now = self.instance.dump(), self.uow.now
        status = "ended" if self.instance.ended else "running"
        if self._stored is None:
            version = self._version_id
            return instances.add(self.uow.conn, self.case.id, version, state, status, now)
        instance_id, version = self._stored
        if not instances.save(self.uow.conn, instance_id, version, state, status, now):
            raise Conflict(Message("Somebody else moved this case a moment ago: look at it again."))
        return instance_id

    _version_id: int = 0

    def begin_as(self, process_version_id: int) -> None:
        """Say which version a new instance belongs to."""
        self._version_id = process_version_id

    def _end_items(
        self, instance_id: int, gone: list[str], done: tuple[int, int] | None, submission_key: str | None
    ) -> None:
        if done is None and not gone:
            return
        withdrawn = tuple(task_id for task_id in gone if task_id != self._completed)
        ending = work_items.Ending(done, withdrawn, self.case.actor.person_id, submission_key)
        if not work_items.end(self.uow.conn, instance_id, ending, self.uow.now):
            raise Conflict(Message("Somebody else moved this case a moment ago: look at it again."))

    _completed: str = ""

    def complete(self, task_id: str, variables: Mapping[str, Any]) -> None:
        """Give a waiting user task what a person decided."""
        self._completed = task_id
        self.instance.complete(task_id, variables)

    def _write_timers(self, instance_id: int, after: Waiting) -> None:
        gone = [task_id for task_id in self._before.timers if task_id not in after.timers]
        changed = [(task, at) for task, at in after.timers.items() if self._before.timers.get(task) != at]
        if gone:
            timers.remove(self.uow.conn, instance_id, gone)
        if changed:
            timers.set_due(self.uow.conn, instance_id, self.case.id, changed)

    def _work_item(self, token: Token) -> dict[str, Any]:
        case, to = self.case, offer(self.case, token)
        stage = token.properties.get("stage") or case.stage
        case.set(stage=stage)
        return {
            "case_id": case.id,
            "task_id": token.task_id,
            "element_id": token.element_id,
            "role": to.role,
            "unit_id": to.unit_id,
            "state": OPEN,
            "version": 1,
            "stage": stage,
            "priority": case.priority,
            "created_at": self.uow.now,
            "due_at": self._due(token, to.unit_id),
            "title_zh": token.name,
            "title_en": token.properties.get("name_en") or token.name,
            "case_number": case.number,
            "kind": case.kind,
            "category": case.category,
            "address": case.address,
            "grid_code": case.grid_code,
            "channel": case.channel,
        }

    def _due(self, token: Token, unit_id: int) -> datetime:
        named = token.properties.get("limit", "")
        if named == "case" and self.case.due_at is not None:
            at: datetime = self.case.due_at
            return at
        limit, unit_of_time = DEFAULT_LIMIT
        if named and named != "case":
            unit_of_time = token.properties.get("unit_of_time", unit_of_time)
            try:
                limit = Decimal(named)
            except InvalidOperation as error:
                raise RunError(
                    Message("The limit %(limit)s is not a number.", limit=named), token.element_id
                ) from error
        try:
            return due(self.uow, unit_id, limit, unit_of_time)
        except Invalid as error:
            raise RunError(str(error), token.element_id) from error

    def _close(self) -> None:
        """The end event says what became of the case (property ``outcome``); without one it is closed."""
        elements = self.bundle.process(self.process_key).elements
        ends = [elements[one] for one in self.instance.end_events if one in elements]
        outcome = next((one.properties["outcome"] for one in ends if "outcome" in one.properties), CLOSED)
        self.case.set(status=outcome, stage=outcome, closed_at=self.uow.now)
        self.case.record("ended", ends[0].id if ends else None, {"outcome": outcome})
