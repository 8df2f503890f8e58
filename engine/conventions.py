"""Conventions: what a diagram of this program must keep besides BPMN's own rules, checked when it is deployed.

They concern the properties that the engine reads off an element: the form, the limit, the outcome, the roles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from engine.bpmn import ElementInfo, Finding, ProcessInfo
from engine.forms import Form
from engine.working_time import UNITS_OF_TIME

OUTCOMES = ("closed", "rejected", "void", "merged")
USER_TASKS = {"userTask", "manualTask"}
CATCHES = {"intermediateCatchEvent", "boundaryEvent", "receiveTask"}

#: Columns of a case that a date timer can follow (property ``follows``): wherever the column goes, the timer goes too.
FOLLOWED = ("alarm_at", "yellow_at", "due_at", "paused_until")

#: What is wrong, how to mend it, and whether it forbids the deployment.
Problem = tuple[str, str, str, bool]


def check(process: ProcessInfo, files: Mapping[str, bytes], forms: Mapping[str, Form]) -> list[Finding]:
    """Everything in a process that breaks a convention."""
    found = []
    for element in process.elements.values():
        for rule, message, remedy, fatal in _problems(element, forms):
            line = _line(files.get(process.file, b""), element.id)
            severity = "error" if fatal else "warning"
            found.append(Finding(process.file, line, element.id, rule, message, remedy, severity))  # type: ignore[arg-type]
    return found


def check_roles(
    process: ProcessInfo, files: Mapping[str, bytes], roles: Mapping[str, Mapping[str, str]]
) -> list[Finding]:
    """Lanes and properties that name a role which this installation does not have."""
    names = {text for code, role in roles.items() for text in (code, role["name_zh"], role["name_en"])}
    found = []
    for element in process.elements.values():
        named = [element.properties.get("role") or element.lane or ""] if element.kind in USER_TASKS else []
        named += [one.strip() for one in element.properties.get("roles", "").split(",") if one.strip()]
        for name in named:
            if name not in names:
                message = f'"{element.name}": {name!r} is no role here.'
                remedy = f"Name the lane or the property after one of: {', '.join(sorted(roles))}."
                line = _line(files.get(process.file, b""), element.id)
                found.append(
                    Finding(process.file, line, element.id, "role-unknown", message, remedy, "error")
                )
    return found


def _problems(element: ElementInfo, forms: Mapping[str, Form]) -> Iterator[Problem]:
    path = element.properties.get("form")
    if path and path not in forms:
        yield (
            "form-missing",
            f"The form {path} is not in the bundle.",
            "Add the file, or correct its path.",
            True,
        )
    if element.kind in USER_TASKS:
        yield from _user_task(element)
    if element.kind == "endEvent" and element.properties.get("outcome", "closed") not in OUTCOMES:
        outcome = element.properties["outcome"]
        yield (
            "outcome-unknown",
            f"The outcome {outcome!r} is unknown.",
            f"Use one of {', '.join(OUTCOMES)}.",
            True,
        )
    followed = element.properties.get("follows")
    if element.kind in CATCHES and followed is not None and followed not in FOLLOWED:
        yield (
            "follows-unknown",
            f"A timer cannot follow {followed!r}.",
            f"Use one of {', '.join(FOLLOWED)}.",
            True,
        )
    if element.kind in CATCHES and path and not element.properties.get("roles"):
        message = f'Nobody may take the action "{element.name}".'
        yield "action-roles", message, "Add a property roles with the codes of roles.", True


def _user_task(element: ElementInfo) -> Iterator[Problem]:
    if not element.properties.get("form"):
        message = f'"{element.name}" has no form: nothing can be filled in or decided there.'
        yield "form-none", message, "Add a property form with the path of a JSON Schema.", False
    limit = element.properties.get("limit")
    if limit is None:
        message = f'"{element.name}" has no limit: it is due after one working day.'
        yield "limit-none", message, 'Add the properties limit and unit_of_time, or limit "case".', False
    elif limit != "case" and not _positive(limit):
        yield (
            "limit-number",
            f"The limit {limit!r} is not a number over 0.",
            'Give a number, or "case".',
            True,
        )
    unit = element.properties.get("unit_of_time", "work_day")
    if unit not in UNITS_OF_TIME:
        yield (
            "limit-unit",
            f"{unit!r} is not a unit of time.",
            f"Use one of {', '.join(UNITS_OF_TIME)}.",
            True,
        )
    yellow = element.properties.get("yellow", "0.75")
    if not (_positive(yellow) and Decimal(yellow) < 1):
        yield "yellow", f"yellow is {yellow!r}.", "Give the share of the limit, between 0 and 1.", True
    photos = element.properties.get("photos", "optional")
    if photos not in ("optional", "required"):
        yield "photos-unknown", f"photos is {photos!r}.", "Use optional or required, or leave it out.", True


def _positive(text: str) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return number.is_finite() and number > 0


def _line(content: bytes, element_id: str) -> int | None:
    place = content.find(f' id="{element_id}"'.encode())
    return content[:place].count(b"\n") + 1 if place >= 0 else None
