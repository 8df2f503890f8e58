"""Service tasks: the registry of Python functions that a diagram may call by name."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any, TypeVar

from engine.bpmn import OperationSignature, RunError
from engine.messages import Message

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Parameter:
    """One parameter of a service task, as its signature declares it."""

    name: str
    type: Any
    required: bool


@dataclass(frozen=True)
class ServiceTask:
    """One registered function.

    Attributes:
        name: by which a diagram calls it.
        title: in the languages of the UI.
        summary: the first line of its docstring.
        parameters: what the diagram gives it; the case itself is not one of them.
        has_result: whether it returns something that the diagram can keep.
    """

    name: str
    title: Mapping[str, str]
    summary: str
    parameters: tuple[Parameter, ...]
    has_result: bool
    function: Callable[..., Any]

    def signature(self) -> OperationSignature:
        """What the lint of a diagram needs to know of it."""
        needed = {parameter.name: parameter.required for parameter in self.parameters}
        return OperationSignature(self.name, needed, self.has_result)

    def run(self, case: Any, values: Mapping[str, Any]) -> Any:
        """Call it for a case with values of a diagram, checked against the declared types.

        Raises:
            RunError: a value is missing, unknown or of another type.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in values.keys() - known.keys():
            raise RunError(Message("%(task)s has no parameter %(name)s.", task=self.name, name=name))
        for parameter in self.parameters:
            if parameter.required and parameter.name not in values:
                raise RunError(
                    Message("%(task)s needs the parameter %(name)s.", task=self.name, name=parameter.name)
                )
        checked = {name: _fitting(self.name, known[name], value) for name, value in values.items()}
        return _plain(self.function(case, **checked))


_registry: dict[str, ServiceTask] = {}


def service_task(name: str, *, title: Mapping[str, str]) -> Callable[[Function], Function]:
    """Register a function as a service task.

    Its first parameter is the `engine.case.Case`; the others, with their annotations and defaults, are what a diagram may
    give; its result must be JSON-able or a dataclass. It runs inside the transaction of the step: it may use
    ``case.uow``, and nothing that is slow or lies outside the database.

    Args:
        name: ``noun.verb``, as diagrams call it.
        title: ``{"zh": …, "en": …}``, for the designer's pick list.
    """

    def register(function: Function) -> Function:
        if name in _registry:
            raise ValueError(f"the service task {name} is registered twice")
        _registry[name] = _describe(name, title, function)
        return function

    return register


def _describe(name: str, title: Mapping[str, str], function: Callable[..., Any]) -> ServiceTask:
    hints = typing.get_type_hints(function)
    declared = list(inspect.signature(function).parameters.values())[1:]
    parameters = tuple(
        Parameter(one.name, hints.get(one.name, Any), one.default is inspect.Parameter.empty)
        for one in declared
    )
    summary = (inspect.getdoc(function) or "").partition("\n")[0]
    return ServiceTask(
        name, dict(title), summary, parameters, hints.get("return") is not type(None), function
    )


def load_service_tasks() -> Mapping[str, ServiceTask]:
    """All registered service tasks, after importing every module of the entry point group ``gridcase.service_tasks``."""
    import_modules()
    return _registry


@cache
def import_modules() -> None:
    """Import what this installation adds to the engine: every module of the entry point group ``gridcase.service_tasks``."""
    for entry in entry_points(group="gridcase.service_tasks"):
        entry.load()


def _fitting(task: str, parameter: Parameter, value: Any) -> Any:
    allowed = _types(parameter.type)
    if allowed is None or (
        isinstance(value, allowed) and not (isinstance(value, bool) and bool not in allowed)
    ):
        return value
    if float in allowed and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    raise RunError(
        Message(
            "%(task)s: %(name)s must be %(wanted)s, not %(found)s.",
            task=task,
            name=parameter.name,
            wanted=" or ".join(one.__name__ for one in allowed),
            found=type(value).__name__,
        ),
    )


def _types(annotation: Any) -> tuple[type, ...] | None:
    if annotation is Any:
        return None
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        parts = [_types(part) for part in typing.get_args(annotation)]
        return None if None in parts else tuple(one for part in parts if part for one in part)
    origin = typing.get_origin(annotation) or annotation
    return (origin,) if isinstance(origin, type) else None


def _plain(result: Any) -> Any:
    return (
        dataclasses.asdict(result)
        if dataclasses.is_dataclass(result) and not isinstance(result, type)
        else result
    )
