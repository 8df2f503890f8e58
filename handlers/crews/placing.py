"""Service task: the crew that a case is placed with, at once, as soon as a unit has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.case import Case
from engine.tasks import service_task
from handlers.crews.planning.insertion import Insertion, insertions
from handlers.crews.roster import Roster, needed
from handlers.crews.situation import WEIGHTS, Hand, Situation
from handlers.store import crews

#: How far apart two cases of a crew are placed when nothing is between them.
_STEP = 1024.0


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

    @property
    def reason(self) -> dict[str, Any]:
        """The same as one reason of a decision."""
        if self.crew is None:
            return {"what": "no_crew", "why": self.why_not}
        return {
            "what": "crew",
            "crew": self.crew,
            "name": self.name_zh,
            "name_en": self.name_en,
            "metres": self.metres,
            "in_hand": self.in_hand,
            "arrival": self.arrival,
        }


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
    hand = situation.hands[found[0].crew.id]
    placed = _told(situation, hand, found[0])
    crews.put(case.uow.conn, _row(situation, hand, found, placed, case.id))
    return placed


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


def place_between(waiting: Sequence[Mapping[str, Any]], gap: int) -> float:
    """A place in a crew's order behind `gap` of the cases that wait for it."""
    before = waiting[gap - 1]["place"] if gap else None
    after = waiting[gap]["place"] if gap < len(waiting) else None
    if before is None:
        return 0.0 if after is None else after - _STEP
    return float(before + _STEP if after is None else (before + after) / 2.0)


def _told(situation: Situation, hand: Hand, best: Insertion) -> Placed:
    unit = hand.member.unit
    return Placed(
        crew=unit.code,
        name_zh=unit.name_zh,
        name_en=unit.name_en,
        metres=round(best.travel * best.crew.speed),
        in_hand=hand.count,
        arrival=situation.instant(best.arrival).isoformat(),
    )


def _row(
    situation: Situation, hand: Hand, found: Sequence[Insertion], placed: Placed, case_id: int
) -> dict[str, Any]:
    best = found[0]
    others = [
        {
            "crew": situation.hands[one.crew.id].member.unit.code,
            "metres": round(one.travel * one.crew.speed),
            "in_hand": situation.hands[one.crew.id].count,
            "arrival": situation.instant(one.arrival).isoformat(),
            "price": round(one.price, 1),
        }
        for one in found[:3]
    ]
    return {
        "case_id": case_id,
        "crew_id": best.crew.id,
        "place": place_between(hand.waiting, best.gap),
        "arrival": situation.instant(best.arrival),
        "metres": placed.metres,
        "placed_at": situation.now,
        "kept": False,
        "reasons": [placed.reason, {"what": "candidates", "candidates": others}],
    }
