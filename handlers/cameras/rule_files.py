"""Rules in a file that a city keeps: YAML as the product's own (``vision/data/rules.yaml``), or CSV. Read in whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from engine.errors import Invalid
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from engine.tables import Column, bad_rows, read_table, yes_no
from handlers.cameras import rulebook
from handlers.cameras.rulebook import Planned

MAX_BYTES = 256 * 1024
#: What parts names of a list in a cell.
SEPARATOR = ";"

#: A rule of a file with its place in it.
Given = tuple[str, Mapping[str, Any]]


def plan(uow: UnitOfWork, path: Path) -> list[Planned]:
    """What reading in a file would do, rule by rule; nothing is changed. Rules that it does not name stay as they are.

    Raises:
        Invalid: it cannot be read, or any rule is wrong: ``fields`` has a message for each place.
    """
    rows, problems = _read(path)
    known, planned = rulebook.known(uow), []
    seen: set[str] = set()
    for place, row in rows:
        key = str(row.get("key"))
        if key in seen:
            problems[f"{place}, key"] = f"{key!r} stands twice"
        seen.add(key)
        before = row["version"] if key in known else None
        try:
            planned.append(rulebook.plan(uow, row, known, before))
        except Invalid as error:
            problems |= {f"{place}, {field}": told for field, told in error.fields.items()}
    if problems:
        raise bad_rows(path, problems)
    return planned


def import_rules(uow: UnitOfWork, path: Path) -> list[Planned]:
    """Read in a file: what differs gets its next version.

    Raises:
        Invalid: see `plan`; nothing is changed.
        Conflict: somebody else was quicker; nothing is to be kept.
    """
    planned = plan(uow, path)
    for one in planned:
        rulebook.enter(uow, one)
    return planned


def exported(uow: UnitOfWork, kind: str) -> str:
    """All rules in their newest versions, as a file that can be read in again.

    Args:
        kind: ``yaml`` or ``csv``.
    """
    rows = list(rulebook.known(uow).values())
    return _as_csv(rows) if kind == "csv" else _as_yaml(rows)


def _read(path: Path) -> tuple[list[Given], dict[str, str]]:
    """The rules of a file with their places, and what cannot be read of it."""
    if path.suffix.lower() == ".csv":
        rows = read_table(path, COLUMNS)
        return [(f"row {number}", _without_none(row)) for number, row in enumerate(rows, start=2)], {}
    problems: dict[str, str] = {}
    read: list[Given] = []
    for number, item in enumerate(_items(path), start=1):
        place = f"rule {number}"
        if not isinstance(item, dict):
            problems[place] = "is no rule: write key: and the other fields"
            continue
        wrong = dict(_wrong(item))
        problems |= {f"{place}, {name}": told for name, told in wrong.items()}
        if not wrong:
            read.append((place, _row(item)))
    return read, problems


def _items(path: Path) -> list[Any]:
    """The items of a YAML file."""
    if not path.is_file():
        raise Invalid(Message("There is no file %(path)s.", path=str(path)))
    if path.stat().st_size > MAX_BYTES:
        raise Invalid(Message("%(path)s is larger than %(limit)d KB.", path=str(path), limit=MAX_BYTES >> 10))
    try:
        text = path.read_text("utf-8-sig")
        # A few aliases of aliases would be gigabytes of text.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise Invalid(Message("%(path)s has aliases: write each rule in full.", path=str(path)))
        found = yaml.safe_load(text)
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        message = Message(
            "%(path)s is not a YAML file in UTF-8: %(error)s",
            path=str(path),
            error=" ".join(str(error).split()),
        )
        raise Invalid(message) from error
    if not isinstance(found, list) or not found:
        raise Invalid(Message("%(path)s has no list of rules: begin each with - key:", path=str(path)))
    return found


def _wrong(item: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """What is of the wrong sort in an item, by field."""
    for name in item:
        if name not in FIELDS:
            yield str(name)[:40], f"there is no such field: use some of {', '.join(FIELDS)}"
    for name, (sort, meaning) in FIELDS.items():
        value = item.get(name)
        if value is None:
            if name in _NEEDED:
                yield name, "is not given"
        elif (
            not isinstance(value, sort)
            or (isinstance(value, bool) and sort is not bool)
            or (isinstance(value, list) and not all(isinstance(one, str) for one in value))
            or (isinstance(value, dict) and not (set(value) <= {"zh", "en"} and _texts(value.values())))
        ):
            yield name, f"must be {meaning}"


def _texts(values: Any) -> bool:
    return all(isinstance(one, str) for one in values)


def _row(item: Mapping[str, Any]) -> dict[str, Any]:
    title = item["title"]
    description = item.get("description") or {}
    if isinstance(description, str):
        description = {"zh": description}
    row = {name: item[name] for name in item if name not in ("title", "description")}
    row |= {f"title_{language}": title.get(language, "") for language in ("zh", "en")}
    row |= {f"description_{language}": description.get(language, "") for language in ("zh", "en")}
    return {"version": None, **_without_none(row)}


def _without_none(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"version": None, **{name: value for name, value in row.items() if value is not None}}


def _as_yaml(rows: Sequence[Mapping[str, Any]]) -> str:
    items = []
    for row in rows:
        item = {name: row[name] for name in FIELDS if name in row}
        item["title"] = {"zh": row["title_zh"], "en": row["title_en"]}
        item["description"] = {"zh": row["description_zh"], "en": row["description_en"]}
        items.append({name: item[name] for name in FIELDS if item[name] is not None})
    return yaml.safe_dump(items, allow_unicode=True, sort_keys=False, width=1000) if items else "[]\n"


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([column.name for column in COLUMNS])
    writer.writerows([_cell(row[column.name]) for column in COLUMNS] for row in rows)
    return stream.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return SEPARATOR.join(value)
    return "" if value is None else str(value)


def _names(text: str) -> list[str]:
    return [one.strip() for one in text.split(SEPARATOR) if one.strip()]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


COLUMNS = (
    Column("key"),
    Column("version", _whole, required=False),
    Column("active", yes_no, required=False),
    Column("title_zh"),
    Column("title_en"),
    Column("zone_types", _names),
    Column("classes", _names, required=False),
    Column("expression"),
    Column("dwell", _number),
    Column("verify", yes_no, required=False),
    Column("scheme", required=False),
    Column("kind", required=False),
    Column("category"),
    Column("condition_no", _whole, required=False),
    Column("description_zh", required=False),
    Column("description_en", required=False),
)

_TEXT = (str, 'text; in quotes where it is a number, as category: "0409"')
_LIST = (list, "a list of names, as [no_parking, bus_lane]")
_YES = (bool, "true or false")
_NUMBER = ((int, float), "a number")
_WHOLE = (int, "a whole number")
#: The fields of a rule in YAML, what each is, and how that is said.
FIELDS: Mapping[str, tuple[Any, str]] = {
    "key": _TEXT,
    "version": _WHOLE,
    "active": _YES,
    "title": (dict, "{zh: …, en: …}"),
    "zone_types": _LIST,
    "classes": _LIST,
    "expression": _TEXT,
    "dwell": _NUMBER,
    "verify": _YES,
    "scheme": _TEXT,
    "kind": _TEXT,
    "category": _TEXT,
    "condition_no": _WHOLE,
    "description": ((str, dict), "text, or {zh: …, en: …}"),
}
_NEEDED = ("key", "title", "zone_types", "expression", "dwell", "category")
