"""The roster: all crews of the city, what they can do, and the units whose cases they work on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from engine.actors import Actor, unit_tree
from engine.store.unit_of_work import UnitOfWork
from engine.store.units import Unit
from handlers import city
from handlers.store import crews


@dataclass(frozen=True)
class Member:
    """A crew of the roster.

    Attributes:
        row: as stored.
        unit: of the kind "crew".
    """

    row: Mapping[str, Any]
    unit: Unit

    @property
    def id(self) -> int:
        """Of its unit."""
        return self.unit.id

    def can(self, needed: frozenset[str]) -> bool:
        """Whether it has one of the skills that would do; a crew that names none does whatever its unit does."""
        skills: list[str] = self.row["skills"]
        return not skills or any(_covers(skill, one) for skill in skills for one in needed)


class Roster:
    """All crews, for one unit of work."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._tree = unit_tree(uow)
        rows = uow.reference(crews.REVISION, crews.read)
        self.members = {
            row["unit_id"]: Member(row, self._tree[row["unit_id"]])
            for row in rows
            if row["unit_id"] in self._tree.by_id
        }

    def of(self, unit_id: int | None) -> list[Member]:
        """The crews that work on the cases of a unit: those at it and below it."""
        if unit_id is None or not self.members:
            return []
        below = self._tree.below(unit_id)
        return [member for member in self.members.values() if member.id in below]

    def of_member(self, actor: Actor) -> list[Member]:
        """The crews that a person belongs to: they are handlers at them."""
        held = {unit_id for role, unit_id in actor.grants if role == crews.HANDLER}
        return [member for member in self.members.values() if member.id in held]

    def groups(self) -> dict[int, list[Member]]:
        """The crews by the unit, next below a platform, under which they share their work."""
        found: dict[int, list[Member]] = {}
        for member in self.members.values():
            found.setdefault(self._head(member), []).append(member)
        return found

    def _head(self, member: Member) -> int:
        line = self._tree.line(member.id)
        below = [unit.id for unit, above in pairwise(line) if above.is_platform]
        return below[0] if below else line[-1].id


def needed(uow: UnitOfWork, case: Mapping[str, Any]) -> frozenset[str]:
    """The skills any of which would do for a case: its category, and the type of unit and profession responsible for it."""
    key = (case["scheme"], case["kind"], case["category"])
    found = {"/".join(key)}
    catalogue = city.catalogue(uow)
    category = catalogue.get(*key)
    if category is not None:
        standard = category.standards.get(case["condition_no"] or 0)
        for unit_type in {category.unit_type, standard.unit_type if standard else category.unit_type}:
            found |= {unit_type, catalogue.unit_types.get(unit_type, {}).get("profession", "")}
    return frozenset(found - {""})


def names(members: Iterable[Member], language: str) -> dict[int, str]:
    """The names of crews by the identifiers of their units."""
    return {member.id: member.unit.name(language) for member in members}


def _covers(skill: str, needed: str) -> bool:
    return needed.startswith(skill) if "/" in skill else skill == needed
