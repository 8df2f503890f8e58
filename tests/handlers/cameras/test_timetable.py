"""The timetable: turns are spread evenly, hosts are spared, and what is late is left out and counted."""

from __future__ import annotations

from handlers.cameras.timetable import Timetable, phase

#: Of the name in the test below; another one would move every camera of a city at the next release.
PHASE = 0.60076


def _all(count: int, interval: float = 5.0, at_once: int = 100) -> Timetable:
    timetable = Timetable(at_once=at_once)
    for number in range(count):
        timetable.set(number, f"camera {number}", interval, f"host {number}", 0.0)
    return timetable


def test_turns_are_spread_over_the_interval() -> None:
    timetable = _all(500)

    begun = [len(timetable.begin(second)) for second in (1.0, 2.0, 3.0, 4.0, 4.999)]

    assert sum(begun) == 500
    assert all(70 <= count <= 130 for count in begun)


def test_a_name_has_the_same_phase_always() -> None:
    assert round(phase("610102000001"), 6) == PHASE


def test_each_camera_has_one_turn_in_an_interval() -> None:
    timetable = _all(20)
    turns = []
    for tenth in range(1, 501):
        for camera in timetable.begin(tenth / 10):
            turns.append(camera)
            timetable.end(camera)

    assert {turns.count(camera) for camera in range(20)} == {10}
    assert not timetable.late()


def test_a_camera_that_looks_still_gets_no_second_turn() -> None:
    timetable = _all(1)
    assert timetable.begin(5.0) == [0]

    assert timetable.begin(11.0) == []


def test_what_is_late_is_left_out_and_counted() -> None:
    timetable = _all(1)
    first = timetable.wait(0.0)
    timetable.begin(first)

    timetable.begin(first + 26.0)
    timetable.end(0)

    # At 5, 10, 15 and 20 seconds; that at 25 is not late yet.
    assert timetable.late() == {0: 4}
    assert timetable.begin(first + 26.0) == [0]
    assert timetable.begin(first + 26.0) == []


def test_late_ones_are_counted_once() -> None:
    timetable = _all(1)
    timetable.begin(5.0)
    timetable.begin(31.0)
    timetable.late()

    assert not timetable.late()


def test_of_one_host_few_are_asked_at_a_time() -> None:
    timetable = Timetable(at_once=2)
    for number in range(5):
        timetable.set(number, str(number), 5.0, "recorder", 0.0)

    first = timetable.begin(5.0)
    for camera in first:
        timetable.end(camera)
    second = timetable.begin(5.0)

    assert (len(first), len(second)) == (2, 2)
    assert not set(first) & set(second)


def test_another_host_is_asked_meanwhile() -> None:
    timetable = Timetable(at_once=1)
    for number, host in enumerate(("one", "one", "other")):
        timetable.set(number, str(number), 5.0, host, 0.0)

    assert len(timetable.begin(5.0)) == 2


def test_a_camera_that_goes_while_it_looks_gives_its_host_free() -> None:
    timetable = Timetable(at_once=1)
    timetable.set(1, "one", 5.0, "recorder", 0.0)
    timetable.begin(5.0)
    timetable.set(2, "two", 5.0, "recorder", 0.0)

    timetable.remove(1)
    timetable.end(1)

    assert timetable.begin(5.0) == [2]


def test_it_says_how_long_until_the_next_turn() -> None:
    timetable = _all(1)
    (due,) = (timetable.wait(0.0),)

    assert timetable.begin(due - 0.01) == []
    assert timetable.begin(due) == [0]
