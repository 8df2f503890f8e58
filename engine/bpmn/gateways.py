"""Gateways and business rules, right where the library's would leak from one round or branch into another."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import (
    EventBasedGateway,
    ExclusiveGateway,
    InclusiveGateway,
    ParallelGateway,
)
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.spiff.specs.defaults import BusinessRuleTask
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from .errors import RunError

#: The property of a business rule task that names the variable for all rows that match.
ROWS = "rows"


class _Rounds:
    """Joins whose rounds are apart."""

    inputs: list[Any]

    def _run_hook(self, task: Task) -> Any:
        # Merging is done in place; nested values are still shared with the branches.
        task.data = deepcopy(task.data)
        result = super()._run_hook(task)  # type: ignore[misc]
        self._end_round(task)
        return result

    def _end_round(self, task: Task) -> None:
        """Forget the branches that have arrived, so that they do not count in the next round too."""
        workflow = task.workflow
        arrived = [
            other
            for other in workflow.tasks.values()
            if other.task_spec is self and other is not task and other.state == TaskState.CANCELLED
        ]
        for other in arrived:
            if other.id in workflow.tasks:
                workflow._remove_task(other.id)


class Fork(_Rounds, ParallelGateway):  # type: ignore[misc]
    """A parallel gateway whose rounds are apart: a join in a loop waits in each round for all its branches.

    The library counts a branch that arrived in an earlier round as arrived in this one, and a pure split
    that runs twice at the same time drops what the first run began.
    """

    def _check_threshold_unstructured(self, task: Task) -> bool:
        return len(self.inputs) <= 1 or bool(super()._check_threshold_unstructured(task))

    def _run_hook(self, task: Task) -> Any:
        return True if len(self.inputs) <= 1 else super()._run_hook(task)


class Inclusive(_Rounds, InclusiveGateway):  # type: ignore[misc]
    """An inclusive gateway whose rounds are apart."""


class Exclusive(ExclusiveGateway):  # type: ignore[misc]
    """An exclusive gateway that names itself when no way is open."""

    def _run_hook(self, task: Task) -> Any:
        conditions = [condition for condition, _ in self.cond_task_specs if condition is not None]
        if self.default_task_spec is None and not any(condition._matches(task) for condition in conditions):
            raise RunError("no condition is true and there is no default flow", self.bpmn_id)
        return super()._run_hook(task)


class EventChoice(EventBasedGateway):  # type: ignore[misc]
    """An event-based gateway; its events are a timers.Alternatives."""


class Decision(BusinessRuleTask):  # type: ignore[misc]
    """A business rule task whose results never leak into a neighbouring branch.

    Attributes:
        rows: the variable into which the table collects, by outputs such as ``rows.unit``, an entry for each row that matches,
            in the order of the table; each entry then tells its ``row``, from 1, and its ``description`` too. It is an empty
            list where no row matches. None decides as the library does.
    """

    rows: str | None = None

    def _run_hook(self, task: Task) -> Any:
        task.data = deepcopy(task.data)
        if self.rows is None:
            return super()._run_hook(task)
        collected: dict[str, list[Any]] = {self.rows: []}
        try:
            for rule in self.dmnEngine.decide(task):
                outputs = rule.output_as_dict(task)
                told = {"row": rule.row_number, "description": rule.description or ""}
                collected[self.rows].append({**outputs.pop(self.rows, {}), **told})
                for name, value in outputs.items():
                    collected.setdefault(name, []).append(value)
        except SpiffWorkflowException as error:
            error.add_note(f"Business Rule Task '{self.bpmn_name}'.")
            raise
        task.data.update(collected)
        return True


def rows_variable(properties: Mapping[str, str]) -> str | None:
    """The variable that takes the rows of a decision, as the properties of its task name it; None where they do not."""
    return (properties.get(ROWS) or "").strip() or None
