"""Small diagrams for the tests: only what matters of each, the rest of the XML around it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.bpmn import Definitions, Instance, Token, load

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="t" id="defs">\n'
)
TAGS = (
    "definitions process startEvent endEvent userTask manualTask task scriptTask serviceTask sendTask receiveTask "
    "businessRuleTask callActivity subProcess transaction adHocSubProcess exclusiveGateway parallelGateway "
    "inclusiveGateway eventBasedGateway complexGateway intermediateCatchEvent intermediateThrowEvent boundaryEvent "
    "sequenceFlow conditionExpression script messageEventDefinition timerEventDefinition errorEventDefinition "
    "signalEventDefinition escalationEventDefinition terminateEventDefinition compensateEventDefinition "
    "linkEventDefinition conditionalEventDefinition cancelEventDefinition condition timeDuration timeDate timeCycle "
    "message error signal escalation laneSet lane flowNodeRef multiInstanceLoopCharacteristics loopCardinality "
    "loopDataInputRef loopDataOutputRef inputDataItem outputDataItem completionCondition "
    "standardLoopCharacteristics loopCondition extensionElements documentation dataStoreReference dataStore "
    "correlationProperty correlationKey correlationPropertyRetrievalExpression dataObject ioSpecification "
    "collaboration participant"
).split()


def bpmn(inner: str) -> bytes:
    """A BPMN file from its inner XML, written without the bpmn: prefix."""
    for tag in sorted(TAGS, key=len, reverse=True):
        for opening in (f"<{tag} ", f"<{tag}>", f"<{tag}/", f"</{tag}>"):
            inner = inner.replace(opening, opening.replace(tag, "bpmn:" + tag))
    return (HEAD + inner + "\n</bpmn:definitions>").encode()


def process(inner: str, before: str = "", name: str = "p") -> bytes:
    """A file with one executable process `p`."""
    return bpmn(f'{before}\n<process id="{name}" name="A process" isExecutable="true">\n{inner}\n</process>')


def flow(source: str, target: str, condition: str | None = None, flow_id: str | None = None) -> str:
    """A sequence flow; its id is source_target."""
    flow_id = flow_id or f"{source}_{target}"
    head = f'<sequenceFlow id="{flow_id}" sourceRef="{source}" targetRef="{target}"'
    if condition is None:
        return head + "/>"
    escaped = condition.replace("&", "&amp;").replace("<", "&lt;")
    return f"{head}><conditionExpression>{escaped}</conditionExpression></sequenceFlow>"


def flows(*chains: str) -> str:
    """Flows along chains of ids: "a b c" gives a to b and b to c."""
    pairs = [pair for chain in chains for pair in zip(chain.split(), chain.split()[1:], strict=False)]
    return "\n".join(flow(source, target) for source, target in pairs)


def service(task_id: str, operation: str, parameters: str = "", result: str = "result") -> str:
    """A service task; parameters as "name=expression;name=expression"."""
    given = "".join(
        '<spiffworkflow:parameter id="{}" type="any" value="{}"/>'.format(*item.split("=", 1))
        for item in parameters.split(";")
        if item
    )
    return (
        f'<serviceTask id="{task_id}"><extensionElements>'
        f'<spiffworkflow:serviceTaskOperator id="{operation}" resultVariable="{result}">'
        f"<spiffworkflow:parameters>{given}</spiffworkflow:parameters>"
        "</spiffworkflow:serviceTaskOperator></extensionElements></serviceTask>"
    )


class Services:
    """A host whose operations are given as functions of the parameters; it notes every call."""

    def __init__(self, **operations: Any) -> None:
        self.operations = operations
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def call(self, operation: str, parameters: Mapping[str, Any], token: Token) -> Any:
        self.calls.append((operation, dict(parameters)))
        return self.operations[operation](**parameters)


def definitions(content: bytes, **others: bytes) -> Definitions:
    """A bundle of one diagram and decisions."""
    return load({"p.bpmn": content, **{f"{name}.dmn": table for name, table in others.items()}})


def begin(content: bytes | Definitions, host: Services | None = None, **variables: Any) -> Instance:
    """An instance of process p, run until it waits."""
    bundle = content if isinstance(content, Definitions) else definitions(content)
    instance = Instance.create(bundle, "p", variables)
    instance.run(host or Services(), NOW)
    return instance


def at(instance: Instance) -> list[str]:
    """The element ids of the user tasks that wait, sorted."""
    return sorted(token.element_id for token in instance.user_tasks())


def do(
    instance: Instance, element_id: str, host: Services | None = None, now: datetime = NOW, **values: Any
) -> None:
    """Complete the first waiting user task of an element and run on."""
    token = next(token for token in instance.user_tasks() if token.element_id == element_id)
    instance.complete(token.task_id, values)
    instance.run(host or Services(), now)


def again(instance: Instance) -> Instance:
    """The instance stored and fetched."""
    return Instance.restore(instance.definitions, instance.dump())
