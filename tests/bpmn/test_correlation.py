"""Keyed messages and signals at the border of a case: what leaves it, and what it waits for."""

import pytest

from engine.bpmn import Instance, RunError, Sent, Subscription, lint
from tests.bpmn.diagrams import NOW, Services, again, at, begin, do, flows, process

MESSAGE = '<message id="m" name="x.done"/><message id="m2" name="x.failed"/><signal id="g" name="storm"/>'


def keyed(kind: str, element_id: str, inner: str, **properties: str) -> str:
    """An element with properties."""
    given = "".join(f'<spiffworkflow:property name="{n}" value="{v}"/>' for n, v in properties.items())
    holder = (
        f"<extensionElements><spiffworkflow:properties>{given}</spiffworkflow:properties></extensionElements>"
    )
    return f'<{kind} id="{element_id}">{holder}{inner}</{kind}>'


def message(reference: str = "m", payload: str = "") -> str:
    inner = f"<spiffworkflow:messagePayload>{payload}</spiffworkflow:messagePayload>" if payload else ""
    return f'<messageEventDefinition messageRef="{reference}"><extensionElements>{inner}</extensionElements></messageEventDefinition>'


def line(inner: str, chain: str, *more: str) -> bytes:
    return process(f'<startEvent id="s"/>{inner}<endEvent id="e"/>' + flows(chain, *more), before=MESSAGE)


CATCH = keyed("intermediateCatchEvent", "c", message(), correlation="key")
WAITS = line(CATCH + '<userTask id="u"/>', "s c u e")


def only(instance: Instance) -> Subscription:
    (found,) = instance.subscriptions()
    return found


def test_a_keyed_catch_waits_under_the_key_that_its_expression_gives() -> None:
    instance = again(begin(WAITS, key="city-7"))

    found = only(instance)

    assert (found.kind, found.name, found.key) == ("message", "x.done", "city-7")


def test_a_number_may_be_a_key() -> None:
    assert only(begin(WAITS, key=17)).key == "17"


@pytest.mark.parametrize("key", ["", None, True, 1.5, "x" * 201, ["a"]])
def test_what_is_no_key_stops_the_process(key: object) -> None:
    with pytest.raises(RunError, match="key is a text"):
        begin(WAITS, key=key)


def test_a_catch_without_a_key_waits_for_nobody_outside() -> None:
    plain = CATCH.replace('name="correlation"', 'name="other"')

    assert begin(line(plain + '<userTask id="u"/>', "s c u e"), key="a").subscriptions() == []


def test_what_a_task_waits_for_is_handed_to_it_once() -> None:
    instance = again(begin(WAITS, key="a"))
    wanted = only(instance)

    assert instance.hand(wanted, {"n": 1})
    instance.run(Services(), NOW)

    assert (at(instance), instance.variables["n"], instance.hand(wanted, {})) == (["u"], 1, False)


def test_a_key_stays_what_it_was_when_the_wait_began() -> None:
    border = keyed("boundaryEvent", "b", message(), correlation="key").replace(
        'id="b"', 'id="b" attachedToRef="u"'
    )
    diagram = line(
        '<parallelGateway id="f"/><userTask id="u"/><userTask id="v"/><userTask id="z"/>' + border,
        "s f u e",
        "f v e",
        "b z e",
    )
    instance = begin(diagram, key="a")

    do(instance, "v", key="b")

    assert only(again(instance)).key == "a"


def test_each_message_behind_a_gateway_has_its_own_key() -> None:
    second = keyed("intermediateCatchEvent", "c2", message("m2"), correlation="other")
    diagram = line(
        '<eventBasedGateway id="w"/>' + CATCH + second + '<userTask id="u"/><userTask id="u2"/>',
        "s w c u e",
        "w c2 u2 e",
    )
    instance = again(begin(diagram, key="a", other="b"))
    found = {one.name: one for one in instance.subscriptions()}
    assert {name: one.key for name, one in found.items()} == {"x.done": "a", "x.failed": "b"}

    instance.hand(found["x.failed"], {})
    instance.run(Services(), NOW)

    assert (at(instance), instance.subscriptions()) == (["u2"], [])


def test_a_keyed_throw_leaves_the_case() -> None:
    throw = keyed(
        "intermediateThrowEvent", "t", message(payload="{'n': n + 1}"), correlation="key", to="'east'"
    )
    instance = begin(line(throw + '<userTask id="u"/>', "s t u e"), key="a", n=1)

    (sent,) = instance.take_sent()

    assert sent == Sent(sent.task_id, "t", "message", "x.done", "a", {"n": 2}, "east")
    assert instance.take_sent() == []


@pytest.mark.parametrize("kind", ["sendTask", "endEvent"])
def test_a_send_task_and_an_end_event_send_too(kind: str) -> None:
    throw = keyed(kind, "t", "" if kind == "sendTask" else message(), correlation="key")
    throw = throw.replace('<sendTask id="t"', '<sendTask id="t" messageRef="m"')
    diagram = (
        line(throw, "s t e")
        if kind == "sendTask"
        else process(f'<startEvent id="s"/>{throw}' + flows("s t"), before=MESSAGE)
    )

    (sent,) = begin(diagram, key="a").take_sent()

    assert (sent.name, sent.key, sent.to) == ("x.done", "a", None)


def test_a_keyed_message_passes_by_what_waits_in_its_own_case_without_asking_its_key() -> None:
    throw = keyed("intermediateThrowEvent", "t", message(), correlation="'b'")
    diagram = line('<parallelGateway id="f"/><userTask id="u"/>' + CATCH + throw, "s f c e", "f u t e")
    instance = begin(diagram, key="a")

    do(instance, "u")

    assert (only(instance).key, [sent.key for sent in instance.take_sent()]) == ("a", ["b"])


def test_a_signal_reaches_its_own_case_and_leaves_it() -> None:
    storm = '<signalEventDefinition signalRef="g"/>'
    diagram = line(
        '<parallelGateway id="f"/><userTask id="u"/>'
        f'<intermediateThrowEvent id="t">{storm}</intermediateThrowEvent>'
        f'<intermediateCatchEvent id="c">{storm}</intermediateCatchEvent><userTask id="z"/>',
        "s f u t e",
        "f c z e",
    )  # fmt: skip
    instance = begin(diagram)
    assert only(again(instance)).kind == "signal"

    do(instance, "u")

    assert (at(instance), [sent.name for sent in instance.take_sent()]) == (["z"], ["storm"])


def test_a_signal_is_handed_to_a_task_that_waits_for_it() -> None:
    catch = '<intermediateCatchEvent id="c"><signalEventDefinition signalRef="g"/></intermediateCatchEvent>'
    instance = again(begin(line(catch + '<userTask id="u"/>', "s c u e")))

    instance.hand(only(instance), {"level": 3})
    instance.run(Services(), NOW)

    assert (at(instance), instance.variables) == (["u"], {"level": 3})


def test_a_key_is_reckoned_anew_in_every_round() -> None:
    diagram = line(
        CATCH + '<userTask id="u"/><exclusiveGateway id="x"/><exclusiveGateway id="m1"/>', "s m1 c u x"
    )
    diagram = diagram.replace(
        b"</bpmn:process>",
        b'<bpmn:sequenceFlow id="back" sourceRef="x" targetRef="m1"><bpmn:conditionExpression>again</bpmn:conditionExpression></bpmn:sequenceFlow>'
        b'<bpmn:sequenceFlow id="on" sourceRef="x" targetRef="e"><bpmn:conditionExpression>not again</bpmn:conditionExpression></bpmn:sequenceFlow></bpmn:process>',
    )
    instance = begin(diagram, key="a")
    instance.hand(only(instance), {})
    instance.run(Services(), NOW)

    do(instance, "u", key="b", again=True)

    assert only(again(instance)).key == "b"


def rules(content: bytes) -> dict[str, tuple[str | None, str]]:
    found: dict[str, tuple[str | None, str]] = {
        one.rule: (one.element_id, one.severity) for one in lint({"p.bpmn": content})
    }
    found.pop("missing-name", None)
    found.pop("no-lane", None)
    return found


THROW = keyed("intermediateThrowEvent", "t", message(), correlation="key")


@pytest.mark.parametrize(
    ("rule", "content", "severity"),
    [
        ("message-from-nobody", line(CATCH.replace("correlation", "other"), "s c e"), "warning"),
        ("correlation-start", WAITS.replace(b'<bpmn:startEvent id="s"/>', (
            b'<bpmn:startEvent id="s"><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="correlation" value="key"/>'
            b'</spiffworkflow:properties></bpmn:extensionElements><bpmn:messageEventDefinition messageRef="m2"/></bpmn:startEvent>')), "error"),
        ("correlation-place", line(keyed("userTask", "t", "", correlation="key"), "s t e"), "error"),
        ("correlation-place", line(keyed("intermediateCatchEvent", "t", '<signalEventDefinition signalRef="g"/>', correlation="key"), "s t e"), "error"),
        ("message-to", line(keyed("intermediateCatchEvent", "t", message(), correlation="key", to="'a'"), "s t e"), "error"),
        ("message-to", line(THROW.replace('name="correlation" value="key"', 'name="to" value="key"'), "s t e"), "error"),
        ("correlation-mixed", line('<parallelGateway id="f"/>' + CATCH + THROW.replace("correlation", "other"), "s f c e", "f t e"), "error"),
        ("expression", line(CATCH.replace('value="key"', 'value="import os"'), "s c e"), "error"),
        ("correlation", line(CATCH.replace('value="key"', 'value=" "'), "s c e"), "error"),
    ],
)  # fmt: skip
def test_the_lint_finds_what_would_go_wrong_silently(rule: str, content: bytes, severity: str) -> None:
    found = rules(content)

    assert rule in found, found
    assert found[rule][1] == severity
    assert all(one.line for one in lint({"p.bpmn": content}))


@pytest.mark.parametrize("content", [WAITS, line(THROW, "s t e"), line(CATCH + THROW, "s c t e")])
def test_keyed_messages_have_no_findings(content: bytes) -> None:
    assert rules(content) == {}


BORDER = keyed("boundaryEvent", "b", message(), correlation="key").replace(
    'id="b"', 'id="b" attachedToRef="u" cancelActivity="false"'
)
HEARS = line('<userTask id="u"/><userTask id="z"/><userTask id="v"/>' + BORDER, "s u v e", "b z e")


def test_a_border_that_does_not_interrupt_hears_every_message() -> None:
    instance = begin(HEARS, key="a")

    for n in range(3):
        instance = again(instance)
        instance.hand(only(instance), {"n": n})
        instance.run(Services(), NOW)

    assert at(instance) == ["u", "z", "z", "z"]
    assert only(instance).key == "a"


def test_it_hears_no_more_when_its_activity_is_done() -> None:
    instance = begin(HEARS, key="a")
    instance.hand(only(instance), {})
    instance.run(Services(), NOW)

    do(instance, "u")

    assert (at(instance), again(instance).subscriptions()) == (["v", "z"], [])
    for element_id in ("v", "z"):
        do(instance, element_id)
    assert instance.ended


def test_a_message_in_the_step_that_ends_the_activity_leaves_nobody_waiting() -> None:
    instance = begin(HEARS, key="a")
    (token,) = instance.user_tasks()

    instance.hand(only(instance), {})
    instance.complete(token.task_id, {})
    instance.run(Services(), NOW)

    assert (at(instance), instance.subscriptions()) == (["v", "z"], [])


def test_a_signal_thrown_behind_its_own_border_does_not_go_round_for_ever() -> None:
    storm = '<signalEventDefinition signalRef="g"/>'
    diagram = line(
        f'<userTask id="u"/><boundaryEvent id="b" attachedToRef="u" cancelActivity="false">{storm}</boundaryEvent>'
        '<userTask id="z"/>',
        "s u e",
        "b z e",
    )
    instance = begin(diagram)

    for _ in range(2):
        instance.hand(only(instance), {})
        instance.run(Services(), NOW)

    assert at(again(instance)) == ["u", "z", "z"]


def test_of_two_messages_with_which_a_process_begins_one_is_enough() -> None:
    diagram = process(
        f'<startEvent id="s">{message()}</startEvent><startEvent id="s2">{message("m2")}</startEvent>'
        '<userTask id="u"/><exclusiveGateway id="x"/><endEvent id="e"/>' + flows("s x u e", "s2 x"),
        before=MESSAGE,
    )  # fmt: skip
    instance = begin(diagram)

    instance.send_message("x.failed", {})
    instance.run(Services(), NOW)
    do(instance, "u")

    assert instance.ended
