"""A case handed to a crew by hand: no plan takes it from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.actors import Actor, unit_tree
from engine.case import Case
from engine.errors import Conflict, Invalid, NotFound
from engine.messages import Message
from engine.store import instances, work_items
from engine.store.unit_of_work import UnitOfWork
from handlers.crews.placements import Placement, place_between
from handlers.crews.roster import Member, Roster
from handlers.crews.situation import Situation
from handlers.store import crews

#: Who leads crews: at their unit, or above it.
LEADERS = ("dispatcher", "shift_leader", "supervisor")
MAX_NOTE = 500


def hand_over(uow: UnitOfWork, case_id: int, actor: Actor, crew_code: str, note: str = "") -> None:
    """Give the work on a case to a crew of the unit that handles it, behind what the crew has in hand; it is kept there.

    Raises:
        NotFound: nobody handles a case of this number, or the actor leads no crews there.
        Conflict: somebody has begun the work.
        Invalid: the unit has no such crew, or the note does not fit.
    """
    row = instances.of_case(uow.conn, case_id, lock=True)
    item = _handling(uow, case_id) if row is not None else None
    if row is None or item is None or not leads(uow, actor, item["unit_id"]):
        raise NotFound(Message("There is no case %(id)s in the hands of crews that you lead.", id=case_id))
    if item["assignee_id"] is not None:
        raise Conflict(
            Message("%(name)s has begun this work.", name=item["assignee_name"]),
            item["assignee_name"],
            item["claimed_at"],
        )
    if len(note) > MAX_NOTE or "\x00" in note:
        message = Message("Write at most %(n)s characters.", n=MAX_NOTE)
        raise Invalid(message, {"note": message})
    member = _crew(uow, item["unit_id"], crew_code)
    before = crews.of_case(uow.conn, case_id)
    placement = _placement(uow, {**row, "case_id": case_id}, member)
    case = Case(uow, row, actor)
    case.record("crew_chosen", item["element_id"], _told(uow, placement.reason, before, note))
    crews.put(uow.conn, placement.row)
    case.save()


def leads(uow: UnitOfWork, actor: Actor, unit_id: int) -> bool:
    """Whether an actor gives work to the crews of a unit."""
    above = [unit.id for unit in unit_tree(uow).line(unit_id)]
    return any(actor.has(role, above) for role in LEADERS)


def concerns(uow: UnitOfWork, actor: Actor) -> bool:
    """Whether there are crews that an actor leads or belongs to."""
    roster = Roster(uow)
    return any(leads(uow, actor, member.id) for member in roster.members.values()) or bool(
        roster.of_member(actor)
    )


def _handling(uow: UnitOfWork, case_id: int) -> Mapping[str, Any] | None:
    items = work_items.open_of_case(uow.conn, case_id)
    return next((item for item in items if item["role"] == crews.HANDLER), None)


def _crew(uow: UnitOfWork, unit_id: int, code: str) -> Member:
    for member in Roster(uow).of(unit_id):
        if member.unit.code == code:
            return member
    message = Message("Choose a crew of the unit that handles the case.")
    raise Invalid(message, {"crew": message})


def _placement(uow: UnitOfWork, case: Mapping[str, Any], member: Member) -> Placement:
    """Behind everything that the crew has in hand, whatever its skills and its shift."""
    situation = Situation(uow, [member], leave=case["case_id"])
    hand = situation.hands[member.id]
    stop, speed = situation.behind_all(hand, case)
    return Placement(
        case_id=case["case_id"],
        crew=member.unit,
        place=place_between(hand.waiting, len(hand.waiting)),
        arrival=situation.instant(stop.arrival),
        metres=round(stop.travel * speed),
        in_hand=hand.count,
        at=uow.now,
        kept=True,
    )


def _told(
    uow: UnitOfWork, reason: Mapping[str, Any], before: Mapping[str, Any] | None, note: str
) -> dict[str, Any]:
    told = {**reason, "note": note}
    if before is not None and before["crew_id"] in unit_tree(uow).by_id:
        unit = unit_tree(uow)[before["crew_id"]]
        told |= {"from": unit.name_zh, "from_en": unit.name_en}
    return told
