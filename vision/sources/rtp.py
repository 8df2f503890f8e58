"""Access units of RTP packets: H.264 (RFC 6184) and H.265 (RFC 7798), as they come over TCP, in order."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from vision.sources.trouble import SourceTrouble

_START = b"\x00\x00\x00\x01"
_HEADER = struct.Struct(">BBHII")


@dataclass(frozen=True, slots=True)
class Unit:
    """One coded picture.

    Attributes:
        data: its NAL units in the form of annex B; those of a key frame begin with the parameter sets.
        ticks: when it is shown, in 1/90 s of a millisecond, counted on where the 32 bits of RTP begin anew.
        key: whether it is decoded without others.
        arrived: by the monotonic clock.
    """

    data: bytes
    ticks: int
    key: bool
    arrived: float


class Units:
    """Puts the units of one track together.

    Args:
        most: bytes of a unit.
    """

    def __init__(self, codec: str, payload: int, parameter_sets: Iterable[bytes], most: int) -> None:
        self._syntax: _Syntax = _H264() if codec == "h264" else _H265()
        self._payload = payload
        self._most = most
        self._sets = {self._syntax.kind(unit): unit for unit in parameter_sets}
        self._parts: list[bytes] = []
        self._size = 0
        self._key = False
        self._whole = True
        self._sequence: int | None = None
        self._stamp: int | None = None
        self._ticks = 0

    def take(self, packet: bytes) -> list[Unit]:
        """The units that are complete with this packet; what is no packet of the track is passed over.

        Raises:
            SourceTrouble: ``too_large``: a unit grows beyond what it may have.
        """
        if len(packet) < 12 or packet[0] >> 6 != 2 or packet[1] & 0x7F != self._payload:
            return []
        first, second, sequence, stamp, _ = _HEADER.unpack_from(packet)
        begin, end = 12 + 4 * (first & 0x0F), len(packet)
        if first & 0x10:
            begin += 4 + 4 * int.from_bytes(packet[begin + 2 : begin + 4])
        if first & 0x20:
            end -= packet[-1]
        done = []
        if self._stamp is not None and stamp != self._stamp:
            done += self._complete()
        if self._sequence is not None and sequence != (self._sequence + 1) & 0xFFFF:
            self._whole = False
        self._sequence = sequence
        self._advance(stamp)
        if begin < end:
            self._add(packet[begin:end])
        if second & 0x80:
            done += self._complete()
        return done

    def _advance(self, stamp: int) -> None:
        if self._stamp is not None:
            step = (stamp - self._stamp) & 0xFFFFFFFF
            self._ticks += step - (1 << 32) if step >= 1 << 31 else step
        self._stamp = stamp

    def _add(self, payload: bytes) -> None:
        for part in self._syntax.parts(payload):
            self._size += len(part)
            if self._size > self._most:
                raise SourceTrouble(
                    "too_large", f"one picture of the stream has more than {self._most} bytes"
                )
            if part.startswith(_START):
                kind = self._syntax.kind(part[4:])
                if kind in self._syntax.sets:
                    self._sets[kind] = part[4:]
                    continue
                self._key = self._key or kind in self._syntax.keys
            self._parts.append(part)

    def _complete(self) -> list[Unit]:
        parts, key, whole = self._parts, self._key, self._whole
        self._parts, self._size, self._key, self._whole = [], 0, False, True
        if not parts or not whole:
            return []
        if key:
            parts = [
                piece
                for kind in self._syntax.sets
                if kind in self._sets
                for piece in (_START, self._sets[kind])
            ] + parts
        return [Unit(b"".join(parts), self._ticks, key, time.monotonic())]


class _Syntax(Protocol):
    """What the two codecs do differently."""

    #: The kinds of parameter sets in the order in which a decoder wants them, and the kinds of slices of key frames.
    sets: tuple[int, ...]
    keys: frozenset[int]

    def kind(self, unit: bytes) -> int: ...

    def parts(self, payload: bytes) -> list[bytes]:
        """The pieces of NAL units in a payload; the first piece of each begins with a start code."""
        ...


class _H264(_Syntax):
    sets = (7, 8)
    keys = frozenset({5})

    def kind(self, unit: bytes) -> int:
        return unit[0] & 0x1F if unit else 0

    def parts(self, payload: bytes) -> list[bytes]:
        kind = payload[0] & 0x1F
        if 1 <= kind <= 23:
            return [_START + payload]
        if kind == 24:
            return _aggregated(payload, 1)
        if kind == 28 and len(payload) > 2:
            if payload[1] & 0x80:
                return [_START + bytes([payload[0] & 0xE0 | payload[1] & 0x1F]) + payload[2:]]
            return [payload[2:]]
        return []


class _H265(_Syntax):
    sets = (32, 33, 34)
    keys = frozenset(range(16, 22))

    def kind(self, unit: bytes) -> int:
        return unit[0] >> 1 & 0x3F if unit else 0

    def parts(self, payload: bytes) -> list[bytes]:
        if len(payload) < 3:
            return []
        kind = payload[0] >> 1 & 0x3F
        if kind < 48:
            return [_START + payload]
        if kind == 48:
            return _aggregated(payload, 2)
        if kind == 49:
            if payload[2] & 0x80:
                return [
                    _START + bytes([payload[0] & 0x81 | (payload[2] & 0x3F) << 1, payload[1]]) + payload[3:]
                ]
            return [payload[3:]]
        return []


def _aggregated(payload: bytes, place: int) -> list[bytes]:
    """NAL units in one packet, each behind its length of 16 bits."""
    units = []
    while place + 2 < len(payload):
        size = int.from_bytes(payload[place : place + 2])
        unit = payload[place + 2 : place + 2 + size]
        if unit:
            units.append(_START + unit)
        place += 2 + size
    return units
