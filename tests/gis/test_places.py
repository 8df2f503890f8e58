from __future__ import annotations

import pytest

from gis.places import Landmark, Named, Place, Responsible

DISTRICT = Named("610103", "碑林区", "Beilin District", False)
STREET = Named("610103003", "柏树林街道", "Baishulin Street", True)
ROAD = Named("r1", "东大街", "East Street", False)
TOWER = Landmark("p1", "钟楼", "the Bell Tower", 83.0, 5)


@pytest.mark.parametrize(
    ("place", "chinese", "english"),
    [
        (Place(DISTRICT, STREET), "碑林区柏树林街道", "Baishulin Street, Beilin District"),
        (Place(DISTRICT, road=ROAD), "碑林区 · 东大街", "East Street, Beilin District"),
        (
            Place(DISTRICT, STREET, road=ROAD, landmark=TOWER),
            "碑林区柏树林街道 · 东大街 钟楼西南 80 米",
            "80 m southwest of the Bell Tower, East Street, Baishulin Street, Beilin District",
        ),
        (
            Place(DISTRICT, landmark=Landmark("p1", "钟楼", "", 4.0, 0)),
            "碑林区 · 钟楼",
            "at 钟楼, Beilin District",
        ),
    ],
)
def test_the_address_names_what_is_near(place: Place, chinese: str, english: str) -> None:
    assert (place.address, place.address_in("en")) == (chinese, english)


def test_of_several_grids_of_a_profession_the_first_one_answers() -> None:
    grids = [
        Responsible("greenery", "G1", "", "", "u1", False),
        Responsible("sanitation", "S2", "", "", "u2", False),
        Responsible("sanitation", "S1", "", "", "u3", False),
    ]

    assert Place(DISTRICT, responsible=tuple(grids)).grids == {"greenery": "G1", "sanitation": "S2"}


def test_the_code_of_a_place_is_that_of_the_smallest_area() -> None:
    assert Place(DISTRICT, STREET).code == STREET.code
