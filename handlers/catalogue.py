"""The catalogue as three files that a city edits: read whole or not at all, and written out again."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import processes
from engine.errors import Invalid
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from engine.tables import MAX_PROBLEMS, Column, one_of, read_table
from engine.working_time import UNITS_OF_TIME
from handlers import city
from handlers.store import catalogue as catalogues

#: The catalogue that the program brings along.
FOLDER = Path(processes.__path__[0]) / "catalogue"

KINDS = ("component", "event")
MAX_TEXT = 500
MAX_LIMIT = 10_000


def _text(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueError(f"has more than {MAX_TEXT} characters")
    return text


def _limit(text: str) -> Decimal:
    try:
        limit = Decimal(text)
    except InvalidOperation:
        limit = Decimal(0)
    if not limit.is_finite() or not 0 < limit <= MAX_LIMIT:
        raise ValueError(f"{text!r} is not a number above 0, up to {MAX_LIMIT}")
    return limit


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 999):
        raise ValueError(f"{text!r} is not a whole number from 1 to 999")
    return int(text)


UNIT_TYPES = (
    Column("code", _text),
    Column("name_zh", _text),
    Column("name_en", _text),
    Column("profession", _text, required=False),
)

CATEGORIES = (
    Column("scheme", _text),
    Column("kind", one_of(*KINDS)),
    Column("code", _text),
    Column("major_code", _text),
    Column("major_zh", _text),
    Column("major_en", _text),
    Column("name_zh", _text),
    Column("name_en", _text),
    Column("unit_type", _text),
)

STANDARDS = (
    Column("scheme", _text),
    Column("kind", one_of(*KINDS)),
    Column("code", _text),
    Column("condition_no", _number),
    Column("condition_zh", _text),
    Column("condition_en", _text),
    Column("limit", _limit),
    Column("unit_of_time", one_of(*UNITS_OF_TIME)),
    Column("closing_zh", _text),
    Column("closing_en", _text),
    Column("unit_type", _text),
)

#: The files of a catalogue with their columns, in the order in which they are read.
FILES: Mapping[str, tuple[Column, ...]] = {
    "unit_types.csv": UNIT_TYPES,
    "categories.csv": CATEGORIES,
    "standards.csv": STANDARDS,
}

Row = Mapping[str, Any]
Problems = Iterator[tuple[str, str]]


def import_catalogue(uow: UnitOfWork, folder: Path = FOLDER) -> tuple[int, int]:
    """Put the catalogue of a folder in the place of the one that is there; gives how many categories and standards.

    Raises:
        Invalid: a file is missing or has bad rows; ``fields`` has a message for each place (``standards.csv row 3, limit``).
            Nothing was changed.
    """
    problems: dict[str, str] = {}
    read: dict[str, list[dict[str, Any]]] = {}
    for name, columns in FILES.items():
        try:
            read[name] = read_table(folder / name, columns)
        except Invalid as error:
            if not error.fields:
                raise
            problems.update({f"{name} {place}": said for place, said in error.fields.items()})
    if not problems:
        problems.update(_check(*(read[name] for name in FILES)))
    if problems:
        raise _refusal(folder, problems)
    unit_types, categories, standards = (read[name] for name in FILES)
    named = [{**row, "profession": row["profession"] or ""} for row in unit_types]
    catalogues.replace(uow.conn, categories, standards, named)
    uow.changed(catalogues.REVISION)
    return len(categories), len(standards)


def export_catalogue(uow: UnitOfWork, folder: Path) -> list[Path]:
    """Write the catalogue as `import_catalogue` reads it; gives the files, which are written over."""
    found = city.catalogue(uow)
    keys = ("scheme", "kind", "code")
    rows: dict[str, list[Row]] = {
        "unit_types.csv": [dict(one) for _, one in sorted(found.unit_types.items())],
        "categories.csv": [vars(one) for _, one in sorted(found.categories.items())],
        "standards.csv": [
            {**dict(zip(keys, key, strict=True)), **vars(standard)}
            for key, one in sorted(found.categories.items())
            for _, standard in sorted(one.standards.items())
        ],
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in FILES.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([column.name for column in columns])
            writer.writerows([row[column.name] for column in columns] for row in rows[name])
    return [folder / name for name in FILES]


def _check(unit_types: Sequence[Row], categories: Sequence[Row], standards: Sequence[Row]) -> dict[str, str]:
    types = {row["code"] for row in unit_types}
    keys = {_key(row) for row in categories}
    judged = {_key(row) for row in standards}
    return dict(
        [
            *_twice("unit_types.csv", unit_types, lambda row: row["code"], "code"),
            *_twice("categories.csv", categories, _key, "code"),
            *_twice(
                "standards.csv", standards, lambda row: (*_key(row), row["condition_no"]), "condition_no"
            ),
            *_unknown("categories.csv", categories, types),
            *_unknown("standards.csv", standards, types),
            *_missing("categories.csv", categories, judged, "has no row in standards.csv"),
            *_missing("standards.csv", standards, keys, "has no row in categories.csv"),
        ]
    )


def _key(row: Row) -> tuple[str, str, str]:
    return row["scheme"], row["kind"], row["code"]


def _twice(file: str, rows: Sequence[Row], key: Callable[[Row], Any], column: str) -> Problems:
    seen: dict[Any, int] = {}
    for number, row in enumerate(rows, start=2):
        first = seen.setdefault(key(row), number)
        if first != number:
            yield f"{file} row {number}, {column}", f"is there already in row {first}"


def _unknown(file: str, rows: Sequence[Row], types: set[str]) -> Problems:
    for number, row in enumerate(rows, start=2):
        if row["unit_type"] not in types:
            yield f"{file} row {number}, unit_type", f"{row['unit_type']!r} has no row in unit_types.csv"


def _missing(file: str, rows: Sequence[Row], wanted: set[tuple[str, str, str]], said: str) -> Problems:
    for number, row in enumerate(rows, start=2):
        if _key(row) not in wanted:
            yield f"{file} row {number}, code", f"{' '.join(_key(row))} {said}"


def _refusal(folder: Path, problems: Mapping[str, str]) -> Invalid:
    shown = dict(list(problems.items())[:MAX_PROBLEMS])
    told = "; ".join(f"{place}: {said}" for place, said in shown.items())
    message = Message(
        "The catalogue in %(folder)s was not imported, %(count)d problem(s): %(told)s",
        folder=str(folder),
        count=len(problems),
        told=told,
    )
    return Invalid(message, shown)
