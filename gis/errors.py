"""What this room refuses, and why: each error names the field that is wrong and says what to do about it."""

from __future__ import annotations

from typing import Any


class GisError(ValueError):
    """Input that has no place on the grid.

    Args:
        message: what is wrong, in one sentence.
        field: the name of the argument or column that is wrong.
        hint: what to do about it, in one sentence; empty where the message says it already.
    """

    def __init__(self, message: str, *, field: str, hint: str = "") -> None:
        super().__init__(f"{field}: {message}" + (f" {hint}" if hint else ""))
        self.field = field
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is handed from one process to another: what it was made of is not what it says."""
        return _again, (type(self), self.args), self.__dict__


def _again(kind: type[GisError], args: tuple[Any, ...]) -> GisError:
    error = kind.__new__(kind)
    error.args = args
    return error


class CoordinateError(GisError):
    """A coordinate that is no number, out of its range, or in an unknown reference system."""


class CodeError(GisError):
    """A code that does not have the form of its kind."""


class NameTableError(GisError):
    """A table of codes and names that cannot be read; the message names the file and the line."""


class LayerError(GisError):
    """Areas that do not fit together, or a layer that lacks what is asked of it."""


class OutlinesMissing(GisError):
    """The package with the outlines of the districts is not installed."""


class SnapshotError(GisError):
    """A stored copy of the layers that is damaged or of another format."""


class GridOverflow(GisError):
    """A community with more cells than the digits of the sequence can number.

    Args:
        community: the code of the community.
        count: how many cells it would have, at least.
        capacity: how many the code scheme can number.
        cell_metres: the side of a cell that was asked for.
        fitting_metres: a side at which the community's cells can be numbered.
    """

    def __init__(
        self, community: str, count: int, capacity: int, cell_metres: float, fitting_metres: float
    ) -> None:
        super().__init__(
            f"community {community} would have {count} cells of {cell_metres:g} m, "
            f"and its codes can number {capacity}.",
            field="cell_metres",
            hint=f"Use cells of {fitting_metres:g} m or larger, or codes with more digits.",
        )
        self.community = community
        self.count = count
        self.capacity = capacity
        self.cell_metres = cell_metres
        self.fitting_metres = fitting_metres
