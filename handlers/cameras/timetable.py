"""The timetable of a watch: when which camera is asked for its next picture, so that all are spread evenly and no host is pressed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

#: How many cameras of one host are asked at the same time: a recorder serves many cameras with little power.
AT_ONCE = 4


def phase(name: str) -> float:
    """A share of an interval from 0 to 1 (without 1), the same for a name always and spread evenly over names."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    # 53 bits: a double holds no more, and would round up to 1.
    return (int.from_bytes(digest) >> 11) / (1 << 53)


@dataclass
class _Turn:
    interval: float
    host: Hashable
    due: float
    busy: bool = False


@dataclass
class Timetable:
    """Turns of cameras, in seconds of any clock that never goes back.

    A picture that cannot be asked for within an interval of its time is left out and counted: a picture late is of no use to what
    measures how long something stands, and to ask for all that was missed would make everything later still.

    Attributes:
        at_once: how many of one host are asked at the same time.
    """

    at_once: int = AT_ONCE
    _turns: dict[int, _Turn] = field(default_factory=dict)
    _busy: Counter[Hashable] = field(default_factory=Counter)
    _late: Counter[int] = field(default_factory=Counter)

    def set(self, camera: int, name: str, interval: float, host: Hashable, now: float) -> None:
        """Give a camera its turns, or others if its interval or host changed; the first is within one interval."""
        turn = self._turns.get(camera)
        if turn is not None and (turn.interval, turn.host) == (interval, host):
            return
        self.remove(camera)
        self._turns[camera] = _Turn(interval, host, now + phase(name) * interval)

    def remove(self, camera: int) -> None:
        """Take all further turns from a camera."""
        turn = self._turns.pop(camera, None)
        if turn is not None and turn.busy:
            self._release(turn)

    def begin(self, now: float) -> list[int]:
        """The cameras whose turn it is, the most overdue first; each is busy from here on."""
        begun = []
        for camera, turn in sorted(self._turns.items(), key=lambda one: one[1].due):
            if turn.due > now:
                break
            missed = int((now - turn.due) // turn.interval)
            self._late[camera] += missed
            turn.due += missed * turn.interval
            if turn.busy or self._busy[turn.host] >= self.at_once:
                continue
            turn.busy = True
            self._busy[turn.host] += 1
            turn.due += turn.interval
            begun.append(camera)
        return begun

    def end(self, camera: int) -> None:
        """Say that the picture of a camera is here, or that there will be none."""
        turn = self._turns.get(camera)
        if turn is not None and turn.busy:
            turn.busy = False
            self._release(turn)

    def wait(self, now: float) -> float:
        """Seconds until the next turn, if no look ends before that."""
        free = [
            turn.due
            for turn in self._turns.values()
            if not turn.busy and self._busy[turn.host] < self.at_once
        ]
        return max(0.0, min(free, default=now + 1.0) - now)

    def late(self) -> Counter[int]:
        """How many pictures of each camera were left out since this was last asked."""
        counted, self._late = self._late, Counter()
        return +counted

    def _release(self, turn: _Turn) -> None:
        self._busy[turn.host] -= 1
        if not self._busy[turn.host]:
            del self._busy[turn.host]
