"""The service task that says where a case lies."""

from __future__ import annotations

import shapely
from sqlalchemy import insert

from engine.case import Case
from handlers.components import component_of
from handlers.locate import CaseComponent, locate
from handlers.store.layers import COMPONENTS, component
from handlers.store.validity import ALWAYS
from tests.handlers.conftest import FIRST_CELL, IN_THE_EAST, OUTSIDE, StoredCase


def test_a_case_on_the_grid_gets_all_four_codes(stored_case: StoredCase) -> None:
    case = stored_case(at=FIRST_CELL)

    locate(case)

    codes = (case.district_code, case.street_code, case.community_code, case.grid_code)
    assert codes == ("610102", "610102001", "610102001001", "610102001001002")


def test_the_result_says_what_was_kept(stored_case: StoredCase) -> None:
    case = stored_case(at=FIRST_CELL)

    place = locate(case)

    assert place.grid_code == case.grid_code == "610102001001002"


def test_a_case_in_a_district_without_a_grid_gets_the_district_alone(stored_case: StoredCase) -> None:
    case = stored_case(at=IN_THE_EAST)

    locate(case)

    assert (case.district_code, case.street_code, case.grid_code) == ("610103", None, None)


def test_a_case_outside_the_city_gets_no_codes_and_goes_on(stored_case: StoredCase) -> None:
    case = stored_case(at=OUTSIDE, district_code="610102", grid_code="610102001001002")

    locate(case)

    assert (case.district_code, case.grid_code) == (None, None)


def test_an_empty_address_is_filled_with_the_names_of_the_areas(stored_case: StoredCase) -> None:
    case = stored_case(at=FIRST_CELL, address="")

    locate(case)

    assert case.address == "西区1号街道11社区"


def test_an_address_that_somebody_wrote_stays(stored_case: StoredCase) -> None:
    case = stored_case(at=FIRST_CELL, address="钟楼下")

    locate(case)

    assert case.address == "钟楼下"


def add_component(case: Case, code: str, metres: float, **values: str) -> None:
    """Put a component so many metres east of a case."""
    point = shapely.Point(case.lon + metres / 92_200.0, case.lat)
    row = {
        "code": code,
        "scheme": "gb30428",
        "category": "0101",
        "name_zh": "井盖",
        "name_en": "Cover",
        "outline": shapely.to_wkb(point),
        "made": False,
        "valid_from": ALWAYS,
    }
    case.uow.conn.execute(insert(component).values({**row, **values}))
    case.uow.changed(COMPONENTS)


def test_a_case_about_a_component_is_about_the_nearest_of_its_category(stored_case: StoredCase) -> None:
    case = stored_case()
    add_component(case, "6101020102000001", 1.0, category="0102")
    add_component(case, "6101020101000002", 9.0, owner="city-water", keeper="某公司")
    add_component(case, "6101020101000003", 20.0)

    place = locate(case)

    assert case.component_code == place.component_code == "6101020101000002"
    assert place.component == CaseComponent("6101020101000002", "city-water", "某公司", None)


def test_a_component_that_was_removed_is_not_meant(stored_case: StoredCase) -> None:
    case = stored_case()
    add_component(case, "6101020101000001", 1.0, state="removed")
    add_component(case, "6101020101000002", 9.0, state="lost")

    assert locate(case).component_code == "6101020101000002"


def test_a_component_farther_than_thirty_metres_is_not_meant(stored_case: StoredCase) -> None:
    case = stored_case()
    add_component(case, "6101020101000001", 31.0)

    assert locate(case).component is None


def test_a_case_is_about_the_component_that_was_noted_with_it(stored_case: StoredCase) -> None:
    case = stored_case(component_code="6101020101000002")
    add_component(case, "6101020101000001", 1.0)
    add_component(case, "6101020101000002", 9.0)

    assert locate(case).component_code == "6101020101000002"


def test_the_component_of_a_case_is_found_behind_many_of_other_categories(stored_case: StoredCase) -> None:
    case = stored_case()
    for number in range(12):
        add_component(case, f"610102010200{number:04}", 1.0, category="0102")
    add_component(case, "6101020101000001", 9.0)

    found = component_of(case)

    assert found is not None
    assert found.code == "6101020101000001"


def test_an_event_is_about_no_component(stored_case: StoredCase) -> None:
    case = stored_case(kind="event", component_code="6101020101000009")
    add_component(case, "6101020101000001", 1.0)

    assert (locate(case).component, case.component_code) == (None, None)
