from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from gis.areas import Area, Layers
from gis.errors import SnapshotError
from gis.snapshot import load_snapshot, save_snapshot
from gis.xian import cached_xian


def facts(area: Area) -> tuple[str, str, str, str, bool]:
    return area.kind, area.code, area.name, area.name_en, area.made


@pytest.fixture(scope="session")
def stored(layers: Layers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("layers") / "layers.npz"
    save_snapshot(layers, file)
    return file


def test_what_is_loaded_is_what_was_saved(layers: Layers, stored: Path) -> None:
    loaded = load_snapshot(stored)

    assert [facts(area) for area in loaded.all()] == [facts(area) for area in layers.all()]
    assert all(
        shapely.equals_identical(a.polygon, b.polygon)
        for a, b in zip(loaded.all(), layers.all(), strict=True)
    )
    assert loaded.cell_metres == layers.cell_metres


def test_the_same_layers_have_the_same_hash(layers: Layers, stored: Path, tmp_path: Path) -> None:
    first = save_snapshot(load_snapshot(stored), tmp_path / "again.npz")

    assert first == save_snapshot(layers, tmp_path / "third.npz")


def test_another_name_gives_another_hash(layers: Layers, tmp_path: Path) -> None:
    renamed = Area("district", "610102", "旧城区", layers.districts[0].polygon, made=False)

    original = save_snapshot(Layers((layers.districts[0],)), tmp_path / "a.npz")

    assert save_snapshot(Layers((renamed,)), tmp_path / "b.npz") != original


def test_a_damaged_file_is_refused(stored: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.npz"
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 0xFF
    damaged.write_bytes(content)

    with pytest.raises(SnapshotError, match=r"damaged\.npz: .*Delete it"):
        load_snapshot(damaged)


@pytest.mark.parametrize(("place", "value"), [(8, 0x21), (10, 99)], ids=["encrypted", "packed otherwise"])
def test_a_damaged_directory_is_refused(stored: Path, tmp_path: Path, place: int, value: int) -> None:
    damaged = tmp_path / "damaged.npz"
    content = bytearray(stored.read_bytes())
    content[content.index(b"PK\x01\x02") + place] = value
    damaged.write_bytes(content)

    with pytest.raises(SnapshotError, match=r"damaged\.npz: cannot be read"):
        load_snapshot(damaged)


def test_half_a_file_is_refused(stored: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.npz"
    half.write_bytes(stored.read_bytes()[:50_000])

    with pytest.raises(SnapshotError, match=r"half\.npz: cannot be read"):
        load_snapshot(half)


def test_changed_content_is_refused(stored: Path, tmp_path: Path) -> None:
    with np.load(stored) as arrays:
        content = {name: arrays[name] for name in arrays.files}
    content["cell.made"] = ~content["cell.made"]
    changed = tmp_path / "changed.npz"
    np.savez(changed, allow_pickle=False, **content)

    with pytest.raises(SnapshotError, match="does not have the content that it says"):
        load_snapshot(changed)


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.npz"
    np.savez(other, anything=np.arange(3))

    with pytest.raises(SnapshotError, match="is of another format"):
        load_snapshot(other)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="is not there"):
        load_snapshot(tmp_path / "none.npz")


def test_nothing_but_the_snapshot_is_left_in_its_folder(stored: Path) -> None:
    assert [file.name for file in stored.parent.iterdir()] == ["layers.npz"]


def test_the_second_time_the_layers_come_from_the_cache(tmp_path: Path) -> None:
    made = cached_xian(tmp_path, 200.0, covered=("610103",))
    (file,) = tmp_path.iterdir()
    written = file.stat().st_mtime_ns

    again = cached_xian(tmp_path, 200.0, covered=("610103",))

    assert [facts(area) for area in again.all()] == [facts(area) for area in made.all()]
    assert [f.stat().st_mtime_ns for f in tmp_path.iterdir()] == [written]


def test_other_cells_are_another_file_in_the_cache(tmp_path: Path) -> None:
    cached_xian(tmp_path, 200.0, covered=("610103",))

    finer = cached_xian(tmp_path, 150.0, covered=("610103",))

    assert finer.cell_metres == 150.0
    assert len(list(tmp_path.iterdir())) == 2
