"""CSV files that a city edits: read whole, and refused whole with every bad row told by row and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import Invalid
from engine.messages import Message

MAX_BYTES = 32 * 1024 * 1024
MAX_PROBLEMS = 50


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: its heading.
        parse: gives the value of a cell's text, or raises ValueError with a sentence.
        required: whether a cell must have text.
    """

    name: str
    parse: Callable[[str], Any] = str
    required: bool = True


def one_of(*allowed: str) -> Callable[[str], str]:
    """A parser of cells that have one of a few values."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"{text!r} is not one of {', '.join(allowed)}")
        return text

    return parse


def yes_no(text: str) -> bool:
    """A parser of cells that say yes or no."""
    found = {
        "yes": True,
        "true": True,
        "1": True,
        "是": True,
        "no": False,
        "false": False,
        "0": False,
        "否": False,
    }
    if text.strip().lower() not in {*found, ""}:
        raise ValueError(f"{text!r} is neither yes nor no")
    return found.get(text.strip().lower(), False)


def read_table(path: Path, columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    """All rows of a CSV file in UTF-8 with a line of headings; further columns are left aside.

    Raises:
        Invalid: the file cannot be read, or has bad rows: ``fields`` has a message for each place (``row 3, kind``).
    """
    if not path.is_file():
        raise Invalid(Message("There is no file %(path)s.", path=str(path)))
    if path.stat().st_size > MAX_BYTES:
        raise Invalid(Message("%(path)s is larger than %(limit)d MB.", path=str(path), limit=MAX_BYTES >> 20))
    try:
        reader = csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""), strict=True)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid(
            Message("%(path)s is not a CSV file in UTF-8: %(error)s", path=str(path), error=str(error))
        ) from error
    missing = [one.name for one in columns if one.required and one.name not in (reader.fieldnames or ())]
    if missing:
        raise Invalid(
            Message("%(path)s has no column %(columns)s.", path=str(path), columns=", ".join(missing)),
            {name: Message("Add this column.") for name in missing},
        )
    problems: dict[str, str] = {}
    parsed = [_row(number, row, columns, problems) for number, row in enumerate(rows, start=2)]
    if problems:
        raise bad_rows(path, problems)
    return parsed


def bad_rows(path: Path, problems: Mapping[str, str]) -> Invalid:
    """The refusal of a file for these problems by place."""
    shown = dict(list(problems.items())[:MAX_PROBLEMS])
    told = "; ".join(f"{place}: {problem}" for place, problem in shown.items())
    return Invalid(
        Message(
            "%(path)s was not imported, %(count)d problem(s): %(told)s",
            path=str(path),
            count=len(problems),
            told=told,
        ),
        shown,
    )


def _row(
    number: int, row: Mapping[str, str | None], columns: tuple[Column, ...], problems: dict[str, str]
) -> dict[str, Any]:
    return dict(_cells(number, row, columns, problems))


def _cells(
    number: int, row: Mapping[str, str | None], columns: tuple[Column, ...], problems: dict[str, str]
) -> Iterator[tuple[str, Any]]:
    for column in columns:
        text = (row.get(column.name) or "").strip()
        place = f"row {number}, {column.name}"
        if not all(one.isprintable() or one in "\n\t" for one in text):
            problems[place] = "has characters that cannot be shown"
        elif not text and column.required:
            problems[place] = "is empty"
        elif not text:
            yield column.name, None
        else:
            try:
                yield column.name, column.parse(text)
            except ValueError as error:
                problems[place] = str(error)
