"""The cameras of a group as their watch needs them: source, zones and rules, read whole and compared whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time
from typing import Any
from urllib.parse import urlsplit

import structlog

from engine.store.unit_of_work import UnitOfWork
from handlers.store import camera_watches
from vision.errors import VisionError
from vision.rules import Rule, of_row
from vision.sources import Source
from vision.zones import Hours, Zone

logger = structlog.get_logger()


@dataclass(frozen=True)
class Watched:
    """A camera that is watched. Two are equal if nothing that matters to a watch differs.

    Attributes:
        code: the city's own.
        source: where its pictures come from, with name and password.
        zones: what of its picture is looked at.
        rules: those that its zones name, by key.
    """

    id: int
    code: str
    name: str
    interval: float
    source: Source
    zones: tuple[Zone, ...]
    rules: Mapping[str, Rule]

    @property
    def host(self) -> str:
        """The host that is asked for its pictures; its code where none is."""
        return urlsplit(self.source.address).hostname or self.code


def read_group(uow: UnitOfWork, group_no: int) -> dict[int, Watched]:
    """The cameras of a group that are to be watched, by their number."""
    return _watched(uow, camera_watches.of_group(uow.conn, group_no))


def read_one(uow: UnitOfWork, row: Mapping[str, Any]) -> Watched:
    """One camera, watched or not."""
    return _watched(uow, [row])[row["id"]]


def _watched(uow: UnitOfWork, rows: Iterable[Mapping[str, Any]]) -> dict[int, Watched]:
    cameras = list(rows)
    rules: dict[str, Rule] = {}
    zones = defaultdict(list)
    for row in camera_watches.rules(uow.conn):
        with _left_out("rule", row["key"]):
            rules[row["key"]] = rule_of(row)
    for row in camera_watches.zones(uow.conn, [row["id"] for row in cameras]):
        with _left_out("zone", f"{row['camera_id']}/{row['key']}"):
            zones[row["camera_id"]].append(zone_of(row, rules))
    return {row["id"]: _camera(row, zones[row["id"]], rules) for row in cameras}


@contextmanager
def _left_out(what: str, name: str) -> Iterator[None]:
    """Leave out what this release cannot use, rather than all cameras that stand beside it."""
    try:
        yield
    except VisionError as error:
        logger.warning(
            "left out, for it cannot be used", what=what, name=name, field=error.field, reason=str(error)
        )


def _camera(row: Mapping[str, Any], zones: list[Zone], rules: Mapping[str, Rule]) -> Watched:
    wanted = {key for zone in zones for key in zone.rules}
    return Watched(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        interval=row["interval"],
        source=source_of(row),
        zones=tuple(zones),
        rules={key: rules[key] for key in sorted(wanted)},
    )


def source_of(row: Mapping[str, Any]) -> Source:
    """The source of a camera's row."""
    return Source(
        kind=row["source"],
        address=row["url"],
        user=row["login"],
        password=row["password"],
        name=row["code"],
        every=row["interval"],
    )


def zone_of(row: Mapping[str, Any], rules: Mapping[str, Rule]) -> Zone:
    """The zone of a row, with those of its rules that are there still and are for its type."""
    return Zone(
        key=row["key"],
        type=row["type"],
        outline=tuple((x, y) for x, y in row["outline"]),
        rules=tuple(key for key in row["rules"] if key in rules and row["type"] in rules[key].zone_types),
        dwell=row["dwell"],
        grace=row["grace"],
        hours=tuple(_hours(one) for one in row["hours"]),
        version=row["version"],
    )


def _hours(one: Mapping[str, Any]) -> Hours:
    begin, end = time.fromisoformat(one["begin"]), time.fromisoformat(one["end"])
    return Hours(begin, end, frozenset(one.get("days") or ()))


def rule_of(row: Mapping[str, Any]) -> Rule:
    """The rule of a row.

    Raises:
        VisionError: it is none.
    """
    title = {"zh": row["title_zh"], "en": row["title_en"]}
    return of_row({**row, "title": title, "description": row["description_zh"]})
