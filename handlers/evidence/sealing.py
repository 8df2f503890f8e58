"""Sealing: who may see evidence as the camera took it, and that everybody who does is written down.

Whoever may see a case may see the public copies of its evidence, in which faces and plates are blurred. The originals are for those who
decide about the case: reviewers, shift leaders and supervisors of its platform or one above it, and handlers of the unit that is responsible.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.actors import Actor, unit_tree
from engine.cases import visible_case
from engine.errors import Forbidden, NotFound
from engine.messages import Message
from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork
from handlers.store import evidence, sealed_stills

#: Those of the platform of a case, or of one above it, who may see originals; and those of the responsible unit.
OF_PLATFORM = ("reviewer", "shift_leader", "supervisor")
OF_UNIT = ("handler",)


def visible(uow: UnitOfWork, bundle_id: int, actor: Actor) -> tuple[Row, Mapping[str, Any]]:
    """A bundle and its case, for somebody who may see the case.

    Raises:
        NotFound: there is no such bundle, none that they may see, or its files were removed.
    """
    row = evidence.read(uow.conn, bundle_id)
    if row is None or row["case_id"] is None:
        raise NotFound(Message("There is no evidence %(id)s that you may see.", id=bundle_id))
    case = visible_case(uow, row["case_id"], actor)
    if row["removed_at"] is not None:
        raise NotFound(Message("The files of this evidence were removed, for their time was over."))
    return row, case


def may_open(uow: UnitOfWork, actor: Actor, case: Mapping[str, Any]) -> bool:
    """Whether somebody who may see a case may see the originals of its evidence."""
    line = [unit.id for unit in unit_tree(uow).line(case["platform_id"])]
    return any(actor.has(role, line) for role in OF_PLATFORM) or any(
        actor.has(role, [case["unit_id"]]) for role in OF_UNIT
    )


def unseal(uow: UnitOfWork, bundle_id: int, actor: Actor, what: str) -> Row:
    """A bundle for somebody who may see its originals; that they did is written down in the same transaction.

    Args:
        what: a file's name, or what else of it they see.

    Raises:
        NotFound: as `visible`.
        Forbidden: they may see its public copies only.
    """
    row, case = visible(uow, bundle_id, actor)
    evidence.add_view(uow.conn, bundle_id, _opener(uow, actor, case), what, uow.now)
    return row


def unseal_still(uow: UnitOfWork, still_id: int, actor: Actor) -> Row:
    """A still for somebody who may see it as it was taken; that they did is written down in the same transaction.

    Raises:
        NotFound: there is none, none that they may see, or its file was removed.
        Forbidden: they may see its public copy only.
    """
    row = sealed_stills.read(uow.conn, still_id)
    if row is None:
        raise NotFound(Message("There is no evidence %(id)s that you may see.", id=still_id))
    case = visible_case(uow, row["case_id"], actor)
    if row["removed_at"] is not None:
        raise NotFound(Message("The files of this evidence were removed, for their time was over."))
    person_id = _opener(uow, actor, case)
    sealed_stills.add_view(uow.conn, still_id, person_id, uow.now)
    return row


def _opener(uow: UnitOfWork, actor: Actor, case: Mapping[str, Any]) -> int:
    if actor.person_id is None or not may_open(uow, actor, case):
        raise Forbidden(
            Message("This is sealed: it needs the role %(roles)s.", roles=", ".join((*OF_PLATFORM, *OF_UNIT)))
        )
    return actor.person_id


def file_of(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What is known of a file of a bundle.

    Raises:
        NotFound: it has no such file.
    """
    for one in row["files"]:
        if one["name"] == name:
            found: Mapping[str, Any] = one
            return found
    raise NotFound(Message("This evidence has no such file."))
