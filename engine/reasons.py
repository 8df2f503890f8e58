"""Reasons: what a person must say when they do something to a case that the log has to account for."""

from __future__ import annotations

from engine.errors import Invalid
from engine.messages import Message

MAX_REASON = 500


def check_reason(reason: str) -> None:
    """See that a reason was given that can be kept.

    Raises:
        Invalid: naming the field ``reason`` and the remedy.
    """
    if not reason.strip():
        message = Message("Say why.")
    elif len(reason) > MAX_REASON:
        message = Message("Write at most %(n)s characters.", n=MAX_REASON)
    elif "\x00" in reason:
        message = Message("Remove the characters that cannot be shown.")
    else:
        return
    raise Invalid(message, {"reason": message})
