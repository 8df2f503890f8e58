"""Boundary events that do not interrupt: what comes again happens again, as long as the activity goes on."""

from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from .messages import Message
from .signals import Signal


class Border(BoundaryEvent):  # type: ignore[misc]
    """The library's boundary event, which would hear a message or a signal once only."""

    def _run_hook(self, task: Task) -> bool | None:
        done: bool | None = super()._run_hook(task)
        if not self.cancel_activity and isinstance(self.event_definition, Message | Signal):
            self._wait_again(task)
        return done

    def _wait_again(self, task: Task) -> None:
        """Let a new task beside this one wait for the next, unless the activity is done."""
        split = task.parent
        beside = (one for one in split.children if not isinstance(one.task_spec, BoundaryEvent))
        if all(one.has_state(TaskState.FINISHED_MASK) for one in beside):
            return
        following = split._add_child(self, TaskState.FUTURE)
        self._predict(following, mask=TaskState.NOT_FINISHED_MASK)
        self._update(following)
