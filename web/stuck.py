"""What is said of a case whose diagram cannot go on."""

from __future__ import annotations

from engine.bpmn import DiagramError, RunError, StateError
from engine.messages import Message

#: The diagram stumbled, the stored state cannot be read, or the stored diagram is refused by this program.
STUCK: tuple[type[Exception], ...] = (RunError, StateError, DiagramError)


def why(error: Exception) -> Message:
    """The reason in a sentence that can be translated; what only a designer understands stands in the program's log."""
    reason = getattr(error, "message", None)
    if isinstance(reason, Message):
        return Message("The process of this case cannot go on: %(reason)s", reason=reason)
    return Message("The process of this case cannot go on: the program's log says why.")
