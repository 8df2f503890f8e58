"""Areas by the column: a layer of a million cells that takes no object for each of them but its outline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast, overload

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.areas import Area
from gis.arrangement import Geometries, IntArray
from gis.ragged import Ragged
from gis.texts import Arrays, Texts

# Outlines taken apart at once: what lies about meanwhile stays small.
_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class AreaTable(Sequence[Area]):
    """The areas of one kind in the order of their codes; each is made when it is asked for.

    Attributes:
        kind: district, street, community, cell or zone.
        codes: in UTF-8, ascending, of shape (n,).
        made: of shape (n,).
        polygons: the outlines in WGS-84 degrees, of shape (n,).
    """

    kind: str
    codes: NDArray[np.bytes_]
    names: Texts
    names_en: Texts
    made: NDArray[np.bool_]
    polygons: Geometries

    @classmethod
    def of(cls, kind: str, areas: Iterable[Area]) -> AreaTable:
        """The table of some areas of one kind."""
        rows = [(a.code, a.name, a.name_en, a.made, shapely.to_wkb(a.polygon)) for a in areas]
        return cls.stored(kind, flat(kind, rows))

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, index: int) -> Area: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Area]: ...
    def __getitem__(self, index: int | slice) -> Area | Sequence[Area]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return Area(
            cast("Any", self.kind),
            self.codes[index].decode(),
            self.names[index],
            self.polygons[index],
            bool(self.made[index]),
            self.names_en[index],
        )

    def __iter__(self) -> Iterator[Area]:
        return (self[index] for index in range(len(self)))

    def lie_within(self, code: str, rows: IntArray | slice = slice(None)) -> NDArray[np.bool_]:
        """For each of some rows whether its code begins with another one."""
        return np.asarray(np.strings.startswith(self.codes[rows], code.encode()))

    @classmethod
    def stored(cls, kind: str, arrays: Mapping[str, NDArray[Any]]) -> AreaTable:
        """The table of the arrays that `flat` gave."""
        return cls(
            kind,
            arrays[f"{kind}.code"],
            Texts.stored(arrays, f"{kind}.name"),
            Texts.stored(arrays, f"{kind}.name_en"),
            arrays[f"{kind}.made"],
            Ragged.stored(arrays, kind).geometries(),
        )

    def arrays(self) -> Arrays:
        """The table as arrays without objects; `stored` gives it back."""
        pieces = [Ragged.of(self.polygons[at : at + _AT_ONCE]) for at in range(0, len(self), _AT_ONCE)]
        return _arrays(self.kind, self.codes, self.names, self.names_en, self.made, Ragged.joined(pieces))


def flat(kind: str, rows: Iterable[tuple[str, str, str, bool, bytes]]) -> Arrays:
    """Areas as arrays without objects, with never more than some thousand outlines taken apart at a time.

    Args:
        kind: the arrays' names begin with it.
        rows: code, name, name in Latin letters, whether made, and outline as well-known binary, in any order.
    """
    codes: list[bytes] = []
    made: list[bool] = []
    # Grow with the distinct names only.
    names: dict[str, int] = {}
    names_en: dict[str, int] = {}
    which: list[int] = []
    which_en: list[int] = []
    outlines = []
    iterator = iter(rows)
    while portion := list(islice(iterator, _AT_ONCE)):
        for code, name, name_en, was_made, _ in portion:
            codes.append(code.encode())
            which.append(names.setdefault(name, len(names)))
            which_en.append(names_en.setdefault(name_en, len(names_en)))
            made.append(was_made)
        outlines.append(Ragged.of(shapely.from_wkb(np.array([row[4] for row in portion], dtype=object))))
    table = _arrays(
        kind,
        np.array(codes, dtype=np.bytes_),
        Texts(list(names), np.array(which, dtype=np.int32)),
        Texts(list(names_en), np.array(which_en, dtype=np.int32)),
        np.array(made, dtype=np.bool_),
        Ragged.joined(outlines),
    )
    order = np.argsort(table[f"{kind}.code"], kind="stable")
    return table if np.all(np.diff(order) == 1) else _ordered(kind, table, order)


def _arrays(
    kind: str,
    codes: NDArray[np.bytes_],
    names: Texts,
    names_en: Texts,
    made: NDArray[np.bool_],
    outlines: Ragged,
) -> Arrays:
    found: Arrays = {f"{kind}.code": codes, f"{kind}.made": made}
    found |= names.arrays(f"{kind}.name") | names_en.arrays(f"{kind}.name_en")
    return found | outlines.arrays(kind)


def _ordered(kind: str, arrays: Arrays, order: NDArray[np.intp]) -> Arrays:
    table = AreaTable.stored(kind, arrays)
    return AreaTable(
        kind,
        table.codes[order],
        table.names.take(order),
        table.names_en.take(order),
        table.made[order],
        table.polygons[order],
    ).arrays()
