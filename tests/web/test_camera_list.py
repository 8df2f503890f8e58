"""The list of a city's cameras: searched, filtered, turned page by page, at the same cost however many there are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from handlers.cameras import registry
from handlers.store import camera_watches
from tests.statements import statements
from tests.web.conftest import LAT, LON, Town
from web.views import cameras as page_of_cameras

#: The frame of a page, and three for the list: its page, its counts, the units that have cameras.
MOST = 12
OUTLINE = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.6]]
#: What is found by the query of an address, of those that the leader of the west may look at.
FOUND = {
    "": ["w-5", "w-6", "w-3", "w-0", "w-1", "w-2", "w-4"],
    "?q=W-4": ["w-4"],
    "?q=camera+2": ["w-2"],
    "?q=%25": [],
    "?state=alarm": ["w-5"],
    "?state=dark": ["w-5"],
    "?state=blurred": [],
    "?state=paused": ["w-3"],
    "?state=silent": ["w-6"],
    "?zones=with": ["w-1"],
    "?zones=without&state=well": ["w-0", "w-2", "w-4"],
    "?late=1": ["w-4"],
    "?unit=999999&state=alarm": ["w-5"],
}


@pytest.fixture
def known(town: Town) -> Mapping[str, int]:
    """Seven cameras of the west and one of the east, by code."""
    with town.database.unit_of_work() as uow:
        found = {f"w-{number}": _add(uow, f"w-{number}", town.units["west"]) for number in range(7)}
        found["e-0"] = _add(uow, "e-0", town.units["east"])
        for code in ("w-0", "w-1", "w-2", "w-3", "w-4", "w-5"):
            _seen(uow, found[code], late=50 if code == "w-4" else 0)
        registry.save_zone(uow, found["w-1"], {"key": "kerb", "type": "no_parking", "outline": OUTLINE})
        registry.save_zone(uow, found["w-2"], {"key": "kerb", "type": "no_parking", "outline": OUTLINE})
        registry.remove_zone(uow, found["w-2"], "kerb")
        registry.set_state(uow, found["w-3"], "paused")
        alarm = {"camera_id": found["w-5"], "kind": "dark", "detail": "", "began_at": uow.now}
        camera_watches.begin_alarms(uow.conn, [alarm])
    return found


def test_cameras_are_found(town: Town, known: Mapping[str, int]) -> None:
    browser = town.browser("leader")

    found = {query: _codes(browser.get(f"/cameras{query}").text) for query in FOUND}

    assert found == FOUND


def test_those_of_units_that_one_may_not_look_at_are_not_found(town: Town, known: Mapping[str, int]) -> None:
    page = town.browser("leader").get(f"/cameras?unit={town.units['east']}&q=e-0")

    assert _codes(page.text) == []


def test_the_list_is_turned_page_by_page(
    town: Town, known: Mapping[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_of_cameras, "PAGE", 3)
    browser, address, seen = town.browser("leader"), "/cameras?zones=without", []

    while address:
        page = browser.get(address).text
        seen.append(_codes(page))
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = following[1].replace("&amp;", "&") if following else ""

    assert seen == [["w-5", "w-6", "w-3"], ["w-0", "w-2", "w-4"]]


def test_what_no_camera_fits_says_how_to_go_on(town: Town, known: Mapping[str, int]) -> None:
    page = town.browser("leader", "en").get("/cameras?q=nowhere").text

    assert "No camera fits." in page
    assert 'href="/cameras"' in page


def test_more_cameras_take_no_more_statements(town: Town, known: Mapping[str, int]) -> None:
    browser = town.browser("leader")
    browser.get("/cameras")

    costs = []
    for narrowed in ("?q=w-1", ""):
        with statements() as said:
            assert browser.get(f"/cameras{narrowed}").status_code == 200
        costs.append(len(said))

    assert costs[0] == costs[1] <= MOST, said


def _codes(page: str) -> list[str]:
    return re.findall(r"<small>([we]-\d) ·", page)


def _add(uow: Any, code: str, unit_id: int) -> int:
    number = code.removeprefix("w-")
    row = {"code": code, "name": f"摄像机{number}", "name_en": f"Camera {number}", "lon": LON, "lat": LAT}
    return registry.add(uow, row | {"unit_id": unit_id, "source": "files", "url": "street"})


def _seen(uow: Any, camera_id: int, late: int) -> None:
    state = {"camera_id": camera_id, "content": b"", "health": b"", "view": {}, "frame_at": uow.now}
    camera_watches.save_states(uow.conn, [state | {"frames": 950, "late": late, "saved_at": uow.now}])
