"""Reports: placed, checked and opened at the platform that serves their place; refused with a remedy otherwise."""

from __future__ import annotations

import math
from typing import Any

import pytest
import shapely

from engine.actors import Actor
from engine.errors import ConfigurationError, Invalid
from engine.messages import Message
from engine.store import attachments, cases, reports, work_items
from engine.store.unit_of_work import UnitOfWork
from gis.areas import Area, Layers
from gis.coordinates import from_wgs84
from handlers.layers import store_layers
from handlers.reporting import ReportInput, submit
from tests.handlers.conftest import FIRST_CELL, IN_THE_EAST, LAST_CELL, OUTSIDE

PHOTO = {
    "sha256": "ab" * 32,
    "media_type": "image/jpeg",
    "bytes": 1000,
    "width": 40,
    "height": 30,
    "purpose": "report",
    "taken_at": None,
    "lon": None,
    "lat": None,
}


def report(**values: Any) -> ReportInput:
    """A report of a missing cover in the first cell."""
    lon, lat = values.pop("at", FIRST_CELL)
    given: dict[str, Any] = {
        "channel": "citizen",
        "kind": "component",
        "category": "0101",
        "description": "井盖不见了",
        "lon": lon,
        "lat": lat,
        "submission_key": "key-1",
    }
    return ReportInput(**{**given, **values})


def refused(uow: UnitOfWork, given: ReportInput) -> dict[str, str]:
    """The fields that a report is refused for, with their messages; nothing was written."""
    with pytest.raises(Invalid) as error:
        submit(uow, given)
    assert reports.reported_before(uow.conn, given.submission_key) is None
    assert all(isinstance(message, Message) for message in error.value.fields.values())
    return error.value.fields


def document(uow: UnitOfWork, case_id: int) -> dict[str, Any]:
    """The stored case."""
    row = cases.read(uow.conn, case_id)
    assert row is not None
    return dict(row)


@pytest.mark.usefixtures("toy")
def test_a_report_becomes_a_case_on_the_grid(uow: UnitOfWork) -> None:
    opened = submit(uow, report())

    case = document(uow, opened.id)
    assert (case["grid_code"], case["description"], case["status"]) == (
        "610102001001002",
        "井盖不见了",
        "open",
    )


@pytest.mark.parametrize(("at", "platform"), [(FIRST_CELL, "west"), (IN_THE_EAST, "east")])
def test_the_platform_of_the_district_takes_it(
    uow: UnitOfWork, toy: dict[str, int], at: tuple[float, float], platform: str
) -> None:
    opened = submit(uow, report(at=at))

    assert opened.platform_id == toy[platform]


def test_a_district_without_a_platform_is_the_citys(uow: UnitOfWork, toy: dict[str, int]) -> None:
    uow.conn.exec_driver_sql("UPDATE unit SET is_platform = false WHERE code = 'east'")
    uow.changed("units")

    opened = submit(uow, report(at=IN_THE_EAST))

    assert opened.platform_id == toy["city"]


@pytest.mark.usefixtures("toy")
def test_it_waits_for_an_acceptor_of_its_platform(uow: UnitOfWork, acceptor: Actor) -> None:
    opened = submit(uow, report())

    (item,) = work_items.open_of_case(uow.conn, opened.id)
    assert (item["role"], item["unit_id"]) in acceptor.grants


@pytest.mark.usefixtures("toy")
def test_the_same_report_again_is_the_same_case(uow: UnitOfWork) -> None:
    first = submit(uow, report())

    second = submit(uow, report())

    assert (second.id, second.follow) == (first.id, None)


@pytest.mark.usefixtures("toy")
def test_coordinates_of_a_chinese_map_are_converted(uow: UnitOfWork) -> None:
    shifted = from_wgs84(*FIRST_CELL, "gcj02")

    opened = submit(uow, report(at=shifted, crs="gcj02"))

    case = document(uow, opened.id)
    assert (case["lon"], case["lat"]) == pytest.approx(FIRST_CELL, abs=1e-7)


@pytest.mark.usefixtures("toy")
def test_without_coordinates_the_community_says_where(uow: UnitOfWork) -> None:
    opened = submit(uow, report(lon=None, lat=None, community_code="610102002002"))

    assert document(uow, opened.id)["community_code"] == "610102002002"


@pytest.mark.usefixtures("toy")
def test_coordinates_go_before_the_community(uow: UnitOfWork) -> None:
    opened = submit(uow, report(at=LAST_CELL, community_code="610102001001"))

    assert document(uow, opened.id)["community_code"] == "610102002002"


@pytest.mark.usefixtures("toy")
def test_without_both_the_photograph_says_where(uow: UnitOfWork) -> None:
    photo = {**PHOTO, "lon": LAST_CELL[0], "lat": LAST_CELL[1]}

    opened = submit(uow, report(lon=None, lat=None, photos=(PHOTO, photo)))

    assert document(uow, opened.id)["grid_code"] == "610102002002001"


@pytest.mark.usefixtures("toy")
def test_the_photographs_belong_to_the_case(uow: UnitOfWork) -> None:
    opened = submit(uow, report(photos=(PHOTO,)))

    assert [row["sha256"] for row in attachments.of_case(uow.conn, opened.id)] == [PHOTO["sha256"]]


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("南门外 3 号", "西区1号街道11社区 南门外 3 号"),
        ("西区南门外 3 号", "西区南门外 3 号"),
        ("11社区", "西区1号街道11社区"),
    ],
)
def test_a_typed_address_says_in_which_district_it_is(uow: UnitOfWork, typed: str, kept: str) -> None:
    opened = submit(uow, report(address=typed))

    assert document(uow, opened.id)["address"] == kept


@pytest.mark.usefixtures("toy")
def test_an_empty_address_is_filled_from_the_areas(uow: UnitOfWork) -> None:
    opened = submit(uow, report(address="  "))

    assert document(uow, opened.id)["address"] == "西区1号街道11社区"


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"category": "9999"}, "category"),
        ({"kind": "event", "category": "0155"}, "category"),
        ({"kind": "nonsense"}, "category"),
        ({"scheme": "cjt214"}, "category"),
        ({"condition_no": 9}, "condition_no"),
        ({"description": " "}, "description"),
        ({"crs": "mercator"}, "crs"),
        ({"lat": None}, "lat"),
        ({"lon": None}, "lon"),
        ({"lon": math.nan}, "lon"),
        ({"lat": math.inf}, "lat"),
        ({"lon": 181.0}, "lon"),
        ({"lat": -90.5}, "lat"),
        ({"at": OUTSIDE}, "lon"),
        ({"at": (0.0, 0.0)}, "lon"),
        ({"lon": None, "lat": None}, "lon"),
        ({"lon": None, "lat": None, "community_code": "610999001001"}, "community_code"),
        ({"lon": None, "lat": None, "community_code": "610103001001"}, "community_code"),
        ({"channel": "rumour"}, "channel"),
        ({"submission_key": ""}, "submission_key"),
        ({"description": "x" * 2001}, "description"),
        ({"description": "a\x00b"}, "description"),
        ({"address": "x" * 201}, "address"),
        ({"reporter_phone": "1" * 61}, "reporter_phone"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_by_field(uow: UnitOfWork, values: dict[str, Any], field: str) -> None:
    fields = refused(uow, report(**values))

    assert list(fields) == [field]


@pytest.mark.usefixtures("toy")
def test_everything_that_does_not_fit_is_said_at_once(uow: UnitOfWork) -> None:
    fields = refused(uow, report(category="9999", description="", lon=None))

    assert set(fields) == {"category", "description", "lon"}


@pytest.mark.usefixtures("toy")
def test_interchanged_coordinates_are_called_so(uow: UnitOfWork) -> None:
    lon, lat = FIRST_CELL

    fields = refused(uow, report(lon=lat, lat=lon))

    assert fields["lat"] == "Longitude and latitude seem to be interchanged."


@pytest.mark.usefixtures("toy")
def test_interchanged_coordinates_are_called_so_in_the_far_west_too(uow: UnitOfWork) -> None:
    district = Area("district", "650102", "天山区", shapely.box(87.5, 43.7, 87.7, 43.9), made=False)
    store_layers(uow, Layers((district,)))

    fields = refused(uow, report(lon=43.8, lat=87.6))

    assert fields == {"lat": "Longitude and latitude seem to be interchanged."}


def test_a_city_without_layers_says_how_to_get_them(uow: UnitOfWork, toy: dict[str, int]) -> None:
    store_layers(uow, Layers(()))

    with pytest.raises(ConfigurationError, match="gridcase layers"):
        submit(uow, report())
