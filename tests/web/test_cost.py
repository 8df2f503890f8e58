"""What a page costs: few statements, whatever it shows."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gis.tiles import tile_of
from tests.statements import statements
from tests.web.conftest import LAT, LON, Town

MOST = 12
#: A tile of the map: who asks, what may have changed, and its cases.
MOST_OF_A_TILE = 3


@pytest.mark.parametrize(
    "path", ["/inbox", "/inbox?q=西区&view=overdue", "/cases", "/cases?q=西区", "/cases/{case}", "/report"]
)
def test_a_page_takes_few_statements(town: Town, path: str) -> None:
    cases = [town.reported() for _ in range(12)]
    address = path.format(case=cases[0])
    browser = town.browser("acceptor")
    browser.get(address)

    with statements() as said:
        response = browser.get(address)

    assert response.status_code == 200
    assert 0 < len(said) <= MOST, said


@pytest.mark.parametrize("zoom", [11, 15])
def test_a_tile_of_the_map_takes_three_statements(town: Town, zoom: int) -> None:
    for _ in range(12):
        town.reported()
    tile = tile_of(LON, LAT, zoom)
    address = f"/map/cases/{tile.z}/{tile.x}/{tile.y}.mvt"
    browser, stranger = town.browser("acceptor"), town.browser("stranger")
    browser.get(address)

    with statements() as said:
        responses = [browser.get(address)]
    with statements() as said_to_a_stranger:
        responses.append(stranger.get(address))

    assert [one.status_code for one in responses] == [200, 204]
    assert 0 < len(said) <= MOST_OF_A_TILE, said
    assert len(said_to_a_stranger) <= MOST_OF_A_TILE, said_to_a_stranger


def test_the_web_process_begins_without_opencv() -> None:
    # 16 MB of each web process, for what only a drawn zone needs.
    program = "import sys, web.app, engine.tasks; engine.tasks.import_modules(); print('cv2' in sys.modules)"

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout == "False\n"
