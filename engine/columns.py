"""Columns of the case document that people write by forms: checked by whoever knows what they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine.case import Case

#: Takes the case and the new values of its columns; raises `engine.errors.Invalid` with a message for each field.
Check = Callable[[Case, Mapping[str, Any]], None]
Registered = TypeVar("Registered", bound=Check)

_checks: list[Check] = []


def column_check(check: Registered) -> Registered:
    """Register a check of what forms write into the case document."""
    _checks.append(check)
    return check


def write_columns(case: Case, values: Mapping[str, Any]) -> None:
    """Write what a form gives for the case document, once every check has let it pass.

    Raises:
        Invalid: with a message for each field that does not fit.
    """
    if values:
        for check in _checks:
            check(case, values)
        case.set(**values)
