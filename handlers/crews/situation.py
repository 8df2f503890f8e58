"""The situation of some crews at an instant, as a planner sees it: where each is free and when, and what it has still to begin."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.store.unit_of_work import UnitOfWork
from handlers.crews.planning.day import Crew, Stop, Visit, Weights, stops
from handlers.crews.roster import Member
from handlers.crews.shifts import shift
from handlers.store import crews

#: What plans in service are measured by; how these were found stands in docs/benchmarks.md.
WEIGHTS = Weights(response=0.3, move=10.0)
#: Minutes that the work on a case takes on the spot.
WORK_MINUTES = 30.0
#: Work that takes longer than that is taken to be done after so many minutes more.
REST_MINUTES = 5.0
#: Where a crew said it is counts for so long; afterwards it is taken to be where it sets out from.
FRESH = timedelta(hours=1)
#: A case without a due date is taken to be due after so long.
UNDUE = timedelta(days=1)

_METRES_A_DEGREE = 111_195.0


@dataclass
class Hand:
    """What one crew has in hand.

    Attributes:
        member: the crew.
        lon, lat: where it is; from where it sets out, if that is not known.
        at: when it was there, None if that is not known.
        begun: the cases that one of its people has claimed, as rows.
        waiting: those that it has still to begin, in its order.
    """

    member: Member
    lon: float
    lat: float
    at: datetime | None
    begun: list[Mapping[str, Any]] = field(default_factory=list)
    waiting: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many cases it has in hand."""
        return len(self.begun) + len(self.waiting)


class Situation:
    """Where crews are and what they have to do.

    Args:
        members: the crews that are looked at.
        leave: a case that is left out: the one that is being placed.
    """

    def __init__(self, uow: UnitOfWork, members: Iterable[Member], leave: int | None = None) -> None:
        self.now = uow.now
        self._uow = uow
        by_id = {member.id: member for member in members}
        self.hands: dict[int, Hand] = {}
        seen = set()
        for row in crews.in_hand(uow.conn, sorted(by_id)):
            hand = self.hands.setdefault(row["crew_id"], _hand(by_id[row["crew_id"]], row, uow.now))
            case_id = row["case_id"]
            if case_id is None or case_id == leave or case_id in seen:
                continue
            seen.add(case_id)
            (hand.waiting if row["assignee_id"] is None else hand.begun).append(row)
        lons = [hand.member.row["home_lon"] for hand in self.hands.values()] or [0.0]
        lats = [hand.member.row["home_lat"] for hand in self.hands.values()] or [0.0]
        self._origin = (lons[0], lats[0])
        self._across = _METRES_A_DEGREE * math.cos(math.radians(lats[0]))

    def crew(self, hand: Hand, skills: frozenset[str]) -> Crew | None:
        """A crew with the rest of its shift, or its next one; None if it has none. Minutes count from now."""
        found = shift(self._uow, hand.member.row, self.now)
        return None if found is None else self._crew(hand, skills, *map(self.minutes, found))

    def behind_all(self, hand: Hand, case: Mapping[str, Any]) -> tuple[Stop, float]:
        """When a crew would do a case behind all that it has in hand, its shift or not, and its speed in metres a minute."""
        crew = self._crew(hand, frozenset(), 0.0, math.inf)
        route = [self.visit(row, "", None) for row in (*hand.waiting, case)]
        return stops(crew, tuple(route))[-1], crew.speed

    def _crew(self, hand: Hand, skills: frozenset[str], begins: float, ends: float) -> Crew:
        row = hand.member.row
        busy = sum(self._rest(one) for one in hand.begun)
        lon, lat = (hand.begun[-1]["lon"], hand.begun[-1]["lat"]) if hand.begun else (hand.lon, hand.lat)
        east, north = self._metres(lon, lat)
        start = max(0.0, begins) + busy
        room = max(0, row["capacity"] - len(hand.begun))
        speed = row["kmh"] * 1000.0 / 60.0
        return Crew(hand.member.id, east, north, skills, start, ends, speed, room)

    def visit(self, row: Mapping[str, Any], skill: str, crew: int | None) -> Visit:
        """A case as a visit."""
        east, north = self._metres(row["lon"], row["lat"])
        reported = row.get("created_at") or self.now
        return Visit(
            row["case_id"],
            east,
            north,
            skill,
            2.0 ** min(max(row["priority"], 0), 2),
            self.minutes(row["due_at"] or self.now + UNDUE),
            WORK_MINUTES,
            reported=min(0.0, self.minutes(reported)),
            crew=crew,
            only=crew if row.get("kept") else None,
        )

    def minutes(self, at: datetime) -> float:
        """Minutes from now to an instant."""
        return (at - self.now).total_seconds() / 60.0

    def instant(self, minutes: float) -> datetime:
        """The instant so many minutes from now, to the second."""
        return self.now + timedelta(seconds=round(minutes * 60.0))

    def _rest(self, row: Mapping[str, Any]) -> float:
        since = -self.minutes(row["claimed_at"] or self.now)
        return max(REST_MINUTES, WORK_MINUTES - since)

    def _metres(self, lon: float, lat: float) -> tuple[float, float]:
        # On a sphere, and flat within a city: a few metres wrong in ten kilometres.
        return (lon - self._origin[0]) * self._across, (lat - self._origin[1]) * _METRES_A_DEGREE


def _hand(member: Member, row: Mapping[str, Any], now: datetime) -> Hand:
    at = row["crew_at"]
    if at is not None and at > now - FRESH:
        return Hand(member, row["crew_lon"], row["crew_lat"], at)
    return Hand(member, member.row["home_lon"], member.row["home_lat"], None)
