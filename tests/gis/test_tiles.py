"""Tiles: where they lie, and what is in a vector tile of points."""

from __future__ import annotations

import mapbox_vector_tile
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import LayerError
from gis.tiles import EXTENT, Tile, encoded, tile_of

degrees = st.floats(-179.9, 179.9), st.floats(-84.0, 84.0)


def test_a_tile_lies_where_web_maps_have_it() -> None:
    # The example of OpenStreetMap's wiki, "Slippy map tilenames".
    assert tile_of(139.7006793, 35.6590699, 18) == Tile(18, 232798, 103246)
    assert Tile(1, 1, 0).box == pytest.approx((0.0, 0.0, 180.0, 85.0511287798))


@given(*degrees, st.integers(0, 20))
def test_a_point_lies_in_the_box_and_within_the_steps_of_its_tile(lon: float, lat: float, z: int) -> None:
    tile = tile_of(lon, lat, z)

    west, south, east, north = tile.box
    across, down = tile.steps(np.array([lon]), np.array([lat]))
    assert west - 1e-9 <= lon <= east + 1e-9
    assert south - 1e-9 <= lat <= north + 1e-9
    assert -0.01 <= across[0] <= EXTENT + 0.01
    assert -0.01 <= down[0] <= EXTENT + 0.01


@pytest.mark.parametrize(("z", "x", "y"), [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)])
def test_there_is_no_tile_outside_the_world(z: int, x: int, y: int) -> None:
    with pytest.raises(LayerError, match="is no tile"):
        Tile(z, x, y)


def test_points_come_back_from_a_tile_where_they_were() -> None:
    tile = Tile(14, 13151, 6524)
    west, south, east, north = tile.box
    middle = ((west + east) / 2, (south + north) / 2)

    body = encoded(tile, {"case": [(*middle, {"id": 7}), (west, north, {"id": 8})], "count": []})

    found = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
    assert list(found) == ["case"]
    first, second = found["case"]["features"]
    assert first["properties"] == {"id": 7}
    assert first["geometry"]["coordinates"] == pytest.approx([EXTENT / 2, EXTENT / 2], abs=1)
    assert second["geometry"]["coordinates"] == [0, 0]


def test_a_tile_without_points_is_empty() -> None:
    assert encoded(Tile(3, 1, 1), {"case": []}) == b""
