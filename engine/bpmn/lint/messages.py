"""Messages: who sends them, who waits for them, and under which key."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..correlation import CORRELATION, TO
from ..diagram import Bundle, Node, bpmn, kind_of, spiff
from ..finding import Finding
from .report import Rule, at, on, within

_THROWING = {"sendTask", "intermediateThrowEvent", "endEvent"}
_TASKS = {"sendTask", "receiveTask"}
_ADDRESS = "Give both a property correlation with the same key, or neither."


@dataclass(frozen=True, eq=False)
class _End:
    """A flow node that throws or catches a message of this name."""

    node: Node
    name: str

    @property
    def throws(self) -> bool:
        return self.node.kind in _THROWING

    @property
    def keyed(self) -> bool:
        return self.node.property(CORRELATION) is not None

    @property
    def for_people(self) -> bool:
        roles = self.node.property("roles")
        return roles is not None and bool((roles.get("value") or "").strip())


def _ends(bundle: Bundle) -> list[_End]:
    names = {
        element.get("id", ""): element.get("name", "")
        for document in bundle.diagrams()
        for element in document.root.iterfind(bpmn("message"))
    }
    return [_End(node, name) for node in bundle.nodes() for name in _names(node, names)]


def _names(node: Node, names: dict[str, str]) -> Iterator[str]:
    if node.kind in _TASKS and node.element.get("messageRef"):
        yield names.get(node.element.get("messageRef", ""), "")
    for definition in node.definitions:
        if kind_of(definition) == "messageEventDefinition":
            yield names.get(definition.get("messageRef", ""), node.name)


def sent_to_nobody(bundle: Bundle) -> Iterator[Finding]:
    """A message without a key stays within the case; one who waits without a key is reached by nobody else."""
    ends = _ends(bundle)
    received = {end.name for end in ends if not end.throws}
    sent = {end.name for end in ends if end.throws and not end.keyed}
    for end in ends:
        if end.throws and not end.keyed and end.name not in received:
            message = f"The message {end.name!r} leaves the case for nobody: it stays within the case."
            remedy = (
                "Give it a property correlation with its key for another case, or send it by a service task."
            )
            yield on(end.node, "sent-to-nobody", message, remedy)
        waits = not end.throws and end.node.kind != "startEvent" and not end.keyed
        if waits and not end.for_people and end.name not in sent:
            message = f"Nothing in this bundle sends the message {end.name!r}, and nobody else may."
            remedy = "Give the event a property correlation with its key for other cases and programs, or roles for people."
            yield on(end.node, "message-from-nobody", message, remedy, "warning")


def mixed(bundle: Bundle) -> Iterator[Finding]:
    """A message within the case reaches everything of its name, whatever key that waits under."""
    ends = _ends(bundle)
    keyed = {end.name for end in ends if not end.throws and end.keyed}
    for end in ends:
        if end.throws and not end.keyed and end.name in keyed:
            message = f"The message {end.name!r} is sent without a key, and waited for with one."
            yield on(end.node, "correlation-mixed", message, _ADDRESS)


def keys(bundle: Bundle) -> Iterator[Finding]:
    """Where a key may stand, and that it says something."""
    with_message = {end.node for end in _ends(bundle)}
    for node in bundle.nodes():
        key, to = node.property(CORRELATION), node.property(TO)
        if key is not None and node.kind == "startEvent":
            message = "A case begins with any message of its name: the key of a start event is not looked at."
            remedy = "Remove correlation; key_variable names the variable that takes the key of the message."
            yield within(node, key, "correlation-start", message, remedy)
        elif key is not None and node not in with_message:
            message = f"A {node.kind} without a message has a correlation."
            yield within(node, key, "correlation-place", message, "Remove it.")
        elif key is not None and not (key.get("value") or "").strip():
            yield within(node, key, "correlation", "The correlation is empty.", "Give it an expression.")
        if to is not None and node in with_message and (key is None or node.kind not in _THROWING):
            message = "Only a message that leaves the case, with a correlation, is sent to a platform."
            yield within(node, to, "message-to", message, "Remove the property to.")
        elif to is not None and not (to.get("value") or "").strip():
            remedy = "Give the code of a unit that is a platform, such as 'east'."
            yield within(node, to, "message-to", "The property to is empty.", remedy)


def correlations(bundle: Bundle) -> Iterator[Finding]:
    """BPMN's own correlation is not looked at: it accepts any key where a case has none yet."""
    message = "This correlation is ignored."
    remedy = "Remove it, and give the message events a property correlation with the key."
    for document in bundle.diagrams():
        for tag in ("correlationProperty", "correlationKey"):
            for element in document.root.iter(bpmn(tag)):
                yield at(document.file, element, "correlation", message, remedy)
        for element in document.root.iter(spiff("processVariableCorrelation")):
            yield at(document.file, element, "correlation", message, remedy)


RULES: tuple[Rule, ...] = (
    sent_to_nobody,
    mixed,
    keys,
    correlations,
)
