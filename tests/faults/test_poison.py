"""A poisoned diagram is stopped by the bounds and becomes an incident, and other cases go on."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import pytest

from engine import actions, incidents, work
from engine.actors import SYSTEM
from engine.bpmn import DiagramError
from engine.deployment import deploy
from engine.errors import Stopped
from engine.reports import open_case
from engine.store import instances, work_items
from tests.bpmn.diagrams import bpmn, flow, flows
from tests.engine.conftest import Town, rules, town

__all__ = ["rules", "town"]

#: Seconds of processor time; the wall's would measure what else the machine does.
SECONDS = 5.0

ENDLESS = (
    '<scriptTask id="poison"><script>n = category + "x"</script></scriptTask><exclusiveGateway id="again" default="again_poison"/>'
    + flows("accept poison again poison")
    + flow("again", "closed", "n == 'never'")
)
#: Twice the text in each round.
DOUBLED = (
    '<scriptTask id="first"><script>n = "x"</script></scriptTask><scriptTask id="poison"><script>n = n + n</script></scriptTask>'
    '<exclusiveGateway id="again" default="again_poison"/>'
    + flows("accept first poison again poison")
    + flow("again", "closed", "n == 'never'")
)
NESTED = DOUBLED.replace("n = n + n", "n = [n]")
REPEATED = (
    '<scriptTask id="poison"><script>{}</script><multiInstanceLoopCharacteristics isSequential="{}"><loopCardinality>1000</loopCardinality>'
    "</multiInstanceLoopCharacteristics></scriptTask>" + flows("accept poison closed")
)
INSIDE = (
    '<subProcess id="outer"><startEvent id="is"/>'
    '<userTask id="poison"><multiInstanceLoopCharacteristics><loopCardinality>1000</loopCardinality></multiInstanceLoopCharacteristics></userTask>'
    '<endEvent id="ie"/>'
    + flows("is poison ie")
    + "<multiInstanceLoopCharacteristics><loopCardinality>1000</loopCardinality></multiInstanceLoopCharacteristics></subProcess>"
    + flows("accept outer closed")
)


def _script(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<scriptTask id="poison"><script>{escaped}</script></scriptTask>' + flows("accept poison closed")


#: The inner part of the process, and what the incident says (a pattern).
POISONS: Mapping[str, tuple[str, str]] = {
    "endless loop": (ENDLESS, "more than 200 steps"),
    "1 GB string": (_script("n = 'x' * 1000000000"), "too large"),
    "1 GB list": (_script("n = [[0] * 1000000] * 1000"), "too large"),
    "doubled string": (DOUBLED, "too large"),
    "nested list": (NESTED, "nested deeper"),
    "typename": (_script("n = {'typename': 'BpmnWorkflow'}"), "reserved key 'typename'"),
    "much together": (
        "".join(
            f'<scriptTask id="t{number}"><script>n{number} = "x" * 900000</script></scriptTask>'
            for number in range(3)
        )
        + flows("accept t0 t1 t2 closed"),
        "variables take 2636 KB together",
    ),
    "long work often": (
        REPEATED.format("n = sum([i * i for i in range(4000)])", "false"),
        "it takes more than 3 seconds|it takes too long, with what ran before it",
    ),
    "much data often": (
        REPEATED.format("n = 1", "false").replace(flows("accept poison closed"), "")
        + '<scriptTask id="first"><script>big = [[0] * 100] * 400</script></scriptTask>'
        + flows("accept first poison closed"),
        "1000 instances with",
    ),
    "a million steps": (INSIDE, "it takes more than 3 seconds"),
}


def _bundle(inner: str) -> dict[str, bytes]:
    drawn = bpmn(
        '<collaboration id="c"><participant id="pool" name="Case" processRef="case"/></collaboration>'
        '<process id="case" name="Poisoned" isExecutable="true"><laneSet id="lanes"><lane id="l" name="受理员">'
        f"<flowNodeRef>accept</flowNodeRef>{'<flowNodeRef>outer</flowNodeRef>' if inner is INSIDE else ''}</lane></laneSet>"
        '<startEvent id="s"/><userTask id="accept" name="受理"/><endEvent id="closed"/>'
        + flows("s accept")
        + inner
        + "</process>"
    )
    return {"case.bpmn": drawn}


def _poisoned(town: Town, inner: str) -> int:
    with town.database.unit_of_work() as uow:
        deploy(uow, _bundle(inner), SYSTEM)
        return open_case(uow, town.report("poisoned")).id


def _status(town: Town, case_id: int) -> Any:
    with town.database.unit_of_work() as uow:
        row = instances.of_case(uow.conn, case_id)
        assert row is not None
        return row["status"]


@pytest.mark.parametrize("name", POISONS)
def test_a_poisoned_diagram_is_stopped_soon_and_other_cases_go_on(town: Town, name: str) -> None:
    inner, said = POISONS[name]
    healthy = town.opened("healthy")
    poisoned = _poisoned(town, inner)
    before = time.process_time()

    with pytest.raises(Stopped), town.database.unit_of_work() as uow:
        work.complete(uow, town.waiting(poisoned), town.acceptor, {})

    assert time.process_time() - before < SECONDS
    with town.database.unit_of_work() as uow:
        (found,) = incidents.listed(uow, SYSTEM)
        assert (found["case_id"], found["kind"]) == (poisoned, "step")
        assert re.search(said, found["message"])
        actions.act(uow, healthy.id, "void", town.acceptor, {"reason": "by mistake"})
        assert [item["element_id"] for item in work_items.open_of_case(uow.conn, poisoned)] == ["accept"]
    assert (_status(town, healthy.id), _status(town, poisoned)) == ("void", "open")


def test_a_process_that_calls_itself_is_not_let_in(town: Town) -> None:
    inner = '<callActivity id="poison" calledElement="case"/>' + flows("accept poison closed")

    with pytest.raises(DiagramError, match="calls itself"), town.database.unit_of_work() as uow:
        deploy(uow, _bundle(inner), SYSTEM)
