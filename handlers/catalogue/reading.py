"""Reading: the tables of a file become the rows of a catalogue, or it is told what is wrong with each of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import Invalid
from engine.messages import Message
from handlers.catalogue.archive import Unreadable
from handlers.catalogue.consistency import check
from handlers.catalogue.delimited import read_csv
from handlers.catalogue.sheets import FOUR_DIGITS, SHEETS, Column, Sheet
from handlers.catalogue.tables import MAX_BYTES, Cell, Problem, Problems, Refused, Table
from handlers.catalogue.workbook import read_workbook

Tables = Mapping[str, Table | None]


@dataclass(frozen=True)
class Given:
    """A catalogue as a file gives it, in itself without a fault.

    Attributes:
        source: what the file or folder is called.
        rows: of each sheet.
        mended: codes from which a spreadsheet had taken the zeros before them, which were put back.
    """

    source: str
    rows: Mapping[str, list[dict[str, Any]]]
    mended: tuple[Problem, ...]


def read_path(path: Path) -> Given:
    """Read a folder of CSV files, or a workbook.

    Raises:
        Refused: something is wrong with it.
        Invalid: there is no such file.
    """
    if path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        raise Invalid(Message("There is no file %(path)s.", path=str(path)))
    return read_book(_bytes(path), str(path))


def read_book(data: bytes, source: str) -> Given:
    """Read a workbook.

    Args:
        source: what the file is called.

    Raises:
        Refused: something is wrong with it.
    """
    problems = Problems()
    try:
        tables = read_workbook(data, SHEETS, problems)
    except Unreadable as error:
        problems.add(Path(source).name, None, "", error.said)
        raise Refused(source, problems) from error
    for name, sheet in SHEETS.items():
        if sheet.required and name not in tables:
            problems.add(name, None, "", Message("is missing: the workbook needs a sheet of this name"))
    return _understood(source, tables, problems)


def _read_folder(folder: Path) -> Given:
    problems = Problems()
    tables: dict[str, Table | None] = {}
    for name, sheet in SHEETS.items():
        path = folder / f"{name}.csv"
        if path.is_file():
            tables[name] = read_csv(_bytes(path), path.name, problems)
        elif sheet.required:
            problems.add(path.name, None, "", Message("is missing: the folder needs a file of this name"))
    return _understood(str(folder), tables, problems)


def _bytes(path: Path) -> bytes:
    """A file, or so much of it that it is seen to be too large."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _understood(source: str, tables: Tables, problems: Problems) -> Given:
    mended: list[Problem] = []
    rows: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for name, sheet in SHEETS.items():
        table = tables.get(name)
        rows[name] = list(_rows(table, sheet, problems, mended)) if table else []
    check(rows, {name: table.place for name, table in tables.items() if table}, problems)
    if problems.count:
        raise Refused(source, problems)
    return Given(
        source, {name: [values for _, values in found] for name, found in rows.items()}, tuple(mended)
    )


def _rows(
    table: Table, sheet: Sheet, problems: Problems, mended: list[Problem]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows that are without a fault in themselves, by number."""
    if not _headings_fit(table, sheet, problems):
        return
    places = {heading: index for index, heading in enumerate(table.headings)}
    for number, cells in table.rows:
        row = {column.name: _cell(cells, places.get(column.name)) for column in sheet.columns}
        before = problems.count
        values = {
            column.name: _value(column, row, table.place, number, problems, mended)
            for column in sheet.columns
        }
        if problems.count == before:
            yield number, values


def _headings_fit(table: Table, sheet: Sheet, problems: Problems) -> bool:
    before = problems.count
    for column in sheet.columns:
        there = table.headings.count(column.name)
        if there > 1:
            problems.add(
                table.place, 1, column.name, Message("is the heading of %(count)d columns", count=there)
            )
        elif not there and column.required:
            problems.add(table.place, 1, column.name, _no_column(column.name, table.headings))
    return problems.count == before


def _no_column(name: str, headings: tuple[str, ...]) -> Message:
    alike = next((one for one in headings if one.lower().replace(" ", "_") == name), None)
    if alike:
        return Message("is missing: the heading %(heading)s is not written so", heading=alike)
    return Message("is missing: add a column with this heading")


def _cell(cells: tuple[Cell, ...], index: int | None) -> Cell:
    return cells[index] if index is not None and index < len(cells) else Cell("")


def _value(
    column: Column,
    row: Mapping[str, Cell],
    place: str,
    number: int,
    problems: Problems,
    mended: list[Problem],
) -> Any:
    cell = row[column.name]
    # Digits and letters of full width look like the others and are taken for them in codes.
    text = unicodedata.normalize("NFKC", cell.text).strip() if column.digits else cell.text.strip()
    try:
        if cell.wrong:
            raise ValueError(cell.wrong)
        if not all(one.isprintable() or one in "\n\t" for one in text):
            raise ValueError(Message("has characters that cannot be shown"))
        if not text:
            if column.required:
                raise ValueError(Message("is empty"))
            return column.otherwise
        if column.digits:
            whole = _whole_code(column, row[column.scheme].text.strip(), text, cell.number)
            if whole != text:
                said = Message("%(found)s was read as %(code)s", found=text, code=whole)
                mended.append(Problem(place, number, column.name, said))
            text = whole
        return column.parse(text)
    except ValueError as error:
        problems.add(place, number, column.name, error.args[0])
        return None


def _whole_code(column: Column, scheme: str, text: str, taken_for_number: bool) -> str:
    """A code with the zeros that a spreadsheet took away.

    Raises:
        ValueError: nobody can tell how many there were, or it has too many digits.
    """
    if scheme in FOUR_DIGITS:
        if not (text.isascii() and text.isdigit() and len(text) <= column.digits):
            raise ValueError(
                Message(
                    "%(text)s does not have the %(digits)d digits of the scheme %(scheme)s",
                    text=repr(text[:40]),
                    digits=column.digits,
                    scheme=scheme,
                )
            )
        return text.zfill(column.digits)
    if taken_for_number:
        raise ValueError(
            Message(
                "is a number, which has no zeros before it: set the format of the column to text and type it anew"
            )
        )
    return text
