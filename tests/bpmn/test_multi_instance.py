"""Several people asked at once or in turn, with a quorum."""

from collections import OrderedDict

import pytest

from engine.bpmn import Instance, RunError, Token
from engine.bpmn import definitions as bundles
from tests.bpmn.diagrams import NOW, Services, again, at, begin, definitions, flow, flows, process, service


def ask(characteristics: str, kind: str = "parallel", after: str = "") -> bytes:
    sequential = str(kind == "sequential").lower()
    return process(
        f'<startEvent id="s"/><userTask id="vote"><multiInstanceLoopCharacteristics isSequential="{sequential}">'
        f"{characteristics}</multiInstanceLoopCharacteristics></userTask>"
        '<userTask id="next"/><endEvent id="e"/>' + flows("s vote next e") + after
    )


OUTPUT = "<loopDataOutputRef>votes</loopDataOutputRef><outputDataItem id='answer'/>"
COUNT = "<loopCardinality>5</loopCardinality>"
MAJORITY = (
    "<completionCondition>len([v for v in votes if v == 'yes']) * 2 > nrOfInstances</completionCondition>"
)


def vote(instance: Instance, answer: str) -> Instance:
    token: Token = instance.user_tasks()[0]
    instance.complete(token.task_id, {"answer": answer})
    instance.run(Services(), NOW)
    return again(instance)


def test_each_instance_has_its_index() -> None:
    instance = begin(ask(COUNT + OUTPUT))

    assert [token.index for token in instance.user_tasks()] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("kind", ["parallel", "sequential"])
def test_all_answers_are_collected(kind: str) -> None:
    instance = begin(ask(COUNT + OUTPUT, kind))
    for answer in "abcde":
        instance = vote(instance, answer)

    assert at(instance) == ["next"]
    assert instance.variables == {"votes": list("abcde")}


@pytest.mark.parametrize("kind", ["parallel", "sequential"])
def test_a_quorum_ends_the_vote(kind: str) -> None:
    instance = begin(ask(COUNT + OUTPUT + MAJORITY, kind))
    for answer in ("yes", "no", "yes", "yes"):
        assert "vote" in at(instance)
        instance = vote(instance, answer)

    assert at(instance) == ["next"]
    assert instance.variables["votes"] == ["yes", "no", "yes", "yes"]


@pytest.mark.parametrize(
    ("condition", "rounds"),
    [
        ("nrOfCompletedInstances == 2", 2),
        ("nrOfActiveInstances == 1", 4),
        ("nrOfInstances == 5", 1),
        ("answer == 'veto'", 3),
    ],
)
def test_the_condition_sees_the_counts_and_the_last_answer(condition: str, rounds: int) -> None:
    instance = begin(ask(COUNT + OUTPUT + f"<completionCondition>{condition}</completionCondition>"))
    for answer in ("a", "b", "veto", "c", "d")[:rounds]:
        assert "vote" in at(instance)
        instance = vote(instance, answer)

    assert at(instance) == ["next"]


def test_a_list_gives_each_instance_its_item() -> None:
    source = "<loopDataInputRef>people</loopDataInputRef><inputDataItem id='person'/>"
    instance = begin(ask(source + OUTPUT), people=["Li", "Wang"])

    assert [token.variables["person"] for token in instance.user_tasks()] == ["Li", "Wang"]


def test_an_empty_list_is_passed_by() -> None:
    source = "<loopDataInputRef>people</loopDataInputRef><inputDataItem id='person'/>"

    instance = begin(ask(source + OUTPUT), people=[])

    assert (at(instance), instance.variables["votes"]) == (["next"], [])


@pytest.mark.parametrize("kind", ["parallel", "sequential"])
def test_a_second_round_begins_with_no_answers(kind: str) -> None:
    sequential = str(kind == "sequential").lower()
    diagram = process(
        f'<startEvent id="s"/><userTask id="vote"><multiInstanceLoopCharacteristics isSequential="{sequential}">'
        f"<loopCardinality>2</loopCardinality>{OUTPUT}</multiInstanceLoopCharacteristics></userTask>"
        '<exclusiveGateway id="x"/><endEvent id="e"/>'
        + flows("s vote x")
        + flow("x", "e", "'no' not in votes")
        + flow("x", "vote", "'no' in votes")
    )
    instance = begin(diagram)
    for answer in ("no", "yes", "yes", "yes"):
        instance = vote(instance, answer)

    assert (instance.ended, instance.variables["votes"]) == (True, ["yes", "yes"])
    assert instance.visited["vote"].count == 2


def test_a_vote_may_follow_a_boundary_event() -> None:
    diagram = process(
        '<startEvent id="s"/><userTask id="u"/><endEvent id="e"/>'
        '<boundaryEvent id="b" attachedToRef="u"><messageEventDefinition messageRef="m"/></boundaryEvent>'
        f'<userTask id="vote"><multiInstanceLoopCharacteristics>{COUNT}{OUTPUT}</multiInstanceLoopCharacteristics></userTask>'
        + flows("s u e", "b vote e"),
        before='<message id="m" name="note"/>',
    )
    instance = begin(diagram)
    instance.send_message("note", {})
    instance.run(Services(), NOW)

    assert at(instance) == ["vote"] * 5


@pytest.mark.parametrize(
    ("characteristics", "reason"),
    [
        ("<loopCardinality>n</loopCardinality>", "not a whole number"),
        ("<loopCardinality>10000</loopCardinality>", "more than 1000"),
        ("<loopDataInputRef>n</loopDataInputRef><inputDataItem id='i'/>", "not a list"),
        ("<loopDataInputRef>gone</loopDataInputRef><inputDataItem id='i'/>", "not a list"),
    ],
)
def test_what_cannot_be_counted_names_the_activity(characteristics: str, reason: str) -> None:
    with pytest.raises(RunError, match=reason) as caught:
        begin(ask(characteristics), n="three")

    assert caught.value.element_id == "vote"


def test_services_run_once_for_each_item() -> None:
    host = Services(note=lambda text: text.upper())
    inner = service("t", "note", "text=item", "done").replace(
        "</serviceTask>",
        "<multiInstanceLoopCharacteristics><loopDataInputRef>texts</loopDataInputRef><loopDataOutputRef>out</loopDataOutputRef>"
        "<inputDataItem id='item'/><outputDataItem id='done'/></multiInstanceLoopCharacteristics></serviceTask>",
    )

    instance = begin(
        process('<startEvent id="s"/>' + inner + '<endEvent id="e"/>' + flows("s t e")),
        host,
        texts=["a", "b"],
    )

    assert (instance.ended, instance.variables["out"]) == (True, ["A", "B"])


def test_a_standard_loop_repeats_while_its_condition_holds() -> None:
    diagram = process(
        '<startEvent id="s"/><userTask id="u"><standardLoopCharacteristics testBefore="true"><loopCondition>n &lt; 3</loopCondition>'
        '</standardLoopCharacteristics></userTask><endEvent id="e"/>' + flows("s u e")
    )
    instance = begin(diagram, n=0)
    for number in range(1, 4):
        [token] = instance.user_tasks()
        assert token.index == number - 1
        instance.complete(token.task_id, {"n": number})
        instance.run(Services(), NOW)
        instance = again(instance)

    assert instance.ended


def test_a_vote_under_way_goes_on_in_a_program_that_has_just_started(monkeypatch: pytest.MonkeyPatch) -> None:
    content = ask(COUNT + OUTPUT)
    blob = vote(begin(content), "a").dump()
    monkeypatch.setattr(bundles, "_cache", OrderedDict())
    fresh = definitions(content)

    instance = Instance.restore(fresh, blob)
    for answer in "bcde":
        token = instance.user_tasks()[0]
        instance.complete(token.task_id, {"answer": answer})
        instance.run(Services(), NOW)

    assert (at(instance), instance.variables["votes"]) == (["next"], list("abcde"))


def test_all_of_500_instances_may_answer() -> None:
    instance = begin(
        process(
            '<startEvent id="s"/><userTask id="v"><multiInstanceLoopCharacteristics><loopCardinality>500</loopCardinality>'
            '<loopDataOutputRef>votes</loopDataOutputRef><outputDataItem id="vote"/></multiInstanceLoopCharacteristics></userTask>'
            '<userTask id="z"/><endEvent id="e"/>' + flows("s v z e")
        )
    )

    for token in instance.user_tasks():
        instance.complete(token.task_id, {"vote": token.index})
        instance.run(Services(), NOW)

    (token,) = instance.user_tasks()
    assert token.variables["votes"] == list(range(500))
