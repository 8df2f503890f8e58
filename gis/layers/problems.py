"""Problems of a layer: what is wrong in which row and column, listed up to a bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

#: As many are listed; of the others only the number is told.
MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a feature of a file.

    Attributes:
        row: the number of the feature in its file, from 1; 0 for the file as a whole.
        column: the standard name of the column, ``outline`` for the geometry.
        text: what is wrong and what to do, without a full stop.
    """

    row: int
    column: str
    text: str

    def __str__(self) -> str:
        place = f"feature {self.row}, {self.column}" if self.row else self.column
        return f"{place}: {self.text}"


@dataclass
class Problems:
    """The problems of one file: the first `MOST_LISTED`, and how many there are in all."""

    listed: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, row: int, column: str, text: str) -> None:
        """Note one."""
        self.extend([Problem(row, column, text)])

    def extend(self, problems: Iterable[Problem]) -> None:
        """Note several."""
        for one in problems:
            self.count += 1
            if len(self.listed) < MOST_LISTED:
                self.listed.append(one)

    def __iter__(self) -> Iterator[Problem]:
        return iter(sorted(self.listed, key=lambda one: one.row))

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def unlisted(self) -> int:
        """How many there are besides those that are listed."""
        return self.count - len(self.listed)
