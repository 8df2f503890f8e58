"""A running process instance: the one object through which the rest of the house drives a diagram."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self
from uuid import UUID

from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from . import codec, library_json, rerouting, versions
from .allowance import Allowance, check_variables
from .correlation import Sent, Subscription
from .definitions import Definitions
from .driving import Host, guarded, make_steps
from .errors import BpmnError, RunError, StateError
from .events import among
from .expressions import ExpressionEngine
from .messages import Message
from .service_task import Service, raise_error
from .signals import Signal
from .timers import Date, timers_of
from .token import Timer, Token, element_of, token_of
from .values import ValueRefusedError, json_mapping, json_value
from .visits import Visit, VisitLog
from .workflow import LiveWorkflow, no_host

_ENGINE = ExpressionEngine()


class Instance:
    """One instance. Not for two threads at once; after a RunError it must be thrown away."""

    def __init__(self, definitions: Definitions, process_id: str, workflow: LiveWorkflow) -> None:
        self.definitions = definitions
        self.process_id = process_id
        self._workflow = workflow

    # Making, keeping and fetching one

    @classmethod
    def _empty(cls, definitions: Definitions, process_id: str, *, stored: bool) -> Self:
        try:
            parsed = definitions.parsed(process_id)
        except KeyError as error:
            raise StateError(str(error.args[0])) from None
        workflow = LiveWorkflow(
            parsed.spec, parsed.subprocess_specs, parsed.flows, _ENGINE, deserializing=stored
        )
        return cls(definitions, process_id, workflow)

    @classmethod
    def create(cls, definitions: Definitions, process_id: str, variables: Mapping[str, Any]) -> Self:
        """Begin an instance with these variables; `run` makes its first steps.

        Raises RunError naming a variable that is no JSON value, StateError for an unknown process.
        """
        instance = cls._empty(definitions, process_id, stored=False)
        instance._workflow.task_tree.data = plain_values(variables)
        check_variables(instance._workflow.task_tree.data, None)
        return instance

    @classmethod
    def restore(cls, definitions: Definitions, blob: bytes) -> Self:
        """Fetch what `dump` has kept. Raises StateError if it is damaged or belongs to another bundle."""
        plain = codec.unpack(blob)
        try:
            version, digest, process_id, log, state = plain
        except (TypeError, ValueError):
            raise StateError("the stored state is not one of an instance") from None
        if version != codec.VERSION:
            raise StateError(f"the stored state has format {version}; this program reads {codec.VERSION}")
        if digest != definitions.content_hash[:16]:
            raise StateError("the stored state belongs to another version of the bundle")
        instance = cls._empty(definitions, process_id, stored=True)
        codec.load_workflow(instance._workflow, state)
        instance._workflow.log = VisitLog.from_plain(log)
        return instance

    def dump(self) -> bytes:
        """The state in a compact form, without the diagram. Raises RunError if it is too large to be read again."""
        state = codec.dump_workflow(self._workflow)
        digest = self.definitions.content_hash[:16]
        return codec.pack([codec.VERSION, digest, self.process_id, self._workflow.log.to_plain(), state])

    def moved_to(self, definitions: Definitions) -> Self:
        """This instance on another version of its diagram; the object itself is of no use afterwards.

        Tasks keep their ids, variables and due times; nothing is run. Raises MoveRefused with every reason.
        """
        found = versions.obstacles(self._workflow, self.definitions, definitions, self.process_id)
        if found:
            raise versions.MoveRefused(found)
        moved = self._empty(definitions, self.process_id, stored=True)
        with guarded():
            versions.carry_over(self._workflow, moved._workflow)
        return moved

    def to_library_json(self) -> str:
        """The state with its diagram in the stock serializer's own JSON."""
        return library_json.to_json(self._workflow, self.definitions.parsed(self.process_id))

    @classmethod
    def from_library_json(cls, definitions: Definitions, text: str) -> Self:
        """Fetch an instance from the stock serializer's JSON, on the diagram given here. Raises StateError."""
        try:
            plain = json.loads(text)
        except ValueError as error:
            raise StateError(f"this is not JSON: {error}") from None
        process_id = library_json.process_id_of(plain)
        try:
            parsed = definitions.parsed(process_id)
        except KeyError as error:
            raise StateError(str(error.args[0])) from None
        return cls(definitions, process_id, library_json.from_json(plain, parsed, _ENGINE))

    # Going on

    def run(self, host: Host, now: datetime, max_steps: int = 200) -> None:
        """Make the engine's steps until the instance waits; timers that are due by `now` fire.

        Raises RunError, past `max_steps` too. What the host raises, an uncaught BpmnError included, comes through.
        """
        self._workflow.allowance = Allowance()
        with self._at(now, host):
            make_steps(self._workflow, max_steps)

    def complete(self, task_id: str, values: Mapping[str, Any]) -> None:
        """Complete a waiting user task with its form's values; then call `run`. Raises RunError."""
        task = self._task(task_id)
        if not task.task_spec.manual or task.state != TaskState.READY:
            raise RunError("this user task does not wait (any more)", task.task_spec.bpmn_id)
        data = plain_values(values)
        self._workflow.allowance = Allowance()
        with guarded():
            task.data.update(data)
            check_variables(task.data, task.task_spec.bpmn_id)
            task.run()

    def resume(self, task_id: str, value: Any) -> None:
        """Give a pending service task its answer; then call `run`. Raises RunError."""
        task = self._pending(task_id)
        with guarded():
            task.task_spec.accept(task, value)
            check_variables(task.data, task.task_spec.bpmn_id)
            task.complete()

    def fail(self, task_id: str, error: BpmnError) -> None:
        """Let a pending service task end with a BPMN error; then call `run`. Raises the error if nothing catches it."""
        task = self._pending(task_id)
        with guarded():
            if not raise_error(task, error):
                raise error

    def reroute(self, task_id: str, element_id: str) -> None:
        """Take a user task that waits or a pending service task away, and enter another element in its place; then call `run`.

        Raises RunError if it waits no more, RerouteRefused if the token cannot go on there.
        """
        task = self._task(task_id)
        waits = task.task_spec.manual and task.state == TaskState.READY
        if not waits and not (isinstance(task.task_spec, Service) and task.state == TaskState.STARTED):
            raise RunError("this task does not wait (any more)", task.task_spec.bpmn_id)
        refusal: rerouting.RerouteRefused | None = None
        with guarded():
            try:
                rerouting.reroute(task, element_id)
            except rerouting.RerouteRefused as refused:
                refusal = refused
        if refusal is not None:
            raise refusal

    def send_message(self, name: str, payload: Mapping[str, Any], task_id: str | None = None) -> bool:
        """Deliver a message to whoever waits for it, or to one task only; then call `run`. Return whether one did."""
        return self._catch(Message(name), plain_values(payload), task_id)

    def hand(self, wanted: Subscription, payload: Any) -> bool:
        """Give a task what it waits for; then call `run`. Return whether it waits for that (still)."""
        if wanted not in self.subscriptions():
            return False
        event = Message(wanted.name) if wanted.kind == "message" else Signal(wanted.name)
        with guarded():
            data = json_value("payload", payload)
        return self._catch(event, data, wanted.task_id)

    def take_sent(self) -> list[Sent]:
        """What was sent since the last call and leaves the case, in order."""
        sent, self._workflow.sent = self._workflow.sent, []
        return list(sent)

    def fire_timers(self, now: datetime) -> None:
        """Fire the timers that are due; then call `run`. Of a cycle, periods slept through fire once."""
        self._workflow.allowance = Allowance()
        with self._at(now, None):
            self._workflow.refresh_timers()

    def follow(self, instants: Mapping[str, datetime | None]) -> None:
        """Set the dates of timers that follow something of the host's (property ``follows``), by the name of what they follow.

        None lets such a timer wait until it is set.
        """
        for task in self._waiting():
            for definition in among(task.task_spec.event_definition, Date):
                followed = element_of(self.definitions, definition.name).properties.get("follows", "")
                if followed in instants:
                    definition.set_due(task, instants[followed])

    # Looking at it

    def user_tasks(self) -> list[Token]:
        """The user and manual tasks that wait for a person."""
        return self._tokens(lambda task: bool(task.task_spec.manual), TaskState.READY)

    def pending_services(self) -> list[Token]:
        """The service tasks whose host has promised an answer."""
        return self._tokens(lambda task: isinstance(task.task_spec, Service), TaskState.STARTED)

    def messages(self) -> list[Token]:
        """The elements that wait for a message, with its name; behind an event-based gateway one each."""
        tokens = []
        for task in self._waiting():
            definition = task.task_spec.event_definition
            for message in among(definition, Message):
                tokens.append(self._event_token(task, message))
        return tokens

    def subscriptions(self) -> list[Subscription]:
        """The keyed messages and the signals for which it waits, in no order."""
        found = []
        # Asked for at every step: no walk through the tree.
        for task in self._workflow.event_manager.tasks.values():
            if task.state != TaskState.WAITING:
                continue
            definition, task_id = task.task_spec.event_definition, str(task.id)
            at = str(task.task_spec.bpmn_id)
            for message in among(definition, Message):
                key = message.key(task)
                if key is not None:
                    found.append(Subscription(task_id, "message", message.name, key, at))
            found += [Subscription(task_id, "signal", one.name, "", at) for one in among(definition, Signal)]
        return found

    def timers(self) -> list[Timer]:
        """The timers that run, the next due first."""
        found = []
        for task in self._waiting():
            for timer in timers_of(task.task_spec.event_definition):
                due = timer.due(task)
                if due is not None:
                    found.append(Timer(str(task.id), timer.name, due))
        return sorted(found, key=lambda timer: (timer.due, timer.element_id))

    @property
    def variables(self) -> Mapping[str, Any]:
        """The variables of the branch that moved last; at the end the final ones. A copy."""
        workflow = self._workflow
        if self.ended:
            return MappingProxyType(deepcopy(workflow.data))
        waiting = TaskState.READY | TaskState.WAITING | TaskState.STARTED
        live = [task for task in workflow.in_order(waiting) if task.data]
        if not live:
            return MappingProxyType(deepcopy(workflow.task_tree.data))
        return MappingProxyType(deepcopy(max(live, key=lambda task: task.last_state_change).data))

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do."""
        return bool(self._workflow.is_completed())

    @property
    def end_events(self) -> list[str]:
        """The ids of the end events reached, in the order first reached, those of subprocesses included."""
        return list(self._workflow.log.end_events)

    @property
    def visited(self) -> Mapping[str, Visit]:
        """How often each element was finished and each sequence flow taken, and when last."""
        self._workflow.log.settle()
        return MappingProxyType(dict(self._workflow.log.visits))

    # Within

    def _catch(self, event: Any, payload: Any, task_id: str | None) -> bool:
        """Deliver an event to whoever waits for it, or to one task only."""
        receivers = [
            task
            for task in list(self._workflow.event_manager.tasks.values())
            if (task_id is None or str(task.id) == task_id)
            and task.state == TaskState.WAITING
            and task.task_spec.event_definition == event
        ]
        self._workflow.allowance = Allowance()
        with guarded():
            for task in receivers:
                if task.state == TaskState.WAITING:
                    task.task_spec.catch(task, BpmnEvent(event, payload=deepcopy(payload)))
                    task.task_spec._update(task)
        return bool(receivers)

    def _tasks(self, state: int) -> Iterator[Task]:
        for part in [self._workflow, *self._workflow.subprocesses.values()]:
            yield from part.in_order(state)

    def _tokens(self, wanted: Callable[[Task], bool], state: int) -> list[Token]:
        return [token_of(self.definitions, task) for task in self._tasks(state) if wanted(task)]

    def _waiting(self) -> list[Task]:
        known = self._workflow.event_manager.tasks
        return [task for task in self._tasks(TaskState.WAITING) if task.id in known]

    def _event_token(self, task: Task, message: Message) -> Token:
        choices = getattr(task.task_spec.event_definition, "event_definitions", None)
        element_id = None
        if choices is not None:
            element_id = task.task_spec.outputs[choices.index(message)].bpmn_id
        return token_of(self.definitions, task, element_id, message.name)

    def _task(self, task_id: str) -> Task:
        try:
            key = UUID(task_id)
        except ValueError:
            raise RunError(f"{task_id!r} is not the id of a task") from None
        for part in [self._workflow, *self._workflow.subprocesses.values()]:
            if key in part.tasks:
                task: Task = part.tasks[key]
                return task
        raise RunError(f"there is no task {task_id} (any more)")

    def _pending(self, task_id: str) -> Task:
        task = self._task(task_id)
        if not isinstance(task.task_spec, Service) or task.state != TaskState.STARTED:
            raise RunError("this service task does not wait for an answer (any more)", task.task_spec.bpmn_id)
        return task

    @contextmanager
    def _at(self, now: datetime, host: Host | None) -> Iterator[None]:
        if now.tzinfo is None:
            raise ValueError("now must be an aware datetime")
        workflow = self._workflow
        workflow.log.date(now)
        workflow.now = now
        if host is not None:
            workflow.call_host = lambda operation, parameters, task: host.call(
                operation, parameters, token_of(self.definitions, task)
            )
        try:
            with guarded():
                yield
        finally:
            workflow.now = None
            workflow.call_host = no_host


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of what may be kept as variables. Raises RunError naming a value that is not JSON."""
    try:
        return json_mapping(values)
    except ValueRefusedError as error:
        raise RunError(str(error)) from error
