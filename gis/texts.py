"""Texts: a column of a table with many rows, each distinct text held once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

#: Columns by name, as a snapshot stores them.
Arrays: TypeAlias = dict[str, NDArray[Any]]


class Texts(Sequence[str]):
    """A column of texts.

    Args:
        distinct: each text once.
        which: for each row the index of its text, of shape (n,).
    """

    __slots__ = ("_view", "distinct", "which")

    def __init__(self, distinct: Sequence[str], which: NDArray[np.int32]) -> None:
        self.distinct = distinct
        self.which = which
        # Through a view an element comes as a plain number, without numpy's own.
        self._view = which.data

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        """The column with these texts."""
        known: dict[str, int] = {}
        which = np.fromiter((known.setdefault(text, len(known)) for text in texts), dtype=np.int32)
        return cls(list(known), which)

    def __len__(self) -> int:
        return len(self.which)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self.distinct[which] for which in self.which[index].tolist()]
        return self.distinct[self._view[index]]

    def take(self, rows: NDArray[np.intp]) -> Texts:
        """The same column with these rows in this order."""
        return Texts(self.distinct, self.which[rows])

    def arrays(self, name: str) -> Arrays:
        """The column as arrays without objects, to be stored under a name."""
        encoded = [text.encode() for text in self.distinct]
        ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
        content = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        return {f"{name}.text": content, f"{name}.ends": ends, f"{name}.which": self.which}

    @classmethod
    def stored(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> Texts:
        """The column that was stored under a name."""
        content = arrays[f"{name}.text"].tobytes()
        ends = arrays[f"{name}.ends"].tolist()
        distinct = [
            content[start:end].decode() for start, end in zip([0, *ends[:-1]], ends, strict=bool(ends))
        ]
        return cls(distinct, arrays[f"{name}.which"])
