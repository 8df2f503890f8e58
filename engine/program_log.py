"""What the program says of its own work: one line for an event, on standard error, with its fields.

Not to be confused with the log of a case (`engine.log`), which belongs to the city and is never thrown away. These lines are for
those who run the program. They name a request, a job, a person and a case by identifiers; names, descriptions, addresses, form
values, secrets and the paths of requests (a follow link is a secret) stay out of them.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO

import structlog
from structlog.typing import ExcInfo, Processor

from engine.errors import ConfigurationError

FORMATS = ("json", "console")
LEVELS = ("debug", "info", "warning", "error")

MAX_TEXT = 2000
MAX_TRACEBACK = 20_000

#: What would move the cursor, begin a line or turn the direction of the text around in a terminal.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
#: PostgreSQL repeats the values of a row below its message.
_ROW_VALUES = re.compile(r"^([\s|]*)(DETAIL|CONTEXT): .*$", re.MULTILINE)


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what is standard error at the time of writing."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def configure(environment: Mapping[str, str] = os.environ) -> None:
    """Send everything that the program and its libraries log to standard error, in one form.

    ``GRIDCASE_LOG`` is ``json`` or ``console``; without it a terminal gets the latter and everything else the former.
    ``GRIDCASE_LOG_LEVEL`` is the least that is said: debug, info (the default), warning or error.

    Raises:
        ConfigurationError: a setting has another value.
    """
    terminal = sys.stderr.isatty()
    kind = _one_of(environment, "GRIDCASE_LOG", FORMATS, "console" if terminal else "json")
    level = getattr(logging, _one_of(environment, "GRIDCASE_LOG_LEVEL", LEVELS, "info").upper())
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.ExceptionRenderer(_traceback),
        _harmless,
    ]
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_job_fields, *common, _without_alarm],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_ending(kind, terminal)],
        )
    )
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one, _StandardError)] + [handler]
    root.setLevel(level)
    # They say what they do every second; what went wrong they say as a warning.
    for name in ("alembic", "apscheduler", "asyncio", "procrastinate"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*common, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )


@contextmanager
def scope(**values: object) -> Iterator[None]:
    """Give these fields to every line that is logged inside, here and in what is called; what was given before is back after it."""
    before = structlog.contextvars.get_contextvars()
    structlog.contextvars.bind_contextvars(**values)
    try:
        yield
    finally:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**before)


def begin(**values: object) -> None:
    """Give these fields, and none from before, to every line from here on: where a thread begins another piece of work."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**values)


def note(**values: object) -> None:
    """Give further fields to every line until the scope ends: who asks, which case it is."""
    structlog.contextvars.bind_contextvars(**values)


def _one_of(environment: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = environment.get(name) or default
    if value not in allowed:
        raise ConfigurationError(f"{name} is {value!r}: give one of {', '.join(allowed)}")
    return value


def _ending(kind: str, terminal: bool) -> list[Processor]:
    if kind == "json":
        return [structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [
        _indented,
        structlog.dev.ConsoleRenderer(
            colors=terminal, timestamp_key="at", exception_formatter=structlog.dev.plain_traceback
        ),
    ]


def _traceback(exc_info: ExcInfo) -> str:
    """An exception without the variables of its frames, and without the values that PostgreSQL repeats."""
    return _ROW_VALUES.sub(r"\1\2: (left out)", "".join(traceback.format_exception(*exc_info)).rstrip())


def _harmless(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Bound every value, and take out of it what could pass for another line."""
    for name, value in event.items():
        if name == "exception":
            event[name] = "\n".join(_visible(line) for line in str(value)[-MAX_TRACEBACK:].split("\n"))
        elif not name.startswith("_") and not isinstance(value, bool | int | float | None):
            event[name] = _visible(str(value))[:MAX_TEXT]
    return event


def _visible(text: str) -> str:
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _indented(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Set a traceback off, so that no line of it stands where lines of the log begin."""
    if "exception" in event:
        event["exception"] = "\n".join(f"    {line}" for line in event["exception"].split("\n"))
    return event


def _without_alarm(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Call the web server by its name: all that it logs comes from "gunicorn.error", good news too."""
    if event["logger"] == "gunicorn.error":
        event["logger"] = "gunicorn"
    return event


def _job_fields(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say of a job what it is, and leave out its arguments, which the job engine puts into its messages."""
    record: logging.LogRecord = event["_record"]
    if not record.name.startswith("procrastinate"):
        return event
    job = getattr(record, "job", None)
    event["event"] = f"job engine: {getattr(record, 'action', 'says').replace('_', ' ')}"
    if isinstance(job, Mapping):
        event.update({name: job.get(name) for name in ("queue", "attempts")})
        event.update(job=job.get("id"), task=job.get("task_name"))
    return event
