"""Consistency: what can be wrong between the rows of a catalogue, each of which is right in itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.messages import Message
from handlers.catalogue.sheets import FOUR_DIGITS, SHEETS
from handlers.catalogue.tables import Problems

Rows = Sequence[tuple[int, Mapping[str, Any]]]
_CATEGORY = ("scheme", "kind", "code")


def check(rows: Mapping[str, Rows], places: Mapping[str, str], problems: Problems) -> None:
    """Note what does not fit together.

    Args:
        rows: of each sheet, by their numbers.
        places: what each sheet is called.
        problems: where rows are missing because they are wrong in themselves, what refers to them is not told.
    """
    for name, sheet in SHEETS.items():
        _twice(rows[name], places.get(name, name), sheet.key, problems)
    both_ways = ("scheme", "kind", "other_scheme", "other_code")
    _twice(rows["equivalents"], places.get("equivalents", ""), both_ways, problems)
    if problems.count:
        return
    _majors(rows["categories"], places["categories"], problems)
    types = {row["code"] for _, row in rows["unit_types"]}
    for name in ("categories", "standards"):
        for number, row in rows[name]:
            if row["unit_type"] not in types:
                said = Message(
                    "%(unit_type)s has no row in %(sheet)s",
                    unit_type=repr(row["unit_type"]),
                    sheet=places["unit_types"],
                )
                problems.add(places[name], number, "unit_type", said)
    categories, judged = _keys(rows["categories"]), _keys(rows["standards"])
    _without(rows["categories"], judged, places["categories"], places["standards"], problems)
    for name in ("standards", "equivalents"):
        _without(rows[name], categories, places.get(name, ""), places["categories"], problems)


def _twice(rows: Rows, place: str, key: tuple[str, ...], problems: Problems) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for number, row in rows:
        first = seen.setdefault(tuple(row[name] for name in key), number)
        if first != number:
            column = "code" if key == _CATEGORY else key[-1]
            problems.add(place, number, column, Message("is there already in row %(row)d", row=first))


def _majors(rows: Rows, place: str, problems: Problems) -> None:
    for number, row in rows:
        if row["scheme"] in FOUR_DIGITS and not row["code"].startswith(row["major_code"]):
            said = Message("does not begin with its major code %(major)s", major=row["major_code"])
            problems.add(place, number, "code", said)


def _keys(rows: Rows) -> set[tuple[str, str, str]]:
    return {_key(row) for _, row in rows}


def _key(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["scheme"], row["kind"], row["code"]


def _without(
    rows: Rows, wanted: set[tuple[str, str, str]], place: str, other: str, problems: Problems
) -> None:
    for number, row in rows:
        if _key(row) not in wanted:
            said = Message("%(category)s has no row in %(sheet)s", category=" ".join(_key(row)), sheet=other)
            problems.add(place, number, "code", said)
