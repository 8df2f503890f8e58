"""Variables that are read under a name which nothing sets, but which is nearly one that is set.

Forms and the opening of a case set variables too, and are not part of the diagram: only a likely slip is told.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from ..diagram import Bundle, bpmn, kind_of, spiff
from ..finding import Finding
from ..gateways import ROWS
from ..policy import PolicyError, compiled
from .report import Rule, within
from .texts import Text, texts_of

_COUNTS = {"nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances"}
# So alike that one is probably the other mistyped: 1 would be the same.
LIKENESS = 0.87


def _names(item: Text) -> tuple[frozenset[str], frozenset[str]]:
    """The variables that a text mentions, and those it sets."""
    try:
        program = compiled(item.text, item.mode)
    except PolicyError:
        return frozenset(), frozenset()
    return program.names - program.bound, program.targets


def _set_by_elements(bundle: Bundle) -> Iterator[str]:
    for document in bundle.diagrams():
        for element in document.root.iter(spiff("messageVariable"), spiff("variableName")):
            yield (element.text or "").strip()
        for element in document.root.iter(spiff("serviceTaskOperator")):
            yield element.get("resultVariable", "")
        for element in document.root.iter(bpmn("loopDataOutputRef")):
            yield (element.text or "").strip()
        for element in document.root.iter(bpmn("inputDataItem"), bpmn("outputDataItem"), bpmn("dataObject")):
            yield element.get("id", "")
        for element in document.root.iter(spiff("property")):
            if element.get("name") in ("key_variable", ROWS):
                yield element.get("value", "")
    for document in bundle.decisions():
        for element in document.root.iter():
            if kind_of(element) == "output":
                yield (element.get("name") or element.get("label") or "").split(".")[0]


def slips(bundle: Bundle) -> Iterator[Finding]:
    """A name that is set nowhere and nearly one that is set."""
    texts = [(item, *_names(item)) for item in texts_of(bundle)]
    known = {*_set_by_elements(bundle), *_COUNTS}.union(*(targets for _, _, targets in texts)) - {""}
    for item, names, _ in texts:
        for name in sorted(names - known):
            near = get_close_matches(name, known, 1, LIKENESS)
            if near:
                message = f"Nothing in the bundle sets {name!r}, but something sets {near[0]!r}."
                remedy = f"Write {near[0]!r}, if that is meant."
                finding = within(item.node, item.element, "unknown-name", message, remedy)
                yield Finding(*_fields(finding, item), "warning")


def _fields(finding: Finding, item: Text) -> tuple[str, int | None, str | None, str, str, str]:
    element_id = item.element_id or finding.element_id
    return finding.file, finding.line, element_id, finding.rule, finding.message, finding.remedy


RULES: tuple[Rule, ...] = (slips,)
