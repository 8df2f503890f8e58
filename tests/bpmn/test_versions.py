"""An instance goes over to another version of its diagram where that is safe, and keeps all that it has."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.bpmn import PENDING, Definitions, Instance, MoveRefused, load
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
from tests.bpmn.structured import blocks, diagram

TIMER = '<boundaryEvent id="late" attachedToRef="b" cancelActivity="false"><timerEventDefinition><timeDuration>PT{}H</timeDuration></timerEventDefinition></boundaryEvent><endEvent id="told"/>'

LINE = '<startEvent id="s"/><userTask id="a"/><userTask id="b"/><endEvent id="e"/>'
OLD = process(LINE + flows("s a b e"))
#: One more step between the second and the end.
LONGER = process(LINE + '<userTask id="c"/>' + flows("s a b c e"))
#: One more step between the first and the second.
INSERTED = process(LINE + '<userTask id="c"/>' + flows("s a c b e"))


def _refused(instance: Instance, content: bytes) -> list[tuple[str, str]]:
    with pytest.raises(MoveRefused) as refused:
        instance.moved_to(definitions(content))
    return [(one.problem, one.element_id) for one in refused.value.obstacles]


def _moved(instance: Instance, content: bytes) -> Instance:
    """On the other version, stored and fetched."""
    return again(instance.moved_to(definitions(content)))


def test_a_step_that_is_still_ahead_may_be_added() -> None:
    instance = begin(OLD)

    instance = _moved(instance, LONGER)

    do(instance, "a")
    do(instance, "b")
    assert at(instance) == ["c"]


def test_tasks_keep_their_ids_and_their_variables() -> None:
    instance = begin(OLD, place="here")
    do(instance, "a", answer=1)
    (before,) = instance.user_tasks()

    (after,) = _moved(instance, LONGER).user_tasks()

    assert (after.task_id, after.variables) == (before.task_id, {"place": "here", "answer": 1})


def test_what_was_visited_stays_on_the_record() -> None:
    instance = begin(OLD)
    do(instance, "a")

    assert dict(_moved(instance, LONGER).visited) == dict(again(begin(OLD)).visited) | {
        key: instance.visited[key] for key in ("a", "a_b")
    }


def test_a_finished_step_that_leads_elsewhere_now_is_refused() -> None:
    instance = begin(OLD)
    do(instance, "a")
    instance = again(instance)

    assert _refused(instance, INSERTED) == [("differs", "a")]


#: A question before the second step, which some skip: the way on that was there is the one that is taken else.
ASKED = process(
    LINE
    + '<userTask id="c"/><exclusiveGateway id="g" default="g_b"/>'
    + flows("s a g b e")
    + flow("g", "c", "skip")
    + flows("c e")
)


def test_a_question_may_be_put_behind_a_finished_step_if_it_leads_where_that_led() -> None:
    instance = begin(OLD)
    do(instance, "a")

    instance = _moved(again(instance), ASKED)

    assert at(instance) == ["b"]
    do(instance, "b")
    assert at(instance) == []


@pytest.mark.parametrize(
    "between",
    [
        # A step that the case would have taken, a question that leads elsewhere only, and two tokens instead of one.
        '<scriptTask id="g"><script>n = 1</script></scriptTask>' + flows("s a g b e"),
        '<exclusiveGateway id="g"/><userTask id="c"/>' + flows("s a g c b e"),
        '<parallelGateway id="g"/><userTask id="c"/>' + flows("s a g b e") + flows("g c e"),
    ],
)
def test_nothing_else_may_be_put_behind_a_finished_step(between: str) -> None:
    instance = begin(OLD)
    do(instance, "a")

    assert _refused(again(instance), process(LINE + between)) == [("differs", "a")]


def test_where_a_question_is_drawn_says_nothing() -> None:
    drawn = LINE + '<userTask id="c"/><exclusiveGateway id="g" default="g_b"/>'
    skips, goes_on = flow("g", "e", "skip"), flows("s a g b c e")
    one, other = (
        definitions(process(drawn + first + second)) for first, second in ((skips, goes_on), (goes_on, skips))
    )
    instance = begin(one, skip=False)
    do(instance, "a")

    moved = instance.moved_to(other)

    outputs = [[out.name for out in found.parsed("p").spec.task_specs["g"].outputs] for found in (one, other)]
    assert outputs[0] != outputs[1]
    assert at(moved) == ["b"]


def test_what_was_finished_counts_however_long_ago_it_was() -> None:
    drawn = '<startEvent id="s"/><scriptTask id="t"><script>n = {}</script></scriptTask><userTask id="a"/><userTask id="b"/><userTask id="c"/><endEvent id="e"/>'
    old, new = (process(drawn.format(number) + flows("s t a b c e")) for number in (1, 2))
    instance = begin(old)
    do(instance, "a")
    do(instance, "b")

    assert _refused(again(instance), new) == [("differs", "t")]


def test_a_finished_step_that_is_missing_is_refused() -> None:
    instance = begin(OLD)
    do(instance, "a")

    found = _refused(instance, process(LINE.replace('<userTask id="a"/>', "") + flows("s b e")))

    assert ("gone", "a") in found


def test_a_step_that_waits_must_be_there() -> None:
    found = _refused(begin(OLD), process(LINE.replace('"a"', '"z"') + flows("s z b e")))

    assert ("waits_gone", "a") in found


def test_a_step_that_waits_must_be_of_the_same_kind() -> None:
    instance = begin(OLD)

    found = _refused(instance, OLD.replace(b'userTask id="a"', b'manualTask id="a"'))

    assert found == [("waits_differs", "a")]


def test_another_process_is_refused() -> None:
    assert _refused(begin(OLD), process(LINE + flows("s a b e"), name="q")) == [("process", "p")]


def test_names_forms_limits_and_lanes_of_finished_steps_do_not_matter() -> None:
    instance = begin(OLD)
    do(instance, "a")
    properties = '<extensionElements><spiffworkflow:properties><spiffworkflow:property name="limit" value="3"/></spiffworkflow:properties></extensionElements>'

    named = process(
        LINE.replace('<userTask id="a"/>', f'<userTask id="a" name="First">{properties}</userTask>')
        + flows("s a b e")
    )

    assert at(_moved(instance, named)) == ["b"]


def test_what_waits_has_its_new_properties() -> None:
    properties = '<extensionElements><spiffworkflow:properties><spiffworkflow:property name="limit" value="3"/></spiffworkflow:properties></extensionElements>'
    changed = process(
        LINE.replace('<userTask id="a"/>', f'<userTask id="a" name="First">{properties}</userTask>')
        + flows("s a b e")
    )

    (token,) = _moved(begin(OLD), changed).user_tasks()

    assert (token.name, token.properties["limit"]) == ("First", "3")


def test_a_running_timer_keeps_its_due_time() -> None:
    old, new = (process(LINE + TIMER.format(hours) + flows("s a b e", "late told")) for hours in (4, 8))
    instance = begin(old)
    do(instance, "a")

    moved = _moved(instance, new)

    assert [timer.due for timer in moved.timers()] == [NOW + 4 * HOUR]
    moved.fire_timers(NOW + 4 * HOUR)
    moved.run(Services(), NOW + 4 * HOUR)
    assert "told" in moved.end_events


def test_a_boundary_event_for_the_step_at_which_the_case_is_comes_too_late() -> None:
    instance = begin(OLD)
    do(instance, "a")

    assert _refused(instance, process(LINE + TIMER.format(4) + flows("s a b e", "late told"))) == [
        ("differs", "a")
    ]


def test_a_boundary_event_may_be_added_to_a_step_ahead() -> None:
    moved = _moved(begin(OLD), process(LINE + TIMER.format(4) + flows("s a b e", "late told")))
    do(moved, "a")

    assert [timer.due for timer in moved.timers()] == [NOW + 4 * HOUR]


ASKING = '<startEvent id="s"/>{}<userTask id="b"/>{}<endEvent id="e"/>'


def test_a_background_task_under_way_goes_on() -> None:
    old = process(ASKING.format(service("ask", "ask"), "") + flows("s ask b e"))
    new = process(ASKING.format(service("ask", "ask"), '<userTask id="c"/>') + flows("s ask b c e"))
    instance = begin(old, Services(ask=lambda: PENDING))
    (pending,) = instance.pending_services()

    moved = _moved(instance, new)
    moved.resume(pending.task_id, 7)
    moved.run(Services(), NOW)

    (token,) = moved.user_tasks()
    assert (token.element_id, token.variables["result"]) == ("b", 7)


def test_a_background_task_under_way_must_be_the_same() -> None:
    old, new = (
        process(ASKING.format(service("ask", name), "") + flows("s ask b e")) for name in ("ask", "beg")
    )

    assert _refused(begin(old, Services(ask=lambda: PENDING)), new) == [("differs", "ask")]


PAIR = (
    '<startEvent id="s"/><parallelGateway id="split"/><userTask id="a"/><userTask id="b"/>{}<parallelGateway id="join"/>'
    '<userTask id="z"/><endEvent id="e"/>'
)


def test_a_join_still_waits_for_both_branches() -> None:
    old = process(PAIR.format("") + flows("s split a join z e", "split b join"))
    new = process(PAIR.format('<userTask id="c"/>') + flows("s split a join z e", "split b c join"))
    instance = begin(old)
    do(instance, "a")

    moved = _moved(instance, new)

    assert at(moved) == ["b"]
    do(moved, "b")
    assert at(moved) == ["c"]
    do(moved, "c")
    assert at(moved) == ["z"]


NESTED = '<startEvent id="s"/><subProcess id="sub"><startEvent id="is"/><userTask id="a"/>{}<endEvent id="ie"/>{}</subProcess><endEvent id="e"/>'


def test_a_subprocess_under_way_may_get_a_step() -> None:
    old = process(NESTED.format("", flows("is a ie")) + flows("s sub e"))
    new = process(NESTED.format('<userTask id="b"/>', flows("is a b ie")) + flows("s sub e"))

    moved = _moved(begin(old), new)

    do(moved, "a")
    assert at(moved) == ["b"]
    do(moved, "b")
    assert moved.ended


VOTE = (
    '<startEvent id="s"/><userTask id="v"><multiInstanceLoopCharacteristics isSequential="{}"><loopCardinality>3</loopCardinality>'
    '<loopDataOutputRef>votes</loopDataOutputRef><outputDataItem id="vote"/></multiInstanceLoopCharacteristics></userTask>{}<endEvent id="e"/>'
)


@pytest.mark.parametrize("sequential", ["true", "false"])
def test_a_vote_under_way_goes_on(sequential: str) -> None:
    old = process(VOTE.format(sequential, '<userTask id="a"/>') + flows("s v a e"))
    new = process(VOTE.format(sequential, '<userTask id="a"/><userTask id="b"/>') + flows("s v a b e"))
    instance = begin(old)
    do(instance, "v", vote=1)

    moved = _moved(instance, new)
    do(moved, "v", vote=2)
    do(moved, "v", vote=3)

    (token,) = moved.user_tasks()
    assert (token.element_id, token.variables["votes"]) == ("a", [1, 2, 3])


CYCLE = (
    '<boundaryEvent id="late" attachedToRef="a" cancelActivity="false"><timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition>'
    '</boundaryEvent><userTask id="urge"/><endEvent id="told"/>'
)


def test_a_cycle_that_fired_goes_on_beside_what_it_began() -> None:
    old = process(LINE + CYCLE + flows("s a b e", "late urge told"))
    new = process(LINE + CYCLE + '<userTask id="c"/>' + flows("s a b c e", "late urge told"))
    instance = begin(old)
    instance.fire_timers(NOW + HOUR)
    instance.run(Services(), NOW + HOUR)

    moved = _moved(instance, new)

    assert (at(moved), [timer.due for timer in moved.timers()]) == (["a", "urge"], [NOW + 2 * HOUR])
    do(moved, "urge")
    do(moved, "a")
    do(moved, "b")
    do(moved, "c")
    assert moved.ended


def test_a_gateway_that_was_passed_must_decide_as_before() -> None:
    drawn = (
        '<startEvent id="s"/><exclusiveGateway id="x"/><userTask id="a"/><userTask id="b"/><endEvent id="e"/>'
        + flows("s x", "a e", "b e")
    )
    old = process(drawn + flow("x", "a", "n == 1") + flow("x", "b", "n != 1"))
    new = process(drawn + flow("x", "a", "n == 2") + flow("x", "b", "n != 2"))

    assert _refused(begin(old, n=1), new) == [("differs", "x")]


def _relabelled(content: bytes) -> bytes:
    """The same diagram for an engine, and another one by its bytes."""
    return content.replace(b'targetNamespace="t"', b'targetNamespace="u"')


def _picture(instance: Instance) -> Any:
    waiting = sorted(((token.element_id, dict(token.variables)) for token in instance.user_tasks()), key=repr)
    messages = sorted(str(token.message) for token in instance.messages())
    return waiting, messages, dict(instance.visited), instance.ended, dict(instance.variables)


def _other(instance: Instance, versions: list[Definitions]) -> Definitions:
    return versions[instance.definitions is versions[0]]


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(block=blocks, data=st.data())
def test_a_move_to_the_same_diagram_changes_nothing_at_any_place(block: object, data: st.DataObject) -> None:
    content, variables = diagram(block)
    versions = [load({"p.bpmn": content}), load({"p.bpmn": _relabelled(content)})]
    pair = [Instance.create(versions[0], "p", variables) for _ in range(2)]
    for instance in pair:
        instance.run(Services(), NOW, max_steps=5000)
    for _ in range(15):
        place = _picture(pair[0])
        assert _picture(pair[1]) == place
        if not place[0]:
            break
        pair[1] = again(pair[1].moved_to(_other(pair[1], versions)))
        assert _picture(pair[1]) == place
        name = data.draw(st.sampled_from(place[1])) if place[1] and data.draw(st.booleans()) else None
        chosen = data.draw(st.sampled_from(range(len(place[0]))))
        values = {"v0": data.draw(st.integers(0, 4))}
        for instance in pair:
            if name is not None:
                instance.send_message(name, {"value": 7})
            else:
                tokens = sorted(
                    instance.user_tasks(),
                    key=lambda one: repr((one.element_id, dict(one.variables), one.index)),
                )
                token = tokens[chosen]
                instance.complete(token.task_id, values | {f"v1_{token.element_id}": 1})
            instance.run(Services(), NOW, max_steps=5000)
