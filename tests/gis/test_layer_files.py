"""Layer files of strangers: what they look like is what they are, and what is too much is told in bounded time and memory."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import CoordinateError, GisError, LayerError
from gis.layers import formats, reading
from gis.layers.outlines import canonical, flaws
from gis.layers.reading import opened
from gis.layers.reference import asked, settled

SQUARE = shapely.box(108.9, 34.2, 108.901, 34.201)


def _written(path: Path, driver: str, crs: str | None = "EPSG:4490", **values: Any) -> Path:
    names = values or {"code": "1"}
    pyogrio.raw.write(
        str(path),
        shapely.to_wkb([SQUARE]),
        [np.array([one], dtype=object) for one in names.values()],
        list(names),
        driver=driver,
        crs=crs,
        geometry_type="Polygon",
        encoding="UTF-8",
    )
    return path


def _json(path: Path, **members: Any) -> Path:
    feature = {"type": "Feature", "properties": {"code": "1"}, "geometry": shapely.geometry.mapping(SQUARE)}
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": [feature]}), "utf-8")
    return path


def _refusal(path: Path, **options: Any) -> str:
    with pytest.raises(GisError) as refused, opened(path, **options) as file:
        list(file.portions())
    return str(refused.value)


def test_a_geojson_file_is_in_wgs84_unless_it_says_otherwise(tmp_path: Path) -> None:
    plain = _json(tmp_path / "a.json")
    says = _json(tmp_path / "b.json", crs={"type": "name", "properties": {"name": "EPSG:3857"}})

    with opened(plain) as one, opened(plain, crs="gcj02") as asked_for, opened(says) as other:
        assert [file.reference.name for file in (one, asked_for, other)] == ["wgs84", "gcj02", "EPSG:3857"]


def test_a_file_without_a_reference_system_asks_for_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code,lon,lat\n1,108.9,34.2\n", "utf-8")

    assert "--crs EPSG:4549" in _refusal(path)


def test_a_reference_system_that_contradicts_the_file_is_refused(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.gpkg", "GPKG")

    assert "the file says EPSG:4490, and --crs says gcj02" in _refusal(path, crs="gcj02")
    with opened(path, crs="wgs84") as file:
        assert file.count == 1


@pytest.mark.parametrize("name", ["EPSG:1", "4549", "+proj=longlat", "/etc/passwd", "EPSG:4214", "EPSG:4610"])
def test_a_reference_system_that_is_not_known_to_a_metre_is_refused(name: str) -> None:
    with pytest.raises(CoordinateError, match="crs"):
        asked(name)


def test_a_name_of_neither_is_no_reference_system() -> None:
    with pytest.raises(CoordinateError, match="not understood"):
        settled("nonsense", None)


ZONES = {"EPSG:4545": (106.5, 109.5), "EPSG:25832": (6.0, 12.0)}


@given(
    lon=st.floats(73.5, 134.5),
    lat=st.floats(18.5, 53.5),
    crs=st.sampled_from(["gcj02", "bd09", "EPSG:4545", "EPSG:3857", "EPSG:25832", "cgcs2000"]),
)
def test_the_way_there_and_back_is_exact_to_a_millimetre(lon: float, lat: float, crs: str) -> None:
    reference, points = asked(crs), np.array([[lon, lat]])
    if crs in ZONES:
        # A plane is one of its own zone.
        west, east = ZONES[crs]
        points = np.array([[west + (lon - 73.5) / 61.0 * (east - west), lat]])

    back = reference.to_wgs84(reference.from_wgs84(points))

    assert np.abs(back - points).max() * 111_320.0 < 0.001


def test_the_plane_of_the_city_is_that_of_epsg() -> None:
    east, north = asked("EPSG:4545").from_wgs84(np.array([[108.0, 34.0]]))[0]

    assert (east, north) == (pytest.approx(500_000.0, abs=1e-6), pytest.approx(3_763_671.0, abs=100.0))


def _vrt(path: Path) -> Path:
    path.write_text('<OGRVRTDataSource><OGRVRTLayer name="a"/></OGRVRTDataSource>', "utf-8")
    return path


def _pipeline(path: Path) -> Path:
    path.write_text('{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read x"}', "utf-8")
    return path


def _database(path: Path) -> Path:
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE a (b)")
    made.close()
    return path


def _program(path: Path) -> Path:
    _written(path, "GPKG")
    made = sqlite3.connect(path)
    with made:
        made.execute("CREATE VIRTUAL TABLE evil USING fts5(a)")
    made.close()
    return path


@pytest.mark.parametrize(
    ("name", "make", "told"),
    [
        ("a.vrt", _vrt, "no format that is read"),
        ("a.gpkg", _vrt, "is no GPKG file"),
        ("a.shp", _vrt, "is no ESRI Shapefile file"),
        ("a.geojson", _vrt, "is no GeoJSON file"),
        ("a.json", _pipeline, "cannot be read"),
        ("a.gpkg", _database, "no GeoPackage"),
        ("a.gpkg", _program, "runs a program"),
        ("a!b.json", _json, "Rename it"),
        ("a.zip", _vrt, "cannot be unpacked"),
    ],
)
def test_a_file_that_is_not_what_it_looks_like_is_never_opened_as_something_else(
    tmp_path: Path, name: str, make: Callable[[Path], Path], told: str
) -> None:
    assert told in _refusal(make(tmp_path / name))


@pytest.mark.parametrize(
    "name", ["/vsicurl/http://127.0.0.1:9/a.geojson", "http://127.0.0.1:9/a.geojson", "nothing.gpkg"]
)
def test_nothing_is_asked_of_the_network(name: str) -> None:
    assert "file:" in _refusal(Path(name))


@pytest.mark.parametrize(
    ("name", "driver"), [("a.gpkg", "GPKG"), ("a.fgb", "FlatGeobuf"), ("a.geojson", "GeoJSON")]
)
def test_a_file_that_ends_in_the_middle_is_refused(tmp_path: Path, name: str, driver: str) -> None:
    path = _written(tmp_path / name, driver)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])

    assert "Export it anew" in _refusal(path)


def _zipped(folder: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return folder / "a.zip"


def test_an_archive_that_unpacks_to_far_more_is_refused_while_it_is_unpacked(tmp_path: Path) -> None:
    path = _zipped(tmp_path, {"a.shp": bytes(300 << 20)})

    assert "far more than a layer has" in _refusal(path)
    assert [one.name for one in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.parametrize("packed", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_archive_is_refused(tmp_path: Path, packed: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", packed) as archive:
        archive.writestr("a.shp", bytes(1000))
    damaged = bytearray((tmp_path / "a.zip").read_bytes())
    damaged[40:46] = b"\xff" * 6
    (tmp_path / "a.zip").write_bytes(damaged)

    assert "cannot be unpacked" in _refusal(tmp_path / "a.zip")


def test_a_path_in_an_archive_leads_nowhere(tmp_path: Path) -> None:
    _written(tmp_path / "b.shp", "ESRI Shapefile")
    parts = {f"../../c{one.suffix}": one.read_bytes() for one in tmp_path.iterdir()}

    with opened(_zipped(tmp_path, parts)) as file:
        assert file.count == 1
    assert not list(tmp_path.parent.parent.glob("c.shp"))


def test_a_shapefile_without_its_other_parts_is_refused(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.shp", "ESRI Shapefile")
    path.with_suffix(".dbf").unlink()

    assert "no .dbf beside it" in _refusal(path)


def test_texts_of_which_nobody_says_how_they_are_written_are_not_guessed(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.shp", "ESRI Shapefile", name="井盖")
    path.with_suffix(".cpg").unlink()
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = 0
    path.with_suffix(".dbf").write_bytes(table)

    assert "--encoding UTF-8 or GBK" in _refusal(path)
    with opened(path, encoding="UTF-8") as file:
        assert next(file.portions()).fields["name"] == ["井盖"]


def test_a_million_vertices_are_refused_before_they_are_looked_at(tmp_path: Path) -> None:
    turn = np.linspace(0.0, 2.0 * np.pi, 1_000_001)
    ring = shapely.Polygon(np.column_stack((108.9 + np.cos(turn) / 100, 34.2 + np.sin(turn) / 100)))
    path = tmp_path / "a.gpkg"
    pyogrio.raw.write(
        str(path), shapely.to_wkb([ring]), [], [], driver="GPKG", crs="EPSG:4490", geometry_type="Polygon"
    )

    with opened(path) as file:
        (portion,) = file.portions()
        (flaw,) = flaws(portion.outlines, ("polygon",))

    assert (flaw.fault, "1,000,001 vertices, and at most 200,000" in flaw.text) == ("vertices", True)


def test_a_feature_of_geojson_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_LARGEST_OBJECT", "1")
    path = tmp_path / "a.json"
    points = ",".join("[108.9,34.2]" for _ in range(200_000))
    path.write_text(
        f'{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{}},"geometry":{{"type":"LineString","coordinates":[{points}]}}}}]}}'
    )

    assert "more than 1 MB" in _refusal(path)


def test_too_many_features_and_too_many_bytes_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _json(tmp_path / "a.json")
    monkeypatch.setattr(reading, "MAX_FEATURES", 0)
    assert "more than 0 features" in _refusal(path)

    monkeypatch.setattr(formats, "MAX_BYTES", 10)
    assert "is larger than" in _refusal(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("code,lon,lat\n1,108.9\n", "more or fewer cells"),
        ("code,lon\n1,108.9\n", "--column lat=NAME"),
        ("code,code\n1,1\n", "one heading twice"),
        ('code,lon,lat\n1,"108', "cannot be read as CSV"),
    ],
)
def test_a_table_that_is_not_in_order_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, "utf-8")

    assert told in _refusal(path, crs="wgs84")


def test_a_table_in_another_encoding_is_refused_and_read_when_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code,名称,经度,纬度\n1,井盖,108.9,34.2\n", "gbk")

    assert "--encoding GBK" in _refusal(path, crs="wgs84")
    with opened(path, crs="wgs84", encoding="GBK") as file:
        assert next(file.portions()).fields["名称"] == ["井盖"]


def test_a_file_is_read_in_portions_numbered_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_PORTION", 2)
    path = tmp_path / "a.gpkg"
    codes = np.array(list("abcde"), dtype=object)
    pyogrio.raw.write(
        str(path),
        shapely.to_wkb([SQUARE] * 5),
        [codes],
        ["code"],
        driver="GPKG",
        crs="EPSG:4326",
        geometry_type="Polygon",
    )

    with opened(path) as file:
        found = [(portion.first, list(portion.fields["code"])) for portion in file.portions()]

    assert found == [(1, ["a", "b"]), (3, ["c", "d"]), (5, ["e"])]


def test_one_shape_has_one_form() -> None:
    turned = shapely.MultiPolygon(
        [
            shapely.Polygon(
                [
                    *SQUARE.exterior.coords[2:],
                    *SQUARE.exterior.coords[1:3],
                ]
            )
        ]
    )
    high = shapely.force_3d(SQUARE, 400.0)

    forms = canonical(np.array([SQUARE, turned, high, shapely.transform(SQUARE, lambda p: p + 1e-9)]))

    assert len({shapely.to_wkb(one) for one in forms}) == 1


def test_a_package_of_several_layers_asks_which(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.gpkg", "GPKG")
    pyogrio.raw.write(
        str(path),
        shapely.to_wkb([SQUARE]),
        [],
        [],
        layer="b",
        driver="GPKG",
        crs="EPSG:4326",
        geometry_type="Polygon",
        append=False,
    )

    assert "a, b" in _refusal(path)
    with opened(path, layer="b") as file:
        assert file.count == 1
    with pytest.raises(LayerError, match="--layer"), opened(path, layer="c"):
        pass
