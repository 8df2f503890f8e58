"""Signal events. A signal reaches all that wait for it: in its own case at once, in others through the host."""

from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.spiff.specs.event_definitions import SignalEventDefinition
from SpiffWorkflow.task import Task

from .correlation import Sent, payload_of, send
from .events import take_payload


class Signal(SignalEventDefinition):  # type: ignore[misc]
    """The library's signal of the spiffworkflow dialect, which never leaves its workflow."""

    def throw(self, task: Task) -> None:
        """Let it reach what waits in this case, and leave it for the others."""
        payload = payload_of(task, self.expression)
        task.workflow.top_workflow.catch(BpmnEvent(self, payload=payload))
        send(task, Sent(str(task.id), str(task.task_spec.bpmn_id), "signal", self.name, None, payload))

    def update_task_data(self, task: Task) -> None:
        """Bring the payload into the data: into the variable the diagram names, else key by key."""
        take_payload(task, self.name, self.variable)
