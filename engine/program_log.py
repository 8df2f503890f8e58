"""What the program writes about itself for whoever looks after it: one line an event, and no secret among them.

A traceback names places in the code and never the values of variables: passwords, tokens and telephone numbers are among them.
Values come from requests too, so what could pass for another line or steer a terminal is written as an escape.
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from typing import Any

import structlog


def configure() -> None:
    """Let every part of the program write this way; called once where a process begins."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            escape_controls,
            structlog.dev.ConsoleRenderer(
                colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    )


def escape_controls(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Write what cannot be shown as an escape, in every text of an event."""
    for name, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[name] = "".join(
                one if one.isprintable() else one.encode("unicode_escape").decode() for one in value
            )
    return event
