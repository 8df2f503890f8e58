"""From the values of a YAML file to a scenario; what is not written as it must be is told with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from engine.messages import Message
from handlers.scenarios.reading import MAX_STEPS, ScenarioError, Source, read
from handlers.scenarios.scenario import (
    Act,
    Again,
    Answer,
    Decide,
    Expect,
    Given,
    Refuse,
    Scenario,
    Step,
    Wait,
)

VERBS = ("expect", "wait", "action", "answer", "refuse", "report")
GIVEN = (
    *("channel", "kind", "category", "condition_no", "place", "lon", "lat", "description", "at"),
    *("process", "variables"),
)
#: What another report may say otherwise; of the place, all of it. It begins the same process.
AGAIN = tuple(name for name in GIVEN if name not in ("at", "process", "variables"))
PLACED = {"place", "lon", "lat"}
EXPECTED = ("waits_for", "role", "unit", "due", "stage", "outcome", "case")
UNITS_OF_WAITING = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
MAX_WAIT = timedelta(days=1000)

_WAIT = re.compile(r"(\d{1,6}(?:\.\d{1,3})?) (minute|hour|day|week)s?")


def read_scenario(path: Path) -> Scenario:
    """Read and check a scenario.

    Raises:
        ScenarioError: with the line of the mistake, where it has one.
    """
    source = read(path)
    values = source.values
    _only(values, ("name", "given", "steps", "expect"), "a scenario")
    name = values.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= 100:
        raise ScenarioError(Message("give the scenario a name of at most 100 characters"))
    given = _given(values.get("given"))
    steps = [_step(one, line, values["given"]) for one, line in _listed(source)]
    if "expect" in values:
        steps.append(_expect(values["expect"], source.step_lines[-1] if source.step_lines else 1))
    return Scenario(path.name, name, given, tuple(steps))


def _listed(source: Source) -> list[tuple[Any, int]]:
    steps = source.values.get("steps", [])
    if not isinstance(steps, list):
        raise ScenarioError(Message("steps is a list: begin each with a dash"))
    if len(steps) > MAX_STEPS:
        raise ScenarioError(Message("there are more than %(n)d steps: make two scenarios of it", n=MAX_STEPS))
    return list(zip(steps, source.step_lines, strict=True))


def _given(given: Any) -> Given:
    if not isinstance(given, dict):
        raise ScenarioError(Message("given describes the report: at, channel, kind, category, place …"))
    _only(given, GIVEN, "given")
    for name in ("at", "channel", "kind", "category", "description"):
        if name not in given:
            raise ScenarioError(Message("given has no %(name)s", name=name))
    if ("place" in given) == ("lon" in given and "lat" in given):
        raise ScenarioError(Message("given has either place, or lon and lat"))
    for name, types in (("condition_no", int), ("lon", (int, float)), ("lat", (int, float))):
        value = given.get(name, 0)
        if not isinstance(value, types) or isinstance(value, bool):
            raise ScenarioError(Message("given: %(name)s is a number", name=name))
    for name in ("channel", "kind", "category", "description", "place", "process"):
        if not isinstance(given.get(name, ""), str):
            raise ScenarioError(Message("given: %(name)s is a text: write it in quotes", name=name))
    if not isinstance(given.get("variables", {}), dict):
        raise ScenarioError(Message("given: variables holds names with values"))
    return Given(**{**given, "at": local_time(given["at"], None)})


def local_time(value: Any, line: int | None) -> datetime:
    """A local time of the city, written like 2026-11-23 09:00.

    Raises:
        ScenarioError: it is written in another way.
    """
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ScenarioError(Message("write a time like 2026-11-23 09:00"), line) from error
    if found.tzinfo is not None:
        raise ScenarioError(Message("write a time in the city's own zone, without an offset"), line)
    return found


def _step(step: Any, line: int, given: Mapping[str, Any]) -> Step:
    if not isinstance(step, dict) or not step:
        raise ScenarioError(
            Message("a step is a role with its values, or one of %(verbs)s", verbs=_verbs()), line
        )
    if "expect" in step:
        _only(step, ("expect",), "this step", line)
        return _expect(step["expect"], line)
    if "wait" in step:
        _only(step, ("wait",), "this step", line)
        return Wait(line, _time(step["wait"], line))
    if "answer" in step:
        _only(step, ("answer",), "this step", line)
        return _answer(step["answer"], line)
    if "refuse" in step:
        _only(step, ("refuse",), "this step", line)
        return _refuse(step["refuse"], line)
    if "report" in step:
        _only(step, ("report",), "this step", line)
        return _again(step["report"], line, given)
    return _attempt(step, line)


def _again(report: Any, line: int, given: Mapping[str, Any]) -> Again:
    values = _values(report, "report", line)
    _only(values, AGAIN, "report", line)
    kept = {name: value for name, value in given.items() if not (name in PLACED and values.keys() & PLACED)}
    try:
        _given({**kept, **values})
    except ScenarioError as error:
        raise ScenarioError(error.args[0], line) from error
    return Again(line, values)


def _answer(answer: Any, line: int) -> Answer:
    if not isinstance(answer, dict) or not isinstance(answer.get("task"), str):
        raise ScenarioError(
            Message("an answer is written {task: NAME, result: VALUE} or {task: NAME, error: CODE}"), line
        )
    _only(answer, ("task", "result", "error"), "answer", line)
    return Answer(line, answer["task"], answer.get("result"), str(answer.get("error", "")))


def _refuse(refused: Any, line: int) -> Refuse:
    if not isinstance(refused, dict):
        raise ScenarioError(Message("refuse holds the step that must be refused"), line)
    rest = {name: value for name, value in refused.items() if name != "field"}
    return Refuse(line, _attempt(rest, line), str(refused.get("field", "")))


def _attempt(step: dict[str, Any], line: int) -> Decide | Act:
    if "action" in step:
        _only(step, ("action",), "this step", line)
        return _action(step["action"], line)
    rest = {name: value for name, value in step.items() if name not in ("photos", "at")}
    if len(rest) != 1:
        raise ScenarioError(Message("a step names one role, or one of %(verbs)s", verbs=_verbs()), line)
    role, values = next(iter(rest.items()))
    photos = step.get("photos", 0)
    if not isinstance(photos, int) or not 0 <= photos <= 20:
        raise ScenarioError(Message("photos says how many photographs are added, 20 at most"), line)
    return Decide(line, str(role), _values(values, str(role), line), photos, str(step.get("at", "")))


def _action(action: Any, line: int) -> Act:
    rest = {name: value for name, value in action.items() if name != "by"} if isinstance(action, dict) else {}
    if len(rest) != 1 or not isinstance(action.get("by"), str):
        raise ScenarioError(
            Message("an action is written {NAME: {field: value}, by: ROLE}, for example void"), line
        )
    name, values = next(iter(rest.items()))
    return Act(line, str(name), _values(values, str(name), line), action["by"])


def _expect(expected: Any, line: int) -> Expect:
    if not isinstance(expected, dict) or not expected:
        raise ScenarioError(Message("expect holds some of %(known)s", known=", ".join(EXPECTED)), line)
    _only(expected, EXPECTED, "expect", line)
    if not isinstance(expected.get("case", {}), dict):
        raise ScenarioError(Message("expect: case holds columns of the case with their values"), line)
    wanted = dict(expected)
    if "due" in wanted:
        wanted["due"] = local_time(wanted["due"], line)
    if isinstance(wanted.get("waits_for"), str):
        wanted["waits_for"] = [wanted["waits_for"]]
    return Expect(line, wanted)


def _time(value: Any, line: int) -> timedelta:
    found = _WAIT.fullmatch(str(value))
    if found is None:
        raise ScenarioError(Message("write a time to wait like 90 minutes, 2 hours, 3 days or 1 week"), line)
    time = timedelta(seconds=float(found[1]) * UNITS_OF_WAITING[found[2]])
    if time > MAX_WAIT:
        raise ScenarioError(Message("wait %(n)d days at most", n=MAX_WAIT.days), line)
    return time


def _values(values: Any, of: str, line: int) -> dict[str, Any]:
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise ScenarioError(Message("%(of)s: give the fields of the form with their values", of=of), line)
    return values


def _only(values: Mapping[Any, Any], known: tuple[str, ...], what: str, line: int | None = None) -> None:
    for name in values:
        if name not in known:
            raise ScenarioError(
                Message(
                    "%(what)s has no %(name)s; it has: %(known)s",
                    what=what,
                    name=name,
                    known=", ".join(known),
                ),
                line,
            )


def _verbs() -> str:
    return ", ".join(VERBS)
