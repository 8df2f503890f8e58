"""The lint lets random sound diagrams through, never falls over a damaged one, and what it lets through loads."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from engine.bpmn import Instance, RunError, lint, load
from tests.bpmn.diagrams import NOW, Services
from tests.bpmn.structured import blocks, diagram
from tests.bpmn.test_history import REWORK
from tests.bpmn.test_instance import PENDING_SERVICE, VOIDABLE
from tests.bpmn.test_state import RICH
from tests.bpmn.test_timers import RACE, SLA


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(block=blocks)
def test_a_structured_diagram_has_no_errors(block: object) -> None:
    content, _ = diagram(block)

    assert [finding for finding in lint({"p.bpmn": content}) if finding.severity == "error"] == []


def damage(content: bytes, random: Random) -> bytes:
    """Take away, double or change a few things."""
    root = etree.fromstring(content)
    for _ in range(random.randint(1, 3)):
        elements = list(root.iter())[1:]
        if not elements:
            break
        element = random.choice(elements)
        parent = element.getparent()
        assert parent is not None
        action = random.choice(["attribute", "text", "remove", "double", "swap"])
        if action == "attribute" and element.attrib:
            name = random.choice(list(element.attrib))
            if random.random() < 0.5:
                del element.attrib[name]
            else:
                element.set(name, random.choice(["", "x", "u", "true"]))
        elif action == "text":
            element.text = random.choice(["", None, "x y", "R3/PT1H", "1"])
        elif action == "remove":
            parent.remove(element)
        elif action == "double":
            parent.append(etree.fromstring(etree.tostring(element)))
        else:
            parent.insert(0, element)
    return etree.tostring(root)


@pytest.mark.parametrize("content", [REWORK, PENDING_SERVICE, VOIDABLE, RICH, RACE, SLA], ids="abcdef")
def test_a_damaged_diagram_is_reported_or_runs(content: bytes) -> None:
    random = Random(4)
    for _ in range(60):
        damaged = damage(content, random)
        if any(finding.severity == "error" for finding in lint({"p.bpmn": damaged})):
            continue
        for process_id in load({"p.bpmn": damaged}).processes:
            instance = Instance.create(load({"p.bpmn": damaged}), process_id, {})
            try:
                instance.run(Services(urge=lambda **_: 1, note=lambda **_: 1, later=lambda **_: 1), NOW)
            except (RunError, KeyError):
                # An unknown operation or variable: known only to the house and the forms.
                continue
            Instance.restore(instance.definitions, instance.dump())
