"""Layers made or read elsewhere become the areas of the city."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import shapely

from engine.errors import ConfigurationError
from engine.store.unit_of_work import UnitOfWork
from gis.areas import Layers
from gis.codes import KINDS, STANDARD, CodeScheme
from gis.errors import OutlinesMissing
from gis.names import AreaName
from gis.xian import cached_xian, xian_names
from handlers.store import areas


def store_layers(
    uow: UnitOfWork, layers: Layers, names: Sequence[AreaName] = (), scheme: CodeScheme = STANDARD
) -> dict[str, int]:
    """Put these areas in the place of all that are there; gives how many of each kind there are now.

    Args:
        names: of areas that may have no outline: they are kept too, so that addresses can be found by them.
    """
    counts: dict[str, int] = {
        kind: areas.replace(uow.conn, kind, _rows(layers, names, kind, scheme)) for kind in KINDS
    }
    uow.changed(areas.REVISION)
    return counts


def _rows(
    layers: Layers, names: Sequence[AreaName], kind: Any, scheme: CodeScheme
) -> Iterator[dict[str, Any]]:
    outlined = layers.of(kind)
    codes = {area.code for area in outlined}
    for area in outlined:
        yield {
            "kind": kind,
            "code": area.code,
            "name_zh": area.name,
            "name_en": area.name_en,
            "parent_code": scheme.parent(area.code) or "",
            "outline": shapely.to_wkb(area.polygon, byte_order=1),
            "made": area.made,
            "valid_from": areas.ALWAYS,
        }
    for name in names:
        if name.kind == kind and name.code not in codes:
            yield {
                "kind": kind,
                "code": name.code,
                "name_zh": name.name,
                "name_en": name.name_en,
                "parent_code": name.parent,
                "outline": b"",
                "made": False,
                "valid_from": areas.ALWAYS,
            }


def store_xian(uow: UnitOfWork, cache: Path) -> dict[str, int]:
    """Store the layers of the demonstration city, made anew unless the folder `cache` has them.

    Raises:
        ConfigurationError: the package with the outlines of the districts is not installed.
    """
    try:
        layers = cached_xian(cache)
    except OutlinesMissing as error:
        raise ConfigurationError(str(error)) from error
    return store_layers(uow, layers, xian_names())
