"""Kinds of layers: what the outlines of each are, and which columns its rows have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gis.codes import STANDARD, CodeScheme, ComponentCode, Kind
from gis.errors import LayerError
from gis.layers.outlines import Shape

LONGEST = 200
LONGEST_CODE = 40
STATES: Mapping[str, tuple[str, ...]] = {
    "normal": ("normal", "完好", "正常"),
    "damaged": ("damaged", "破损", "损坏"),
    "lost": ("lost", "丢失", "缺失"),
    "removed": ("removed", "移除", "废弃", "拆除"),
}
_STATE = {word: state for state, words in STATES.items() for word in words}
_YES = {"yes", "true", "1", "t", "是"}
_NO = {"no", "false", "0", "f", "否", ""}
_IDENTIFIER = re.compile(r"[^\s,;\"'<>&]+")
MAX_RANK = 1000


@dataclass(frozen=True)
class Column:
    """A column of a layer.

    Attributes:
        name: the standard one, which is also the one that an export has.
        parse: gives the value of a text, or raises ValueError with a sentence.
        required: whether a file must have it and every row a text in it.
        default: the text that is taken where there is none.
        others: further names by which a file may call it, as GB/T 30428 does; upper and lower case are the same.
        about: what it holds, for the guide.
    """

    name: str
    parse: Callable[[str], Any]
    about: str
    required: bool = True
    default: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class LayerKind:
    """What a layer of one kind is.

    Attributes:
        shapes: what its outlines may be.
        within_city: whether every outline must lie in the box of the city's districts.
    """

    name: str
    shapes: tuple[Shape, ...]
    columns: tuple[Column, ...]
    within_city: bool = True

    def mapping(self, fields: Sequence[str], overrides: Mapping[str, str]) -> dict[str, str]:
        """Which field of a file each column is read from; columns that the file does not have are left out.

        Args:
            fields: of the file.
            overrides: field by column, as somebody asked for them.

        Raises:
            LayerError: a column or field is not there; names the column.
        """
        known = {column.name: column for column in self.columns}
        for name, field in overrides.items():
            if name not in known:
                raise LayerError(
                    f"a {self.name} has no such column.", field=name, hint=f"It has {', '.join(known)}."
                )
            if field not in fields:
                raise LayerError(
                    f"the file has no column {field!r}.",
                    field=name,
                    hint=f"It has {', '.join(fields) or 'none'}.",
                )
        lowered = {field.lower(): field for field in reversed(fields)}
        found = dict(overrides)
        for column in self.columns:
            # A shapefile cuts names off after ten letters.
            words = (column.name, column.name[:10], *column.others)
            fitting = next((lowered[word.lower()] for word in words if word.lower() in lowered), None)
            if column.name not in found and fitting is not None:
                found[column.name] = fitting
            if column.name not in found and column.required:
                raise LayerError(
                    "the file has no such column.",
                    field=column.name,
                    hint=f"Name the one that holds it: --column {column.name}=NAME; it has {', '.join(fields) or 'none'}.",
                )
        return found


def text(value: object) -> str:
    """A value of a file as text; a whole number has no decimal point, nothing is an empty text."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def name(given: str) -> str:
    """A text that people read.

    Raises:
        ValueError: it is too long or has characters that cannot be shown.
    """
    if len(given) > LONGEST:
        raise ValueError(f"has {len(given)} characters, and at most {LONGEST} are taken")
    if not given.isprintable():
        raise ValueError("has characters that cannot be shown")
    return given


def identifier(given: str) -> str:
    """A code of the city's own.

    Raises:
        ValueError: it is too long, or has spaces or marks that take part in other languages.
    """
    if len(given) > LONGEST_CODE or not given.isprintable() or not _IDENTIFIER.fullmatch(given):
        raise ValueError(
            f"{given[:LONGEST_CODE]!r} is no code: give 1 to {LONGEST_CODE} letters and digits without spaces"
        )
    return given


def component_code(given: str) -> str:
    """The 16 digits of a component; CodeError (a ValueError) tells what is wrong."""
    ComponentCode.parse(given)
    return given


def _state(given: str) -> str:
    if given not in _STATE:
        raise ValueError(f"{given[:LONGEST_CODE]!r} is none of {', '.join(STATES)}")
    return _STATE[given]


def _made(given: str) -> bool:
    if given.lower() not in _YES | _NO:
        raise ValueError(f"{given[:LONGEST_CODE]!r} is neither yes nor no")
    return given.lower() in _YES


def _rank(given: str) -> int:
    if not (given.isascii() and given.isdigit() and int(given) <= MAX_RANK):
        raise ValueError(f"{given[:LONGEST_CODE]!r} is no whole number from 0 to {MAX_RANK}")
    return int(given)


def _code_of(kind: Kind, scheme: CodeScheme) -> Callable[[str], str]:
    return lambda given: scheme.validate(given, kind)


_NAMES = (
    Column("name_zh", name, "its name in Chinese", others=("ObjName", "name", "名称")),
    Column("name_en", name, "its name in Latin letters; without one, the Chinese name", required=False),
)
_MADE = Column(
    "made",
    _made,
    "yes for an outline that was made up for a demonstration",
    required=False,
    default="no",
)


def _area(kind: str, code: Column, *, within_city: bool = True) -> LayerKind:
    parent = Column(
        "parent_code",
        lambda given: identifier(given) if given else "",
        "the area above; by default what the digits of the code say",
        required=False,
    )
    return LayerKind(kind, ("polygon",), (code, *_NAMES, parent, _MADE), within_city)


def _areas(scheme: CodeScheme) -> Iterator[LayerKind]:
    kinds: tuple[Kind, ...] = ("district", "street", "community", "cell")
    for kind in kinds:
        others = ("BGID", "编码") if kind == "cell" else ("编码",)
        code = Column("code", _code_of(kind, scheme), f"{scheme.length(kind)} digits", others=others)
        found = _area(kind, code, within_city=kind != "district")
        if kind == "cell":
            # It is called by its number where nobody gave it a name.
            named = [replace(one, required=one.name == "code") for one in found.columns]
            found = replace(found, columns=tuple(named))
        yield found


_CODE = Column("code", identifier, "an identifier of the city's own", others=("ObjID", "编码"))
_COMPONENT = LayerKind(
    "component",
    ("point", "polygon"),
    (
        Column("code", component_code, "16 digits", others=("ObjID", "编码")),
        Column("scheme", identifier, "of the category", required=False, default="gb30428"),
        Column(
            "category",
            lambda given: identifier(given) if given else "",
            "its code in the scheme; by default digits 7 to 10 of the code",
            required=False,
        ),
        *_NAMES,
        Column(
            "manager",
            name,
            "who is in charge of it: code of a unit, else a name",
            required=False,
            others=("DeptName1", "DeptCode1"),
        ),
        Column("owner", name, "whose it is", required=False, others=("DeptName2", "DeptCode2")),
        Column("keeper", name, "who keeps it up", required=False, others=("DeptName3", "DeptCode3")),
        Column("state", _state, ", ".join(STATES), required=False, default="normal", others=("ObjState",)),
        Column("address", name, "where it stands, in words", required=False),
        _MADE,
    ),
)
_RESPONSIBILITY = LayerKind(
    "responsibility",
    ("polygon",),
    (
        Column("profession", identifier, "as of the types of units in the catalogue"),
        Column("code", identifier, "tells the grids of a profession apart", others=("编码",)),
        *_NAMES,
        Column("unit_code", identifier, "of the unit that is responsible", others=("DeptCode1",)),
        Column(
            "rank",
            _rank,
            "where grids overlap, a lower number goes before a higher one",
            required=False,
            default="0",
        ),
        _MADE,
    ),
)
_ROAD = LayerKind("road", ("line",), (_CODE, *_NAMES, _MADE))
_POI = LayerKind(
    "poi",
    ("point",),
    (_CODE, Column("kind", identifier, "what it is: school, park, station"), *_NAMES, _MADE),
)


def kinds(scheme: CodeScheme = STANDARD) -> Mapping[str, LayerKind]:
    """The kinds of layers by name, their codes as a scheme says."""
    district, street, community, cell = _areas(scheme)
    zone = _area("zone", _CODE)
    found = (district, street, community, zone, cell, _RESPONSIBILITY, _COMPONENT, _ROAD, _POI)
    return {kind.name: kind for kind in found}
