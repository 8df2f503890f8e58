"""Every few minutes the work that no crew has begun is planned as a whole; what another crew does much better moves to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from engine import housekeeping, rounds
from engine.actors import SYSTEM, unit_tree
from engine.case import Case
from engine.settings import Settings
from engine.store import instances, work_items
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork
from handlers.crews.placements import STEP, Placement
from handlers.crews.planning.day import Crew, Day, Plan, Stop, Visit, route_cost, stops
from handlers.crews.planning.insertion import insertions
from handlers.crews.planning.search import LocalSearch
from handlers.crews.roster import Member, Roster, needed
from handlers.crews.situation import WEIGHTS, Situation
from handlers.store import crews

EVERY = timedelta(minutes=5)
#: A plan of the crews of one department is looked for no longer than that, in seconds and rounds.
SECONDS, ROUNDS = 4.0, 400
#: A placement is kept for so long after it was made, whatever became of its case.
KEPT_FOR = timedelta(days=1)
#: An arrival that changes by less is not written anew.
SAME_SECONDS = 60.0


@dataclass(frozen=True)
class Move:
    """A case that goes from one crew to another.

    Attributes:
        placement: with the crew that it goes to.
        before: the crew that had it, None if none had.
        gain: minutes by the weights of the plan; None where the crew before cannot do it any more, or there was none.
    """

    placement: Placement
    before: int | None
    gain: float | None


@dataclass(frozen=True)
class Drawn:
    """What was read of a group of crews, to be planned outside of any transaction."""

    day: Day
    rows: Mapping[int, Mapping[str, Any]]
    situation: Situation
    members: Mapping[int, Member]


@housekeeping.chore("placements of cases that nobody handles any more")
def forget_done(database: Database, settings: Settings) -> int:
    """Remove placements that are older than `KEPT_FOR` and whose case nobody handles; gives how many."""
    with database.unit_of_work() as uow:
        return crews.forget(uow.conn, uow.now - KEPT_FOR)


@rounds.regular("crews' plans", every=EVERY)
def plan_all(database: Database, settings: Settings) -> int:
    """Plan the work of all crews anew, one department after another; gives how many cases another crew has now."""
    with database.unit_of_work() as uow:
        heads = sorted(Roster(uow).groups())
    return sum(plan_anew(database, head) for head in heads)


def plan_anew(database: Database, head: int) -> int:
    """Plan the work of the crews under a unit anew; gives how many cases another crew has now.

    Work that somebody has claimed stays where it is, and so does what a person gave to a crew by hand.
    """
    with database.unit_of_work() as uow:
        drawn = draw(uow, head)
    if drawn is None:
        return 0
    # The search holds no transaction: whatever it finds is compared with what is there by then.
    plan = LocalSearch(SECONDS, ROUNDS).plan(drawn.day)
    stay, moves = compared(drawn, plan)
    with database.unit_of_work() as uow:
        crews.retime(uow.conn, stay)
    return sum(_moved(database, drawn, move) for move in moves)


def draw(uow: UnitOfWork, head: int) -> Drawn | None:
    """The crews under a unit with all their work that is not begun, as a day; None where there is none."""
    roster = Roster(uow)
    members = roster.groups().get(head, [])
    below = sorted(unit_tree(uow).below(head))
    situation = Situation(uow, members)
    rows = {row["case_id"]: row for hand in situation.hands.values() for row in hand.waiting}
    for row in crews.work(uow.conn, below):
        if row["crew_id"] is None and row["assignee_id"] is None:
            rows.setdefault(row["case_id"], row)
    if not rows or not members:
        return None
    tokens = {case_id: _token(uow, row) for case_id, row in rows.items()}
    skills = _skills(roster, members, tokens.values())
    made = (situation.crew(hand, skills[crew_id]) for crew_id, hand in situation.hands.items())
    visits = (situation.visit(row, str(tokens[case_id]), row["crew_id"]) for case_id, row in rows.items())
    day = Day(tuple(visits), tuple(one for one in made if one is not None), WEIGHTS)
    return Drawn(day, rows, situation, {member.id: member for member in members})


def compared(drawn: Drawn, plan: Plan) -> tuple[list[dict[str, Any]], list[Move]]:
    """What is to be written of a plan: the cases that stay with their crews, and those that move for a real gain."""
    visits = {visit.id: visit for visit in drawn.day.visits}
    made = {
        crew.id: stops(crew, tuple(visits[one] for one in plan.routes.get(crew.id, ())))
        for crew in drawn.day.crews
    }
    stay, moves = [], []
    for crew in drawn.day.crews:
        for number, stop in enumerate(made[crew.id]):
            placement = _placement(drawn, crew, number, stop)
            if stop.visit.crew != crew.id:
                gain = _gain(drawn.day, made, crew, stop.visit)
                if gain is None or gain > drawn.day.weights.move:
                    moves.append(Move(placement, stop.visit.crew, gain))
            elif _differs(drawn.rows[stop.visit.id], placement.row):
                stay.append(_retimed(placement.row))
    return stay, moves


def _gain(day: Day, made: Mapping[int, list[Stop]], crew: Crew, visit: Visit) -> float | None:
    """What it would cost more to leave a case with the crew that had it."""
    routes = {crew_id: tuple(stop.visit for stop in route) for crew_id, route in made.items()}
    before = [one for one in day.crews if one.id == visit.crew]
    found = insertions(before, routes, visit, day.weights)
    if not found:
        return None
    without = stops(crew, tuple(one for one in routes[crew.id] if one.id != visit.id))
    now = route_cost(day.weights, crew, made[crew.id]) - route_cost(day.weights, crew, without)
    return found[0].price - (now - day.weights.move)


def _moved(database: Database, drawn: Drawn, move: Move) -> bool:
    """Give a case to another crew, if nothing has happened to it since it was planned."""
    with database.unit_of_work() as uow:
        row = instances.of_case(uow.conn, move.placement.case_id, lock=True)
        if row is None or not _is_as_planned(uow, move, drawn.rows[move.placement.case_id]):
            return False
        case = Case(uow, row, SYSTEM)
        case.record("crew_moved", None, _told(drawn, move))
        crews.put(uow.conn, move.placement.row)
        case.save()
    return True


def _is_as_planned(uow: UnitOfWork, move: Move, planned: Mapping[str, Any]) -> bool:
    now = crews.of_case(uow.conn, move.placement.case_id)
    open_items = {item["id"]: item for item in work_items.open_of_case(uow.conn, move.placement.case_id)}
    item = open_items.get(planned["item_id"])
    unclaimed = item is not None and item["assignee_id"] is None and item["unit_id"] == planned["unit_id"]
    with_it = None if now is None else now["crew_id"]
    return unclaimed and with_it == move.before and not (now is not None and now["kept"])


def _told(drawn: Drawn, move: Move) -> dict[str, Any]:
    reason = move.placement.reason
    before = drawn.members.get(move.before or 0)
    if before is not None:
        reason |= {"from": before.unit.name_zh, "from_en": before.unit.name_en}
    if move.gain is not None:
        reason["gain"] = round(move.gain)
    return reason


def _placement(drawn: Drawn, crew: Crew, number: int, stop: Stop) -> Placement:
    return Placement(
        case_id=stop.visit.id,
        crew=drawn.members[crew.id].unit,
        place=number * STEP,
        arrival=drawn.situation.instant(stop.arrival),
        metres=round(stop.travel * crew.speed),
        in_hand=len(drawn.situation.hands[crew.id].begun) + number,
        at=drawn.situation.now,
    )


def _differs(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    apart = abs((old["arrival"] - new["arrival"]).total_seconds())
    return apart >= SAME_SECONDS or bool(old["place"] != new["place"])


def _retimed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "of_case": row["case_id"],
        "of_crew": row["crew_id"],
        "new_place": row["place"],
        "new_arrival": row["arrival"],
        "new_metres": row["metres"],
    }


@dataclass(frozen=True)
class _Token:
    """What a crew must be to do a case: at or below a unit, with one of some skills."""

    unit_id: int
    needed: frozenset[str]

    def __str__(self) -> str:
        return "|".join((str(self.unit_id), *sorted(self.needed)))


def _token(uow: UnitOfWork, row: Mapping[str, Any]) -> _Token:
    return _Token(row["unit_id"], needed(uow, row))


def _skills(roster: Roster, members: list[Member], tokens: Any) -> dict[int, frozenset[str]]:
    """Of each crew, the tokens of what it can do."""

    def can(member: Member) -> Iterator[str]:
        for token in set(tokens):
            if member.can(token.needed) and member.id in at[token.unit_id]:
                yield str(token)

    tokens = list(tokens)
    at = {token.unit_id: {one.id for one in roster.of(token.unit_id)} for token in tokens}
    return {member.id: frozenset(can(member)) for member in members}
