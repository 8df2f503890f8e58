"""Catalogues as XLSX: the sheets of a workbook as tables, and what a spreadsheet has that a table has not."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from xml.sax.xmlreader import AttributesImpl

from engine.messages import Message
from handlers.catalogue.archive import Archive, Handler
from handlers.catalogue.tables import MAX_CELL, MAX_COLUMNS, MAX_ROWS, Cell, Problems, Table

_BOOK = "xl/workbook.xml"
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
#: Numbers of formats that every program knows as dates and times (ECMA-376 part 1, 18.8.30).
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
#: What is no letter of a date in a format: quoted and escaped texts, colours and conditions.
_NO_DATE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|General', re.IGNORECASE)

#: Whole numbers below it are what they say.
_EXACT = 1e15

_ERROR = Message("is an error of the spreadsheet: put the value there")
_FORMULA = Message("is a formula: put its value there (copy, then paste the values)")
_DATE = Message("is a date: set the format of the column to text and type it anew")
_TRUTH = Message("is a truth value: set the format of the column to text and type it anew")


def read_workbook(data: bytes, names: Collection[str], problems: Problems) -> dict[str, Table | None]:
    """The sheets of these names, so far as they are there, others are left aside; None for one that has too much.

    What is wrong with them is noted.

    Raises:
        Unreadable: the file is no workbook, or more than a catalogue ever is.
    """
    archive = Archive(data)
    sheets = _sheets(archive)
    strings = _strings(archive)
    dates = _date_styles(archive)
    _tell_misnamed(sheets, names, problems)
    found: dict[str, Table | None] = {}
    for name in names:
        if name in sheets:
            sheet = _Sheet(name, strings, dates, problems)
            try:
                archive.parse(sheets[name], sheet)
                found[name] = sheet.table()
            except _Enough:
                found[name] = None
    return found


def _tell_misnamed(sheets: Collection[str], names: Collection[str], problems: Problems) -> None:
    for sheet in sheets:
        meant = sheet.strip().lower().replace(" ", "_")
        if sheet not in names and meant in names and meant not in sheets:
            problems.add(sheet, None, "", Message("is no sheet of a catalogue: call it %(name)s", name=meant))


class _Enough(Exception):
    """A sheet has too much of something, which was noted."""


class _Text(Handler):
    """Takes the text of elements ``v`` and ``t``, but not how a word is read aloud (``rPh``)."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._taking = self._aloud = False

    def begin(self, name: str, attributes: AttributesImpl) -> None:
        if name in {"v", "t"}:
            self._taking = True
        elif name == "rPh":
            self._aloud = True

    def end(self, name: str) -> None:
        if name in {"v", "t"}:
            self._taking = False
        elif name == "rPh":
            self._aloud = False

    def characters(self, content: str) -> None:
        """A piece of text; of a long one only the beginning is kept."""
        if self._taking and not self._aloud and len(self.text) < MAX_CELL:
            self.text += content[:MAX_CELL]


class _Strings(_Text):
    """The strings to which cells refer by number."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def begin(self, name: str, attributes: AttributesImpl) -> None:
        super().begin(name, attributes)
        if name == "si":
            self.text = ""

    def end(self, name: str) -> None:
        super().end(name)
        if name == "si":
            self.found.append(self.text)


class _Book(Handler):
    """The names of the sheets with the identifiers of their parts."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: dict[str, str] = {}

    def begin(self, name: str, attributes: AttributesImpl) -> None:
        if name == "sheet":
            part = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            self.sheets[attributes.get("name", "")] = part


class _Styles(Handler):
    """Which styles of cells are dates."""

    def __init__(self) -> None:
        super().__init__()
        self.dates: set[int] = set()
        self._formats = set(_DATES)
        self._count, self._inside = 0, False

    def begin(self, name: str, attributes: AttributesImpl) -> None:
        if name == "numFmt":
            code = _NO_DATE.sub("", attributes.get("formatCode", "")[:255])
            if re.search("[ymdhs]", code, re.IGNORECASE):
                self._formats.add(_int(attributes.get("numFmtId")))
        elif name == "cellXfs":
            self._inside = True
        elif name == "xf" and self._inside:
            if _int(attributes.get("numFmtId")) in self._formats:
                self.dates.add(self._count)
            self._count += 1

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._inside = False


@dataclass
class _Reading:
    """The cell that is being read."""

    row: int
    column: int
    kind: str
    style: int
    formula: bool = False


class _Sheet(_Text):
    """The cells of one sheet."""

    def __init__(self, name: str, strings: list[str], dates: set[int], problems: Problems) -> None:
        super().__init__()
        self._name, self._strings, self._dates, self._problems = name, strings, dates, problems
        self._rows: dict[int, dict[int, Cell]] = {}
        self._row = self._column = 0
        self._cell: _Reading | None = None

    def begin(self, name: str, attributes: AttributesImpl) -> None:
        super().begin(name, attributes)
        if name == "row":
            self._row, self._column = _int(attributes.get("r")) or self._row + 1, 0
        elif name == "c":
            self.text, self._cell = "", self._begun(attributes)
        elif name == "f" and self._cell:
            self._cell.formula = True
        elif name == "mergeCell":
            said = Message(
                "has merged cells (%(cells)s): unmerge them, and fill in each cell",
                cells=attributes.get("ref", "")[:30],
            )
            self._problems.add(self._name, None, "", said)

    def _begun(self, attributes: AttributesImpl) -> _Reading:
        matched = _REFERENCE.fullmatch(attributes.get("r", ""))
        self._column = _column(matched[1]) if matched else self._column + 1
        row = int(matched[2]) if matched else self._row
        return _Reading(row, self._column, attributes.get("t", "n"), _int(attributes.get("s")))

    def end(self, name: str) -> None:
        super().end(name)
        if name == "c" and self._cell:
            cell, self._cell = self._cell, None
            if (self.text.strip() or cell.formula) and cell.column <= MAX_COLUMNS:
                self._put(cell)

    def _put(self, cell: _Reading) -> None:
        if cell.row > MAX_ROWS:
            said = Message("has text beyond row %(rows)d: a catalogue has fewer rows", rows=MAX_ROWS)
            self._problems.add(self._name, cell.row, "", said)
            raise _Enough
        self._rows.setdefault(cell.row, {})[cell.column] = self._understood(cell)

    def _understood(self, cell: _Reading) -> Cell:
        if cell.formula:
            return Cell("", wrong=_FORMULA)
        if cell.kind in {"s", "str", "inlineStr"}:
            if cell.kind != "s":
                return Cell(self.text)
            index = _int(self.text)
            return Cell(self._strings[index]) if index < len(self._strings) else Cell("", wrong=_ERROR)
        wrong = {"e": _ERROR, "b": _TRUTH, "d": _DATE}.get(cell.kind)
        if wrong is None and cell.style in self._dates:
            wrong = _DATE
        return Cell("", wrong=wrong) if wrong else _number(self.text)

    def table(self) -> Table:
        """What was read."""
        headings = self._rows.pop(1, {})
        width = max(headings, default=0)
        for number, cells in sorted(self._rows.items()):
            if max(cells) > width:
                said = Message("has text in a column without a heading")
                self._problems.add(self._name, number, "", said)
        empty = Cell("")
        rows = tuple(
            (number, tuple(cells.get(column, empty) for column in range(1, width + 1)))
            for number, cells in sorted(self._rows.items())
        )
        return Table(
            self._name, tuple(headings.get(one, empty).text.strip() for one in range(1, width + 1)), rows
        )


def _number(text: str) -> Cell:
    """A number as people write it: a spreadsheet keeps 2.3 as 2.2999999999999998."""
    try:
        value = float(text)
    except ValueError:
        return Cell("", wrong=_ERROR)
    if not math.isfinite(value):
        return Cell("", wrong=_ERROR)
    whole = value.is_integer() and abs(value) < _EXACT
    return Cell(str(int(value)) if whole else repr(value), number=True)


def _int(text: str | None) -> int:
    """A number among the attributes; 0 where it is none, or a senseless one."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 9 else 0


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _sheets(archive: Archive) -> dict[str, str]:
    """The parts of the sheets by their names."""
    book = _Book()
    archive.parse(_BOOK, book)
    parts = {one.identifier: one.part for one in archive.related(_BOOK)}
    return {name: parts[identifier] for name, identifier in book.sheets.items() if identifier in parts}


def _strings(archive: Archive) -> list[str]:
    strings = _Strings()
    for part in _of_book(archive, "sharedStrings"):
        archive.parse(part, strings)
    return strings.found


def _date_styles(archive: Archive) -> set[int]:
    styles = _Styles()
    for part in _of_book(archive, "styles"):
        archive.parse(part, styles)
    return styles.dates


def _of_book(archive: Archive, kind: str) -> list[str]:
    """The parts of a kind that the whole book has: one, or none."""
    return [one.part for one in archive.related(_BOOK) if one.kind == kind][:1]
