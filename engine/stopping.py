"""Stopping: what becomes of a process that cannot go on by no fault of whoever moved it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from engine.bpmn import BpmnError, RunError
from engine.errors import Stopped
from engine.messages import Message

MAX_MESSAGE = 1000
MAX_TRACEBACK = 8000


@contextmanager
def stopping(
    kind: str, row: Mapping[str, Any], *, task_id: str | None = None, element_id: str | None = None
) -> Iterator[None]:
    """Turn what a diagram stumbles over into `Stopped`.

    Args:
        kind: what was under way: ``step``, ``timer``, ``advance``, ``opening``.
        row: the case with its instance and process, as `engine.store.instances.of_case` gives them.
        task_id: of the task that was to be moved.
        element_id: of its element, where the error names none.
    """
    try:
        yield
    except (RunError, BpmnError) as error:
        at = getattr(error, "element_id", None) or element_id
        raise Stopped(_sentence(error), incident_row(kind, row, error, task_id, at)) from error


def _sentence(error: RunError | BpmnError) -> Message:
    """What the person is told: a reason that they can understand, and nothing that only a designer does."""
    if isinstance(error, BpmnError):
        reason = Message("No event of the diagram catches the error %(code)s.", code=error.code)
    elif isinstance(error.message, Message):
        reason = error.message
    else:
        return Message(
            "The process of this case cannot go on. Nothing was changed, and the supervisors see it among the incidents."
        )
    return Message(
        "The process of this case cannot go on: %(reason)s Nothing was changed, and the supervisors see it among the incidents.",
        reason=reason,
    )


def _said(error: BaseException) -> str:
    """What those who look after incidents read."""
    if isinstance(error, BpmnError):
        return f"{error.code}: {error.message}" if error.message != error.code else error.code
    return getattr(error, "message", None) or str(error) or type(error).__name__


def incident_row(
    kind: str,
    row: Mapping[str, Any],
    error: BaseException,
    task_id: str | None,
    element_id: str | None,
    *,
    request: str | None = None,
    attempts: int = 1,
) -> dict[str, Any]:
    """An incident about a case, as `engine.store.incidents.note` takes it."""
    instance_id = row.get("instance_id")
    subject = task_id or f"{kind}:{instance_id or '{process_key}@{platform_id}'.format_map(row)}"
    return {
        "subject": subject,
        "kind": kind,
        "platform_id": row["platform_id"],
        "case_id": row["id"] if instance_id is not None else None,
        "instance_id": instance_id,
        "process_key": row["process_key"],
        "task_id": task_id,
        "element_id": element_id,
        "message": _storable(_said(error))[:MAX_MESSAGE],
        "traceback": _storable("".join(traceback.format_exception(error)))[-MAX_TRACEBACK:],
        "request": request,
        "attempts": attempts,
    }


def _storable(text: str) -> str:
    """The text without what PostgreSQL cannot keep: the character 0 and half surrogates."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
