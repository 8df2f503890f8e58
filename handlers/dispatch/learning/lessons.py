"""Lessons: past cases by columns, with the unit that handled each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Inputs:
    """What is known of a case when it is reported, by name.

    Attributes:
        main: the one kind or text that alone says most; all else is looked at within it, too.
        kinds: further columns of few values.
        texts: further columns of many values, in which words count.
        place: whether cases have a longitude and a latitude.
    """

    main: str
    kinds: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    place: bool = True


@dataclass(frozen=True)
class Cases:
    """Cases by columns, all of the same length, in the order of time.

    Attributes:
        days: when each was reported, in days of local time (whole days begin at midnight, 0 on a Thursday).
        values: the columns of the inputs, as text; "" is unknown.
        lon, lat: degrees; NaN is unknown.
    """

    days: Floats
    values: Mapping[str, Sequence[str]]
    lon: Floats
    lat: Floats

    def __len__(self) -> int:
        return len(self.days)

    def part(self, start: int, end: int) -> Cases:
        """Those from one number up to another."""
        columns = {name: column[start:end] for name, column in self.values.items()}
        return Cases(self.days[start:end], columns, self.lon[start:end], self.lat[start:end])


@dataclass(frozen=True)
class Lessons:
    """Cases, and who handled each.

    Attributes:
        units: for each case the number of its unit in ``codes``.
        codes: units by number.
        signs: 1 where the unit handled the case in the end, -1 where it sent the case back as not its own.
    """

    cases: Cases
    units: Integers
    codes: tuple[str, ...]
    signs: Floats

    def __len__(self) -> int:
        return len(self.units)

    @classmethod
    def of(cls, cases: Cases, units: Sequence[str], signs: Sequence[float] | None = None) -> Lessons:
        """Number the units; without signs every unit handled its case."""
        codes, numbers = np.unique(np.array(units, dtype=object).astype(str), return_inverse=True)
        marks = np.ones(len(units)) if signs is None else np.asarray(signs, dtype=np.float64)
        return cls(cases, numbers.astype(np.int64), tuple(str(code) for code in codes), marks)

    def part(self, start: int, end: int) -> Lessons:
        """Those from one number up to another, with the same numbers of units."""
        return Lessons(self.cases.part(start, end), self.units[start:end], self.codes, self.signs[start:end])
