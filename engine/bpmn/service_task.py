"""A service task: it asks the host and goes on with the answer, waits for it, or follows a BPMN error."""

from typing import Any

from SpiffWorkflow.spiff.specs.defaults import ServiceTask
from SpiffWorkflow.task import Task

from .error_routes import Error, route
from .errors import BpmnError
from .values import json_value


class _Pending:
    """The type of PENDING."""

    def __repr__(self) -> str:
        return "PENDING"


#: A host returns it when the answer comes later, by Instance.resume or Instance.fail.
PENDING = _Pending()


class HostFailure(Exception):
    """Carries an exception of the host through the library unchanged; `cause` is that exception."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Service(ServiceTask):  # type: ignore[misc]
    """The library's service task, which would want JSON text, know no waiting and no BPMN error."""

    def _execute(self, task: Task) -> bool | None:
        parameters = {
            name: json_value(name, item["value"]) for name, item in self.evaluate_params(task).items()
        }
        try:
            result = task.workflow.top_workflow.call_host(self.operation_name, parameters, task)
        except BpmnError as error:
            if not raise_error(task, error):
                raise HostFailure(error) from error
            return None
        except Exception as error:
            raise HostFailure(error) from error
        if result is PENDING:
            return None
        self.accept(task, result)
        return True

    def accept(self, task: Task, result: Any) -> None:
        """Keep the answer in the variable the diagram names for it."""
        task.data[self.result_variable] = json_value(self.result_variable, result)


def raise_error(task: Task, error: BpmnError) -> bool:
    """Raise a BPMN error in a task; return whether an event of the diagram caught it."""
    payload = None if error.payload is None else json_value("payload", error.payload)
    return route(task, Error(error.code, code=error.code), payload)
