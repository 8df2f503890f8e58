"""Past cases of any city, from a CSV file, or a zip archive that holds one: read within bounds, and told precisely where wrong."""

from __future__ import annotations

import csv
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import numpy as np

from engine.errors import Invalid
from engine.messages import Message
from handlers.dispatch.learning.lessons import Cases, Inputs, Lessons

MAX_FILE, MAX_CONTENT = 256 * 1024 * 1024, 1024 * 1024 * 1024
MAX_ROWS, MAX_COLUMNS, MAX_CELL = 1_000_000, 500, 100_000

#: A column with more different values than this is a text, unless it is said what it is.
MAX_KINDS = 500

# RuntimeError: it is encrypted, or packed in a way that is not known.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError)

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local time of the city, as the file has it


@dataclass(frozen=True)
class Columns:
    """Which columns of a file are what, as the command line says.

    Attributes:
        time: when a case was reported.
        target: who handled it.
        inputs: all that was known then.
        texts: those of the inputs that are texts.
        lon, lat: degrees; where they are not said, inputs called so are taken.
    """

    time: str
    target: str
    inputs: tuple[str, ...]
    texts: tuple[str, ...] = ()
    lon: str | None = None
    lat: str | None = None

    @property
    def named(self) -> list[str]:
        """All of them, each once."""
        found = [self.time, self.target, *self.inputs, *self.texts, self.lon, self.lat]
        return list(dict.fromkeys(name for name in found if name is not None))


@dataclass(frozen=True)
class File:
    """Rows of a file in the order of time, the columns by name.

    Attributes:
        place: the columns with longitude and latitude, where there are any.
        inputs: the others, without the time.
    """

    lessons: Lessons
    place: tuple[str, str] | None
    inputs: tuple[str, ...]


def read(path: Path, columns: Columns) -> File:
    """Read the rows of a file.

    Raises:
        Invalid: there is no such file or column, it is too large, or a value does not fit; nothing else is told of it.
    """
    if columns.target in (*columns.inputs, *columns.texts, columns.time):
        raise Invalid(
            Message("%(column)s is what is to be found out: it cannot be an input.", column=columns.target)
        )
    place = _place(columns)
    days: list[float] = []
    kept: dict[str, list[str]] = {name: [] for name in columns.named if name != columns.time}
    with _opened(path) as file:
        for line, row in _rows(file, columns.named):
            target = row[columns.target].strip()
            if not target:
                continue
            days.append(_day(row[columns.time], columns.time, line))
            for name, column in kept.items():
                column.append(row[name])
    order = np.argsort(np.array(days), kind="stable")
    sorted_ = {name: [column[at] for at in order] for name, column in kept.items()}
    lon, lat = (_degrees(sorted_[name], name) for name in place) if place else _unknown(len(order))
    inputs = tuple(
        name for name in columns.named if name not in (columns.time, columns.target, *(place or ()))
    )
    if not inputs:
        raise Invalid(Message("Name a column besides the place and the time with --input."))
    cases = Cases(np.array(days)[order], {name: sorted_[name] for name in inputs}, lon, lat)
    units = [value.strip() for value in sorted_[columns.target]]
    return File(Lessons.of(cases, units), place, inputs)


def roles(file: File, texts: Sequence[str], main: str | None, rows: int) -> Inputs:
    """What each input is, where nothing says so: by what the first rows hold, and no others.

    A column of many values (`MAX_KINDS`) is a text. The main input is the one that finds the unit best by itself, or one of
    fewer values that is worse by 2 % at most.
    """
    values = {name: file.lessons.cases.values[name][:rows] for name in file.inputs}
    different = {name: len(set(column)) for name, column in values.items()}
    if main is None:
        found = {name: _alone(column, file.lessons.units[:rows]) for name, column in values.items()}
        good = [name for name in file.inputs if found[name] >= max(found.values()) - 0.02]
        main = min(good, key=lambda name: different[name])
    others = [name for name in file.inputs if name != main]
    long = [name for name in others if name in texts or different[name] > MAX_KINDS]
    # Those that tell cases apart more come first: it is they that are looked at by twos.
    kinds = sorted((name for name in others if name not in long), key=lambda name: -different[name])
    return Inputs(main, tuple(kinds), tuple(long), file.place is not None)


def _alone(column: Sequence[str], units: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
    """How often the unit of a value's earlier rows is that of its later ones; the last fifth is asked."""
    cut = len(column) * 4 // 5
    _, numbers = np.unique(np.array(column, dtype=object).astype(str), return_inverse=True)
    size = int(units.max()) + 1
    counted = np.bincount(numbers[:cut] * size + units[:cut], minlength=(int(numbers.max()) + 1) * size)
    best = counted.reshape(-1, size).argmax(axis=1)
    seen = np.bincount(numbers[:cut], minlength=len(best)) > 0
    asked = numbers[cut:]
    return float(((best[asked] == units[cut:]) & seen[asked]).mean()) if len(asked) else 0.0


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    """The text of a CSV file, or of the only one in a zip archive."""
    if not path.is_file():
        raise Invalid(Message("There is no file %(file)s.", file=str(path)))
    if path.stat().st_size > MAX_FILE:
        raise Invalid(Message("%(file)s is larger than %(bytes)s bytes.", file=str(path), bytes=MAX_FILE))
    if not zipfile.is_zipfile(path):
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
        return
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [one for one in archive.infolist() if one.filename.lower().endswith(".csv")]
            if len(inside) != 1:
                raise Invalid(
                    Message(
                        "%(file)s must hold one CSV file, not %(count)s.", file=str(path), count=len(inside)
                    )
                )
            if inside[0].file_size > MAX_CONTENT:
                raise Invalid(
                    Message(
                        "What is in %(file)s is larger than %(bytes)s bytes.",
                        file=str(path),
                        bytes=MAX_CONTENT,
                    )
                )
            with archive.open(inside[0]) as raw:
                yield io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
    except _DAMAGED as error:
        raise Invalid(
            Message("%(file)s cannot be unpacked: %(problem)s", file=str(path), problem=str(error))
        ) from error


def _rows(file: IO[str], wanted: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The wanted columns of each row with its line."""
    csv.field_size_limit(MAX_CELL)
    read_ = 0
    reader = csv.reader(file)
    try:
        header = next(reader, [])
        at = _positions(header, wanted)
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                raise Invalid(
                    Message(
                        "Line %(line)s has %(count)s values where the first line names %(wanted)s columns.",
                        line=reader.line_num,
                        count=len(row),
                        wanted=len(header),
                    )
                )
            read_ += 1
            if read_ > MAX_ROWS:
                raise Invalid(Message("There are more than %(rows)s rows.", rows=MAX_ROWS))
            yield reader.line_num, {name: row[place] for name, place in at.items()}
    except UnicodeDecodeError as error:
        raise Invalid(Message("The file is not UTF-8: save it as such.")) from error
    except csv.Error as error:
        raise Invalid(
            Message("Line %(line)s: %(problem)s.", line=reader.line_num, problem=str(error))
        ) from error


def _positions(header: Sequence[str], wanted: Sequence[str]) -> dict[str, int]:
    if len(header) > MAX_COLUMNS:
        raise Invalid(Message("There are more than %(columns)s columns.", columns=MAX_COLUMNS))
    missing = [name for name in wanted if name not in header]
    if missing:
        raise Invalid(
            Message(
                "The file has no column %(missing)s; it has %(columns)s.",
                missing=", ".join(missing),
                columns=", ".join(header),
            )
        )
    twice = [name for name in wanted if header.count(name) > 1]
    if twice:
        raise Invalid(Message("The file has the column %(column)s twice.", column=twice[0]))
    return {name: header.index(name) for name in wanted}


def _place(columns: Columns) -> tuple[str, str] | None:
    if (columns.lon is None) != (columns.lat is None):
        raise Invalid(Message("Give --lon and --lat together."))
    if columns.lon is not None and columns.lat is not None:
        return columns.lon, columns.lat
    by_name = {name.lower(): name for name in columns.inputs}
    for lon, lat in (("longitude", "latitude"), ("lon", "lat"), ("lng", "lat")):
        if lon in by_name and lat in by_name:
            return by_name[lon], by_name[lat]
    return None


def _day(value: str, name: str, line: int) -> float:
    try:
        at = datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise Invalid(
            Message(
                "Line %(line)s: %(column)s is %(value)s, not a time such as 2011-07-01 08:30:00.",
                line=line,
                column=name,
                value=repr(value[:40]),
            )
        ) from error
    # Local time is what the hours of the day are told by, whatever the offset.
    return (at.replace(tzinfo=None) - _EPOCH).total_seconds() / 86400


def _degrees(values: Sequence[str], name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found = np.full(len(values), np.nan)
    for at, value in enumerate(values):
        if not value.strip():
            continue
        try:
            found[at] = float(value)
        except ValueError as error:
            raise Invalid(
                Message("%(column)s has %(value)s, which is no number.", column=name, value=repr(value[:40]))
            ) from error
        if not abs(found[at]) <= 180:
            raise Invalid(
                Message("%(column)s has %(value)s: write degrees.", column=name, value=repr(value[:40]))
            )
    return found


def _unknown(rows: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    return np.full(rows, np.nan), np.full(rows, np.nan)
