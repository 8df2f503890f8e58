"""Catalogues as CSV: in UTF-8, or in GB 18030 as spreadsheets in China write it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from engine.messages import Message
from handlers.catalogue.tables import MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS, Cell, Problems, Table

#: A spreadsheet takes a cell that begins so for a formula, and does what it says.
_DANGEROUS = tuple("=+-@\t\r")
_MARK = "'"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_csv(data: bytes, place: str, problems: Problems) -> Table | None:
    """The table of a CSV file with a line of headings; None where it cannot be read at all, which is then noted."""
    text = _decoded(data, place, problems)
    if text is None:
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    headings: tuple[str, ...] = ()
    rows = []
    try:
        for number, line in enumerate(reader, start=1):
            if number == 1:
                headings = tuple(one.strip() for one in line)
                _require_commas(headings, place, problems)
            elif len(line) > MAX_COLUMNS or number > MAX_ROWS:
                problems.add(place, number, "", _too_much())
                return None
            elif any(one.strip() for one in line):
                if any(one.strip() for one in line[len(headings) :]):
                    said = Message("has more cells than there are headings: put a text with commas in quotes")
                    problems.add(place, number, "", said)
                rows.append((number, tuple(Cell(unmarked(one[:MAX_CELL])) for one in line)))
    except csv.Error as error:
        said = Message("is no CSV from line %(line)d on: %(error)s", line=reader.line_num, error=str(error))
        problems.add(place, None, "", said)
        return None
    return Table(place, headings, tuple(rows))


def _decoded(data: bytes, place: str, problems: Problems) -> str | None:
    if len(data) > MAX_BYTES:
        problems.add(place, None, "", Message("is larger than %(most)d MB", most=MAX_BYTES >> 20))
        return None
    if data.startswith(_UTF_16):
        problems.add(place, None, "", Message("is in UTF-16: save it as “CSV UTF-8”"))
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        begun = data.count(b"\n", 0, error.start) + 1
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError:
        said = Message(
            "is neither in UTF-8 (line %(line)d) nor in GB 18030: save it as “CSV UTF-8”", line=begun
        )
        problems.add(place, None, "", said)
        return None


def _require_commas(headings: Sequence[str], place: str, problems: Problems) -> None:
    if len(headings) == 1 and any(sign in headings[0] for sign in ";\t|"):
        problems.add(place, 1, "", Message("has no commas: separate the columns by commas"))


def _too_much() -> Message:
    return Message(
        "is beyond what a catalogue has: at most %(rows)d rows and %(columns)d columns",
        rows=MAX_ROWS,
        columns=MAX_COLUMNS,
    )


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A table as `read_csv` reads it, with nothing in it that a spreadsheet takes for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([marked(str(cell)) for cell in row] for row in rows)
    return text.getvalue().encode()


def marked(text: str) -> str:
    """A text with an apostrophe before it if a spreadsheet would take it for a formula, or if it would lose its own."""
    return _MARK + text if text.lstrip(_MARK).startswith(_DANGEROUS) else text


def unmarked(text: str) -> str:
    """The way back from `marked`."""
    return text[1:] if text.startswith(_MARK) and text.lstrip(_MARK).startswith(_DANGEROUS) else text
