"""Who looks at cameras, and who administers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.actors import Actor, require_role, unit_tree
from engine.errors import Forbidden, NotFound
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from handlers.store import camera_registry

#: Those who may look at the pictures of cameras, of their own unit and of those below it.
LOOKERS = ("reviewer", "shift_leader", "supervisor", "admin")
ADMINISTRATORS = ("admin",)


def may_look(actor: Actor) -> bool:
    """Whether somebody has cameras to look at."""
    return any(actor.has(role) for role in LOOKERS)


def looked_at(uow: UnitOfWork, actor: Actor) -> frozenset[int]:
    """The units whose cameras somebody may look at.

    Raises:
        Forbidden: they may look at none.
    """
    require_role(actor, *LOOKERS)
    return _below(uow, actor, LOOKERS)


def administered(uow: UnitOfWork, actor: Actor) -> frozenset[int]:
    """The units whose cameras somebody administers; none without the role."""
    return _below(uow, actor, ADMINISTRATORS)


def camera_to_look_at(uow: UnitOfWork, actor: Actor, camera_id: int) -> Mapping[str, Any]:
    """A camera, for somebody who may look at it.

    Raises:
        Forbidden: they may look at none.
        NotFound: there is none, it was removed, or it is another unit's.
    """
    units = looked_at(uow, actor)
    row = camera_registry.of_id(uow.conn, camera_id)
    if row is None or row["state"] == "removed" or row["unit_id"] not in units:
        raise NotFound(Message("There is no such camera."))
    return row


def camera_to_administer(uow: UnitOfWork, actor: Actor, camera_id: int) -> Mapping[str, Any]:
    """A camera, for somebody who administers it.

    Raises:
        Forbidden: they do not.
        NotFound: there is none that they may look at.
    """
    row = camera_to_look_at(uow, actor, camera_id)
    require_unit(uow, actor, row["unit_id"])
    return row


def require_unit(uow: UnitOfWork, actor: Actor, unit_id: int) -> None:
    """Refuse somebody who does not administer the cameras of a unit.

    Raises:
        Forbidden: they do not.
    """
    if unit_id not in administered(uow, actor):
        raise Forbidden(Message("This needs the role %(roles)s.", roles=", ".join(ADMINISTRATORS)))


def administers_city(uow: UnitOfWork, actor: Actor) -> bool:
    """Whether somebody is an administrator of the whole city: rules hold for the cameras of all districts, and a watch has some of each."""
    tree = unit_tree(uow)
    return any(
        role in ADMINISTRATORS and unit_id in tree.by_id and tree[unit_id].parent_id is None
        for role, unit_id in actor.grants
    )


def require_rules(uow: UnitOfWork, actor: Actor) -> None:
    """Refuse somebody who may not write rules.

    Raises:
        Forbidden: they may not.
    """
    if not administers_city(uow, actor):
        raise Forbidden(Message("Rules are written by an administrator of the whole city."))


def require_watches(uow: UnitOfWork, actor: Actor) -> None:
    """Refuse somebody who may not look at the watches.

    Raises:
        Forbidden: they may not.
    """
    if not administers_city(uow, actor):
        raise Forbidden(Message("Watches are looked after by an administrator of the whole city."))


def _below(uow: UnitOfWork, actor: Actor, roles: tuple[str, ...]) -> frozenset[int]:
    tree = unit_tree(uow)
    held = [unit_id for role, unit_id in actor.grants if role in roles and unit_id in tree.by_id]
    return frozenset().union(*(tree.below(unit_id) for unit_id in held))
