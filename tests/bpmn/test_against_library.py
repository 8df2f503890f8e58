"""Random diagrams, driven step by step here and through the plain library: both must see the same."""

from collections import Counter
from io import BytesIO
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.util.task import TaskState

from engine.bpmn import Instance, load
from tests.bpmn.diagrams import NOW, Services
from tests.bpmn.structured import blocks, diagram


class Stock:
    """The plain library behind the few questions that the test asks."""

    def __init__(self, content: bytes, variables: dict[str, Any]) -> None:
        parser = SpiffBpmnParser()
        parser.add_bpmn_xml(etree.parse(BytesIO(content)).getroot(), "p.bpmn")
        self.workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
        self.workflow.task_tree.data = dict(variables)
        self.workflow.do_engine_steps()

    def ready(self) -> list[Any]:
        tasks = self.workflow.get_tasks(state=TaskState.READY, manual=True)
        return sorted(
            tasks, key=lambda task: (task.task_spec.bpmn_id, task.internal_data.get("key_or_index") or 0)
        )

    def picture(self) -> list[tuple[str, dict[str, Any]]]:
        return sorted(((task.task_spec.bpmn_id, task.data) for task in self.ready()), key=repr)

    def complete(self, element_id: str, data: dict[str, Any], values: dict[str, Any]) -> None:
        task = next(t for t in self.ready() if t.task_spec.bpmn_id == element_id and t.data == data)
        task.data.update(values)
        task.run()
        self.workflow.do_engine_steps()

    def send(self, name: str, payload: dict[str, int]) -> None:
        self.workflow.catch(BpmnEvent(MessageEventDefinition(name), payload=payload))
        self.workflow.do_engine_steps()

    def awaited(self) -> Counter[str]:
        """How many tasks wait for each message."""
        return Counter(str(event.name) for event in self.workflow.waiting_events())

    def visited(self) -> Counter[str]:
        return Counter(
            task.task_spec.bpmn_id
            for task in self.workflow.get_tasks(state=TaskState.COMPLETED)
            if getattr(task.task_spec, "bpmn_id", None) and not task.task_spec.name.endswith("[child]")
        )


def ours(instance: Instance) -> list[tuple[str, dict[str, Any]]]:
    return sorted(((token.element_id, dict(token.variables)) for token in instance.user_tasks()), key=repr)


def compare(instance: Instance, stock: Stock, nodes: set[str]) -> None:
    assert ours(instance) == stock.picture()
    assert {key: visit.count for key, visit in instance.visited.items() if key in nodes} == stock.visited()
    assert set(instance.visited) <= instance.definitions.processes["p"].coverable
    assert instance.ended == stock.workflow.is_completed()
    if instance.ended:
        assert dict(instance.variables) == stock.workflow.data


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(block=blocks, data=st.data())
def test_the_same_as_the_library(block: object, data: st.DataObject) -> None:
    content, variables = diagram(block)
    bundle = load({"p.bpmn": content})
    nodes = set(bundle.processes["p"].elements)
    stock = Stock(content, variables)
    instance = Instance.create(bundle, "p", variables)
    instance.run(Services(), NOW, max_steps=5000)
    compare(instance, stock, nodes)
    for _ in range(25):
        waiting = instance.user_tasks()
        if not waiting:
            break
        action = data.draw(st.sampled_from(["complete", "complete", "complete", "store", "send"]))
        if action == "store":
            instance = Instance.restore(bundle, instance.dump())
        elif action == "send":
            awaited = Counter(str(token.message) for token in instance.messages())
            # In the library a border that does not interrupt hears one message only; here it goes on waiting.
            names = sorted(name for name, count in awaited.items() if count == stock.awaited()[name])
            if names:
                name = data.draw(st.sampled_from(names))
                stock.send(name, {"value": 7})
                instance.send_message(name, {"value": 7})
                instance.run(Services(), NOW, max_steps=5000)
        else:
            token = data.draw(st.sampled_from(waiting))
            values: dict[str, Any] = {"v0": data.draw(st.integers(0, 4)), f"v1_{token.element_id}": 1}
            stock.complete(token.element_id, dict(token.variables), values)
            instance.complete(token.task_id, values)
            instance.run(Services(), NOW, max_steps=5000)
        compare(instance, stock, nodes)
