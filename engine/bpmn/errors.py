"""What can go wrong while an instance runs."""

from typing import Any


class BpmnError(Exception):
    """A service raises it: the diagram's boundary error event with that code takes over.

    `payload` is any JSON value; it reaches the data when the diagram's `bpmn:error` has a
    `spiffworkflow:variableName`.
    """

    def __init__(self, code: str, message: str = "", payload: Any = None) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message
        self.payload = payload


class RunError(Exception):
    """The diagram cannot go on at `element_id`. The live instance must be thrown away."""

    def __init__(self, message: str, element_id: str | None = None) -> None:
        super().__init__(f"{element_id}: {message}" if element_id else message)
        self.element_id = element_id
        self.message = message


class StateError(Exception):
    """A stored state cannot be read: damaged, from another diagram, or from a newer program."""
