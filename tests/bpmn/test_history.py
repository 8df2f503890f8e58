"""Finished history leaves the live state, and nothing that is still needed does."""

from datetime import timedelta

import pytest

from engine.bpmn import Instance
from tests.bpmn.diagrams import (
    NOW,
    Services,
    again,
    at,
    begin,
    definitions,
    do,
    flow,
    flows,
    process,
    service,
)

REWORK = process(
    '<startEvent id="s"/><parallelGateway id="split"/>'
    '<subProcess id="handle"><startEvent id="hs"/><userTask id="work"/>'
    + service("note", "note")
    + '<endEvent id="he"/>'
    + flows("hs work note he")
    + '</subProcess><userTask id="check"/><exclusiveGateway id="good"/>'
    '<endEvent id="closed"><terminateEventDefinition/></endEvent>'
    '<boundaryEvent id="late" attachedToRef="handle" cancelActivity="false">'
    "<timerEventDefinition><timeDuration>PT4H</timeDuration></timerEventDefinition></boundaryEvent>"
    + service("urge", "urge")
    + '<endEvent id="urged"/>'
    '<intermediateCatchEvent id="void"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
    '<endEvent id="voided"><terminateEventDefinition/></endEvent>'
    + flows("s split handle check good", "split void voided", "late urge urged")
    + flow("good", "closed", "ok")
    + flow("good", "handle", "not ok"),
    before='<message id="m" name="case.void"/>',
)


def size(instance: Instance) -> int:
    workflow = instance._workflow
    return len(workflow.tasks) + sum(len(part.tasks) for part in workflow.subprocesses.values())


def rework(instance: Instance, host: Services, rounds: int, late: bool) -> list[int]:
    now, sizes = NOW, []
    for _ in range(rounds):
        if late:
            now += timedelta(hours=5)
            instance.fire_timers(now)
            instance.run(host, now)
        do(instance, "work", host, now)
        do(instance, "check", host, now, ok=False)
        sizes.append(size(instance))
    return sizes


@pytest.mark.parametrize("late", [False, True])
def test_round_300_is_as_large_as_round_20(late: bool) -> None:
    host = Services(note=lambda: 1, urge=lambda: 1)
    instance = begin(REWORK, host)

    sizes = rework(instance, host, 300, late)

    assert sizes[-1] == sizes[20]
    assert instance.visited["work"].count == 300
    assert instance.visited["good_handle"].count == 300
    assert len(host.calls) == (600 if late else 300)


def test_the_stored_state_stays_small_too() -> None:
    host = Services(note=lambda: 1, urge=lambda: 1)
    instance = begin(REWORK, host)
    rework(instance, host, 3, late=False)
    early = len(instance.dump())

    rework(instance, host, 97, late=False)

    assert len(instance.dump()) < early * 1.2


def test_a_case_closes_after_many_rounds() -> None:
    host = Services(note=lambda: 1, urge=lambda: 1)
    instance = begin(REWORK, host)
    rework(instance, host, 50, late=True)
    instance = again(instance)

    do(instance, "work", host)
    do(instance, "check", host, ok=True)

    assert (instance.ended, instance.end_events) == (True, ["urged", "he", "closed"])


def test_a_join_in_a_loop_waits_for_both_branches_in_every_round() -> None:
    diagram = process(
        '<startEvent id="s"/><exclusiveGateway id="m"/><parallelGateway id="fork"/><userTask id="a"/><userTask id="b"/>'
        '<parallelGateway id="join"/><exclusiveGateway id="x"/><endEvent id="e"/>'
        + flows("s m fork a join x", "fork b join")
        + flow("x", "e", "done")
        + flow("x", "m", "not done")
    )
    instance = begin(diagram, done=False)
    for number in range(5):
        do(instance, "b" if number % 2 else "a")
        instance = again(instance)
        assert len(at(instance)) == 1
        do(instance, at(instance)[0], done=number == 4)
    assert instance.ended


def test_a_join_of_three_remembers_arrivals_over_storing() -> None:
    diagram = process(
        '<startEvent id="s"/><parallelGateway id="fork"/><userTask id="a"/><userTask id="b"/><userTask id="c"/>'
        '<parallelGateway id="join"/><userTask id="z"/><endEvent id="e"/>'
        + flows("s fork a join z e", "fork b join", "fork c join")
    )
    instance = begin(diagram)
    for name in "cab":
        do(instance, name, Services(), NOW, **{name: 1})
        instance = again(instance)

    assert at(instance) == ["z"]
    assert instance.variables == {"a": 1, "b": 1, "c": 1}


def test_an_end_merges_the_data_of_every_branch() -> None:
    names = [f"u{number}" for number in range(12)]
    tasks = "".join(f'<userTask id="{name}"/><endEvent id="e{name}"/>' for name in names)
    chains = [
        f"s fork {name} e{name}" if number == 0 else f"fork {name} e{name}"
        for number, name in enumerate(names)
    ]
    instance = begin(process('<startEvent id="s"/><parallelGateway id="fork"/>' + tasks + flows(*chains)))
    for name in names:
        do(instance, name, Services(), NOW, **{name: 1}, last=name)
        instance = again(instance)

    assert instance.ended
    assert instance.variables == {**dict.fromkeys(names, 1), "last": names[-1]}


def test_a_finished_subprocess_leaves_the_state() -> None:
    host = Services(note=lambda: 1, urge=lambda: 1)
    instance = begin(REWORK, host)

    do(instance, "work", host)

    assert instance._workflow.subprocesses == {}


def test_a_long_run_without_waiting_does_not_grow_deep() -> None:
    diagram = process(
        '<startEvent id="s"/><exclusiveGateway id="m"/>'
        + service("t", "next", "n=n", "n")
        + '<exclusiveGateway id="x"/><endEvent id="e"/>'
        + flows("s m t x")
        + flow("x", "e", "n >= 1500")
        + flow("x", "m", "n < 1500")
    )
    host = Services(next=lambda n: n + 1)
    instance = Instance.create(definitions(diagram), "p", {"n": 0})
    instance.run(host, NOW, max_steps=10_000)

    assert (instance.ended, instance.variables["n"]) == (True, 1500)
