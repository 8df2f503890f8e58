"""Alarms: trouble that lasts is told once, and its end once; what flickers is not told at all."""

from __future__ import annotations

from datetime import timedelta

from handlers.cameras.alarms import Alarms, Change
from tests.conftest import MONDAY

SECOND = timedelta(seconds=1)


def _looks(alarms: Alarms, told: str) -> list[Change]:
    """Looks a second apart: ``.`` is a good picture, ``d`` a dark one, ``u`` unreachable, ``s`` too slow."""
    changes: list[Change] = []
    for number, look in enumerate(told):
        at = MONDAY + number * SECOND
        if look in "us":
            changes += alarms.failed({"u": "unreachable", "s": "too_slow"}[look], "why", at)
        else:
            changes += alarms.seen({"dark"} if look == "d" else set(), at)
    return changes


def _said(changes: list[Change]) -> list[tuple[str, bool, int]]:
    return [(one.kind, one.begins, (one.at - MONDAY) // SECOND) for one in changes]


def test_trouble_that_lasts_is_told_once_with_its_beginning() -> None:
    assert _said(_looks(Alarms(()), ".uuuuuuuu")) == [("unreachable", True, 1)]


def test_trouble_that_flickers_is_not_told() -> None:
    assert _looks(Alarms(()), "u.uu.u.uu." * 5) == []


def test_its_end_is_told_with_its_beginning() -> None:
    assert _said(_looks(Alarms(()), "uuu.u...."))[1:] == [("unreachable", False, 5)]


def test_a_source_that_fails_in_turns_has_one_alarm() -> None:
    assert _said(_looks(Alarms(()), "ususususu")) == [("unreachable", True, 0)]


def test_a_condition_and_a_source_are_told_apart() -> None:
    assert _said(_looks(Alarms(()), "ddduuu")) == [("dark", True, 0), ("unreachable", True, 3)]


def test_without_a_picture_nobody_knows_whether_it_is_dark_still() -> None:
    alarms = Alarms(())
    _looks(alarms, "ddduuuuuu")

    assert alarms.told == {"dark", "unreachable"}


def test_an_alarm_that_is_open_is_not_told_again() -> None:
    assert _looks(Alarms({"dark"}), "dddd") == []


def test_an_alarm_of_an_earlier_watch_ends() -> None:
    assert _said(_looks(Alarms({"dark", "refused"}), "...")) == [("dark", False, 0), ("refused", False, 0)]
