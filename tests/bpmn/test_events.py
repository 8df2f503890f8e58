"""Errors, escalations, signals, messages and conditions within a diagram."""

from engine.bpmn import load
from tests.bpmn.diagrams import NOW, Services, again, at, begin, bpmn, do, flow, flows, process, service

ERROR = '<error id="err" name="No" errorCode="no"/><error id="err2" name="Other" errorCode="other"/>'
ESCALATION = '<escalation id="esc" name="Late" escalationCode="late"/>'


def inside(end: str, borders: str, before: str) -> bytes:
    return process(
        '<startEvent id="s"/><subProcess id="sub"><startEvent id="ss"/><userTask id="u"/>'
        f"{end}" + flows("ss u se") + "</subProcess>"
        '<userTask id="normal"/><userTask id="caught"/><userTask id="any"/><endEvent id="e"/>' + borders
        + flows("s sub normal e", "caught e", "any e"),
        before=before,
    )  # fmt: skip


def border(event_id: str, inner: str, target: str, mark: str = "") -> str:
    return f'<boundaryEvent id="{event_id}" attachedToRef="sub" {mark}>{inner}</boundaryEvent>' + flows(
        f"{event_id} {target}"
    )


RAISE = '<endEvent id="se"><errorEventDefinition errorRef="err"/></endEvent>'


def test_an_error_end_leaves_by_the_boundary_event_with_its_code() -> None:
    borders = border("b0", "<errorEventDefinition/>", "any") + border(
        "b1", '<errorEventDefinition errorRef="err"/>', "caught"
    )
    instance = again(begin(inside(RAISE, borders, ERROR)))

    do(instance, "u")

    assert at(instance) == ["caught"]


def test_an_error_of_another_code_goes_to_the_event_for_any() -> None:
    borders = border("b0", "<errorEventDefinition/>", "any") + border(
        "b1", '<errorEventDefinition errorRef="err2"/>', "caught"
    )
    instance = again(begin(inside(RAISE, borders, ERROR)))

    do(instance, "u")

    assert at(instance) == ["any"]


def test_an_escalation_need_not_interrupt() -> None:
    throw = (
        '<intermediateThrowEvent id="se"><escalationEventDefinition escalationRef="esc"/></intermediateThrowEvent>'
        '<userTask id="u2"/><endEvent id="see"/>' + flows("se u2 see")
    )
    borders = border(
        "b", '<escalationEventDefinition escalationRef="esc"/>', "caught", 'cancelActivity="false"'
    )
    instance = begin(inside(throw, borders, ESCALATION))

    do(instance, "u")

    assert at(instance) == ["caught", "u2"]


def test_an_error_reaches_the_caller_of_a_process() -> None:
    called = bpmn(
        '<error id="x" name="No" errorCode="no"/>'
        + '<process id="q" isExecutable="true"><startEvent id="qs"/><endEvent id="qe">'
        '<errorEventDefinition errorRef="x"/></endEvent>' + flows("qs qe") + "</process>"
    )
    caller = process(
        '<startEvent id="s"/><callActivity id="sub" calledElement="q"/><userTask id="normal"/><userTask id="caught"/><endEvent id="e"/>'
        + border("b", '<errorEventDefinition errorRef="err"/>', "caught")
        + flows("s sub normal e", "caught e"),
        before=ERROR,
    )

    assert at(begin(load({"p.bpmn": caller, "q.bpmn": called}))) == ["caught"]


def test_a_signal_reaches_every_waiting_branch() -> None:
    diagram = process(
        '<startEvent id="s"/><parallelGateway id="g"/><userTask id="u"/>'
        '<intermediateThrowEvent id="t"><signalEventDefinition signalRef="sig"/></intermediateThrowEvent>'
        '<intermediateCatchEvent id="c1"><signalEventDefinition signalRef="sig"/></intermediateCatchEvent>'
        '<intermediateCatchEvent id="c2"><signalEventDefinition signalRef="sig"/></intermediateCatchEvent>'
        '<userTask id="u1"/><userTask id="u2"/><endEvent id="e"/>'
        + flows("s g u t e", "g c1 u1 e", "g c2 u2 e"),
        before='<signal id="sig" name="Go"/>',
    )
    instance = again(begin(diagram))

    do(instance, "u")

    assert at(instance) == ["u1", "u2"]


def test_a_message_thrown_is_caught_in_the_same_case() -> None:
    diagram = process(
        '<startEvent id="s"/><parallelGateway id="g"/><userTask id="u"/><sendTask id="t" messageRef="m"/>'
        '<receiveTask id="c" messageRef="m"/><userTask id="u1"/><endEvent id="e"/>'
        + flows("s g u t e", "g c u1 e"),
        before='<message id="m" name="go"/>',
    )
    instance = again(begin(diagram))

    do(instance, "u")

    assert at(instance) == ["u1"]


def test_a_condition_fires_when_it_becomes_true() -> None:
    diagram = process(
        '<startEvent id="s"/><userTask id="u"/><intermediateCatchEvent id="c"><conditionalEventDefinition>'
        "<condition>n > 1</condition></conditionalEventDefinition></intermediateCatchEvent><userTask id='z'/><endEvent id='e'/>"
        + flows("s u c z e")
    )
    instance = begin(diagram, n=0)

    do(instance, "u", n=2)

    assert at(instance) == ["z"]


def test_a_process_may_begin_with_a_message() -> None:
    diagram = process(
        '<startEvent id="s"><messageEventDefinition messageRef="m"/></startEvent><userTask id="u"/><endEvent id="e"/>'
        + flows("s u e"),
        before='<message id="m" name="report"/>',
    )
    instance = again(begin(diagram))
    assert [token.element_id for token in instance.messages()] == ["s"]

    instance.send_message("report", {"text": "a lamp"})
    instance.run(Services(), NOW)

    assert (at(instance), instance.variables) == (["u"], {"text": "a lamp"})


def test_a_message_goes_to_the_one_task_it_is_addressed_to() -> None:
    diagram = process(
        '<startEvent id="s"/><parallelGateway id="g"/><receiveTask id="c1" messageRef="m"/><receiveTask id="c2" messageRef="m"/>'
        '<userTask id="u1"/><userTask id="u2"/><endEvent id="e"/>' + flows("s g c1 u1 e", "g c2 u2 e"),
        before='<message id="m" name="go"/>',
    )
    instance = begin(diagram)
    token = next(token for token in instance.messages() if token.element_id == "c2")

    assert instance.send_message("go", {}, token.task_id)
    instance.run(Services(), NOW)

    assert at(instance) == ["u2"]


def test_an_interrupted_vote_takes_everything_below_it_away() -> None:
    diagram = process(
        '<startEvent id="s"/><subProcess id="sub"><startEvent id="ss"/><parallelGateway id="g"/><userTask id="u"/>'
        '<receiveTask id="r" messageRef="m2"/><endEvent id="se"/>' + flows("ss g u se", "g r se")
        + "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></subProcess>"
        '<userTask id="caught"/><endEvent id="e"/>'
        + border("b", '<messageEventDefinition messageRef="m"/>', "caught") + flows("s sub e", "caught e"),
        before='<message id="m" name="stop"/><message id="m2" name="go"/>',
    )  # fmt: skip
    instance = begin(diagram)
    assert (at(instance), len(instance.messages())) == (["u"] * 3, 4)

    instance.send_message("stop", {})
    instance.run(Services(), NOW)

    assert (at(instance), instance.messages(), instance._workflow.subprocesses) == (["caught"], [], {})


def test_a_terminate_end_in_a_subprocess_ends_only_that() -> None:
    diagram = process(
        '<startEvent id="s"/><subProcess id="sub"><startEvent id="ss"/><parallelGateway id="g"/><userTask id="u"/><userTask id="v"/>'
        '<endEvent id="se"><terminateEventDefinition/></endEvent>' + flows("ss g u se", "g v se") + "</subProcess>"
        '<userTask id="z"/><endEvent id="e"/>' + flows("s sub z e")
    )  # fmt: skip
    instance = again(begin(diagram))

    do(instance, "u", done=1)

    assert (at(instance), instance.variables) == (["z"], {"done": 1})


def test_an_inclusive_gateway_takes_every_way_whose_condition_holds_in_every_round() -> None:
    diagram = process(
        '<startEvent id="s"/><exclusiveGateway id="m"/><inclusiveGateway id="fork" default="fork_c"/>'
        '<userTask id="a"/><userTask id="b"/><userTask id="c"/><inclusiveGateway id="join"/><exclusiveGateway id="x"/><endEvent id="e"/>'
        + flows("s m fork", "fork c join", "a join x", "b join") + flow("fork", "a", "n > 0") + flow("fork", "b", "n > 1")
        + flow("x", "m", "n < 3") + flow("x", "e", "n >= 3")
    )  # fmt: skip
    instance = begin(diagram, n=0)
    seen = []
    for n in (1, 2, 3):
        seen.append(at(instance))
        for name in at(instance):
            do(instance, name, n=n)
            instance = again(instance)

    assert seen == [["c"], ["a"], ["a", "b"]]
    assert instance.ended


def test_nothing_runs_after_a_terminate_end() -> None:
    diagram = process(
        '<startEvent id="s"/><parallelGateway id="g"/><endEvent id="e"><terminateEventDefinition/></endEvent>'
        + service("t", "note")
        + '<endEvent id="e2"/>'
        + flows("s g e", "g t e2")
    )
    host = Services(note=lambda: 1)

    instance = begin(diagram, host)

    assert (instance.ended, instance.end_events, host.calls) == (True, ["e"], [])
