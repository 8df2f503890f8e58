"""The library's workflow without its walks through finished history and without a clock of its own."""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from .allowance import MAX_NESTING, Allowance
from .errors import RunError
from .visits import VisitLog

# The library builds the extras of its log entries, the whole data among them, unless its loggers are set higher.
for _name in ("spiff.task", "spiff.workflow", "spiff.data", "spiff.dmn"):
    logging.getLogger(_name).setLevel(logging.WARNING)

HostCall = Callable[[str, Mapping[str, Any], Task], Any]


def no_host(operation: str, parameters: Mapping[str, Any], task: Task) -> Any:
    """What stands in for the host while there is none."""
    raise RunError(f"no host is there to do {operation!r}", task.task_spec.bpmn_id)


class _FlatScan:
    """Looks at each task once, in the order of the tree, instead of the library's nested walks."""

    tasks: dict[Any, Task]
    task_tree: Task
    completed: bool

    def in_order(self, state: int) -> Iterator[Task]:
        """The tasks of this workflow in one of the states, depth first as drawn."""
        # The order of none or one needs no walk, which looks each task up by its id.
        found = [task for task in self.tasks.values() if task._state & state]
        if len(found) < 2:
            yield from found
            return
        stack = [self.task_tree.id]
        tasks = self.tasks
        while stack:
            task = tasks.get(stack.pop())
            if task is None:
                continue
            if task._state & state:
                yield task
            stack.extend(reversed(task._children))

    def ready_below(self) -> list[Task]:
        """The tasks to run now, those of subprocesses in their places, in the order the library would take."""
        workflow: Any = self
        parts = workflow.top_workflow.subprocesses
        if not parts:
            return list(self.in_order(TaskState.READY))
        stack = [(self.tasks, self.task_tree.id)]
        found = []
        while stack:
            tasks, task_id = stack.pop()
            task = tasks[task_id]
            if task._state == TaskState.READY:
                found.append(task)
            stack.extend((tasks, child) for child in reversed(task._children))
            part = parts.get(task_id)
            if part is not None:
                stack.append((part.tasks, part.task_tree.id))
        return found

    def update_waiting_tasks(self) -> None:
        """Ask every waiting task whether it can go on."""
        for task in list(self.in_order(TaskState.WAITING)):
            if task._state == TaskState.WAITING and task.id in self.tasks:
                task.task_spec._update(task)

    def is_completed(self) -> bool:
        """Whether no task is left to do."""
        if not self.completed:
            unfinished = TaskState.NOT_FINISHED_MASK
            self.completed = not any(task._state & unfinished for task in self.tasks.values())
        return self.completed

    def _remove_task(self, task_id: Any) -> None:
        """Remove a task with all that hangs on it; the library forgets its subprocess and what it waits for."""
        workflow: Any = self
        task = self.tasks[task_id]
        super()._remove_task(task_id)  # type: ignore[misc]
        workflow.top_workflow.event_manager.remove_task(task)
        workflow.top_workflow.abandon(task_id)

    def _task_completed_notify(self, task: Task) -> None:
        workflow: Any = self
        workflow.top_workflow.note_visit(task)
        super()._task_completed_notify(task)  # type: ignore[misc]


class LiveSubprocess(_FlatScan, BpmnSubWorkflow):  # type: ignore[misc]
    """A running subprocess or called process."""


class LiveWorkflow(_FlatScan, BpmnWorkflow):  # type: ignore[misc]
    """A running process. `now` is set for the length of a call that knows the time, else None."""

    def __init__(
        self,
        spec: Any,
        subprocess_specs: Mapping[str, Any],
        flows: Mapping[str, Mapping[tuple[str, str], tuple[str, ...]]],
        script_engine: Any,
        **kwargs: Any,
    ) -> None:
        self.now: datetime | None = None
        self.call_host: HostCall = no_host
        self.log = VisitLog()
        self.flows = flows
        self.uncaught: list[Any] = []
        self.allowance = Allowance()
        self.sent: list[Any] = []
        super().__init__(spec, dict(subprocess_specs), script_engine=script_engine, **kwargs)

    def create_subprocess(self, task: Task, spec_name: str) -> LiveSubprocess:
        """Begin a subprocess for a task."""
        subprocess = LiveSubprocess(
            self.subprocess_specs[spec_name], parent_task_id=task.id, top_workflow=self
        )
        if subprocess.depth > MAX_NESTING:
            raise RunError(
                f"more than {MAX_NESTING} processes inside one another; does this one call itself?",
                task.task_spec.bpmn_id,
            )
        self.subprocesses[task.id] = subprocess
        return subprocess

    def abandon(self, task_id: Any) -> None:
        """Forget the subprocess of a task that is gone or done, with everything below it."""
        subprocess = self.subprocesses.pop(task_id, None)
        if subprocess is None:
            return
        for task in subprocess.tasks.values():
            self.event_manager.remove_task(task)
            self.abandon(task.id)

    def note_visit(self, task: Task) -> None:
        """Record that a task has finished."""
        self.log.record(task, self.flows.get(task.workflow.spec.name, {}), self.now)

    def get_active_subprocesses(self) -> list[LiveSubprocess]:
        """The subprocesses under way."""
        return [subprocess for subprocess in self.subprocesses.values() if not subprocess.completed]

    def _do_engine_steps(
        self, will_complete_task: Any = None, did_complete_task: Callable[[Task], None] | None = None
    ) -> bool:
        progress = 0
        for subprocess in sorted(self.get_active_subprocesses(), key=lambda item: item.depth, reverse=True):
            while not subprocess.completed and (count := self._run_ready(subprocess, did_complete_task)):
                progress += count
            task = self.get_task_from_id(subprocess.parent_task_id)
            if task is not None and not task.has_state(TaskState.FINISHED_MASK):
                task.task_spec._update(task)
        # A subprocess that began in this pass has its turn in the next.
        return progress + self._run_ready(self, did_complete_task) > 0

    def _run_ready(self, workflow: _FlatScan, did_run: Callable[[Task], None] | None) -> int:
        count = 0
        for task in workflow.ready_below():
            # An earlier one of this pass may have cancelled it; the library would run it all the same.
            if task.task_spec.manual or task._state != TaskState.READY or task.id not in task.workflow.tasks:
                continue
            task.run()
            count += 1
            if did_run is not None:
                did_run(task)
        return count
