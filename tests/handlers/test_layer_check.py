"""The check of layers finds what is wrong with them, where, and how bad it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import shapely

from engine.store.unit_of_work import UnitOfWork
from gis.layers.checking import Finding
from handlers.layers.checking import Check, drawn
from handlers.layers.importing import Taking, take_rows
from handlers.store.layer_tables import STORED

pytestmark = pytest.mark.usefixtures("toy")

CELL = "610102001001001"
WHOLE = shapely.box(108.900, 34.201, 108.901, 34.202)


def _put(uow: UnitOfWork, kind: str, *rows: dict[str, Any]) -> None:
    """Put rows into a layer as they are, whatever is wrong with them."""
    common: dict[str, Any] = {"name_zh": "一", "name_en": "One", "made": False, "valid_from": uow.now}
    common |= {"valid_to": None, **STORED[kind].constants}
    table = STORED[kind].table
    for row in rows:
        outline = shapely.to_wkb(row.pop("outline"))
        if kind == "cell":
            row.setdefault("parent_code", row["code"][:12])
            where = (table.c.kind == "cell") & (table.c.code == row["code"])
            uow.conn.execute(table.update().where(where).values(valid_to=uow.now))
        uow.conn.execute(table.insert(), common | row | {"outline": outline})


def _found(uow: UnitOfWork, *wanted: str, rule: str | None = None) -> list[Finding]:
    return [one for one in Check(uow, uow.now).findings(wanted) if rule in (None, one.rule)]


def _said(findings: Sequence[Finding]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.severity, one.rule, one.codes) for one in findings]


def test_layers_that_fit_have_no_errors(uow: UnitOfWork) -> None:
    assert _found(uow, "district", "street", "community", "cell", "zone", "component", "road", "poi") == []


def test_cells_that_overlap_are_an_error_with_place_and_size(uow: UnitOfWork) -> None:
    _put(uow, "cell", {"code": CELL, "outline": shapely.box(108.900, 34.2009, 108.901, 34.202)})

    (one,) = _found(uow, "cell")

    assert (one.severity, one.rule, one.codes) == ("error", "overlap", (CELL, "610102001001002"))
    assert one.square_metres == pytest.approx(0.001 * 92_200 * 0.0001 * 110_900, rel=0.01)
    assert one.lon == pytest.approx(108.9005, abs=1e-4)
    assert one.lat == pytest.approx(34.20095, abs=5e-5)


def test_an_overlap_of_some_centimetres_is_a_sliver(uow: UnitOfWork) -> None:
    _put(uow, "cell", {"code": CELL, "outline": shapely.box(108.900, 34.201 - 2e-6, 108.901, 34.202)})

    assert _said(_found(uow, "cell")) == [("warning", "overlap", (CELL, "610102001001002"))]


def test_a_border_that_is_off_by_the_snap_is_exact(uow: UnitOfWork) -> None:
    _put(uow, "cell", {"code": CELL, "outline": shapely.box(108.900, 34.201 - 1e-7, 108.901, 34.202)})

    assert _found(uow, "cell") == []


def test_what_the_cells_of_a_community_leave_uncovered_is_a_gap(uow: UnitOfWork) -> None:
    _put(uow, "cell", {"code": CELL, "outline": shapely.box(108.900, 34.2011, 108.901, 34.202)})

    assert _said(_found(uow, "cell")) == [("error", "gap", ("610102001001",))]


def test_a_cell_that_reaches_out_of_its_community_is_an_error(uow: UnitOfWork) -> None:
    _put(uow, "cell", {"code": CELL, "outline": shapely.box(108.8999, 34.201, 108.901, 34.202)})

    (one,) = _found(uow, "cell")

    assert (one.severity, one.rule, one.codes) == ("error", "outside", (CELL, "610102001001"))
    assert "9.1 % of it" in one.text


def test_a_cell_of_a_metre_is_a_sliver(uow: UnitOfWork) -> None:
    _put(
        uow,
        "cell",
        {"code": CELL, "outline": shapely.box(108.90001, 34.201, 108.901, 34.202)},
        {"code": "610102001001003", "outline": shapely.box(108.900, 34.201, 108.90001, 34.202)},
    )

    assert _said(_found(uow, "cell")) == [("warning", "sliver", ("610102001001003",))]


def test_codes_that_do_not_fit_are_told(uow: UnitOfWork) -> None:
    outline = shapely.box(108.900, 34.201, 108.901, 34.202)
    _put(uow, "cell", {"code": "610102009009001", "outline": outline})
    _put(uow, "cell", {"code": "610102001002009", "parent_code": "610102001001", "outline": outline})

    told = [one.codes for one in _found(uow, "cell", rule="code")]
    assert told == [("610102001002009",), ("610102009009001",)]


def test_ground_between_districts_is_a_gap(uow: UnitOfWork) -> None:
    ring = shapely.box(108.890, 34.190, 108.920, 34.210) - shapely.box(108.899, 34.199, 108.909, 34.203)
    _put(uow, "district", {"code": "610104", "parent_code": "", "outline": ring})

    assert _said(_found(uow, "district")) == [("error", "gap", ())]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"outline": shapely.Point(108.95, 34.2)}, ("error", "outside")),
        ({"category": "9999"}, ("error", "category")),
        ({"category": "0102"}, ("warning", "category")),
        ({"code": "6101030101000001"}, ("warning", "code")),
        ({"owner": "nobody"}, ("warning", "unit")),
        ({"owner": "水务集团"}, None),
        ({"keeper": "city-water"}, None),
    ],
)
def test_components_are_held_to_what_the_city_knows(
    uow: UnitOfWork, change: dict[str, Any], told: tuple[str, str] | None
) -> None:
    row = {
        "code": "6101020101000001",
        "scheme": "gb30428",
        "category": "0101",
        "outline": shapely.Point(108.9005, 34.2005),
    }
    _put(uow, "component", row | change)

    assert [(one.severity, one.rule) for one in _found(uow, "component")] == ([told] if told else [])


def test_grids_may_overlap_and_leave_ground_and_that_is_information(
    uow: UnitOfWork, toy: dict[str, int]
) -> None:
    unit = {"profession": "sanitation", "unit_id": toy["west-sanitation"]}
    _put(
        uow,
        "responsibility",
        {"code": "a", "outline": shapely.box(108.900, 34.200, 108.903, 34.202), **unit},
        {"code": "b", "outline": shapely.box(108.902, 34.200, 108.905, 34.202), **unit},
    )

    found = [one for one in _found(uow, "responsibility") if "sanitation" in one.text]

    assert _said(found) == [
        ("information", "overlap", ("sanitation a", "sanitation b")),
        ("information", "uncovered", ("sanitation",)),
    ]
    assert "37.5 %" in found[1].text


def test_a_grid_of_a_unit_of_other_work_is_a_warning(uow: UnitOfWork, toy: dict[str, int]) -> None:
    grid = {"profession": "sanitation", "code": "a", "unit_id": toy["east-greenery"], "outline": WHOLE}
    _put(uow, "responsibility", grid)

    assert ("warning", "unit", ("a", "east-greenery")) in _said(_found(uow, "responsibility"))


def test_what_was_mended_is_no_finding_at_a_later_time(uow: UnitOfWork) -> None:
    _put(uow, "cell", {"code": CELL, "outline": shapely.box(108.900, 34.2009, 108.901, 34.202)})
    later = uow.now + timedelta(days=1)
    row = {"code": CELL, "name_zh": "一", "name_en": "One", "parent_code": CELL[:12], "made": False, "row": 1}

    take_rows(uow, "cell", "-", lambda _: iter([[row | {"outline": shapely.to_wkb(WHOLE)}]]), Taking(later))

    assert len(_found(uow, "cell")) == 1
    assert list(Check(uow, later).findings(["cell"])) == []


def test_the_map_needs_nothing_from_elsewhere_and_shows_each_finding(uow: UnitOfWork) -> None:
    name = "<script>alert(1)</script>"
    _put(uow, "zone", {"code": name, "parent_code": "", "outline": shapely.box(109.5, 34.2, 109.6, 34.3)})
    checked = Check(uow, uow.now)
    findings = list(checked.findings(["zone"]))

    page = drawn(checked, findings, ["zone"], ".html")

    assert page.count("<figure>") == page.count("<circle") == len(findings) == 1
    assert "<script" not in page
    assert "http" not in page
    assert "src=" not in page


def test_the_map_as_geojson_has_each_finding(uow: UnitOfWork) -> None:
    _put(uow, "cell", {"code": CELL, "outline": shapely.box(108.900, 34.2009, 108.901, 34.202)})
    checked = Check(uow, uow.now)
    findings = list(checked.findings(["cell"]))

    (feature,) = json.loads(drawn(checked, findings, ["cell"], ".geojson"))["features"]

    assert feature["properties"]["rule"] == "overlap"
    assert shapely.geometry.shape(feature["geometry"]).bounds == pytest.approx(
        (108.900, 34.2009, 108.901, 34.201), abs=1e-6
    )
