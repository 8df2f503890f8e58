"""What a watcher knows as one compressed blob: a header in JSON and arrays of bytes, read back only as what it was written as."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from vision.dwell import Clock
from vision.gate.background import Background
from vision.gate.planes import Planes
from vision.judging import Before, ClockKey
from vision.rules import Rule
from vision.slots import MOST, Slot, Slots
from vision.stills import Kept
from vision.zones import Zone

MAGIC, VERSION = b"GCWATCH", 1
#: What one blob may unpack to, and what it holds of stills at most.
LARGEST, STILLS = 32 * 1024 * 1024, 4 * 1024 * 1024


@dataclass(slots=True)
class Remembered:
    """What is written and read."""

    size: tuple[int, int] | None
    at: datetime | None
    interval: float
    late: int
    background: Background | None
    slots: Slots
    clocks: dict[ClockKey, Clock]
    stills: dict[str, Before]


class _Parts:
    """Byte strings one after another, each named by its place."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._of_stills: dict[datetime, int] = {}
        self._left = STILLS

    def add(self, array: NDArray[np.uint8]) -> int:
        self.parts.append(np.ascontiguousarray(array).tobytes())
        return len(self.parts) - 1

    def still(self, one: Kept | None) -> Any:
        """A still, once for all who have it; None if there is none or there are too many bytes of them."""
        if one is None:
            return None
        if one.at not in self._of_stills:
            if len(one.jpeg) > self._left:
                return None
            self._left -= len(one.jpeg)
            self.parts.append(one.jpeg)
            self._of_stills[one.at] = len(self.parts) - 1
        return [one.at.isoformat(), self._of_stills[one.at], one.original]


def pack(known: Remembered) -> bytes:
    """As bytes."""
    parts = _Parts()
    header: dict[str, Any] = {
        "size": known.size,
        "at": known.at.isoformat() if known.at else None,
        "interval": known.interval,
        "late": known.late,
        "background": None,
        "count": known.slots.count,
        "slots": [_slot(one, parts) for one in known.slots.standing],
        "clocks": [_clock(one, parts) for one in known.clocks.values()],
        "stills": {
            key: [parts.still(one.before), parts.still(one.begin)] for key, one in known.stills.items()
        },
    }
    if known.background is not None:
        base = known.background.base
        header["background"] = {
            "age": known.background.age,
            "planes": [parts.add(one) for one in (base.y, base.u, base.v)],
        }
    header["lengths"] = [len(one) for one in parts.parts]
    text = json.dumps(header).encode()
    body = len(text).to_bytes(4, "big") + text + b"".join(parts.parts)
    return MAGIC + bytes([VERSION]) + zstandard.ZstdCompressor(level=3).compress(body)


def unpack(state: bytes, zones: Sequence[Zone], rules: Mapping[str, Rule]) -> Remembered | None:
    """What `pack` has packed; None if it is damaged, of another version, or nothing of ours.

    Clocks of zones and rules that are no more are left out; those of another version go on under the one that is given.
    """
    if state[: len(MAGIC) + 1] != MAGIC + bytes([VERSION]):
        return None
    try:
        body = zstandard.ZstdDecompressor().decompress(state[len(MAGIC) + 1 :], max_output_size=LARGEST)
        size = int.from_bytes(body[:4], "big")
        header = json.loads(body[4 : 4 + size])
        return _read(header, _pieces(header["lengths"], body[4 + size :]), zones, rules)
    except (zstandard.ZstdError, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError):
        return None


def _pieces(lengths: list[int], body: bytes) -> list[bytes]:
    if any(length < 0 for length in lengths) or sum(lengths) != len(body):
        raise ValueError("the parts do not fill the blob")
    pieces, begin = [], 0
    for length in lengths:
        pieces.append(body[begin : begin + length])
        begin += length
    return pieces


def _read(
    header: dict[str, Any], pieces: list[bytes], zones: Sequence[Zone], rules: Mapping[str, Rule]
) -> Remembered | None:
    if header["size"] is None or header["background"] is None or header["at"] is None:
        return None
    columns, rows = (int(one) for one in header["size"])
    if not (16 <= columns <= 4096 and 16 <= rows <= 4096 and columns % 2 == rows % 2 == 0):
        raise ValueError("no size of a picture")
    shapes = ((rows, columns), (rows // 2, columns // 2), (rows // 2, columns // 2))
    base = Planes(
        *(
            _array(pieces[place], shape)
            for place, shape in zip(header["background"]["planes"], shapes, strict=True)
        )
    )
    slots = Slots((rows, columns), count=int(header["count"]))
    slots.standing = [_slot_of(row, pieces, (rows, columns)) for row in header["slots"][:MOST]]
    known = {slot.key for slot in slots.standing}
    by_key = {zone.key: zone for zone in zones}
    clocks: dict[ClockKey, Clock] = {}
    for row in header["clocks"]:
        zone, rule = by_key.get(row["zone"]), rules.get(row["rule"])
        if row["slot"] in known and zone is not None and rule is not None and rule.key in zone.rules:
            clocks[row["slot"], zone.key, rule.key] = _clock_of(row, zone, rule, pieces)
    stills = {
        key: Before(*(_still_of(one, pieces) for one in pair))
        for key, pair in header["stills"].items()
        if key in known
    }
    return Remembered(
        (columns, rows),
        _time(header["at"]),
        _number(header["interval"]),
        int(header["late"]),
        Background(base, _number(header["background"]["age"])),
        slots,
        clocks,
        stills,
    )


def _slot(slot: Slot, parts: _Parts) -> dict[str, Any]:
    rows, columns = slot.window
    return {
        "key": slot.key,
        "began": slot.began_at.isoformat(),
        "found": slot.found_at.isoformat(),
        "box": slot.box,
        "window": [rows.start, rows.stop, columns.start, columns.stop],
        "mask": parts.add(slot.mask),
        "looks": parts.add(slot.looks),
        "behind": slot.behind,
        "state": slot.state,
        "seen": slot.seen_at.isoformat() if slot.seen_at else None,
        "missing": slot.missing_at.isoformat() if slot.missing_at else None,
        "away": slot.away_at.isoformat() if slot.away_at else None,
        "name": slot.name,
        "score": slot.score,
        "moved": slot.moved,
    }


def _slot_of(row: dict[str, Any], pieces: list[bytes], shape: tuple[int, int]) -> Slot:
    top, bottom, left, right = (int(one) for one in row["window"])
    if not (0 <= top < bottom <= shape[0] and 0 <= left < right <= shape[1]):
        raise ValueError("a slot outside of the picture")
    if row["state"] not in ("there", "hidden", "away"):
        raise ValueError("no state of a slot")
    box = tuple(_number(one) for one in row["box"])
    size = (bottom - top, right - left)
    return Slot(
        key=str(row["key"]),
        began_at=_time(row["began"]),
        found_at=_time(row["found"]),
        box=(box[0], box[1], box[2], box[3]),
        window=(slice(top, bottom), slice(left, right)),
        mask=_array(pieces[row["mask"]], size),
        looks=_array(pieces[row["looks"]], size),
        behind=bool(row["behind"]),
        state=row["state"],
        seen_at=_time(row["seen"]) if row["seen"] else None,
        missing_at=_time(row["missing"]) if row["missing"] else None,
        away_at=_time(row["away"]) if row["away"] else None,
        name=str(row["name"]),
        score=_number(row["score"]),
        moved=_number(row["moved"]),
    )


def _clock(clock: Clock, parts: _Parts) -> dict[str, Any]:
    return {
        "slot": clock.slot,
        "zone": clock.zone.key,
        "rule": clock.rule.key,
        "since": clock.since.isoformat(),
        "alarmed": clock.alarmed_at.isoformat() if clock.alarmed_at else None,
        "told": clock.told_at.isoformat() if clock.told_at else None,
        "verified": clock.verified,
        "half": parts.still(clock.half),
    }


def _clock_of(row: dict[str, Any], zone: Zone, rule: Rule, pieces: list[bytes]) -> Clock:
    return Clock(
        slot=str(row["slot"]),
        zone=zone,
        rule=rule,
        since=_time(row["since"]),
        alarmed_at=_time(row["alarmed"]) if row["alarmed"] else None,
        told_at=_time(row["told"]) if row["told"] else None,
        verified=bool(row["verified"]),
        half=_still_of(row["half"], pieces),
    )


def _still_of(row: Any, pieces: list[bytes]) -> Kept | None:
    return None if row is None else Kept(_time(row[0]), pieces[row[1]], bool(row[2]))


def _array(piece: bytes, shape: tuple[int, int]) -> NDArray[np.uint8]:
    return np.frombuffer(piece, np.uint8).reshape(shape).copy()


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("no number")
    return number
