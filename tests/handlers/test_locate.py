"""The service task that says where a case lies."""

from __future__ import annotations

from handlers.locate import locate
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
