"""Effects: what a background task is asked for, what it may see while it runs, and what came out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zlib import crc32

import orjson

from engine.bpmn import BpmnError, Retry, Token
from engine.case import Case
from engine.settings import Settings
from engine.store.cases import case as case_table
from engine.store.database import Database
from engine.tasks import Background, ServiceTask

#: A repetition waits no longer than this, in seconds.
LONGEST_WAIT = 3600.0

MAX_PRIORITY = 1_000_000


class CaseFacts:
    """The columns of a case as they stood when its background task began, as attributes; nothing in it can be changed."""

    __slots__ = ("_columns",)

    _columns: Mapping[str, Any]

    def __init__(self, row: Mapping[str, Any]) -> None:
        columns = MappingProxyType({column.name: row[column.name] for column in case_table.c})
        object.__setattr__(self, "_columns", columns)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._columns[name]
        except KeyError:
            raise AttributeError(f"a case has no column {name}") from None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a background task changes nothing in its case: it returns a result")


@dataclass(frozen=True)
class Effect:
    """What the function of a background task is given.

    Attributes:
        key: the idempotency key, the same at every attempt: hand it to whatever must not happen twice.
        attempt: which attempt this is, from 1.
        case: the case as it stood when this attempt began.
        now: the instant at which this attempt began.
        settings: of the installation.
        database: to open a short unit of work of its own where it must.
    """

    key: str
    attempt: int
    case: CaseFacts
    now: datetime
    database: Database
    settings: Settings


@dataclass(frozen=True)
class Request:
    """What is asked of a background task: all that its job needs.

    Attributes:
        key: the idempotency key, which is the id of the task in its process.
        task: the name of the service task.
        parameters: as the diagram gave them, checked.
        retries, backoff: see `engine.tasks.Background`.
        lock: of the slot under which it runs, or None.
    """

    case_id: int
    key: str
    element_id: str
    task: str
    parameters: Mapping[str, Any]
    retries: int
    backoff: float
    lock: str | None
    priority: int

    @classmethod
    def of(
        cls, task: ServiceTask, way: Background, case: Case, values: Mapping[str, Any], token: Token
    ) -> Request:
        """What a diagram asks for at a token; the diagram's own retries come before those of the task.

        Raises:
            RunError: the values do not fit the task.
        """
        parameters = task.check(values)
        retry = token.retry or Retry(None, None)
        limit = way.concurrency(case, **parameters) if way.concurrency else None
        # Any of the slots would do; one that is drawn by the key needs no look at who is at work.
        lock = f"limit:{limit.key}:{crc32(token.task_id.encode()) % limit.slots}" if limit else None
        return cls(
            case_id=case.id,
            key=token.task_id,
            element_id=token.element_id,
            task=task.name,
            parameters=parameters,
            retries=way.retries if retry.retries is None else retry.retries,
            backoff=way.backoff if retry.backoff_base is None else retry.backoff_base,
            lock=lock,
            priority=max(-MAX_PRIORITY, min(MAX_PRIORITY, way.priority + case.priority)),
        )

    @classmethod
    def from_text(cls, text: str) -> Request:
        """Read what `to_text` wrote."""
        return cls(**orjson.loads(text))

    def to_text(self) -> str:
        """As JSON."""
        return orjson.dumps(asdict(self)).decode()

    def wait(self, attempts: int) -> float:
        """Seconds before the next attempt after so many that failed."""
        return min(LONGEST_WAIT, self.backoff * 2.0 ** min(30, max(0, attempts - 1)))


@dataclass(frozen=True)
class Outcome:
    """What came out of a background task: a value, or a BPMN error for the diagram."""

    value: Any = None
    error: BpmnError | None = None

    @classmethod
    def from_text(cls, text: str) -> Outcome:
        """Read what `to_text` wrote."""
        plain = orjson.loads(text)
        if "code" in plain:
            return cls(error=BpmnError(plain["code"], plain["message"], plain["payload"]))
        return cls(plain["value"])

    def to_text(self) -> str:
        """As JSON.

        Raises:
            TypeError: the value is not JSON-able.
        """
        if self.error is None:
            return orjson.dumps({"value": self.value}).decode()
        error = {"code": self.error.code, "message": self.error.message, "payload": self.error.payload}
        return orjson.dumps(error).decode()
