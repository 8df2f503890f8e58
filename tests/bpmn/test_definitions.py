"""Bundles: their hash, their cache, and what they tell of their processes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.bpmn import DiagramError, Instance, StateError, content_hash, load
from engine.bpmn import definitions as bundles
from tests.bpmn.diagrams import NOW, Services, at, begin, bpmn, do, flow, flows, process

LANES = process(
    '<laneSet id="ls"><lane id="l1" name="受理员"><flowNodeRef>a</flowNodeRef></lane>'
    '<lane id="l2" name="值班长"><flowNodeRef>sub</flowNodeRef></lane></laneSet>'
    '<startEvent id="s"/><userTask id="a" name="受理"><documentation>Look at it.</documentation><extensionElements>'
    '<spiffworkflow:properties><spiffworkflow:property name="form" value="accept"/></spiffworkflow:properties>'
    '</extensionElements></userTask><subProcess id="sub"><startEvent id="ss"/><userTask id="b" name="B"/><endEvent id="se"/>'
    + flows("ss b se")
    + '</subProcess><endEvent id="e"/><manualTask id="lost"/>'
    '<boundaryEvent id="late" attachedToRef="a"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>'
    + flows("s a sub e", "late e", "lost e")
)


def test_the_hash_is_of_names_and_bytes_in_any_order() -> None:
    one = content_hash({"a": b"1", "b": b"2"})

    assert one == content_hash({"b": b"2", "a": b"1"})
    assert (
        len(
            {
                one,
                content_hash({"a": b"12", "b": b""}),
                content_hash({"ab": b"1", "": b"2"}),
                content_hash({"a": b"1"}),
            }
        )
        == 4
    )


def test_a_bundle_is_parsed_once() -> None:
    assert load({"p.bpmn": LANES}) is load({"p.bpmn": bytes(bytearray(LANES))})


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "CACHED_BUNDLES", 3)

    for number in range(6):
        load({"p.bpmn": LANES, "note.txt": b"%d" % number})

    assert len(bundles._cache) == 3


def test_an_element_is_described_with_its_lane_and_properties() -> None:
    process_ = load({"p.bpmn": LANES}).processes["p"]

    element = process_.elements["a"]
    assert (element.kind, element.name, element.lane) == ("userTask", "受理", "受理员")
    assert element.properties == {"form": "accept", "documentation": "Look at it."}
    assert process_.lanes == ("受理员", "值班长")


def test_a_task_in_a_subprocess_has_its_lane_and_a_boundary_event_its_hosts() -> None:
    elements = load({"p.bpmn": LANES}).processes["p"].elements

    assert (elements["b"].lane, elements["late"].lane) == ("值班长", "受理员")


def test_only_what_can_be_reached_is_to_be_covered() -> None:
    coverable = load({"p.bpmn": LANES}).processes["p"].coverable

    assert coverable == frozenset("s a sub e late ss b se s_a a_sub sub_e late_e ss_b b_se".split())


def test_a_token_carries_lane_and_properties() -> None:
    instance = begin(LANES)
    do(instance, "a")

    [token] = instance.user_tasks()

    assert (token.element_id, token.lane) == ("b", "值班长")


def test_an_unknown_process_names_those_that_there_are() -> None:
    with pytest.raises(StateError, match="there is: p"):
        Instance.create(load({"p.bpmn": LANES}), "q", {})


def test_what_the_library_refuses_names_the_element_and_its_line() -> None:
    content = process('<startEvent id="s"/>\n<serviceTask id="t"/>\n<endEvent id="e"/>' + flows("s t e"))

    with pytest.raises(DiagramError) as caught:
        load({"p.bpmn": content})

    [finding] = caught.value.findings
    assert (finding.file, finding.element_id) == ("p.bpmn", "t")
    assert b'id="t"' in content.splitlines()[(finding.line or 0) - 1]


def test_a_called_process_runs_with_its_own_elements() -> None:
    other = bpmn(
        '<process id="q" isExecutable="true"><startEvent id="qs"/><userTask id="qu" name="Q"/><endEvent id="qe"/>'
        + flows("qs qu qe")
        + "</process>"
    )
    caller = process(
        '<startEvent id="s"/><callActivity id="c" calledElement="q"/><endEvent id="e"/>' + flows("s c e")
    )
    instance = begin(load({"p.bpmn": caller, "q.bpmn": other}))

    assert [(token.element_id, token.name) for token in instance.user_tasks()] == [("qu", "Q")]
    do(instance, "qu")
    assert instance.ended
    assert {"c", "qu", "qs_qu", "c_e"} <= set(instance.visited)


def test_threads_share_one_bundle() -> None:
    diagram = process(
        '<startEvent id="s"/><userTask id="v"><multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality>'
        '</multiInstanceLoopCharacteristics></userTask><exclusiveGateway id="x"/><endEvent id="e"/>'
        + flows("s v x")
        + flow("x", "e", "n >= 3")
        + flow("x", "v", "n < 3")
    )
    bundle = load({"p.bpmn": diagram})

    def live(number: int) -> bool:
        instance = begin(bundle, n=0)
        for turn in range(1, 4):
            for _ in range(3):
                [token, *_] = instance.user_tasks()
                instance.complete(token.task_id, {"n": turn})
                instance.run(Services(), NOW)
                instance = Instance.restore(bundle, instance.dump())
        return instance.ended and at(instance) == []

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(live, range(24)))
