from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from shapely.geometry import shape

from gis.areas import Area, Layers
from gis.errors import LayerError
from gis.geojson import feature_collection


def outlines(collection: dict[str, Any]) -> list[Any]:
    return [shape(feature["geometry"]) for feature in collection["features"]]


def test_a_feature_carries_code_names_kind_and_whether_it_was_made(layers: Layers) -> None:
    first = feature_collection(layers.streets)["features"][0]

    assert first["id"] == "610102001"
    assert first["properties"] == {
        "code": "610102001",
        "name": "西一路街道",
        "name_en": "Xiyilu Subdistrict",
        "kind": "street",
        "made": True,
    }


def test_coordinates_have_six_decimals_and_differ_by_less_than_a_decimetre(layers: Layers) -> None:
    text = json.dumps(feature_collection(layers.communities))
    read = json.loads(text, parse_float=str)
    first = read["features"][0]["geometry"]["coordinates"][0]

    assert max(len(number.partition(".")[2]) for point in first for number in point) == 6
    assert (
        shapely.hausdorff_distance(
            shape(json.loads(text)["features"][0]["geometry"]), layers.communities[0].polygon
        )
        < 1e-6
    )


def test_every_layer_reads_back_as_valid_outlines(layers: Layers) -> None:
    for areas in (layers.districts, layers.streets, layers.communities, layers.cells):
        read = outlines(feature_collection(areas))

        assert len(read) == len(areas)
        assert all(outline.is_valid for outline in read)


def test_outer_rings_run_counter_clockwise(layers: Layers) -> None:
    read = outlines(feature_collection(layers.districts))

    assert all(part.exterior.is_ccw for outline in read for part in shapely.get_parts(outline))


def test_a_district_of_several_parts_is_a_multipolygon(layers: Layers) -> None:
    kinds = {f["id"]: f["geometry"]["type"] for f in feature_collection(layers.districts)["features"]}

    assert kinds["610116"] == "MultiPolygon"
    assert kinds["610102"] == "Polygon"


def test_simplified_neighbours_keep_the_same_border(layers: Layers) -> None:
    simple = outlines(feature_collection(layers.districts, simplify_metres=50.0, decimals=9))

    assert shapely.get_num_coordinates(simple).sum() < 0.6 * sum(
        shapely.get_num_coordinates(d.polygon) for d in layers.districts
    )
    assert shapely.coverage_is_valid(simple)


def test_no_areas_are_an_empty_collection() -> None:
    nothing: tuple[Area, ...] = ()

    assert feature_collection(nothing, simplify_metres=5.0) == {"type": "FeatureCollection", "features": []}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"decimals": -1}, "decimals"),
        ({"simplify_metres": -1.0}, "simplify_metres"),
        ({"decimals": 99}, "decimals"),
    ],
)
def test_options_out_of_bounds_are_refused(layers: Layers, options: dict[str, Any], field: str) -> None:
    with pytest.raises(LayerError, match=f"^{field}: "):
        feature_collection(layers.districts, **options)
