"""Old cases, large diagrams and wide votes work through the real store: no recursion of the library ends them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from engine import work
from engine.actors import SYSTEM
from engine.deployment import deploy
from engine.store import instances, work_items
from tests.bpmn.diagrams import bpmn, flow, flows
from tests.engine.conftest import Town

ROUNDS = 200
ELEMENTS = 300
INSTANCES = 500


def _drawn(town: Town, inner: str, *acceptors: str) -> None:
    """Make a process the newest version, in which the acceptor has these steps."""
    members = "".join(f"<flowNodeRef>{one}</flowNodeRef>" for one in acceptors)
    drawn = bpmn(
        '<collaboration id="c"><participant id="pool" name="Case" processRef="case"/></collaboration>'
        f'<process id="case" name="Large" isExecutable="true"><laneSet id="lanes"><lane id="l" name="受理员">{members}</lane></laneSet>'
        f'<startEvent id="s"/><endEvent id="e"/>{inner}</process>'
    )
    with town.database.unit_of_work() as uow:
        deploy(uow, {"case.bpmn": drawn}, SYSTEM)


def _complete(town: Town, case_id: int, role: str, values: Mapping[str, Any] | None = None) -> None:
    """Complete the oldest open work item of a case."""
    with town.database.unit_of_work() as uow:
        item = work_items.open_of_case(uow.conn, case_id)[0]
        work.complete(uow, item["id"], getattr(town, role), values or {})


def _status(town: Town, case_id: int) -> Any:
    with town.database.unit_of_work() as uow:
        row = instances.of_case(uow.conn, case_id)
        assert row is not None
        return row["status"]


def test_200_rounds_of_rework(town: Town) -> None:
    opened = town.opened()

    for number in range(ROUNDS):
        _complete(town, opened.id, "acceptor", {"decision": "accept"})
        last = number == ROUNDS - 1
        answer = {"decision": "done"} if last else {"decision": "wrong_unit", "reason": "not ours"}
        _complete(town, opened.id, "handler", answer)

    assert _status(town, opened.id) == "closed"


def test_a_diagram_of_300_elements(town: Town) -> None:
    # In every ten one step for a person and one gateway with two ways.
    names, parts = [], []
    for number in range(1, ELEMENTS - 1):
        name = f"n{number}"
        if number % 10 == 5:
            parts.append(f'<userTask id="{name}" name="{name}"/>')
        elif number % 10 == 7:
            parts.append(
                f'<exclusiveGateway id="{name}" default="{name}_d"/>' + flow(name, "e", "category == 'never'")
            )
        else:
            parts.append(f'<scriptTask id="{name}"><script>last = {number}</script></scriptTask>')
        names.append(name)
    way = ["s", *names, "e"]
    for one, other in pairwise(way):
        gateway = one.startswith("n") and int(one[1:]) % 10 == 7
        parts.append(flow(one, other, flow_id=f"{one}_d" if gateway else None))
    people = [name for name in names if int(name[1:]) % 10 == 5]
    _drawn(town, "".join(parts), *people)
    opened = town.opened()

    for _ in people:
        _complete(town, opened.id, "acceptor")

    assert _status(town, opened.id) == "closed"


def test_500_instances_of_one_step(town: Town) -> None:
    quorum = 20
    _drawn(
        town,
        '<userTask id="vote" name="会签"><multiInstanceLoopCharacteristics><loopCardinality>500</loopCardinality>'
        f"<completionCondition>nrOfCompletedInstances &gt;= {quorum}</completionCondition>"
        "</multiInstanceLoopCharacteristics></userTask>" + flows("s vote e"),
        "vote",
    )
    opened = town.opened()
    with town.database.unit_of_work() as uow:
        assert len(work_items.open_of_case(uow.conn, opened.id)) == INSTANCES

    for _ in range(quorum):
        _complete(town, opened.id, "acceptor")

    assert _status(town, opened.id) == "closed"
    with town.database.unit_of_work() as uow:
        assert work_items.open_of_case(uow.conn, opened.id) == []
