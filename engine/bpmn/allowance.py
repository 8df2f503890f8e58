"""The allowance: how much one command may take out of a diagram before it is stopped.

Every expression has a budget of its own (`guards`). What many of them come to, with all that the engine does between them, is
bounded here: by the processor time of a command, which no other load of the machine changes, and by the size of what it keeps.
"""

import time
from typing import Any

import orjson
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask
from SpiffWorkflow.task import Task

from .errors import RunError

#: Seconds of processor time that one command may spend in a diagram; an ordinary one takes a thousandth.
MAX_SECONDS = 3.0

#: Bytes that the variables of one branch may take together, as JSON.
MAX_VARIABLES = 2 * 1024 * 1024

#: So many subprocesses and called processes may be inside one another.
MAX_NESTING = 25


class Allowance:
    """What one command may still take."""

    def __init__(self) -> None:
        self.until = time.thread_time() + MAX_SECONDS

    def check_time(self, element_id: str | None = None) -> None:
        """Raise RunError when the time is up."""
        if time.thread_time() > self.until:
            raise RunError(
                f"it takes more than {MAX_SECONDS:g} seconds; move the work into a service task", element_id
            )


def size_of(variables: dict[str, Any]) -> int:
    """Bytes that variables take as JSON."""
    return len(orjson.dumps(variables))


def check_variables(variables: dict[str, Any], element_id: str | None) -> None:
    """Raise RunError when variables take too much together."""
    size = size_of(variables)
    if size > MAX_VARIABLES:
        raise RunError(
            f"the variables take {size >> 10} KB together, and may take {MAX_VARIABLES >> 10}; "
            "keep large data in the case document",
            element_id,
        )


class Steps:
    """Counts the steps of one command; the instances of a repeated activity, bounded in number, count each for itself."""

    def __init__(self, most: int, allowance: Allowance) -> None:
        self.total = 0
        self._most = most
        self._allowance = allowance
        self._counts: dict[Any, int] = {}

    def count(self, task: Task) -> None:
        """Note a step that was made. Raises RunError when it is one too many, the time is up or the variables are too large."""
        element_id = task.task_spec.bpmn_id
        self.total += 1
        place = _instance_around(task)
        self._counts[place] = self._counts.get(place, 0) + 1
        if self._counts[place] > self._most:
            raise RunError(f"more than {self._most} steps without waiting; is this loop endless?", element_id)
        self._allowance.check_time(element_id)
        check_variables(task.data, element_id)


def _instance_around(task: Task) -> Any:
    """The id of the instance of a repeated activity that a task is or lies in; None outside of any."""
    here: Task | None = task
    while here is not None:
        if here.parent is not None and isinstance(here.parent.task_spec, MultiInstanceTask):
            return here.id
        around = getattr(here.workflow, "parent_task_id", None)
        here = None if around is None else here.workflow.top_workflow.get_task_from_id(around)
    return None
