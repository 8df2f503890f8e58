"""Crews at work, as people see them: who is where, with what work, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.actors import Actor
from engine.store.unit_of_work import UnitOfWork
from handlers.crews import handing
from handlers.crews.roster import Member, Roster
from handlers.crews.shifts import shift
from handlers.crews.situation import Situation


@dataclass(frozen=True)
class AtWork:
    """A crew and what it has in hand.

    Attributes:
        code, name_zh, name_en: of its unit.
        lon, lat: where it said it is, or from where it sets out.
        at: when it said so within the last hour; None if it did not.
        on_shift: whether its shift is under way.
        mine: whether the person who asks belongs to it.
        begun: the cases that its people have claimed, as rows of `handlers.store.crews.in_hand`.
        waiting: those that it has still to begin, in its order.
    """

    id: int
    code: str
    name_zh: str
    name_en: str
    unit_id: int
    lon: float
    lat: float
    at: datetime | None
    on_shift: bool
    mine: bool
    begun: tuple[Mapping[str, Any], ...]
    waiting: tuple[Mapping[str, Any], ...]

    @property
    def in_hand(self) -> int:
        """How many cases it has in hand."""
        return len(self.begun) + len(self.waiting)


def crews(uow: UnitOfWork, actor: Actor) -> list[AtWork]:
    """The crews that a person may see, by code: those that they belong to, and those that they lead."""
    roster = Roster(uow)
    mine = {member.id for member in roster.of_member(actor)}
    led = {one for one in roster.members if handing.leads(uow, actor, one)}
    return _at_work(uow, [one for one in roster.members.values() if one.id in led | mine], mine)


def own(uow: UnitOfWork, actor: Actor) -> list[AtWork]:
    """The crews that a person belongs to."""
    members = Roster(uow).of_member(actor)
    return _at_work(uow, members, {member.id for member in members})


def _at_work(uow: UnitOfWork, members: list[Member], mine: set[int]) -> list[AtWork]:
    if not members:
        return []
    found = []
    for hand in Situation(uow, members).hands.values():
        unit = hand.member.unit
        span = shift(uow, hand.member.row, uow.now)
        one = AtWork(
            id=unit.id,
            code=unit.code,
            name_zh=unit.name_zh,
            name_en=unit.name_en,
            unit_id=unit.parent_id or unit.id,
            lon=hand.lon,
            lat=hand.lat,
            at=hand.at,
            on_shift=span is not None and span[0] <= uow.now,
            mine=unit.id in mine,
            begun=tuple(hand.begun),
            waiting=tuple(hand.waiting),
        )
        found.append(one)
    return sorted(found, key=lambda one: one.code)
