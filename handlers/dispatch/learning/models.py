"""Models of the city: the one in use, those before it, and the swap from one to another."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from engine.actors import SYSTEM, Actor
from engine.case import Case
from engine.errors import Forbidden, Invalid, NotFound
from engine.messages import Message
from engine.store.rows import Row
from engine.store.unit_of_work import UnitOfWork
from gis.places import Place
from handlers.dispatch import learned
from handlers.dispatch.learned import Proposal
from handlers.dispatch.learning.city import Features, as_cases, category_key
from handlers.dispatch.learning.measuring import Point
from handlers.dispatch.learning.model import Model, UnreadableModel
from handlers.dispatch.thresholds import may_set
from handlers.store import dispatch_models

logger = structlog.get_logger()

#: Models whose content is kept, so that they can come back.
KEPT = 30

#: Models and swaps that are listed.
LISTED = 50


@dataclass(frozen=True, eq=False)
class DispatchModel:
    """A model in use.

    Attributes:
        figures: what was measured on the latest weeks before it came into use, which it did not know then.
    """

    id: int
    model: Model
    figures: Mapping[str, Any]
    zone: ZoneInfo

    def propose(self, features: Features, allowed: Collection[str]) -> list[Proposal]:
        """The units that may be the ones for a case, the most probable first.

        Args:
            allowed: codes of the units that may have it.
        """
        found = self.model.propose(as_cases([features], self.zone), allowed)
        return [Proposal(one.unit_code, one.probability, one.alike, one.alike_of) for one in found]


def active(uow: UnitOfWork) -> DispatchModel | None:
    """The model in use, as this process holds it; None before anything was learned."""

    def load(conn: Any) -> DispatchModel | None:
        return _load(dispatch_models.in_use(conn), uow.database.time_zone)

    return uow.reference(dispatch_models.REVISION, load)


def _load(row: Row | None, zone: ZoneInfo) -> DispatchModel | None:
    if row is None:
        return None
    try:
        return DispatchModel(row["id"], unpacked(row), row["figures"], zone)
    except UnreadableModel as error:
        # Cases go on without it, to a dispatcher; the next night makes one of today's form.
        logger.error("dispatch model cannot be read", model=row["id"], reason=str(error))  # noqa: TRY400
        return None


def unpacked(row: Row) -> Model:
    """The model of a row.

    Raises:
        UnreadableModel: it is not what was kept, or of another form, or no longer kept.
    """
    content = row["content"]
    if content is None or hashlib.sha256(content).digest() != row["digest"]:
        raise UnreadableModel("its content is not the one that was kept")
    return Model.unpack(content)


@learned.learner
def propose(case: Case, place: Place | None, allowed: Collection[str]) -> list[Proposal]:
    """What the model in use proposes for a case; nothing before anything was learned."""
    model = active(case.uow)
    return model.propose(Features.of(case), allowed) if model and allowed else []


def curve(uow: UnitOfWork, scheme: str = "", kind: str = "", category: str = "") -> list[Point]:
    """The measured curve of the model in use: of a category, or of all cases where none is named; empty where there is none.

    A category has one of its own where enough of its cases were measured.
    """
    model = active(uow)
    if model is None:
        return []
    figures = model.figures
    if category:
        figures = figures.get("categories", {}).get(category_key(scheme, kind, category), {})
    return [Point(*point) for point in figures.get("curve", [])]


def keep(uow: UnitOfWork, model: Model, lessons: int, figures: Mapping[str, Any]) -> int:
    """Keep a model that was learned, and throw the oldest away; gives its identifier."""
    content = model.pack()
    digest = hashlib.sha256(content).digest()
    row = {"trained_at": uow.now, "lessons": lessons, "content": content, "digest": digest}
    model_id = dispatch_models.add(uow.conn, {**row, "figures": dict(figures)})
    dispatch_models.forget(uow.conn, KEPT)
    return model_id


def put_in_use(
    uow: UnitOfWork, model_id: int, reason: str, *, held: bool = False, actor: Actor = SYSTEM
) -> None:
    """Let a model propose from now on; the swap is noted in the table of uses and in the program's log."""
    row = {"model_id": model_id, "at": uow.now, "person_id": actor.person_id, "reason": reason, "held": held}
    dispatch_models.use(uow.conn, row)
    uow.changed(dispatch_models.REVISION)
    logger.info("dispatch model in use", model=model_id, held=held, person=actor.person_id, reason=reason)


def use(uow: UnitOfWork, actor: Actor, model_id: int, reason: str, *, held: bool = True) -> None:
    """Let somebody choose the model that proposes: an earlier one, or the newest again.

    Args:
        held: whether it stays whatever is learned; otherwise the next better one follows it.

    Raises:
        Forbidden: the actor is no supervisor or administrator of the whole city.
        NotFound: there is no such model.
        Invalid: it is too old to come back, or of another form, or no reason is given.
    """
    if actor is not SYSTEM and not may_set(uow, actor):
        raise Forbidden(Message("Models are chosen by a supervisor or administrator of the whole city."))
    if not reason.strip():
        message = Message("Say why.")
        raise Invalid(message, {"reason": message})
    row = dispatch_models.read(uow.conn, model_id)
    if row is None:
        raise NotFound(Message("There is no model %(model)s.", model=model_id))
    try:
        unpacked(row)
    except UnreadableModel as error:
        raise Invalid(
            Message("Model %(model)s cannot come back: only its figures are kept.", model=model_id)
        ) from error
    put_in_use(uow, model_id, reason.strip(), held=held, actor=actor)


def models(uow: UnitOfWork) -> list[Row]:
    """The newest models: ``id``, ``trained_at``, ``lessons``, ``figures``, ``kept``, ``used``."""
    return dispatch_models.models(uow.conn, LISTED)


def uses(uow: UnitOfWork) -> list[Row]:
    """The latest swaps: ``model_id``, ``at``, ``person_name``, ``reason``, ``held``."""
    return dispatch_models.uses(uow.conn, LISTED)
