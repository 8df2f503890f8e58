"""A token goes on at another element of the diagram, and no other token notices."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.bpmn import PENDING, Instance, RerouteRefused, RunError, load
from tests.bpmn.diagrams import HOUR, NOW, Services, again, at, begin, do, flows, process, service
from tests.bpmn.structured import blocks, diagram

LINE = (
    '<startEvent id="s"/><userTask id="a"/>'
    + service("ask", "ask")
    + '<userTask id="b"/><userTask id="c"/><endEvent id="e"/>'
    '<boundaryEvent id="late" attachedToRef="ask" cancelActivity="{}"><timerEventDefinition><timeDuration>PT4H</timeDuration>'
    '</timerEventDefinition></boundaryEvent><userTask id="look"/><endEvent id="looked"/>'
)
DRAWN = process(LINE.format("true") + flows("s a ask b c e", "late look looked"))
BESIDE = process(LINE.format("false") + flows("s a ask b c e", "late look looked"))
ASKED = Services(ask=lambda: PENDING)


def _go(instance: Instance, element_id: str, to: str, host: Services | None = None) -> Instance:
    tokens = [*instance.user_tasks(), *instance.pending_services()]
    token = next(token for token in tokens if token.element_id == element_id)
    instance.reroute(token.task_id, to)
    instance.run(host or Services(), NOW)
    return again(instance)


def _refused(instance: Instance, element_id: str, to: str) -> str:
    with pytest.raises(RerouteRefused) as refused:
        _go(instance, element_id, to)
    return refused.value.problem


def _asking(content: bytes = DRAWN) -> Instance:
    instance = begin(content, ASKED, place="here")
    do(instance, "a", ASKED, answer=1)
    return again(instance)


def test_a_pending_service_is_left_for_another_element_with_all_variables() -> None:
    instance = _go(_asking(), "ask", "c")

    (token,) = instance.user_tasks()
    assert (token.element_id, dict(token.variables)) == ("c", {"place": "here", "answer": 1})
    assert (instance.pending_services(), instance.timers()) == ([], [])
    do(instance, "c")
    assert instance.ended


def test_the_way_may_lead_back_and_the_boundary_events_wait_anew() -> None:
    instance = _go(_asking(), "ask", "a")
    do(instance, "a", ASKED, now=NOW + HOUR)

    assert [token.element_id for token in instance.pending_services()] == ["ask"]
    assert [timer.due for timer in instance.timers()] == [NOW + 5 * HOUR]


def test_an_element_with_boundary_events_is_entered_with_them() -> None:
    instance = _go(begin(DRAWN, ASKED), "a", "ask", ASKED)

    assert [token.element_id for token in instance.pending_services()] == ["ask"]
    assert [timer.due for timer in instance.timers()] == [NOW + 4 * HOUR]


def test_the_way_may_lead_to_the_end() -> None:
    assert _go(_asking(), "ask", "e").ended


def test_a_branch_that_a_boundary_event_began_must_not_be_lost() -> None:
    instance = _asking(BESIDE)
    instance.fire_timers(NOW + 4 * HOUR)
    instance.run(ASKED, NOW + 4 * HOUR)
    assert at(instance) == ["look"]

    assert _refused(instance, "ask", "c") == "branched"


@pytest.mark.parametrize(("to", "problem"), [("z", "unknown"), ("late", "kind"), ("s", "kind")])
def test_what_cannot_be_entered_is_refused(to: str, problem: str) -> None:
    assert _refused(_asking(), "ask", to) == problem


PAIR = process(
    '<startEvent id="s"/><userTask id="o"/><parallelGateway id="split"/><userTask id="a"/><userTask id="a2"/><userTask id="b"/>'
    '<parallelGateway id="join"/><userTask id="z"/><endEvent id="e"/>'
    + flows("s o split a a2 join z e", "split b join")
)


def test_inside_one_branch_the_join_still_waits_for_both() -> None:
    instance = begin(PAIR)
    do(instance, "o")

    instance = _go(instance, "a", "a2")

    assert at(instance) == ["a2", "b"]
    do(instance, "a2")
    assert at(instance) == ["b"]
    do(instance, "b")
    assert at(instance) == ["z"]


@pytest.mark.parametrize(
    ("to", "problem"), [("o", "parallel"), ("z", "parallel"), ("join", "kind"), ("b", "parallel")]
)
def test_between_branches_no_token_goes(to: str, problem: str) -> None:
    instance = begin(PAIR)
    do(instance, "o")

    assert _refused(instance, "a", to) == problem


def test_where_another_token_stands_none_is_sent() -> None:
    apart = process(
        '<startEvent id="s"/><parallelGateway id="split"/><userTask id="a"/><userTask id="b"/><endEvent id="e"/><endEvent id="f"/>'
        + flows("s split a e", "split b f")
    )

    assert _refused(begin(apart), "a", "b") == "occupied"


BESIDE_THE_WORK = process(
    '<startEvent id="s"/><userTask id="o"/><parallelGateway id="split"/><userTask id="a"/><userTask id="b"/>'
    '<userTask id="z"/><endEvent id="e"/><endEvent id="f"/>' + flows("s o split a z e", "split b f")
)


def test_a_fork_that_lies_ahead_may_be_left_out() -> None:
    assert at(_go(begin(BESIDE_THE_WORK), "o", "z")) == ["z"]


def test_no_token_goes_back_before_a_fork_whose_other_branch_is_under_way() -> None:
    instance = begin(BESIDE_THE_WORK)
    do(instance, "o")

    assert _refused(instance, "a", "o") == "parallel"


NESTED = process(
    '<startEvent id="s"/><subProcess id="sub"><startEvent id="is"/><userTask id="a"/><userTask id="b"/><endEvent id="ie"/>'
    + flows("is a b ie")
    + '</subProcess><userTask id="z"/><endEvent id="e"/>'
    + flows("s sub z e")
)


def test_inside_a_subprocess_a_token_stays_in_it() -> None:
    assert _refused(begin(NESTED), "a", "z") == "elsewhere"

    instance = _go(begin(NESTED), "a", "b")
    do(instance, "b")
    assert at(instance) == ["z"]


def test_one_of_several_instances_stays() -> None:
    instance = begin(
        process(
            '<startEvent id="s"/><userTask id="v"><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>'
            '</multiInstanceLoopCharacteristics></userTask><userTask id="z"/><endEvent id="e"/>'
            + flows("s v z e")
        )
    )

    assert _refused(instance, "v", "z") == "repeated"


def test_a_task_that_waits_no_more_is_refused() -> None:
    instance = begin(DRAWN, ASKED)
    (token,) = instance.user_tasks()
    do(instance, "a", ASKED)

    with pytest.raises(RunError):
        instance.reroute(token.task_id, "c")


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(block=blocks, data=st.data())
def test_wherever_a_token_is_sent_the_process_still_comes_to_its_end(
    block: object, data: st.DataObject
) -> None:
    content, variables = diagram(block)
    bundle = load({"p.bpmn": content})
    elements = sorted(bundle.processes["p"].elements)
    instance = Instance.create(bundle, "p", variables)
    instance.run(Services(), NOW, max_steps=5000)
    for round_number in range(60):
        waiting = instance.user_tasks()
        if not waiting:
            break
        token = data.draw(st.sampled_from(waiting)) if round_number < 12 else waiting[0]
        if round_number < 6 and data.draw(st.booleans()):
            before = instance.dump()
            try:
                instance.reroute(token.task_id, data.draw(st.sampled_from(elements)))
            except RerouteRefused:
                assert at(again(instance)) == at(Instance.restore(bundle, before))
                continue
        else:
            instance.complete(token.task_id, {"v0": 5, f"v1_{token.element_id}": 1})
        instance.run(Services(), NOW, max_steps=5000)
        instance = again(instance)
    assert instance.ended or instance.user_tasks()
