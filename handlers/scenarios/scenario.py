"""A scenario: the report that is given, the steps in order, and what is expected of the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Given:
    """The report with which a scenario begins.

    Attributes:
        at: local time of the city.
        place: a name in ``city/places.csv``; empty where `lon` and `lat` are given.
        process: the key of the process that the report begins.
        variables: with which it begins besides those of every case.
    """

    at: datetime
    channel: str
    kind: str
    category: str
    description: str
    condition_no: int | None = None
    place: str = ""
    lon: float | None = None
    lat: float | None = None
    process: str = "case"
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Decide:
    """Somebody completes the work item that waits for their role."""

    line: int
    role: str
    values: Mapping[str, Any]
    photos: int = 0
    at: str = ""


@dataclass(frozen=True)
class Act:
    """Somebody takes an action that the diagram offers beside the work items."""

    line: int
    name: str
    values: Mapping[str, Any]
    by: str


@dataclass(frozen=True)
class Answer:
    """A background task that waits has done its work.

    Attributes:
        result: what it gives; of no account where there is an `error`.
        error: the code of the BPMN error with which it ends instead.
    """

    line: int
    task: str
    result: Any = None
    error: str = ""


@dataclass(frozen=True)
class Refuse:
    """A step that must be refused, because of a field where one is named."""

    line: int
    attempt: Decide | Act
    field: str = ""


@dataclass(frozen=True)
class Again:
    """Another report: the scenario goes on with the case that it opens.

    Attributes:
        values: of `Given`, where they differ from those of the first report; but for ``at``.
    """

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Wait:
    """Time passes, and what falls due in it happens."""

    line: int
    time: timedelta


@dataclass(frozen=True)
class Expect:
    """What must be so at this point."""

    line: int
    wanted: Mapping[str, Any]


Step = Again | Decide | Act | Answer | Refuse | Wait | Expect


@dataclass(frozen=True)
class Scenario:
    """One scenario of a folder."""

    file: str
    name: str
    given: Given
    steps: tuple[Step, ...]
