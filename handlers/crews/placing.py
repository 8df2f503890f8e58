"""Service task: the crew that a case is placed with, at once, as soon as a unit has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.case import Case
from engine.tasks import service_task
from handlers.crews.placements import Placement, place_between
from handlers.crews.planning.insertion import Insertion, insertions
from handlers.crews.roster import Roster, needed
from handlers.crews.situation import WEIGHTS, Situation
from handlers.store import crews

#: How many of the crews that could do a case are kept with it, the chosen one first.
TOLD = 3


@dataclass(frozen=True)
class Placed:
    """The crew that was found for a case; all None where there is none, and the case stays with its unit.

    Attributes:
        crew: code of its unit.
        metres: from where it is before, in a straight line.
        in_hand: how many cases it had in hand by then.
        arrival: when it is expected there (ISO 8601).
        why_not: where there is none: "no_crews" (the unit has none), "no_skill" (none of them can), "no_time" (none has
            room for it in its shift).
    """

    crew: str | None = None
    name_zh: str | None = None
    name_en: str | None = None
    metres: int | None = None
    in_hand: int | None = None
    arrival: str | None = None
    why_not: str | None = None


@service_task("dispatch.place", title={"zh": "安排队伍", "en": "Place with a crew"})
def place(case: Case) -> Placed:
    """Place the case with the crew of its unit, or of one below it, where it costs least.

    The price of a crew is its way, the minutes by which cases become late, weighed by their priority, and the minutes
    until somebody is there, of this case and of those that it has in hand. The result has ``crew``, ``name_zh``,
    ``name_en``, ``metres``, ``in_hand`` and ``arrival``; where the unit has no crew that can, they are None, ``why_not``
    says why, and the case stays with the unit.
    """
    document = {**case.document, "case_id": case.id}
    roster = Roster(case.uow)
    at_unit = roster.of(case.unit_id)
    able = [member for member in at_unit if member.can(needed(case.uow, document))]
    if not able:
        if roster.members:
            crews.take(case.uow.conn, case.id)
        return Placed(why_not="no_skill" if at_unit else "no_crews")
    situation = Situation(case.uow, able, leave=case.id)
    found = candidates(situation, document)
    if not found:
        crews.take(case.uow.conn, case.id)
        return Placed(why_not="no_time")
    placement = _placement(situation, found, case.id)
    crews.put(case.uow.conn, placement.row)
    unit = placement.crew
    return Placed(
        crew=unit.code,
        name_zh=unit.name_zh,
        name_en=unit.name_en,
        metres=placement.metres,
        in_hand=placement.in_hand,
        arrival=placement.arrival.isoformat(),
    )


def candidates(situation: Situation, case: Mapping[str, Any]) -> list[Insertion]:
    """The crews of a situation and what it would cost each of them to do a case, the cheapest first.

    Args:
        case: its columns, with its id as ``case_id``.
    """
    made = {hand.member.id: situation.crew(hand, frozenset({""})) for hand in situation.hands.values()}
    crews_there = [crew for crew in made.values() if crew is not None]
    routes = {
        crew_id: [situation.visit(row, "", crew_id) for row in hand.waiting]
        for crew_id, hand in situation.hands.items()
    }
    return insertions(crews_there, routes, situation.visit(case, "", None), WEIGHTS)


def _placement(situation: Situation, found: Sequence[Insertion], case_id: int) -> Placement:
    best = found[0]
    hand = situation.hands[best.crew.id]
    others = [
        {
            "crew": situation.hands[one.crew.id].member.unit.code,
            "metres": round(one.travel * one.crew.speed),
            "in_hand": situation.hands[one.crew.id].count,
            "arrival": situation.instant(one.arrival).isoformat(),
            "price": round(one.price, 1),
        }
        for one in found[:TOLD]
    ]
    return Placement(
        case_id=case_id,
        crew=hand.member.unit,
        place=place_between(hand.waiting, best.gap),
        arrival=situation.instant(best.arrival),
        metres=round(best.travel * best.crew.speed),
        in_hand=hand.count,
        at=situation.now,
        others=[{"what": "candidates", "candidates": others}],
    )
