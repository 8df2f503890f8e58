"""Writing: a catalogue as a workbook or as a folder of CSV files, each of which reads in as the same catalogue."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from handlers.catalogue.delimited import write_csv
from handlers.catalogue.sheets import SHEETS, Sheet
from handlers.store.catalogue import Catalogue

_KEY = ("scheme", "kind", "code")
#: The format of texts: what is typed into such a cell stays as it is.
_TEXT = "@"
_WIDE, _NARROW = 44, 16


def write_folder(catalogue: Catalogue, folder: Path) -> list[Path]:
    """Write a catalogue as CSV files; gives them, they are written over."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, sheet in SHEETS.items():
        path = folder / f"{name}.csv"
        path.write_bytes(write_csv(_headings(sheet), _rows(catalogue, sheet)))
        written.append(path)
    return written


def write_book(catalogue: Catalogue) -> bytes:
    """A catalogue as a workbook: codes are texts in it, so no program takes the zeros before them away."""
    book = Workbook(write_only=True)
    for name, sheet in SHEETS.items():
        page = book.create_sheet(name)
        page.freeze_panes = "A2"
        for index, heading in enumerate(_headings(sheet), start=1):
            worded = heading.startswith(
                ("condition_zh", "condition_en", "closing", "name", "major_zh", "major_en")
            )
            page.column_dimensions[get_column_letter(index)].width = _WIDE if worded else _NARROW
        page.append([_heading(page, heading) for heading in _headings(sheet)])
        for row in _rows(catalogue, sheet):
            page.append([_cell(page, value) for value in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _heading(page: Any, text: str) -> Any:
    cell = WriteOnlyCell(page, text)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="FFE7ECF3")
    return cell


def _cell(page: Any, value: Any) -> Any:
    if isinstance(value, int | Decimal):
        return WriteOnlyCell(page, value if isinstance(value, int) else float(value))
    cell = WriteOnlyCell(page, str(value))
    # A text that begins with an equals sign is none the less a text.
    cell.data_type = "s"
    cell.number_format = _TEXT
    return cell


def _headings(sheet: Sheet) -> list[str]:
    return [column.name for column in sheet.columns]


def _rows(catalogue: Catalogue, sheet: Sheet) -> Iterator[Sequence[Any]]:
    for values in _values(catalogue, sheet.name):
        yield [values[column.name] for column in sheet.columns]


def _values(catalogue: Catalogue, name: str) -> Iterator[dict[str, Any]]:
    if name == "unit_types":
        for _, unit_type in sorted(catalogue.unit_types.items()):
            yield dict(unit_type)
        return
    for key, category in sorted(catalogue.categories.items()):
        of_category = dict(zip(_KEY, key, strict=True))
        if name == "categories":
            yield vars(category)
        elif name == "standards":
            for _, standard in sorted(category.standards.items()):
                yield {**of_category, **vars(standard)}
        else:
            for scheme, code in sorted(category.equivalents.items()):
                yield {**of_category, "other_scheme": scheme, "other_code": code}
