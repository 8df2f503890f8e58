"""Who gives a command: a person with the roles they hold at units, or the system itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import Forbidden
from engine.messages import Message
from engine.store import log_entries, people, reports, units, work_items
from engine.store.unit_of_work import UnitOfWork
from engine.store.units import UnitTree


@dataclass(frozen=True)
class Actor:
    """The one on whose behalf a command runs.

    Attributes:
        person_id: None for the system and for a member of the public.
        name: as the log shows it.
        grants: (role, unit id) pairs.
    """

    person_id: int | None
    name: str
    grants: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Actor:
        """The person of a row of `engine.store.people`."""
        return cls(row["id"], row["name"], frozenset((role, unit_id) for role, unit_id in row["grants"]))

    def has(self, role: str, unit_ids: Iterable[int] | None = None) -> bool:
        """Whether they hold a role, at any of these units where units are given."""
        wanted = None if unit_ids is None else set(unit_ids)
        return any(held == role and (wanted is None or unit_id in wanted) for held, unit_id in self.grants)


SYSTEM = Actor(None, "system")
PUBLIC = Actor(None, "public")


@dataclass(frozen=True)
class Scope:
    """Which cases an actor sees: those of these platforms and of these responsible units."""

    unit_ids: frozenset[int]


def unit_tree(uow: UnitOfWork) -> UnitTree:
    """All units, as this process holds them."""
    return uow.reference("units", units.read_tree)


def roles(uow: UnitOfWork) -> Mapping[str, Mapping[str, Any]]:
    """All roles by code."""
    return uow.reference("roles", lambda conn: {row["code"]: dict(row) for row in people.read_roles(conn)})


def scope(uow: UnitOfWork, actor: Actor) -> Scope:
    """The cases that an actor's roles let them see, besides those that were offered to them."""
    tree, known = unit_tree(uow), roles(uow)
    found: set[int] = set()
    for role, unit_id in actor.grants:
        sees = known[role]["sees"] if role in known else "none"
        if sees == "below":
            found |= tree.below(unit_id)
        elif sees == "unit":
            found.add(unit_id)
    return Scope(frozenset(found))


def may_see(uow: UnitOfWork, actor: Actor, case: Mapping[str, Any]) -> bool:
    """Whether an actor may see a case: by its platform, by the responsible unit, or because they reported it or were offered it."""
    visible = scope(uow, actor).unit_ids
    if case["platform_id"] in visible or case["unit_id"] in visible:
        return True
    if actor.person_id is None:
        return False
    return (
        work_items.was_offered(uow.conn, case["id"], sorted(actor.grants), actor.person_id)
        or log_entries.has_written(uow.conn, case["id"], actor.person_id)
        or reports.has_reported(uow.conn, case["id"], actor.person_id)
    )


def require_role(actor: Actor, *wanted: str) -> None:
    """Refuse an actor who holds none of these roles.

    Raises:
        Forbidden: naming the roles.
    """
    if not any(actor.has(role) for role in wanted):
        raise Forbidden(Message("This needs the role %(roles)s.", roles=", ".join(wanted)))
