"""Alarms of one camera: trouble that lasts is told once, and once more when it is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from vision.health import TROUBLES

#: So many looks in a row must find trouble of the source until it is told, and so many must not until it is over. What the
#: pictures tell comes from `vision.health`, which waits by itself.
LOOKS = 3
MAX_DETAIL = 300


@dataclass(frozen=True)
class Change:
    """An alarm that begins or ends.

    Attributes:
        kind: ``dark``, ``frozen``, ``blurred``, ``moved``, ``failed``, or a kind of `vision.sources.SourceTrouble`.
        begins: whether it begins.
        at: since when the trouble is there, or not any more.
    """

    kind: str
    begins: bool
    at: datetime
    detail: str = ""


@dataclass
class _Trouble:
    """One trouble that may come and go: how many looks in a row found it other than it is told, and since when."""

    looks: int
    told: str | None = None
    differing: int = 0
    since: datetime | None = None

    def see(self, kind: str | None, detail: str, at: datetime) -> Change | None:
        if (kind is None) == (self.told is None):
            self.differing = 0
            return None
        if not self.differing:
            self.since = at
        self.differing += 1
        if self.differing < self.looks:
            return None
        ended, self.told, self.differing = self.told, kind, 0
        assert self.since is not None, "it differs since then"
        if kind is None:
            assert ended is not None, "what ends was told"
            return Change(ended, False, self.since)
        return Change(kind, True, self.since, _storable(detail[:MAX_DETAIL]))


class Alarms:
    """The troubles of one camera.

    What ails a source, of whatever kind, is one trouble: it may show itself in turns as one kind and another.

    Args:
        told: the kinds of the alarms that are open.
    """

    def __init__(self, told: Iterable[str]) -> None:
        self._conditions = {kind: _Trouble(1) for kind in TROUBLES}
        self._source = _Trouble(LOOKS)
        for kind in told:
            self._conditions.get(kind, self._source).told = kind

    @property
    def told(self) -> frozenset[str]:
        """The kinds of the alarms that are open."""
        all_of_them = (self._source, *self._conditions.values())
        return frozenset(one.told for one in all_of_them if one.told is not None)

    def failed(self, kind: str, detail: str, at: datetime) -> list[Change]:
        """A look that gave no picture; nobody knows then what the picture would be like."""
        return _there(self._source.see(kind, detail, at))

    def seen(self, found: Collection[str], at: datetime) -> list[Change]:
        """A look that gave a picture: the conditions that it shows."""
        changes = _there(self._source.see(None, "", at))
        for kind, trouble in self._conditions.items():
            changes += _there(trouble.see(kind if kind in found else None, "", at))
        return changes


def _storable(text: str) -> str:
    """A text without what the database does not take: some of it is what the camera sent, or the name of a file in another encoding."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def _there(change: Change | None) -> list[Change]:
    return [] if change is None else [change]
