"""Each rule of the lint finds what it is for, at its element; and a sound diagram is let through."""

import pytest

from engine.bpmn import Finding, OperationSignature, lint, load
from tests.bpmn.diagrams import bpmn, flow, flows, process, service

START = '<startEvent id="s"/>'
USER = '<userTask id="u" name="Do"/>'
LANE = '<laneSet id="ls"><lane id="l" name="Acceptor"><flowNodeRef>u</flowNodeRef></lane></laneSet>'
END = '<endEvent id="e"/>'
BODY = LANE + START + USER + END
LINE = flows("s u e")
MESSAGE = '<message id="m" name="note"/>'
ERROR = '<error id="err" name="No" errorCode="no"/>'


def catch(event_id: str, inner: str = '<messageEventDefinition messageRef="m"/>') -> str:
    return f'<intermediateCatchEvent id="{event_id}">{inner}</intermediateCatchEvent>'


def timer(kind: str, text: str) -> str:
    return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"


def border(inner: str, mark: str = "") -> str:
    return (
        f'<boundaryEvent id="b" attachedToRef="u" {mark}>{inner}</boundaryEvent><endEvent id="be"/>'
        + flows("b be")
    )


def throw(inner: str) -> bytes:
    return process(
        f'{BODY}<intermediateThrowEvent id="x">{inner}</intermediateThrowEvent>' + flows("s u x e"),
        MESSAGE + ERROR,
    )


def between(inner: str, before: str = "") -> bytes:
    """A process that leads from the user task over x to the end."""
    return process(BODY + inner + flows("s u x e"), before)


def choice(first: str | None, second: str | None, mark: str = "") -> bytes:
    return process(
        f'{BODY}<exclusiveGateway id="x" {mark}/><endEvent id="f"/>'
        + flows("s u x")
        + flow("x", "e", first)
        + flow("x", "f", second)
    )


def subprocess(inner: str, mark: str = "") -> str:
    return f'<subProcess id="x" {mark}>{inner}</subProcess>'


def repeated(inner: str) -> bytes:
    return process(LANE + START + f'<userTask id="u" name="Do">{inner}</userTask>' + END + LINE)


def many(inner: str) -> bytes:
    return repeated(f"<multiInstanceLoopCharacteristics>{inner}</multiInstanceLoopCharacteristics>")


def called(inner: str) -> bytes:
    return between(inner.replace("<task ", "<serviceTask ").replace("</task>", "</serviceTask>"))


SOUND = process(
    BODY
    + service("x", "note", "text='a'")
    + '<exclusiveGateway id="g" default="g_e"/>'
    + '<boundaryEvent id="b" attachedToRef="u" cancelActivity="false">'
    + timer("timeCycle", "R3/PT1H")
    + '</boundaryEvent><endEvent id="be"/>'
    + flows("s u x g e", "b be")
    + flow("g", "u", "result != 'done'")
)

KEYED = (
    "<extensionElements><spiffworkflow:properties>"
    '<spiffworkflow:property name="correlation" value="1"/>'
    "</spiffworkflow:properties></extensionElements>"
    '<messageEventDefinition messageRef="m"/>'
)
EVENT_CHOICE = (
    '<eventBasedGateway id="x"/>'
    + catch("c1", KEYED)
    + catch("c2", timer("timeDuration", "PT1H"))
    + flows("s u x c1 e", "x c2 e")
)

CASES: list[tuple[str, str | None, bytes]] = [
    ("duplicate-id", "u", process(BODY + USER + LINE)),
    ("missing-id", None, process(BODY + LINE + "<userTask name='x'/>")),
    ("not-executable", "p", bpmn(f'<process id="p" isExecutable="false">{BODY}{LINE}</process>')),
    ("no-process", None, bpmn(MESSAGE)),
    ("no-start", "p", process(LANE + USER + END + flows("u e"))),
    ("no-start", "x", between(subprocess('<endEvent id="y"/>'))),
    ("several-starts", "s2", process(BODY + LINE + '<startEvent id="s2"/>' + flows("s2 u"))),
    ("start-kind", "s", process(f'<startEvent id="s">{timer("timeDuration", "PT1H")}</startEvent>{LANE}{USER}{END}{LINE}')),
    ("start-incoming", "s", process(BODY + '<exclusiveGateway id="x"/>' + flows("s u x e") + flow("x", "s", "a"))),
    ("no-end", "p", process(LANE + START + USER + flows("s u"))),
    ("end-outgoing", "e", process(BODY + LINE + flows("e u"))),
    ("dead-end", "v", process(BODY + '<manualTask id="v" name="V"/><parallelGateway id="g"/>' + flows("s g u e", "g v"))),
    ("dangling-flow", "u_gone", process(BODY + flows("s u") + flow("u", "gone"))),
    ("dangling-flow", "_u", process(BODY + LINE + flow("", "u"))),
    ("dangling-flow", "s_y", process(BODY + LINE + subprocess('<startEvent id="y"/><endEvent id="z"/>' + flows("y z")) + flow("s", "y"))),
    ("unreachable", "v", process(BODY + LINE + '<manualTask id="v" name="V"/>' + flows("v e"))),
    ("missing-name", "u", process(LANE + START + '<userTask id="u"/>' + END + LINE)),
    ("lane-name", "l", process(BODY.replace('name="Acceptor"', "") + LINE)),
    ("no-lane", "v", process(BODY + '<userTask id="v" name="V"/>' + flows("s u v e"))),
    (
        "several-lanes",
        "u",
        process(BODY.replace("</laneSet>", '<lane id="l2" name="B"><flowNodeRef>u</flowNodeRef></lane></laneSet>') + LINE),
    ),
    ("implicit-split", "u", process(BODY + '<endEvent id="f"/>' + flows("s u e", "u f"))),
    ("ignored-condition", "u_e", process(BODY + flows("s u") + flow("u", "e", "ok"))),
    ("ignored-condition", "x_f", choice("a", "b", 'default="x_f"')),
    ("wrong-default", "x", choice("a", "b", 'default="other"')),
    ("missing-condition", "x_f", choice("a", None)),
    ("no-default", "x", choice("a == 1", "a == 2")),
    ("double-flow", "again", process(BODY + LINE + flow("u", "e", None, "again"))),
    (
        "waits-for-ever",
        "j",
        process(BODY + '<exclusiveGateway id="x"/><parallelGateway id="j"/>' + flows("s u x", "j e") + flow("x", "j", "a", "f1") + flow("x", "j", "b", "f2")),
    ),
    (
        "endless-loop",
        None,
        process(
            BODY + '<scriptTask id="t"><script>a = 1</script></scriptTask><parallelGateway id="g"/>' + flows("s g u e", "g t g")
        ),
    ),
    ("link-event", "x", throw('<linkEventDefinition name="a"/>')),
    ("compensation", "x", throw("<compensateEventDefinition/>")),
    ("compensation", "v", process(BODY + LINE + '<manualTask id="v" name="V" isForCompensation="true"/>')),
    ("signal-end", "e", process(BODY.replace(END, '<endEvent id="e"><signalEventDefinition signalRef="g"/></endEvent>') + LINE, '<signal id="g" name="G"/>')),
    ("throw-kind", "x", throw(timer("timeDuration", "PT1H"))),
    ("throw-kind", "x", throw("<conditionalEventDefinition><condition>a</condition></conditionalEventDefinition>")),
    ("throw-kind", "e", process(BODY.replace(END, f'<endEvent id="e">{timer("timeDuration", "PT1H")}</endEvent>') + LINE)),
    ("catches-nothing", "x", between(catch("x", ""))),
    ("catches-nothing", "b", process(BODY + LINE + border(""))),
    ("several-definitions", "x", between(catch("x", '<messageEventDefinition messageRef="m"/>' * 2), MESSAGE)),
    (
        "event-subprocess",
        "x",
        process(BODY + LINE + subprocess('<startEvent id="y"><errorEventDefinition errorRef="err"/></startEvent><endEvent id="z"/>' + flows("y z"), 'triggeredByEvent="true"'), ERROR),
    ),
    ("event-choice", "x", between('<eventBasedGateway id="x"/>' + catch("c"), MESSAGE).replace(b'"x_e" sourceRef="x" targetRef="e"', b'"x_c" sourceRef="x" targetRef="c"')),
    ("event-choice", "v", process(BODY + '<eventBasedGateway id="x"/><manualTask id="v" name="V"/>' + catch("c") + flows("s u x v e", "x c e"), MESSAGE)),
    ("event-choice", "c2", process(BODY + EVENT_CHOICE.replace("timeDuration", "timeCycle").replace("PT1H", "R3/PT1H"), MESSAGE)),
    ("event-choice", "c2", process(BODY + '<eventBasedGateway id="x"/>' + catch("c1") + catch("c2") + flows("s u x c1 e", "x c2 e"), MESSAGE)),
    ("event-choice", "c1", process(BODY + EVENT_CHOICE + flows("c2 c1"), MESSAGE)),
    ("border-host", "b", process(BODY + LINE + border('<messageEventDefinition messageRef="m"/>').replace('"u"', '"gone"'), MESSAGE)),
    ("border-incoming", "b", process(BODY + '<parallelGateway id="g"/>' + flows("s g u e", "g b") + border('<messageEventDefinition messageRef="m"/>'), MESSAGE)),
    ("border-error", "b", process(BODY + LINE + border('<errorEventDefinition errorRef="err"/>', 'cancelActivity="false"'), ERROR)),
    ("border-error", "b", process(BODY + LINE + border('<errorEventDefinition errorRef="err"/>'), ERROR)),
    ("border-cancel", "b", process(BODY + LINE + border("<cancelEventDefinition/>"))),
    ("timer", "b", process(BODY + LINE + border(timer("timeDuration", "4 hours")))),
    ("timer", "b", process(BODY + LINE + border(timer("timeDuration", "'4h'")))),
    ("timer", "b", process(BODY + LINE + border(timer("timeDuration", "R3/PT1H")))),
    ("timer", "b", process(BODY + LINE + border(timer("timeDate", "2026-05-01T08:00:00")))),
    ("timer", "b", process(BODY + LINE + border("<timerEventDefinition/>"))),
    ("timer-cycle", "b", process(BODY + LINE + border(timer("timeCycle", "R3/PT1H")))),
    (
        "uncaught-error",
        "z",
        between(subprocess('<startEvent id="y"/><endEvent id="z"><errorEventDefinition errorRef="err"/></endEvent>' + flows("y z")), ERROR),
    ),
    ("unknown-message", "x", between(catch("x", '<messageEventDefinition messageRef="gone"/>'))),
    ("unknown-error", "b", process(BODY + LINE + border('<errorEventDefinition errorRef="gone"/>'))),
    ("unnamed-message", "m", between(catch("x"), '<message id="m"/>')),
    ("unnamed-message", "x", between(catch("x", "<messageEventDefinition/>"))),
    ("unnamed-error", "err", process(BODY + LINE, '<error id="err" name="No"/>')),
    ("no-message", "x", between('<sendTask id="x"/>')),
    ("no-message", "x", between('<receiveTask id="x"/>')),
    ("sent-to-nobody", "x", between('<sendTask id="x" messageRef="m"/>', MESSAGE)),
    ("unknown-process", "x", between('<callActivity id="x" calledElement="gone"/>')),
    ("unknown-process", "x", between('<callActivity id="x"/>')),
    ("calls-itself", "x", between('<callActivity id="x" calledElement="p"/>')),
    ("unknown-decision", "x", between('<businessRuleTask id="x"/>')),
    ("correlation", "k", process(BODY + LINE, '<correlationProperty id="k" name="k"/>')),
    ("data-store", "d", process(BODY + LINE + '<dataStoreReference id="d"/>')),
    (
        "unknown-name",
        "x",
        between('<scriptTask id="x"><script>number = 1\nnext = numbr + 1</script></scriptTask>'),
    ),
    ("unsupported", "x", between('<complexGateway id="x"/>')),
    ("unsupported", "x", between('<adHocSubProcess id="x"/>')),
    ("no-script", "x", between('<scriptTask id="x"/>')),
    ("script-format", "x", between('<scriptTask id="x" scriptFormat="javascript"><script>a = 1</script></scriptTask>')),
    ("plain-task", "x", between('<task id="x" name="X"/>')),
    ("no-operator", "x", between('<serviceTask id="x"/>')),
    ("parameter", "x", between(service("x", "note", "text= "))),
    ("parameter", "x", between(service("x", "note", "text=1;text=2"))),
    ("loop", "u", repeated("<standardLoopCharacteristics/>")),
    ("loop", "u", repeated('<standardLoopCharacteristics loopMaximum="many"/>')),
    ("multi-instance", "u", many("")),
    ("multi-instance", "u", many("<loopCardinality>3</loopCardinality><loopDataOutputRef>votes</loopDataOutputRef>")),
    ("foreign-extension", "u", process(BODY.replace("<userTask ", '<userTask xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:formKey="a" ') + LINE)),
    ("expression", "x_f", choice("a", "b = 1")),
    ("expression", "x_f", choice("a", "().__class__")),
    ("expression", "x_f", choice("a", "ok == true")),
    ("expression", "x", between('<scriptTask id="x"><script>import os</script></scriptTask>')),
    ("expression", "x", between(service("x", "note", "text=open('x')"))),
    ("expression", "b", process(BODY + LINE + border(timer("timeDuration", "limit.isoformat()")))),
    ("expression", "u", many("<loopCardinality>3 +</loopCardinality>")),
    ("expression", "u", many("<loopCardinality>3</loopCardinality><completionCondition>lambda: 1</completionCondition>")),
]  # fmt: skip


def errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity == "error"]


@pytest.mark.parametrize(
    ("rule", "element_id", "content"), CASES, ids=[f"{rule}-{n}" for n, (rule, _, _) in enumerate(CASES)]
)
def test_the_rule_finds_its_element(rule: str, element_id: str | None, content: bytes) -> None:
    found = [finding for finding in lint({"p.bpmn": content}) if finding.rule == rule]

    assert found
    assert element_id is None or element_id in {finding.element_id for finding in found}
    assert all(finding.message and finding.remedy for finding in found)


@pytest.mark.parametrize("content", [SOUND, process(BODY + EVENT_CHOICE, MESSAGE)])
def test_a_sound_diagram_has_no_findings_and_loads(content: bytes) -> None:
    assert lint({"p.bpmn": content}) == []
    assert load({"p.bpmn": content}).processes


@pytest.mark.parametrize(
    ("first", "second"),
    [("ok", "not ok"), ("a == 1", "a != 1"), ("n < 3", "n >= 3"), ("a in b", "a not in b"), ("a", "True")],
)
def test_opposite_conditions_need_no_default(first: str, second: str) -> None:
    assert [
        finding for finding in lint({"p.bpmn": choice(first, second)}) if finding.rule == "no-default"
    ] == []


def test_the_variable_of_a_comprehension_is_no_slip() -> None:
    content = between(
        '<scriptTask id="x"><script>votes = []\ncount = len([vote for vote in votes if vote])</script></scriptTask>'
    )

    assert lint({"p.bpmn": content}) == []


def test_a_finding_has_the_line_of_its_element() -> None:
    content = process(
        LANE + START + "\n\n" + USER + END + '\n<userTask id="v" name="V"/>\n' + flows("s u v e")
    )

    [finding] = errors(lint({"p.bpmn": content}))

    assert content.decode().splitlines()[(finding.line or 0) - 1].startswith('<bpmn:userTask id="v"')


def test_a_finding_in_a_script_has_the_line_within_it() -> None:
    content = between('<scriptTask id="x"><script>a = 1\nb = 2\nimport os</script></scriptTask>')

    [finding] = errors(lint({"p.bpmn": content}))

    assert content.decode().splitlines()[(finding.line or 0) - 1].startswith("import os")


NOTE = {"note": OperationSignature("note", {"text": True, "size": False}, has_result=False)}


@pytest.mark.parametrize(
    ("rule", "operation", "parameters"),
    [
        ("unknown-operation", "notes", "text=1"),
        ("unknown-parameter", "note", "text=1;colour=2"),
        ("missing-parameter", "note", "size=2"),
        ("no-result", "note", "text=1"),
    ],
)
def test_service_tasks_are_held_against_the_operations(rule: str, operation: str, parameters: str) -> None:
    content = between(service("x", operation, parameters))

    assert rule in {finding.rule for finding in lint({"p.bpmn": content}, NOTE)}
    assert rule not in {finding.rule for finding in lint({"p.bpmn": content})}


RETRY = '<spiffworkflow:retry retries="{}" backoff_base="{}"/></spiffworkflow:serviceTaskOperator>'


def _with_retry(retries: str, backoff: str) -> bytes:
    content = between(service("x", "note", "text=1"))
    drawn = content.decode().replace("</spiffworkflow:serviceTaskOperator>", RETRY.format(retries, backoff))
    assert "spiffworkflow:retry" in drawn
    return drawn.encode()


@pytest.mark.parametrize(
    ("retries", "backoff"), [("-1", "1"), ("many", "1"), ("1", "1.5"), ("51", "1"), ("1", "86401")]
)
def test_retries_are_whole_numbers_within_bounds(retries: str, backoff: str) -> None:
    assert "retry" in {finding.rule for finding in errors(lint({"p.bpmn": _with_retry(retries, backoff)}))}


def test_retries_of_a_task_in_its_step_are_warned_of() -> None:
    content = _with_retry("2", "5")

    assert "ignored-retry" in {finding.rule for finding in lint({"p.bpmn": content}, NOTE)}


def test_retries_of_a_background_task_are_fine() -> None:
    background = {"note": OperationSignature("note", {"text": True}, has_result=True, background=True)}

    assert lint({"p.bpmn": _with_retry("2", "5")}, background) == []


def test_a_process_of_another_file_may_be_called() -> None:
    caller = between('<callActivity id="x" calledElement="q"/>')
    other = bpmn(
        '<process id="q" isExecutable="true"><startEvent id="qs"/><endEvent id="qe"/>'
        + flows("qs qe")
        + "</process>"
    )

    assert lint({"p.bpmn": caller, "q.bpmn": other}) == []


def test_two_processes_with_the_same_id_are_refused() -> None:
    content = process(BODY + LINE)

    assert "id-of-another-process" in {
        finding.rule for finding in errors(lint({"a.bpmn": content, "b.bpmn": content}))
    }


def test_an_error_that_the_caller_catches_is_fine() -> None:
    caller = process(
        BODY
        + '<callActivity id="x" calledElement="q"/><boundaryEvent id="b" attachedToRef="x"><errorEventDefinition errorRef="err"/></boundaryEvent>'
        + flows("s u x e", "b e"),
        ERROR,
    )
    other = bpmn(
        ERROR
        + '<process id="q" isExecutable="true"><startEvent id="qs"/><endEvent id="qe"><errorEventDefinition errorRef="err"/></endEvent>'
        + flows("qs qe")
        + "</process>"
    )

    assert lint({"p.bpmn": caller, "q.bpmn": other}) == []


def test_a_very_long_row_is_refused_and_not_a_crash() -> None:
    tasks = [f"t{number}" for number in range(900)]
    content = process(
        BODY
        + "".join(f'<manualTask id="{task}" name="T"/>' for task in tasks)
        + flows("s u " + " ".join(tasks) + " e")
    )

    assert {finding.rule for finding in errors(lint({"p.bpmn": content}))} == {"too-long"}
