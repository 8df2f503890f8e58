"""The script engine of an instance: every expression of a diagram comes through here, restricted."""

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.task import Task

from .errors import RunError
from .evaluation import evaluate, execute
from .guards import ExpressionError
from .policy import check_syntax


class ExpressionEngine(PythonScriptEngine):  # type: ignore[misc]
    """Evaluates gateway conditions, scripts, decision cells, timers, parameters, payloads and loop conditions."""

    def __init__(self) -> None:
        super().__init__(environment=_Environment())

    def validate(self, expression: str) -> None:
        """Check that a text parses. Raises SyntaxError."""
        check_syntax(expression)

    def evaluate(self, task: Task, expression: str, external_context: Mapping[str, Any] | None = None) -> Any:
        """The value of an expression over a task's data. Raises RunError naming the element."""
        return self.evaluate_in(task, expression, {**(external_context or {}), **task.data})

    def evaluate_in(self, task: Task, expression: str, variables: Mapping[str, Any]) -> Any:
        """The value of an expression over these variables. Raises RunError naming the element."""
        until = task.workflow.top_workflow.allowance.until
        try:
            return evaluate(expression, variables, until)
        except ExpressionError as error:
            raise RunError(str(error), task.task_spec.bpmn_id) from error

    def execute(self, task: Task, script: str, external_context: Mapping[str, Any] | None = None) -> bool:
        """Run a script's assignments and keep them in the task's data. Raises RunError naming the element."""
        try:
            until = task.workflow.top_workflow.allowance.until
            changed = execute(script, {**(external_context or {}), **task.data}, until)
        except ExpressionError as error:
            raise RunError(str(error), task.task_spec.bpmn_id) from error
        task.data.update(changed)
        return True


class _Environment:
    """What the library asks for when it knows no task."""

    def evaluate(
        self, expression: str, context: Mapping[str, Any], external_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The value of an expression."""
        return evaluate(expression, {**(external_context or {}), **context})
