"""Message events. A message that names no variable sets the keys of its payload as variables."""

from typing import Any

from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.task import Task

from .correlation import SLOT, Sent, key_of, payload_of, place_of, send
from .events import take_payload


class Message(MessageEventDefinition):  # type: ignore[misc]
    """The library's message of the spiffworkflow dialect, whose payload is never dropped silently.

    The library's own correlation accepts any key where an instance has none yet. Here an element with the property
    ``correlation`` has a key of its own, reckoned when it is reached, and its message crosses the border of the case.
    """

    def __init__(
        self, *args: Any, correlation: str | None = None, to: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.correlation = correlation
        self.to = to

    def throw(self, task: Task) -> None:
        """Send it to whoever waits under the key; without a key, to whoever waits in this case."""
        if self.correlation is None:
            super().throw(task)
            return
        key = key_of(task, self.correlation)
        payload = payload_of(task, self.expression)
        element_id = str(task.task_spec.bpmn_id)
        send(
            task,
            Sent(str(task.id), element_id, "message", self.name, key, payload, place_of(task, self.to)),
        )

    def update_task(self, task: Task) -> None:
        """Reckon the key for which the task waits, once."""
        super().update_task(task)
        if self.correlation is not None and self.key(task) is None:
            task.internal_data.setdefault(SLOT, {})[self.name] = key_of(task, self.correlation)

    def key(self, task: Task) -> str | None:
        """The key for which the task waits; None while there is none."""
        key: str | None = task.internal_data.get(SLOT, {}).get(self.name)
        return key

    def reset(self, task: Task) -> None:
        """Forget the key, so that a task that comes here again reckons its own."""
        task.internal_data.pop(SLOT, None)
        super().reset(task)

    def update_task_data(self, task: Task) -> None:
        """Bring the payload into the data: into the variable the diagram names, else key by key."""
        take_payload(task, self.name, self.message_var)
