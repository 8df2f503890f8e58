"""The page of watches: which groups of cameras somebody watches, and how it fares; for administrators of the whole city."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.clock import SteppedClock
from engine.store import people
from handlers.cameras import registry
from handlers.store import camera_watches
from tests.web.conftest import LAT, LON, Town

PAGE = "/cameras/watches"


@pytest.fixture
def town(town: Town) -> Town:
    """The town with an administrator of the city and one of a district, and a camera that is watched."""
    found = dict(town.people)
    with town.database.unit_of_work() as uow:
        for login, unit in (("admin", "city"), ("local-admin", "west")):
            row = {"login": login, "name": login, "password_hash": "-", "is_demo": True}
            found[login] = people.save(uow.conn, row)
            people.grant(uow.conn, found[login], "admin", town.units[unit])
        place = {"lon": LON, "lat": LAT, "unit_id": town.units["west"]}
        registry.add(uow, {"code": "c-1", "name": "长安南路", "source": "files", "url": "street", **place})
        epoch = camera_watches.take(uow.conn, 1, uow.now)
        counts = {"more_frames": 950, "more_late": 50, "count": 1, "share": 0.07}
        assert camera_watches.tell(uow.conn, 1, epoch, uow.now, counts)
    return replace(town, people=found)


def test_a_watch_is_shown_with_what_it_did(town: Town) -> None:
    page = town.browser("admin", "en").get(PAGE).text

    assert "watched by nobody" not in page
    for part in ("950", "5.0 %", "7 %", "1 time"):
        assert part in page


def test_a_group_that_nobody_watches_any_more_is_told_with_what_to_do(
    town: Town, clock: SteppedClock
) -> None:
    clock.advance(timedelta(seconds=16))

    page = town.browser("admin", "en").get(PAGE).text

    assert "1 group is watched by nobody" in page


def test_a_group_that_nobody_ever_watched_is_told_so(town: Town) -> None:
    with town.database.unit_of_work() as uow:
        uow.conn.exec_driver_sql("DELETE FROM watch")

    assert "1 group is watched by nobody" in town.browser("admin", "en").get(PAGE).text


def test_without_cameras_it_says_what_to_do(town: Town) -> None:
    with town.database.unit_of_work() as uow:
        uow.conn.exec_driver_sql("UPDATE camera SET state = 'paused'")

    assert "There is no camera to watch" in town.browser("admin", "en").get(PAGE).text


@pytest.mark.parametrize("login", ["local-admin", "leader", "handler"])
def test_watches_have_cameras_of_all_districts_and_are_shown_to_nobody_else(town: Town, login: str) -> None:
    browser = town.browser(login)

    assert browser.get(PAGE).status_code == 403
    assert PAGE not in browser.get("/cameras").text
