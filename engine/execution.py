"""Execution: one step of a case's process, from the state as it was read to the difference that is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine import job_queue, post
from engine.actors import Actor
from engine.bpmn import PENDING, BpmnError, Instance, RunError, Subscription, Token
from engine.bundles import Bundle, bundle_of
from engine.case import Case
from engine.conventions import FOLLOWED
from engine.effects import Outcome, Request
from engine.errors import GridcaseError
from engine.messages import Message
from engine.offering import work_item
from engine.store import instances, work_items
from engine.store.database import Unreachable
from engine.store.unit_of_work import UnitOfWork
from engine.tasks import ServiceTask, load_service_tasks


@dataclass(frozen=True)
class Waiting:
    """What an instance waits for, by task id."""

    items: Mapping[str, Token]
    timers: Mapping[str, datetime]
    subscriptions: frozenset[Subscription] = frozenset()

    @classmethod
    def of(cls, instance: Instance) -> Waiting:
        """What it waits for now; of several timers behind one gateway, which are one task, the first that is due."""
        soonest: dict[str, datetime] = {}
        for timer in instance.timers():
            soonest.setdefault(timer.task_id, timer.due)
        return cls(
            {token.task_id: token for token in instance.user_tasks()},
            soonest,
            frozenset(instance.subscriptions()),
        )


@dataclass(frozen=True)
class Completion:
    """A work item that a person completed with a step.

    Attributes:
        item_id, version: of the work item as it was read.
        task_id: of the user task behind it.
        submission_key: with which the person sent it.
    """

    item_id: int
    version: int
    task_id: str
    submission_key: str | None


class Execution:
    """A live process of a case inside one unit of work.

    Args:
        case: the case, locked.
        bundle: the version on which it runs.
        process_key: of its process.
        instance: the live state.
        stored: (identifier, version) of the row it was read from; None for one that is begun now.
    """

    def __init__(
        self, case: Case, bundle: Bundle, process_key: str, instance: Instance, stored: tuple[int, int] | None
    ) -> None:
        self.case = case
        self.uow: UnitOfWork = case.uow
        self.bundle = bundle
        self.process_key = process_key
        self.instance = instance
        self._stored = stored
        self._before = Waiting({}, {}) if stored is None else Waiting.of(instance)
        self._tasks = load_service_tasks()
        self._requests: dict[str, Request] = {}
        self._process_version_id: int | None = None

    @classmethod
    def begin(
        cls,
        case: Case,
        version: Mapping[str, Any],
        message_key: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> Execution:
        """Begin the process of a new case.

        Args:
            version: a row of ``process_version``.
            message_key: of the message with which it begins, for the variable that its start event names.
            variables: with which it begins besides those of every case.
        """
        bundle, key = bundle_of(case.uow, version["bundle_hash"]), version["process_key"]
        variables = {**case.variables, **(variables or {})}
        if message_key is not None:
            variables |= dict.fromkeys(bundle.process(key).key_variables, message_key)
        return cls(case, bundle, key, Instance.create(bundle.definitions, key, variables), None)

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
        try:
            if task.background is not None:
                self._requests[token.task_id] = Request.of(
                    task, task.background, self.case, parameters, token
                )
                return PENDING
            return self._run(task, parameters, token)
        except (GridcaseError, RunError, BpmnError, Unreachable):
            raise
        except Exception as error:
            # What it says may be private; the incident keeps it for those who look after the program.
            message = Message("%(task)s failed: %(error)s.", task=operation, error=type(error).__name__)
            raise RunError(message, token.element_id) from error

    def _run(self, task: ServiceTask, parameters: Mapping[str, Any], token: Token) -> Any:
        result = task.run(self.case, task.check(parameters))
        if not self.case.changes.keys().isdisjoint(FOLLOWED):
            # At once: what is due no more must not fire later in this step.
            self._set_followers()
        self.case.record("service", token.element_id, {"task": task.name, "result": result})
        return result

    def _set_followers(self) -> None:
        self.instance.follow({name: getattr(self.case, name) for name in FOLLOWED})

    def waits_for(self, task_id: str) -> bool:
        """Whether a user task of this id waits for a person."""
        return task_id in self._before.items

    def timer_is_due(self) -> bool:
        """Whether a timer of the process is due by now."""
        return any(due <= self.uow.now for due in self._before.timers.values())

    def complete(self, task_id: str, variables: Mapping[str, Any]) -> None:
        """Give a waiting user task what a person decided, and run until the process waits again or is over."""
        self.instance.complete(task_id, variables)
        self.advance()

    def waits_for_effect(self, task_id: str) -> bool:
        """Whether a background task of this id has not had its answer yet."""
        return any(token.task_id == task_id for token in self.instance.pending_services())

    def answer(self, task_id: str, outcome: Outcome) -> None:
        """Give a background task what came out of it, and run until the process waits again or is over."""
        if outcome.error is not None:
            self.instance.fail(task_id, outcome.error)
        else:
            self.instance.resume(task_id, outcome.value)
        self.advance()

    def reroute(self, task_id: str, element_id: str) -> None:
        """Let the token of a waiting task go on at another element, and run until the process waits again or is over.

        Raises:
            RerouteRefused: it cannot go on there.
        """
        self.instance.reroute(task_id, element_id)
        self.advance()

    def advance(self) -> None:
        """Run until the process waits for somebody or is over."""
        self.instance.run(self, self.uow.now)

    def go_over(self, bundle: Bundle, instance: Instance, process_version_id: int) -> None:
        """Take the state on another version of the process for the one that was read; `write` keeps it."""
        self.bundle, self.instance = bundle, instance
        self._process_version_id = process_version_id

    def stand_again(self, instance: Instance) -> None:
        """Take an earlier state of the process for the one that was read; `write` keeps it.

        The work items of that state must wait again already; its timers and subscriptions begin anew.
        """
        self.instance = instance
        self._before = replace(self._before, items=Waiting.of(instance).items)

    def begin_with(self, message: str, payload: Any) -> None:
        """Give a process the message with which it begins, and run until it waits or is over.

        Raises:
            RunError: it does not begin with this message, or not with this payload.
        """
        if not isinstance(payload, dict):
            raise RunError(Message("The payload of %(name)s is not names with values.", name=message))
        if not self.instance.send_message(message, payload):
            raise RunError(Message("The process does not begin with %(name)s.", name=message))
        self.advance()

    def write_new(self, process_version_id: int) -> None:
        """Write a process that was begun in this unit of work."""
        self._write(lambda: self._add(process_version_id), None)

    def write(self, completed: Completion | None = None) -> None:
        """Write what changed: state, work items, timers, case document and log.

        Raises:
            Conflict: somebody else moved the case since it was read; the transaction must be rolled back.
        """
        self._write(self._save, completed)

    def _write(self, write_state: Any, completed: Completion | None) -> None:
        self._set_followers()
        after = Waiting.of(self.instance)
        new = [
            work_item(self.case, token)
            for task_id, token in after.items.items()
            if not self.waits_for(task_id)
        ]
        if self.instance.ended:
            self._close()
        instance_id: int = write_state()
        self._end_items(instance_id, after, completed)
        self._update_items(instance_id, after, completed)
        self.uow.writes.items += [{**row, "instance_id": instance_id} for row in new]
        self._write_timers(instance_id, after)
        post.write(
            self.case,
            instance_id,
            self._before.subscriptions,
            after.subscriptions,
            self.instance.take_sent(),
        )
        self.case.save()
        self._enqueue()

    @property
    def _status(self) -> str:
        return "ended" if self.instance.ended else "running"

    def _add(self, process_version_id: int) -> int:
        state = self.instance.dump()
        return instances.add(
            self.uow.conn, self.case.id, process_version_id, state, self._status, self.uow.now
        )

    def _save(self) -> int:
        assert self._stored is not None, "a process that is begun now is written by write_new"
        instance_id, version = self._stored
        state = {"id": instance_id, "version": version, "state": self.instance.dump(), "status": self._status}
        self.uow.writes.states.append(state)
        if self._process_version_id is not None:
            instances.set_version(self.uow.conn, instance_id, self._process_version_id)
        return instance_id

    def _end_items(self, instance_id: int, after: Waiting, completed: Completion | None) -> None:
        done_task = completed.task_id if completed else None
        withdrawn = tuple(one for one in self._before.items if one not in after.items and one != done_task)
        if completed is None and not withdrawn:
            return
        self.uow.writes.endings[instance_id] = work_items.Ending(
            done=(completed.item_id, completed.version) if completed else None,
            withdrawn=withdrawn,
            person_id=self.case.actor.person_id,
            submission_key=completed.submission_key if completed else None,
        )

    def _update_items(self, instance_id: int, after: Waiting, completed: Completion | None) -> None:
        """Let the work items that go on waiting show what changed of their case."""
        shown = work_items.shown(self.case.changes)
        done_task = completed.task_id if completed else None
        staying = [one for one in self._before.items if one in after.items and one != done_task]
        if shown:
            of = {"instance_id": instance_id, **shown}
            self.uow.writes.follows += [{**of, "task_id": task_id} for task_id in staying]

    def _write_timers(self, instance_id: int, after: Waiting) -> None:
        gone = [task_id for task_id in self._before.timers if task_id not in after.timers]
        changed = [(task, at) for task, at in after.timers.items() if self._before.timers.get(task) != at]
        self.uow.writes.gone += [(instance_id, task_id) for task_id in gone]
        of = {"instance_id": instance_id, "case_id": self.case.id}
        self.uow.writes.due += [{**of, "task_id": task_id, "due_at": at} for task_id, at in changed]

    def _enqueue(self) -> None:
        """The background tasks that were asked for in this step, and that no later part of it cancelled."""
        if not self._requests:
            return
        waiting = {token.task_id for token in self.instance.pending_services()}
        asked = [request for key, request in self._requests.items() if key in waiting]
        if asked:
            job_queue.put(
                self.uow,
                [job_queue.effect_job(one.to_text(), lock=one.lock, priority=one.priority) for one in asked],
            )

    def _close(self) -> None:
        """The end event says what became of the case (property ``outcome``), be it that of a called process; without one it is closed."""
        elements = self.bundle.elements(self.process_key)
        ends = [elements[one] for one in self.instance.end_events if one in elements]
        # Branches of a case end, too; the last one lets it end.
        end = next((one for one in ends if "outcome" in one.properties), ends[-1] if ends else None)
        outcome = end.properties.get("outcome", "closed") if end else "closed"
        self.case.set(status=outcome, stage=outcome, closed_at=self.uow.now)
        self.case.record("ended", end.id if end else None, {"outcome": outcome})
