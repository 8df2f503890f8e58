"""Errors and escalations that nothing around catches."""

from collections.abc import Iterator

from ..diagram import Bundle, Node, Scope, bpmn, kind_of
from ..finding import Finding
from .report import Rule, on


def _codes(bundle: Bundle, tag: str) -> dict[str, str | None]:
    return {
        element.get("id", ""): element.get(f"{tag}Code")
        for document in bundle.diagrams()
        for element in document.root.iter(bpmn(tag))
    }


def _catches(node: Node, tag: str, code: str | None, codes: dict[str, str | None]) -> bool:
    for definition in node.definitions:
        if kind_of(definition) == f"{tag}EventDefinition":
            wanted = codes.get(definition.get(f"{tag}Ref", ""))
            if wanted is None or wanted == code:
                return True
    return False


def uncaught(bundle: Bundle) -> Iterator[Finding]:
    """Errors and escalations that nobody around catches: the case would just go on."""
    for tag in ("error", "escalation"):
        codes = _codes(bundle, tag)
        for scope in bundle.scopes():
            for node in scope.nodes:
                if node.kind not in {"endEvent", "intermediateThrowEvent"}:
                    continue
                for definition in node.definitions:
                    if kind_of(definition) != f"{tag}EventDefinition":
                        continue
                    code = codes.get(definition.get(f"{tag}Ref", ""))
                    if not any(_catches(border, tag, code, codes) for border in _around(bundle, scope)):
                        message = f"Nothing around catches this {tag}; the path would just end."
                        remedy = (
                            "Attach a boundary event for it to the subprocess or call, or use a plain end."
                        )
                        yield on(node, f"uncaught-{tag}", message, remedy)


def _around(bundle: Bundle, scope: Scope) -> Iterator[Node]:
    """The boundary events of the activities that contain a scope, and of the calls of its process."""
    current = scope
    while current.parent is not None:
        yield from current.parent.boundaries(current.id)
        current = current.parent
    for node in bundle.nodes():
        if node.kind == "callActivity" and node.element.get("calledElement") == current.id:
            yield from node.scope.boundaries(node.id)


RULES: tuple[Rule, ...] = (uncaught,)
