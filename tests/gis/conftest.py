from __future__ import annotations

import pytest

from gis.addresses import AddressIndex
from gis.areas import Area, Layers, load_districts
from gis.index.areas import AreaIndex
from gis.index.locator import Locator
from gis.names import AreaName
from gis.xian import build_xian, xian_names


@pytest.fixture(scope="session")
def names() -> tuple[AreaName, ...]:
    return xian_names()


@pytest.fixture(scope="session")
def districts(names: tuple[AreaName, ...]) -> tuple[Area, ...]:
    return load_districts([name for name in names if name.kind == "district"])


@pytest.fixture(scope="session")
def layers() -> Layers:
    return build_xian()


@pytest.fixture(scope="session")
def locator(layers: Layers) -> Locator:
    return Locator(AreaIndex(layers))


@pytest.fixture(scope="session")
def addresses(names: tuple[AreaName, ...], layers: Layers) -> AddressIndex:
    return AddressIndex(names, layers)
