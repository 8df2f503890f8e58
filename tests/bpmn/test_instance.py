"""The life of an instance as the rest of the house drives it."""

import pytest

from engine.bpmn import PENDING, BpmnError, Instance, RunError, StateError
from tests.bpmn.diagrams import (
    HOUR,
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

LINE = process(
    '<startEvent id="s"/><userTask id="a" name="First"/><userTask id="b"/><endEvent id="e"/>'
    + flows("s a b e")
)

VOIDABLE = process(
    '<startEvent id="s"/><parallelGateway id="split"/>'
    '<userTask id="handle"/><userTask id="check"/><exclusiveGateway id="good"/>'
    '<endEvent id="closed"><terminateEventDefinition/></endEvent>'
    '<intermediateCatchEvent id="void"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
    '<endEvent id="voided"><terminateEventDefinition/></endEvent>'
    + flows("s split handle check good", "split void voided")
    + flow("good", "closed", "ok")
    + flow("good", "handle", "not ok"),
    before='<message id="m" name="case.void"/>',
)


def test_user_tasks_come_one_after_another() -> None:
    instance = begin(LINE)

    assert at(instance) == ["a"]
    do(instance, "a")
    assert at(instance) == ["b"]
    do(instance, "b")
    assert instance.ended


def test_token_describes_the_element() -> None:
    instance = begin(LINE, place="here")

    [token] = instance.user_tasks()

    assert (token.name, token.kind, token.variables) == ("First", "userTask", {"place": "here"})


def test_form_values_become_variables() -> None:
    instance = begin(LINE)

    do(instance, "a", votes=["x"])

    assert instance.variables == {"votes": ["x"]}


def test_a_list_is_replaced_and_not_merged() -> None:
    instance = begin(LINE, votes=["a", "b"])

    do(instance, "a", votes=["c"])

    assert instance.variables["votes"] == ["c"]


def test_completing_twice_is_refused() -> None:
    instance = begin(LINE)
    [token] = instance.user_tasks()
    instance.complete(token.task_id, {})

    with pytest.raises(RunError, match="does not wait"):
        instance.complete(token.task_id, {})


def test_visits_count_elements_and_flows() -> None:
    instance = begin(LINE)
    do(instance, "a", now=NOW + HOUR)

    visited = instance.visited

    assert {key: visit.count for key, visit in visited.items()} == {"s": 1, "s_a": 1, "a": 1, "a_b": 1}
    assert visited["a"].last == NOW + HOUR


def test_a_stored_instance_goes_on() -> None:
    instance = again(begin(LINE, n=1))

    do(instance, "a", n=2)
    instance = again(instance)
    do(instance, "b")

    assert (instance.ended, instance.variables, instance.end_events) == (True, {"n": 2}, ["e"])


def test_task_ids_survive_storing() -> None:
    instance = begin(LINE)

    assert [token.task_id for token in again(instance).user_tasks()] == [
        token.task_id for token in instance.user_tasks()
    ]


def test_rework_goes_back_and_closes_at_last() -> None:
    instance = begin(VOIDABLE)
    for ok in (False, False, True):
        do(instance, "handle")
        instance = again(instance)
        do(instance, "check", ok=ok)

    assert (instance.ended, instance.end_events) == (True, ["closed"])
    assert instance.visited["handle"].count == 3


def test_a_message_voids_the_case_whatever_it_does() -> None:
    instance = again(begin(VOIDABLE))
    do(instance, "handle")

    caught = instance.send_message("case.void", {"reason": "twice reported"})
    instance.run(Services(), NOW)

    assert caught
    assert (instance.ended, instance.end_events, at(instance)) == (True, ["voided"], [])
    assert instance.variables["reason"] == "twice reported"


def test_a_waiting_message_is_listed_with_its_name() -> None:
    [token] = begin(VOIDABLE).messages()

    assert (token.element_id, token.message) == ("void", "case.void")


def test_a_message_nobody_waits_for_is_not_caught() -> None:
    assert not begin(VOIDABLE).send_message("other", {})


def test_a_service_answers_at_once() -> None:
    diagram = process(
        '<startEvent id="s"/>'
        + service("t", "add", "a=n;b=2", "sum")
        + '<userTask id="u"/><endEvent id="e"/>'
        + flows("s t u e")
    )

    instance = begin(diagram, Services(add=lambda a, b: a + b), n=1)

    assert instance.variables == {"n": 1, "sum": 3}


PENDING_SERVICE = process(
    '<startEvent id="s"/>'
    + service("t", "later", "", "answer")
    + '<userTask id="u"/><userTask id="manual"/><endEvent id="e"/>'
    '<boundaryEvent id="failed" attachedToRef="t"><errorEventDefinition errorRef="err"/></boundaryEvent>'
    + flows("s t u e", "failed manual e"),
    before='<error id="err" name="No" errorCode="no"><extensionElements><spiffworkflow:variableName>why'
    "</spiffworkflow:variableName></extensionElements></error>",
)


def test_a_pending_service_waits_for_its_answer() -> None:
    instance = again(begin(PENDING_SERVICE, Services(later=lambda: PENDING)))
    [token] = instance.pending_services()

    instance.resume(token.task_id, {"x": [1]})
    instance.run(Services(), NOW)

    assert at(instance) == ["u"]
    assert instance.variables == {"answer": {"x": [1]}}


def test_a_pending_service_can_end_with_a_bpmn_error() -> None:
    instance = again(begin(PENDING_SERVICE, Services(later=lambda: PENDING)))
    [token] = instance.pending_services()

    instance.fail(token.task_id, BpmnError("no", payload={"cause": 1}))
    instance.run(Services(), NOW)

    assert at(instance) == ["manual"]
    assert instance.variables == {"why": {"cause": 1}}


def test_an_error_of_a_service_takes_the_boundary_event() -> None:
    def refuse() -> None:
        raise BpmnError("no", payload="closed")

    instance = begin(PENDING_SERVICE, Services(later=refuse))

    assert (at(instance), instance.pending_services()) == (["manual"], [])


def test_an_error_nobody_catches_comes_out() -> None:
    def refuse() -> None:
        raise BpmnError("other")

    with pytest.raises(BpmnError, match="other"):
        begin(PENDING_SERVICE, Services(later=refuse))


def test_any_other_exception_of_the_host_comes_out_unchanged() -> None:
    def fail() -> None:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        begin(PENDING_SERVICE, Services(later=fail))


def test_an_exception_of_the_host_keeps_its_cause() -> None:
    def fail() -> None:
        raise OSError("disk") from ValueError("full")

    with pytest.raises(OSError, match="disk") as caught:
        begin(PENDING_SERVICE, Services(later=fail))

    assert str(caught.value.__cause__) == "full"


def test_an_error_is_caught_only_on_the_task_that_raised_it() -> None:
    boundary = (
        '<boundaryEvent id="x{0}" attachedToRef="t{0}"><errorEventDefinition errorRef="err"/></boundaryEvent>'
    )
    diagram = process(
        '<startEvent id="s"/><parallelGateway id="g"/>'
        + service("t1", "later")
        + service("t2", "refuse")
        + boundary.format(1)
        + boundary.format(2)
        + '<userTask id="u1"/><userTask id="u2"/><endEvent id="e"/>'
        + flows("s g t1 e", "g t2 e", "x1 u1 e", "x2 u2 e"),
        before='<error id="err" name="No" errorCode="no"/>',
    )

    def refuse() -> None:
        raise BpmnError("no")

    instance = begin(diagram, Services(later=lambda: PENDING, refuse=refuse))

    assert at(instance) == ["u2"]
    assert [token.element_id for token in instance.pending_services()] == ["t1"]


def test_a_gateway_without_a_way_names_itself() -> None:
    diagram = process(
        '<startEvent id="s"/><exclusiveGateway id="g"/><endEvent id="e"/><endEvent id="f"/>'
        + flows("s g")
        + flow("g", "e", "n == 1")
        + flow("g", "f", "n == 2")
    )

    with pytest.raises(RunError, match="no condition is true") as caught:
        begin(diagram, n=3)

    assert caught.value.element_id == "g"


def test_a_wrong_expression_names_its_element() -> None:
    diagram = process(
        '<startEvent id="s"/><scriptTask id="t"><script>a = missing</script></scriptTask><endEvent id="e"/>'
        + flows("s t e")
    )

    with pytest.raises(RunError, match="no variable 'missing'") as caught:
        begin(diagram)

    assert caught.value.element_id == "t"


def test_an_endless_loop_is_stopped() -> None:
    diagram = process(
        '<startEvent id="s"/><exclusiveGateway id="g"/><scriptTask id="t"><script>a = 1</script></scriptTask><endEvent id="e"/>'
        + flows("s g", "t g")
        + flow("g", "t", "True")
        + flow("g", "e", "False")
    )

    with pytest.raises(RunError, match="more than 200 steps"):
        begin(diagram)


@pytest.mark.parametrize(
    "value", [{1, 2}, {"typename": "UUID"}, float("nan"), 2**70, {1: 2}, b"x", "\ud800", NOW]
)
def test_a_variable_that_is_no_json_is_refused_by_name(value: object) -> None:
    with pytest.raises(RunError, match="'photo'"):
        begin(LINE, photo=value)


def test_a_state_of_another_bundle_is_refused() -> None:
    blob = begin(LINE).dump()

    with pytest.raises(StateError, match="another version"):
        Instance.restore(definitions(VOIDABLE), blob)


def test_a_damaged_state_is_refused() -> None:
    with pytest.raises(StateError, match="damaged"):
        Instance.restore(definitions(LINE), b"nonsense")


def test_a_message_catch_may_lead_back_to_itself() -> None:
    diagram = process(
        '<startEvent id="s"/><parallelGateway id="split"/><userTask id="u"/>'
        '<endEvent id="e"><terminateEventDefinition/></endEvent>'
        '<intermediateCatchEvent id="note"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
        + service("keep", "keep", "text=text", "kept")
        + flows("s split u e", "split note keep note"),
        before='<message id="m" name="note"/>',
    )
    host = Services(keep=lambda text: text)
    instance = begin(diagram, host)
    for number in range(5):
        instance = again(instance)
        assert instance.send_message("note", {"text": f"n{number}"})
        instance.run(host, NOW)

    assert [call[1]["text"] for call in host.calls] == ["n0", "n1", "n2", "n3", "n4"]
    do(instance, "u")
    assert instance.ended


def test_a_process_that_calls_itself_is_stopped() -> None:
    content = process(
        '<startEvent id="s"/><userTask id="a"/><callActivity id="down" calledElement="p"/><endEvent id="e"/>'
        + flows("s down a e")
    )

    with pytest.raises(RunError, match="inside one another"):
        begin(content)


MANY = process(
    '<startEvent id="s"/><serviceTask id="ask"><extensionElements><spiffworkflow:serviceTaskOperator id="ask" resultVariable="got">'
    "<spiffworkflow:parameters/></spiffworkflow:serviceTaskOperator></extensionElements>"
    "<multiInstanceLoopCharacteristics><loopCardinality>500</loopCardinality></multiInstanceLoopCharacteristics></serviceTask>"
    '<endEvent id="e"/>' + flows("s ask e")
)


def test_500_instances_at_once_are_no_endless_loop() -> None:
    host = Services(ask=lambda: 1)

    assert begin(MANY, host).ended
    assert len(host.calls) == 500


def test_500_background_tasks_are_asked_at_once() -> None:
    instance = begin(MANY, Services(ask=lambda: PENDING))

    assert len(again(instance).pending_services()) == 500


def test_variables_that_take_too_much_together_are_refused() -> None:
    (token,) = (instance := begin(LINE)).user_tasks()

    with pytest.raises(RunError, match="KB together"):
        instance.complete(token.task_id, {f"v{number}": "x" * 900_000 for number in range(3)})
