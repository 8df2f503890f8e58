"""Drives a workflow until it waits, and sorts what goes wrong on the way."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from SpiffWorkflow.exceptions import SpiffWorkflowException

from .allowance import Steps
from .errors import BpmnError, RunError
from .history import cut
from .service_task import HostFailure
from .token import Token
from .values import ValueRefusedError
from .workflow import LiveWorkflow

# History is cut within a long run too, so that its depth stays bounded.
STEPS_BETWEEN_CUTS = 100


class Host(Protocol):
    """What an instance asks of the house while it runs."""

    def call(self, operation: str, parameters: Mapping[str, Any], token: Token) -> Any:
        """Do a service task; return a JSON value or PENDING, or raise BpmnError. Anything else propagates."""
        ...


def make_steps(workflow: LiveWorkflow, max_steps: int) -> None:
    """Make the engine's steps until the workflow waits, and cut its history. Raises RunError past `max_steps` or its allowance."""
    steps = Steps(max_steps, workflow.allowance)
    workflow.refresh_timers()
    due_for_cut = STEPS_BETWEEN_CUTS
    while workflow._do_engine_steps(did_complete_task=steps.count):
        if steps.total >= due_for_cut:
            cut(workflow)
            due_for_cut = steps.total + STEPS_BETWEEN_CUTS
    workflow.is_completed()
    cut(workflow)


@contextmanager
def guarded() -> Iterator[None]:
    """Turn what the library raises into RunError, and let through what the host raises."""
    failure: HostFailure | None = None
    try:
        yield
    except HostFailure as error:
        failure = error
    except (RunError, BpmnError):
        raise
    except SpiffWorkflowException as error:
        spec = getattr(error, "task_spec", None)
        raise RunError(str(error).strip(" ."), getattr(spec, "bpmn_id", None)) from error
    except ValueRefusedError as error:
        raise RunError(str(error)) from error
    except RecursionError as error:
        raise RunError("the diagram goes too deep; is there a loop that never waits?") from error
    except Exception as error:
        # The host's own exceptions travel in HostFailure; this is the library stumbling over the diagram.
        raise RunError(f"{type(error).__name__}: {error}") from error
    if failure is not None:
        # Raised here and not above, so that it keeps the cause and context it came with.
        raise failure.cause
