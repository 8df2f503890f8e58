"""Service tasks: the registry of Python functions that a diagram may call by name."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any, TypeVar

from engine.bpmn import OperationSignature, RunError
from engine.messages import Message

MAX_KEY = 200

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Parameter:
    """One parameter of a service task, as its signature declares it."""

    name: str
    type: Any
    required: bool

    @property
    def kind(self) -> str:
        """The name of its type, for a list; ``any`` where it takes any."""
        return _kind(self.type)


@dataclass(frozen=True)
class Limit:
    """How many background tasks with one key may be under way at the same time, on however many machines.

    Attributes:
        key: what they share, such as ``camera:17`` or ``unit:4``.
        slots: how many at a time, at least 1.
    """

    key: str
    slots: int = 1

    def __post_init__(self) -> None:
        if self.slots < 1:
            raise ValueError("a limit has at least one slot")
        if not 0 < len(self.key) <= MAX_KEY or "\x00" in self.key:
            raise ValueError(f"the key of a limit is a text of 1 to {MAX_KEY} characters")


#: Gives the limit under which a task falls from the case and the parameters, or None for no limit.
Concurrency = Callable[..., Limit | None]


@dataclass(frozen=True)
class Background:
    """How a background task is carried out.

    Attributes:
        retries: how often it is tried again after it failed.
        backoff: seconds before the first repetition; each further one waits twice as long, an hour at most.
        concurrency: what limits how many run at the same time.
        priority: among the jobs that wait, higher ones first; that of the case is added.
    """

    retries: int = 3
    backoff: float = 10.0
    concurrency: Concurrency | None = None
    priority: int = 0


@dataclass(frozen=True)
class ServiceTask:
    """One registered function.

    Attributes:
        name: by which a diagram calls it.
        title: in the languages of the UI.
        summary: the first line of its docstring, `description` what follows.
        parameters: what the diagram gives it; the case itself is not one of them.
        has_result: whether it returns something that the diagram can keep.
        parts: name and type of the parts of its result, where that is a dataclass.
        background: how it is carried out as a job; None for one that runs in the transaction of the step.
    """

    name: str
    title: Mapping[str, str]
    summary: str
    parameters: tuple[Parameter, ...]
    has_result: bool
    function: Callable[..., Any]
    background: Background | None = None
    description: str = ""
    parts: tuple[tuple[str, str], ...] = ()

    def signature(self) -> OperationSignature:
        """What the lint of a diagram needs to know of it."""
        needed = {parameter.name: parameter.required for parameter in self.parameters}
        return OperationSignature(self.name, needed, self.has_result, self.background is not None)

    def run(self, subject: Any, values: Mapping[str, Any]) -> Any:
        """Call it with the values that `check` gave, for a `Case` or, in the background, an `engine.effects.Effect`."""
        return _plain(self.function(subject, **values))

    def check(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a diagram, held against the declared parameters.

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
        return {name: _fitting(self.name, known[name], value) for name, value in values.items()}


_registry: dict[str, ServiceTask] = {}


def service_task(
    name: str,
    *,
    title: Mapping[str, str],
    background: bool = False,
    retries: int = 3,
    backoff: float = 10.0,
    concurrency: Concurrency | None = None,
    priority: int = 0,
) -> Callable[[Function], Function]:
    """Register a function as a service task.

    Its first parameter is the `engine.case.Case`; the others, with their annotations and defaults, are what a diagram may
    give; its result must be JSON-able or a dataclass. It runs inside the transaction of the step: it may use
    ``case.uow``, and nothing that is slow or lies outside the database.

    A background task runs as a job, in no transaction, and its first parameter is an `engine.effects.Effect`. It may be slow,
    it may fail and is tried again, and so must bear to be done twice with the same `Effect.key`.

    Args:
        name: ``noun.verb``, as diagrams call it.
        title: ``{"zh": …, "en": …}``, for the designer's pick list.
        background: whether it runs as a job.
        retries, backoff: see `Background`; a diagram may set its own by ``spiffworkflow:retry``.
        concurrency: called with the case and the parameters when the task is asked for; see `Limit`.
        priority: see `Background`.
    """
    way = Background(retries, backoff, concurrency, priority) if background else None

    def register(function: Function) -> Function:
        if name in _registry:
            raise ValueError(f"the service task {name} is registered twice")
        _registry[name] = _describe(name, title, function, way)
        return function

    return register


def _describe(
    name: str, title: Mapping[str, str], function: Callable[..., Any], way: Background | None
) -> ServiceTask:
    hints = typing.get_type_hints(function)
    declared = list(inspect.signature(function).parameters.values())[1:]
    parameters = tuple(
        Parameter(one.name, hints.get(one.name, Any), one.default is inspect.Parameter.empty)
        for one in declared
    )
    summary, _, description = (inspect.getdoc(function) or "").partition("\n")
    gives = hints.get("return") is not type(None)
    return ServiceTask(
        name,
        dict(title),
        summary,
        parameters,
        gives,
        function,
        way,
        description.strip(),
        tuple(_parts(hints.get("return"))),
    )


def _parts(result: Any) -> Iterator[tuple[str, str]]:
    """Those of a result that is a dataclass, or one or None."""
    found = [one for one in (result, *typing.get_args(result)) if dataclasses.is_dataclass(one)]
    if found and isinstance(found[0], type):
        hints = typing.get_type_hints(found[0])
        for one in dataclasses.fields(found[0]):
            yield one.name, _kind(hints[one.name])


def _kind(annotation: Any) -> str:
    known = _types(annotation)
    return " | ".join("null" if one is type(None) else one.__name__ for one in known) if known else "any"


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
