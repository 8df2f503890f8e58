"""Message events. A message that names no variable sets the keys of its payload as variables."""

from SpiffWorkflow.bpmn.specs.event_definitions import MultipleEventDefinition
from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.task import Task


class Message(MessageEventDefinition):  # type: ignore[misc]
    """The library's message of the spiffworkflow dialect, whose payload is never dropped silently."""

    def update_task_data(self, task: Task) -> None:
        """Bring the payload into the data: into the variable the diagram names, else key by key."""
        payload = task.internal_data.pop(self.name, None)
        if self.message_var is not None:
            task.data[self.message_var] = payload
        elif isinstance(payload, dict):
            task.data.update(payload)


def messages_of(definition: object) -> list[Message]:
    """The message definitions in an event definition: itself, or those of a choice."""
    if isinstance(definition, MultipleEventDefinition):
        return [item for item in definition.event_definitions if isinstance(item, Message)]
    return [definition] if isinstance(definition, Message) else []
