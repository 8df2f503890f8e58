"""Multi-instance activities with a quorum: the completion condition sees the counts and the answers so far.

On top of the variables of the instance that has just ended, a completionCondition sees nrOfInstances,
nrOfCompletedInstances, nrOfActiveInstances and the collected output list.
"""

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from SpiffWorkflow.spiff.specs.defaults import (
    ParallelMultiInstanceTask,
    SequentialMultiInstanceTask,
    StandardLoopTask,
)
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from .allowance import size_of
from .codec import MAX_STATE
from .errors import RunError

MAX_INSTANCES = 1000


class _Own:
    """Repeated activities that may follow a boundary event, and merge into data that no other task shares."""

    def _update_hook(self, task: Task) -> Any:
        # What follows an event is only foreseen; the library refuses to begin instances in that state.
        if task.has_state(TaskState.PREDICTED_MASK):
            task._set_state(TaskState.FUTURE)
        return super()._update_hook(task)  # type: ignore[misc]

    def merge_child(self, workflow: Any, child: Task) -> None:
        """Take over what an instance has answered."""
        # The library merges nested values in place.
        child.parent.data = deepcopy(child.parent.data)
        super().merge_child(workflow, child)  # type: ignore[misc]


class _Quorum(_Own):
    """What parallel and sequential activities have in common."""

    bpmn_id: str
    condition: str | None
    cardinality: str | None
    data_input: Any
    data_output: Any
    _instances: Callable[[Task], Iterable[Task]]

    def check_completion_condition(self, task: Task) -> bool:
        """Whether the activity is done before all instances are."""
        merged = task.internal_data.get("merged", [])
        if self.condition is None or not merged:
            return False
        last = next(child for child in task.children if str(child.id) == merged[-1])
        output = self.data_output
        collected = {} if output is None else {output.bpmn_id: output.get(task)}
        total = self.total(task)
        counts = {
            "nrOfInstances": total,
            "nrOfCompletedInstances": len(merged),
            "nrOfActiveInstances": self.active(task),
        }
        return bool(
            task.workflow.script_engine.evaluate_in(
                last,
                self.condition,
                {**last.data, **collected, **counts},
            )
        )

    def total(self, task: Task) -> int:
        """How many instances there are in all."""
        if self.data_input is None:
            return int(task.internal_data["cardinality"])
        if task.internal_data.get("remaining") is not None:
            return self.started(task) + len(task.internal_data["remaining"])
        return self.started(task)

    def started(self, task: Task) -> int:
        """How many instances have begun."""
        return sum(1 for _ in self._instances(task))

    def active(self, task: Task) -> int:
        """How many instances are under way."""
        return sum(1 for child in self._instances(task) if not child.has_state(TaskState.FINISHED_MASK))

    def _update_hook(self, task: Task) -> Any:
        self.check_input(task)
        return super()._update_hook(task)

    def check_input(self, task: Task) -> None:
        """Refuse a collection that is none, or so long that it would drown the instance."""
        # The library inherits the data only later, in its own hook.
        data = {**task.data, **task.parent.data}
        source = self.data_input
        if source is None:
            count: Any = task.workflow.script_engine.evaluate_in(task, self.cardinality, data)
            if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                raise RunError(f"the loop cardinality gave {count!r}, not a whole number", self.bpmn_id)
            task.internal_data["cardinality"] = count
        else:
            items = data.get(source.bpmn_id)
            if not isinstance(items, list | dict):
                raise RunError(f"{source.bpmn_id!r} is {items!r}, not a list to work through", self.bpmn_id)
            count = len(items)
        if count > MAX_INSTANCES:
            raise RunError(f"{count} instances are more than {MAX_INSTANCES}", self.bpmn_id)
        if count * size_of(data) > MAX_STATE:
            raise RunError(
                f"{count} instances with {size_of(data) >> 10} KB of variables each are too much",
                self.bpmn_id,
            )

    def init_data_output_with_input_data(self, task: Task, input_data: Any) -> None:
        """Begin with an empty output. The library refuses what an earlier round has left there."""
        output = self.data_output
        if not (output.exists(task) and output.get(task) is input_data):
            output.set(task, type(input_data)())

    def init_data_output_with_cardinality(self, task: Task) -> None:
        """Begin with an empty output list."""
        self.data_output.set(task, [])


class Parallel(_Quorum, ParallelMultiInstanceTask):  # type: ignore[misc]
    """All instances at once."""


class Sequential(_Quorum, SequentialMultiInstanceTask):  # type: ignore[misc]
    """One instance after another."""


class Loop(_Own, StandardLoopTask):  # type: ignore[misc]
    """The standard loop."""
