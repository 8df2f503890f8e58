"""What a command of the engine refuses, and why: one class for one kind of answer that a caller can act on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


class GridcaseError(Exception):
    """A refusal that its caller can mend; the message says what is wrong and what to do."""


class ConfigurationError(GridcaseError):
    """The installation is not set up as it must be; the message names the setting."""


class Unavailable(ConfigurationError):
    """Something that the installation needs does not answer now: the same may succeed later, and nothing was written."""


class NotFound(GridcaseError):
    """No such thing, or none that the caller may see: the two are never told apart."""


class Forbidden(GridcaseError):
    """The caller's roles at their units do not allow it."""


class Invalid(GridcaseError):
    """Input that does not fit.

    Args:
        message: the whole in one sentence.
        fields: for each field its own message with the remedy.
    """

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class Stopped(GridcaseError):
    """The process cannot go on, by no fault of the caller: all was rolled back, and an incident is noted of it.

    Args:
        message: the whole in one sentence.
        incident: what is noted of it, a row of `engine.store.incidents`; `Database.unit_of_work` writes it.
    """

    def __init__(self, message: str, incident: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.incident = dict(incident)


class Conflict(GridcaseError):
    """Somebody else was first.

    Args:
        message: the whole in one sentence.
        holder: the name of the person who has it or did it, where there is one.
        since: when they took or did it.
    """

    def __init__(self, message: str, holder: str | None = None, since: datetime | None = None) -> None:
        super().__init__(message)
        self.holder = holder
        self.since = since
