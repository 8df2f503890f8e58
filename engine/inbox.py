"""The inbox: the open work items of a person, what is due first first."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.actors import Actor
from engine.errors import Invalid
from engine.messages import Message
from engine.store import inboxes
from engine.store.unit_of_work import UnitOfWork

#: What is due within this time is shown as soon due.
SOON = timedelta(hours=2)
MAX_PAGE = 200
VIEWS = ("all", "mine", "group", "soon", "overdue")


@dataclass(frozen=True)
class Wanted:
    """What a person wants to see of their inbox; empty fields do not filter."""

    view: str = "all"
    stage: str = ""
    kind: str = ""
    category: str = ""
    unit_id: int | None = None
    text: str = ""


@dataclass(frozen=True)
class Page:
    """One page of the inbox.

    Attributes:
        items: rows of `engine.store.work_items`.
        next: what to give as `after` for the page behind this one; None at the end.
    """

    items: list[Mapping[str, Any]]
    next: str | None


def _filter(uow: UnitOfWork, actor: Actor, wanted: Wanted) -> inboxes.Filter:
    if actor.person_id is None:
        raise Invalid(Message("Only a person has an inbox."))
    if wanted.view not in VIEWS:
        message = Message("Use one of %(known)s.", known=", ".join(VIEWS))
        raise Invalid(message, {"view": message})
    soon = wanted.view == "soon"
    return inboxes.Filter(
        offered=tuple(sorted(actor.grants)),
        person_id=actor.person_id,
        view=wanted.view if wanted.view in {"mine", "group"} else "all",
        stage=wanted.stage,
        kind=wanted.kind,
        category=wanted.category,
        unit_id=wanted.unit_id,
        text=wanted.text[:100],
        due_before=uow.now + SOON if soon else uow.now if wanted.view == "overdue" else None,
        due_after=uow.now if soon else None,
    )


def page(uow: UnitOfWork, actor: Actor, wanted: Wanted, *, limit: int = 50, after: str | None = None) -> Page:
    """One page of the inbox of a person.

    Raises:
        Invalid: an unknown view, or an `after` that no page gave.
    """
    limit = max(1, min(limit, MAX_PAGE))
    found = inboxes.page(uow.conn, _filter(uow, actor, wanted), limit=limit + 1, after=_position(after))
    items = [dict(row) for row in found[:limit]]
    following = mark(items[-1]) if len(found) > limit else None
    return Page(list(items), following)


def counts(uow: UnitOfWork, actor: Actor, wanted: Wanted | None = None) -> Mapping[str, int]:
    """How many work items each view has: ``all``, ``mine``, ``group``, ``soon``, ``overdue``."""
    narrowed = wanted or Wanted()
    everything = Wanted(
        "all", narrowed.stage, narrowed.kind, narrowed.category, narrowed.unit_id, narrowed.text
    )
    found = inboxes.counts(uow.conn, _filter(uow, actor, everything), now=uow.now, soon=uow.now + SOON)
    return {"all": found["mine"] + found["group"], **found}


def mark(row: Mapping[str, Any]) -> str:
    """What to give as `after` for the page that begins behind a work item."""
    return base64.urlsafe_b64encode(f"{row['due_at'].isoformat()}|{row['id']}".encode()).decode()


def _position(given: str | None) -> tuple[datetime, int] | None:
    if not given:
        return None
    try:
        due, _, item_id = base64.urlsafe_b64decode(given.encode()).decode().partition("|")
        return datetime.fromisoformat(due), int(item_id)
    except (ValueError, binascii.Error) as error:
        message = Message("This is not the mark of a page: start from the first page.")
        raise Invalid(message, {"after": message}) from error
