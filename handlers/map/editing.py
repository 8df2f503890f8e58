"""Saving a responsibility grid that was edited on the map: as a new version, never over what somebody else saved meanwhile."""

from __future__ import annotations

from engine.actors import Actor, unit_tree
from engine.errors import Conflict, Invalid
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from handlers.layers import Saved, save_responsibility
from handlers.map import grids
from handlers.map.previews import Draft
from handlers.store.layer_changes import lock
from handlers.store.layers import responsibility_grid


class Overtaken(Conflict):
    """Somebody else saved the grid meanwhile.

    Args:
        version: the one that they saved; None if the grid ended.
    """

    def __init__(self, message: str, version: int | None) -> None:
        super().__init__(message)
        self.version = version


def require_editor(uow: UnitOfWork, actor: Actor, draft: Draft) -> None:
    """See that an actor may save a draft.

    Raises:
        Forbidden: its unit, or the one that the grid has now, is not one of theirs.
        Invalid: naming `unit_code` or `valid_from`.
    """
    unit = unit_tree(uow).by_code.get(draft.grid.unit_code)
    if unit is None:
        message = Message("Choose the unit that is responsible.")
        raise Invalid(message, {"unit_code": message})
    if draft.valid_from is not None and draft.valid_from < uow.now:
        message = Message("What has been cannot be changed: give a time from now on.")
        raise Invalid(message, {"valid_from": message})
    newest = grids.newest(uow, draft.grid.profession, draft.grid.code)
    grids.require_editor(uow, actor, [unit.id, *([newest["unit_id"]] if newest else [])])


def save(uow: UnitOfWork, actor: Actor, draft: Draft) -> Saved:
    """Save a draft as a new version of its grid.

    Raises:
        Overtaken: the newest version is not the one that was edited.
        Invalid: naming `code`, where a new grid has that of another one.
        Conflict, Forbidden, Invalid: as `require_editor`, and as `handlers.layers.save_responsibility`.
    """
    require_editor(uow, actor, draft)
    # Whoever saves at the same time is waited for, and then seen.
    lock(uow.conn, responsibility_grid)
    newest = grids.newest(uow, draft.grid.profession, draft.grid.code)
    if draft.version is None and newest is not None:
        # Whoever draws a new grid has not seen the one of this code, and cannot mean to write over it.
        message = Message("There is a grid with this code already: give another one.")
        raise Invalid(message, {"code": message})
    if (newest["id"] if newest else None) != draft.version:
        raise Overtaken(_overtaken(draft.grid.code, gone=newest is None), newest["id"] if newest else None)
    return save_responsibility(uow, actor, draft.grid, valid_from=draft.valid_from)


def _overtaken(code: str, *, gone: bool) -> Message:
    if gone:
        return Message("The grid %(code)s ended meanwhile: nothing of yours is lost.", code=code)
    return Message("Somebody else saved the grid %(code)s meanwhile: nothing of yours is lost.", code=code)
