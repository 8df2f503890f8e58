"""Timers go by the time they are given, and each keeps its own."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.bpmn import Instance, RunError
from engine.bpmn.iso8601 import TimeFormatError, add_duration, is_literal, parse_cycle, parse_instant
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


def timer(kind: str, text: str) -> str:
    return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"


def wait(kind: str, text: str) -> bytes:
    return process(
        f'<startEvent id="s"/><intermediateCatchEvent id="w">{timer(kind, text)}</intermediateCatchEvent>'
        '<userTask id="u"/><endEvent id="e"/>' + flows("s w u e")
    )


def fire(instance: Instance, now: datetime, host: Services | None = None) -> None:
    instance.fire_timers(now)
    instance.run(host or Services(), now)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("timeDuration", "PT4H"),
        ("timeDuration", " PT4H "),
        ("timeDuration", "'PT4H'"),
        ("timeDuration", "limit"),
        ("timeDuration", "'PT' + str(hours) + 'H'"),
        ("timeDate", "2026-05-04T12:00:00+00:00"),
        ("timeDate", "2026-05-04T20:00:00+08:00"),
        ("timeDate", "due"),
        ("timeDate", "PT4H"),
    ],
)
def test_a_timer_is_due_by_duration_date_or_expression(kind: str, text: str) -> None:
    instance = begin(wait(kind, text), limit="PT4H", hours=4, due="2026-05-04T12:00:00+00:00")

    [timer_] = instance.timers()

    assert (timer_.element_id, timer_.due) == ("w", NOW + 4 * HOUR)


def test_a_timer_fires_when_it_is_due_and_not_before() -> None:
    instance = begin(wait("timeDuration", "PT4H"))

    fire(instance, NOW + 4 * HOUR - timedelta(seconds=1))
    assert at(instance) == []
    fire(instance, NOW + 4 * HOUR)
    assert at(instance) == ["u"]
    assert instance.timers() == []


def test_a_due_time_survives_storing() -> None:
    instance = again(again(begin(wait("timeDuration", "PT4H"))))

    fire(instance, NOW + 4 * HOUR)

    assert at(instance) == ["u"]


def test_a_timer_behind_a_user_task_runs_from_the_time_of_the_next_run() -> None:
    diagram = process(
        f'<startEvent id="s"/><userTask id="u"/><intermediateCatchEvent id="w">{timer("timeDuration", "PT1H")}'
        "</intermediateCatchEvent><endEvent id='e'/>" + flows("s u w e")
    )
    instance = begin(diagram)

    do(instance, "u", now=NOW + 5 * HOUR)

    assert [timer_.due for timer_ in instance.timers()] == [NOW + 6 * HOUR]


SLA = process(
    '<startEvent id="s"/><userTask id="u"/><endEvent id="e"/>'
    f'<boundaryEvent id="b" attachedToRef="u" cancelActivity="false">{timer("timeCycle", "R3/PT1H")}</boundaryEvent>'
    + service("urge", "urge")
    + '<endEvent id="urged"/>'
    + flows("s u e", "b urge urged")
)


def test_a_cycle_fires_each_period_and_stops_after_its_number() -> None:
    host = Services(urge=lambda: 1)
    instance = begin(SLA, host)
    calls = []
    for hour in range(1, 6):
        fire(instance, NOW + hour * HOUR, host)
        instance = again(instance)
        calls.append(len(host.calls))

    assert calls == [1, 2, 3, 3, 3]
    assert instance.timers() == []
    do(instance, "u", host)
    assert instance.ended


def test_periods_slept_through_fire_once() -> None:
    host = Services(urge=lambda: 1)
    instance = begin(SLA, host)

    fire(instance, NOW + 2 * HOUR + HOUR / 2, host)

    assert len(host.calls) == 1
    assert [timer_.due for timer_ in instance.timers()] == [NOW + 3 * HOUR]


def test_a_cycle_that_fires_often_does_not_grow() -> None:
    host = Services(urge=lambda: 1)
    bundle = definitions(SLA.replace(b"R3/PT1H", b"R/PT1H"))
    instance = begin(bundle, host)
    sizes = []
    for hour in range(1, 80):
        fire(instance, NOW + hour * HOUR, host)
        sizes.append(len(instance._workflow.tasks))

    assert sizes[-1] == sizes[20]
    assert len(host.calls) == 79
    do(instance, "u", host)
    assert instance.ended


def test_a_cycle_ends_with_its_activity() -> None:
    host = Services(urge=lambda: 1)
    instance = begin(SLA, host)
    do(instance, "u", host)

    fire(instance, NOW + 9 * HOUR, host)

    assert (instance.ended, host.calls) == (True, [])


RACE = process(
    '<startEvent id="s"/><eventBasedGateway id="g"/>'
    f'<intermediateCatchEvent id="slow" name="wait">{timer("timeDuration", "PT4H")}</intermediateCatchEvent>'
    f'<intermediateCatchEvent id="quick" name="wait">{timer("timeDuration", "PT1H")}</intermediateCatchEvent>'
    '<intermediateCatchEvent id="paid"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
    '<userTask id="us"/><userTask id="uq"/><userTask id="up"/><endEvent id="e"/>'
    + flows("s g slow us e", "g quick uq e", "g paid up e"),
    before='<message id="m" name="paid"/>',
)


def test_each_timer_behind_an_event_gateway_has_its_own_due_time() -> None:
    instance = again(begin(RACE))

    assert [(timer_.element_id, timer_.due) for timer_ in instance.timers()] == [
        ("quick", NOW + HOUR),
        ("slow", NOW + 4 * HOUR),
    ]


def test_the_first_timer_of_an_event_gateway_wins() -> None:
    instance = again(begin(RACE))

    fire(instance, NOW + HOUR)

    assert (at(instance), instance.timers(), instance.messages()) == (["uq"], [], [])


def test_of_two_overdue_timers_only_the_earlier_wins() -> None:
    instance = again(begin(RACE))

    fire(instance, NOW + 9 * HOUR)

    assert at(instance) == ["uq"]


def test_a_message_may_win_against_the_timers() -> None:
    instance = again(begin(RACE))
    [token] = instance.messages()
    assert (token.element_id, token.message) == ("paid", "paid")

    assert instance.send_message("paid", {"sum": 3}, token.task_id)
    instance.run(Services(), NOW)

    assert (at(instance), instance.variables) == (["up"], {"sum": 3})


def test_an_event_gateway_in_a_loop_waits_anew_each_round() -> None:
    diagram = process(
        '<startEvent id="s"/><exclusiveGateway id="x"/><eventBasedGateway id="g"/>'
        f'<intermediateCatchEvent id="t">{timer("timeDuration", "PT1H")}</intermediateCatchEvent>'
        '<intermediateCatchEvent id="m1"><messageEventDefinition messageRef="m"/></intermediateCatchEvent><endEvent id="e"/>'
        + flows("s x g t x", "g m1 e"),
        before='<message id="m" name="stop"/>',
    )
    instance = begin(diagram)
    for hour in range(1, 4):
        fire(instance, NOW + hour * HOUR)
        instance = again(instance)
        assert [timer_.due for timer_ in instance.timers()] == [NOW + (hour + 1) * HOUR]
    assert instance.send_message("stop", {})
    instance.run(Services(), NOW + 4 * HOUR)
    assert instance.ended


@pytest.mark.parametrize("text", ["nonsense", "'4 hours'", "5", "'2026-05-01T08:00:00'"])
def test_a_wrong_time_names_its_element(text: str) -> None:
    with pytest.raises(RunError) as caught:
        begin(wait("timeDate", text))

    assert caught.value.element_id == "w"


def test_now_must_be_aware() -> None:
    instance = Instance.create(definitions(wait("timeDuration", "PT1H")), "p", {})

    with pytest.raises(ValueError, match="aware"):
        instance.run(Services(), datetime(2026, 5, 4))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("P1D", datetime(2026, 2, 1, 8, tzinfo=UTC)),
        ("P1M", datetime(2026, 3, 3, 8, tzinfo=UTC)),
        ("P1Y", datetime(2027, 1, 31, 8, tzinfo=UTC)),
        ("P2W", datetime(2026, 2, 14, 8, tzinfo=UTC)),
        ("P1DT12H30M", datetime(2026, 2, 1, 20, 30, tzinfo=UTC)),
        ("PT0.5H", datetime(2026, 1, 31, 8, 30, tzinfo=UTC)),
        ("PT90S", datetime(2026, 1, 31, 8, 1, 30, tzinfo=UTC)),
    ],
)
def test_durations_are_added_by_the_calendar(text: str, due: datetime) -> None:
    assert add_duration(text, datetime(2026, 1, 31, 8, tzinfo=UTC)) == due


@pytest.mark.parametrize("text", ["", "P", "PT", "4H", "PT4", "P1H", "P-1D", "P1W1D", "P999999W", "PT1H1H"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(TimeFormatError):
        add_duration(text, NOW)


@pytest.mark.parametrize("text", ["R3", "R3/PT0S", "R/x", "PT1H", "R3/PT1H/2026-05-01T08:00:00+08:00"])
def test_what_is_no_cycle_is_refused(text: str) -> None:
    with pytest.raises(TimeFormatError):
        parse_cycle(text, NOW)


def test_a_cycle_may_have_a_start() -> None:
    cycle = parse_cycle("R/2026-05-04T10:00:00+00:00/PT30M", NOW)

    assert (cycle.times, cycle.first, cycle.period) == (-1, NOW + 2 * HOUR, HOUR / 2)


def test_a_date_without_offset_is_refused() -> None:
    with pytest.raises(TimeFormatError, match="offset"):
        parse_instant("2026-05-01T08:00:00")


@pytest.mark.parametrize(
    ("text", "literal"), [("PT4H", True), ("limit", False), ("P", False), ("R3/PT1H", True), ("Page", False)]
)
def test_a_literal_is_told_from_an_expression(text: str, literal: bool) -> None:
    assert is_literal(text) is literal


def test_an_interrupting_timer_takes_the_work_away() -> None:
    diagram = process(
        '<startEvent id="s"/><userTask id="u"/><userTask id="late"/><endEvent id="e"/>'
        f'<boundaryEvent id="b" attachedToRef="u">{timer("timeDuration", "PT1H")}</boundaryEvent>'
        + flows("s u e", "b late e")
    )
    instance = again(begin(diagram))

    fire(instance, NOW + HOUR)

    assert at(instance) == ["late"]
    assert "u" not in instance.visited
    assert {"b", "b_late"} <= set(instance.visited)


def test_conditions_in_a_loop_with_timer_flow() -> None:
    diagram = process(
        f'<startEvent id="s"/><intermediateCatchEvent id="w">{timer("timeDuration", "PT1H")}</intermediateCatchEvent>'
        '<scriptTask id="t"><script>n = n + 1</script></scriptTask><exclusiveGateway id="x"/><endEvent id="e"/>'
        + flows("s w t x")
        + flow("x", "e", "n >= 3")
        + flow("x", "w", "n < 3")
    )
    instance = begin(diagram, n=0)
    for hour in range(1, 4):
        assert not instance.ended
        fire(instance, NOW + hour * HOUR)
    assert instance.ended
