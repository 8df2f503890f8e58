"""Tables of codes and names: CSV files that a city edits."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from gis.codes import STANDARD, CodeScheme, Kind
from gis.errors import CodeError, NameTableError

_COLUMNS = ("code", "name_zh", "name_en", "parent")
_MOST_ROWS = 1_000_000
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class AreaName:
    """A code with its names and the code of the area above it.

    Attributes:
        name: in Chinese.
        name_en: in Latin letters.
    """

    kind: Kind
    code: str
    name: str
    name_en: str
    parent: str


def read_names(path: Path, kind: Kind, scheme: CodeScheme = STANDARD) -> tuple[AreaName, ...]:
    """Read a table with the columns code, name_zh, name_en and parent, and return it in the order of its codes.

    Raises:
        NameTableError: the file is missing, is not UTF-8, lacks a column, or a row is wrong; names file and line.
    """
    rows: dict[str, AreaName] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise NameTableError(
                    f"lacks the column {missing[0]}.",
                    field=path.name,
                    hint=f"It needs {', '.join(_COLUMNS)}.",
                )
            for row in reader:
                name = _name(row, kind, scheme, f"{path.name} line {reader.line_num}")
                if name.code in rows:
                    raise NameTableError(
                        f"the code {name.code} is there twice.",
                        field=f"{path.name} line {reader.line_num}",
                        hint="Delete one of the rows.",
                    )
                if len(rows) >= _MOST_ROWS:
                    raise NameTableError(f"has more than {_MOST_ROWS} rows.", field=path.name)
                rows[name.code] = name
    except FileNotFoundError as error:
        raise NameTableError("is not there.", field=str(path), hint="Give the path of a CSV file.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise NameTableError(
            f"cannot be read: {error}.", field=path.name, hint="Save it as CSV in UTF-8."
        ) from error
    return tuple(rows[code] for code in sorted(rows))


def _name(row: dict[str, str | None], kind: Kind, scheme: CodeScheme, where: str) -> AreaName:
    code, name, name_en, parent = ((row[column] or "").strip() for column in _COLUMNS)
    try:
        scheme.validate(code, kind)
    except CodeError as error:
        raise NameTableError(str(error), field=where) from error
    if not name or max(len(name), len(name_en)) > _LONGEST_NAME:
        raise NameTableError(
            "name_zh is empty or a name too long.", field=where, hint=f"Give 1 to {_LONGEST_NAME} characters."
        )
    if not parent or not code.startswith(parent):
        raise NameTableError(
            f"the parent {parent!r} does not begin the code {code}.",
            field=where,
            hint="Correct one of the two.",
        )
    return AreaName(kind, code, name, name_en, parent)
