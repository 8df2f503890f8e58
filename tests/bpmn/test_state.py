"""The stored state: complete, compact, and readable by the plain library and back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.util.task import TaskState

from engine.bpmn import PENDING, Instance, RunError, StateError
from engine.bpmn.codec import same
from engine.bpmn.values import json_value
from tests.bpmn.diagrams import NOW, Services, again, at, begin, definitions, do, flows, process, service

STOCK = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(SPIFF_CONFIG))

RICH = process(
    '<startEvent id="s"/><parallelGateway id="g"/><userTask id="u"/>'
    '<boundaryEvent id="late" attachedToRef="u" cancelActivity="false"><timerEventDefinition><timeCycle>R3/PT1H</timeCycle>'
    '</timerEventDefinition></boundaryEvent><endEvent id="le"/>'
    '<userTask id="vote"><multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality>'
    "<loopDataOutputRef>votes</loopDataOutputRef><outputDataItem id='answer'/></multiInstanceLoopCharacteristics></userTask>"
    '<subProcess id="sub"><startEvent id="ss"/>'
    + service("later", "later", "a=1", "answered")
    + '<endEvent id="se"/>'
    + flows("ss later se")
    + "</subProcess>"
    '<intermediateCatchEvent id="void"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
    '<intermediateCatchEvent id="wait"><timerEventDefinition><timeDuration>PT2H</timeDuration></timerEventDefinition></intermediateCatchEvent>'
    '<eventBasedGateway id="race"/><intermediateCatchEvent id="r1"><messageEventDefinition messageRef="m2"/></intermediateCatchEvent>'
    '<intermediateCatchEvent id="r2"><timerEventDefinition><timeDuration>PT3H</timeDuration></timerEventDefinition></intermediateCatchEvent>'
    '<endEvent id="e"/><endEvent id="voided"><terminateEventDefinition/></endEvent>'
    + flows(
        "s g u e", "g vote e", "g sub e", "g void voided", "g wait e", "g race r1 e", "race r2 e", "late le"
    ),
    before='<message id="m" name="void"/><message id="m2" name="two"/>',
)


def busy() -> Instance:
    """An instance that waits in every way there is."""
    instance = begin(RICH, Services(later=lambda a: PENDING), place={"a": [1, {"b": True}]}, one=1, real=1.0)
    token = next(token for token in instance.user_tasks() if token.element_id == "vote")
    instance.complete(token.task_id, {"answer": "yes"})
    instance.run(Services(), NOW)
    return instance


def picture(instance: Instance) -> dict[str, Any]:
    return {
        "user": sorted(repr(token) for token in instance.user_tasks()),
        "services": sorted(repr(token) for token in instance.pending_services()),
        "messages": sorted(repr(token) for token in instance.messages()),
        "timers": instance.timers(),
        "visited": dict(instance.visited),
        "variables": dict(instance.variables),
        "ends": instance.end_events,
    }


def test_everything_that_waits_survives_storing() -> None:
    instance = busy()

    assert picture(again(instance)) == picture(instance)


def test_storing_twice_gives_the_same_bytes() -> None:
    blob = busy().dump()

    assert Instance.restore(definitions(RICH), blob).dump() == blob


def test_the_diagram_is_not_in_the_state() -> None:
    assert len(busy().dump()) < 2_500


def test_the_plain_library_reads_our_json_and_goes_on() -> None:
    workflow = STOCK.deserialize_json(busy().to_library_json())

    ready = workflow.get_tasks(state=TaskState.READY, manual=True)
    assert sorted(task.task_spec.bpmn_id for task in ready) == ["u", "vote", "vote"]
    for task in ready:
        task.data["answer"] = "x"
        task.run()
    assert workflow.get_next_task(spec_name="vote").data["votes"] == ["yes", "x", "x"]


def test_library_json_comes_back_as_it_went() -> None:
    instance = busy()

    assert picture(Instance.from_library_json(definitions(RICH), instance.to_library_json())) == picture(
        instance
    )


def test_the_json_of_the_plain_library_is_read() -> None:
    instance = busy()
    text = STOCK.serialize_json(STOCK.deserialize_json(instance.to_library_json()))

    read = Instance.from_library_json(definitions(RICH), text)

    assert at(read) == at(instance)
    assert read.timers() == instance.timers()
    do(read, "u", Services())
    assert {"s", "u"} <= set(read.visited)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"spec": {"name": "p"}}', '{"spec": {"name": "other"}}', "null"]
)
def test_what_is_no_library_json_is_refused(text: str) -> None:
    with pytest.raises(StateError):
        Instance.from_library_json(definitions(RICH), text)


def test_library_json_is_json_with_the_diagram() -> None:
    plain = json.loads(busy().to_library_json())

    assert plain["spec"]["name"] == "p"
    assert plain["typename"] == "BpmnWorkflow"


plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.text().filter(lambda key: key != "typename"), children, max_size=4)
    ),
    max_leaves=12,
)
LINE = process(
    '<startEvent id="s"/><userTask id="a"/><userTask id="b"/><endEvent id="e"/>' + flows("s a b e")
)


@given(first=plain_values, second=plain_values)
def test_every_json_value_survives(first: Any, second: Any) -> None:
    instance = begin(LINE, x=first)
    do(instance, "a", x=second)

    assert same(again(instance).variables["x"], json_value("x", second))


def test_a_changed_type_is_a_change() -> None:
    instance = begin(LINE, flag=1, number=1, deep={"a": [1]})
    do(instance, "a", flag=True, number=1.0, deep={"a": [True]})

    variables = again(instance).variables

    assert (variables["flag"] is True, type(variables["number"]), variables["deep"]["a"][0] is True) == (
        True,
        float,
        True,
    )


def test_variables_are_copies() -> None:
    instance = begin(LINE, deep={"a": [1]})

    instance.user_tasks()[0].variables["deep"]["a"].append(2)
    instance.variables["deep"]["a"].append(3)

    assert instance.variables["deep"] == {"a": [1]}


def test_values_given_are_copied() -> None:
    given_values = {"a": [1]}
    instance = begin(LINE, deep=given_values)

    given_values["a"].append(2)

    assert instance.variables["deep"] == {"a": [1]}


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)

    with pytest.raises(RunError, match="'deep' is nested deeper"):
        begin(LINE, deep=loop)


def test_a_host_that_returns_no_json_is_refused_by_name() -> None:
    diagram = process(
        '<startEvent id="s"/>' + service("t", "bad", "", "answer") + '<endEvent id="e"/>' + flows("s t e")
    )

    with pytest.raises(RunError, match="'answer'"):
        begin(diagram, Services(bad=object))
