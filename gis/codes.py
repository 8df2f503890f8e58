"""Codes of areas and components: which digits say what.

A unit grid cell has 15 digits: 6 for the district (GB/T 2260), 3 for the street, 3 for the community, 3 for the
sequence of the cell, which runs from west to east and from north to south within its community. The lengths are those
of GB/T 30428 and of the statistical codes; a city that numbers otherwise makes a `CodeScheme` of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from gis.errors import CodeError

Kind: TypeAlias = Literal["district", "street", "community", "cell"]

#: From the largest area to the smallest.
KINDS: tuple[Kind, ...] = ("district", "street", "community", "cell")


def _digits(code: str, field: str) -> str:
    if not (code.isascii() and code.isdigit()):
        raise CodeError(
            f"{code!r} is not made of digits alone.", field=field, hint="Give the digits 0 to 9 as text."
        )
    return code


@dataclass(frozen=True, slots=True)
class AreaCode:
    """A code taken apart; the parts below its kind are None."""

    kind: Kind
    district: str
    street: str | None = None
    community: str | None = None
    cell: str | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class CodeScheme:
    """How many digits each part of a code has.

    Raises:
        CodeError: a part has fewer than one or more than nine digits; names the part.
    """

    district: int = 6
    street: int = 3
    community: int = 3
    sequence: int = 3

    def __post_init__(self) -> None:
        for part in ("district", "street", "community", "sequence"):
            if not 1 <= getattr(self, part) <= 9:
                raise CodeError(f"{getattr(self, part)!r} digits.", field=part, hint="Give 1 to 9.")

    @property
    def capacity(self) -> int:
        """How many cells a community can have; the sequence begins at 1."""
        return int(10**self.sequence - 1)

    def length(self, kind: Kind) -> int:
        """Digits of a whole code of this kind."""
        parts = (self.district, self.street, self.community, self.sequence)
        return sum(parts[: KINDS.index(kind) + 1])

    def kind(self, code: str, *, field: str = "code") -> Kind:
        """Which kind of area a code is of, by its length.

        Raises:
            CodeError: it is not made of digits, or no kind has so many; names `field`.
        """
        digits = _digits(code, field)
        for kind in KINDS:
            if len(digits) == self.length(kind):
                return kind
        lengths = ", ".join(f"a {kind} has {self.length(kind)}" for kind in KINDS)
        raise CodeError(f"{code!r} has {len(digits)} digits.", field=field, hint=f"Of the codes {lengths}.")

    def validate(self, code: str, kind: Kind, *, field: str = "code") -> str:
        """Return the code if it is one of this kind.

        Raises:
            CodeError: it is not; names `field`.
        """
        found = self.kind(code, field=field)
        if found != kind:
            raise CodeError(
                f"{code!r} is the code of a {found}, not of a {kind}.",
                field=field,
                hint=f"Give {self.length(kind)} digits.",
            )
        if kind == "cell" and int(code[-self.sequence :]) == 0:
            raise CodeError(
                f"{code!r} ends in the sequence 0.", field=field, hint="Cells are numbered from 1."
            )
        return code

    def parse(self, code: str, *, field: str = "code") -> AreaCode:
        """Take a code of any kind apart.

        Raises:
            CodeError: it is no code of an area; names `field`.
        """
        kind = self.kind(code, field=field)
        self.validate(code, kind, field=field)
        depth = KINDS.index(kind)
        whole = [code[: self.length(k)] if i <= depth else None for i, k in enumerate(KINDS)]
        sequence = int(code[-self.sequence :]) if kind == "cell" else None
        return AreaCode(kind, code[: self.district], whole[1], whole[2], whole[3], sequence)

    def parent(self, code: str) -> str | None:
        """The code of the area one kind larger, None for a district."""
        depth = KINDS.index(self.kind(code))
        return code[: self.length(KINDS[depth - 1])] if depth else None

    def cell(self, community: str, sequence: int) -> str:
        """Compose the code of a cell.

        Raises:
            CodeError: names `community` or `sequence`.
        """
        self.validate(community, "community", field="community")
        if not 1 <= sequence <= self.capacity:
            raise CodeError(
                f"{sequence} does not fit {self.sequence} digits.",
                field="sequence",
                hint=f"Give 1 to {self.capacity}.",
            )
        return f"{community}{sequence:0{self.sequence}d}"


#: The scheme of the standard: 6, 9, 12 and 15 digits.
STANDARD = CodeScheme()


@dataclass(frozen=True, slots=True)
class ComponentCode:
    """The 16 digits that identify a component: district 6, major class 2, minor class 2, sequence 6."""

    district: str
    major: str
    minor: str
    sequence: int

    def __post_init__(self) -> None:
        for field, length in (("district", 6), ("major", 2), ("minor", 2)):
            part = _digits(getattr(self, field), field)
            if len(part) != length:
                raise CodeError(f"{part!r} has {len(part)} digits.", field=field, hint=f"Give {length}.")
        if not 1 <= self.sequence <= 999_999:
            raise CodeError(
                f"{self.sequence} does not fit 6 digits.", field="sequence", hint="Give 1 to 999999."
            )

    def __str__(self) -> str:
        return f"{self.district}{self.major}{self.minor}{self.sequence:06d}"

    @classmethod
    def parse(cls, code: str, *, field: str = "code") -> ComponentCode:
        """Take 16 digits apart.

        Raises:
            CodeError: not 16 digits, or the sequence is 0; names `field` or the part.
        """
        digits = _digits(code, field)
        if len(digits) != 16:
            raise CodeError(
                f"{code!r} has {len(digits)} digits.",
                field=field,
                hint="Give 16: district 6, major class 2, minor class 2, sequence 6.",
            )
        return cls(digits[:6], digits[6:8], digits[8:10], int(digits[10:]))
