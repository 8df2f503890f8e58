"""From where on a dispatch is automatic: a threshold for each category, set by the city, and the one of all the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.actors import Actor, unit_tree
from engine.errors import Forbidden, Invalid
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.store import dispatch as stored

#: Scheme, kind and code of a category; all empty for those without a threshold of their own.
Key = tuple[str, str, str]
EVERY: Key = ("", "", "")
#: Who may set thresholds, at the platform of the whole city.
ROLES = ("supervisor", "admin")


@dataclass(frozen=True)
class Threshold:
    """When a dispatch needs no person.

    Attributes:
        probability: from here on what was learned decides; None: never.
        table_certain: whether the table decides where its rows do not contradict each other.
    """

    probability: float | None = None
    table_certain: bool = True


def thresholds(uow: UnitOfWork) -> Mapping[Key, Threshold]:
    """All that were set, as this process holds them."""
    return uow.reference(stored.THRESHOLDS, _read)


def threshold_of(uow: UnitOfWork, scheme: str, kind: str, category: str) -> Threshold:
    """The threshold of a category: its own, else that of all, else what holds before anybody set one."""
    known = thresholds(uow)
    return known.get((scheme, kind, category)) or known.get(EVERY) or Threshold()


def may_set(uow: UnitOfWork, actor: Actor) -> bool:
    """Whether somebody may set thresholds: they hold for the whole city."""
    roots = [unit.id for unit in unit_tree(uow).by_id.values() if unit.parent_id is None]
    return any(actor.has(role, roots) for role in ROLES)


def set_threshold(uow: UnitOfWork, actor: Actor, key: Key, threshold: Threshold | None) -> None:
    """Set the threshold of a category or of `EVERY`; None lets it have that of all again.

    Raises:
        Forbidden: the actor may not.
        Invalid: there is no such category, or the probability is not above 0 and at most 1.
    """
    if not may_set(uow, actor):
        raise Forbidden(Message("Thresholds are set by a supervisor or administrator of the whole city."))
    if key != EVERY and city.catalogue(uow).get(*key) is None:
        message = Message("There is no such category.")
        raise Invalid(message, {"category": message})
    if threshold is None:
        stored.remove_threshold(uow.conn, *key)
    else:
        # A comparison with NaN is false.
        if threshold.probability is not None and not 0 < threshold.probability <= 1:
            message = Message("Give a share above 0 and at most 100 %, or leave it empty.")
            raise Invalid(message, {"threshold": message})
        stored.set_threshold(uow.conn, _row(uow, actor, key, threshold))
    uow.changed(stored.THRESHOLDS)


def _row(uow: UnitOfWork, actor: Actor, key: Key, threshold: Threshold) -> Mapping[str, Any]:
    of = dict(zip(("scheme", "kind", "category"), key, strict=True))
    values = {"threshold": threshold.probability, "table_certain": threshold.table_certain}
    return {**of, **values, "changed_by": actor.person_id, "changed_at": uow.now}


def _read(conn: Any) -> Mapping[Key, Threshold]:
    return {
        (row["scheme"], row["kind"], row["category"]): Threshold(row["threshold"], row["table_certain"])
        for row in stored.read_thresholds(conn)
    }
