"""Work items: listed, taken, handed on and completed by programs for the people who hold them."""

from __future__ import annotations

from typing import Any

from engine import inbox, work
from engine.inbox import Wanted
from engine.steps import step_of
from engine.store import work_items
from web.api.answers import Colleague, Completed, Counts, Inbox, WorkItem, WorkItemDetail
from web.api.blueprint import WORK, api, refusals
from web.api.callers import Call
from web.api.photos import PURPOSES, named_photos
from web.api.requests import Completion, HandOn, InboxQuery, ItemPath, Submission

_ITEM = "/work-items/<int:item_id>"


@api.get("/work-items", tags=[WORK], responses={200: Inbox})
def list_work_items(call: Call, query: InboxQuery) -> Inbox:
    """The inbox of the caller: one page of it, and how much each view has."""
    wanted = Wanted(query.view, query.stage, query.kind, query.category, query.unit, query.text)
    page = inbox.page(call.uow, call.actor, wanted, limit=query.limit, after=query.after or None)
    counts = inbox.counts(call.uow, call.actor, wanted)
    return Inbox(
        items=[WorkItem.model_validate(dict(row)) for row in page.items],
        next=page.next,
        counts=Counts.model_validate(counts),
    )


@api.get(_ITEM, tags=[WORK], responses={200: WorkItemDetail, **refusals(404)})
def read_work_item(call: Call, path: ItemPath) -> WorkItemDetail:
    """A work item with its form and the colleagues to whom it can be handed on."""
    row = work.read(call.uow, path.item_id, call.actor)
    step = step_of(call.uow, row)
    colleagues = [Colleague.model_validate(dict(one)) for one in work.colleagues(call.uow, row)]
    form = None if step.form is None else dict(step.form.schema)
    return WorkItemDetail.model_validate(
        {**row, "form": form, "photos": step.photos, "colleagues": colleagues}
    )


@api.post(f"{_ITEM}/claim", tags=[WORK], responses={200: WorkItem, **refusals(404, 409)})
def claim_work_item(call: Call, path: ItemPath) -> WorkItem:
    """Take an offered work item; taking one's own again changes nothing."""
    work.claim(call.uow, path.item_id, call.actor)
    return _as_it_is(call, path.item_id)


@api.post(f"{_ITEM}/release", tags=[WORK], responses={200: WorkItem, **refusals(404, 409)})
def release_work_item(call: Call, path: ItemPath) -> WorkItem:
    """Give a claimed work item back to its group."""
    work.release(call.uow, path.item_id, call.actor)
    return _as_it_is(call, path.item_id)


@api.post(f"{_ITEM}/hand-on", tags=[WORK], responses={200: WorkItem, **refusals(400, 404, 409, 413, 415)})
def hand_on_work_item(call: Call, path: ItemPath, body: HandOn) -> WorkItem:
    """Hand a work item on to a colleague who holds the same role at the same unit."""
    work.hand_on(call.uow, path.item_id, call.actor, body.to, body.note)
    return _as_it_is(call, path.item_id)


@api.post(f"{_ITEM}/complete", tags=[WORK], responses={200: Completed, **refusals(400, 404, 409, 413, 415)})
def complete_work_item(call: Call, header: Submission, path: ItemPath, body: Completion) -> Completed:
    """Complete a work item with the values of its form; one that nobody claimed is taken and completed at once."""
    work.complete(
        call.uow,
        path.item_id,
        call.actor,
        body.values,
        version=body.version,
        submission_key=header.idempotency_key or None,
        photos=_photos(call, path.item_id, body.photos),
    )
    return Completed(id=path.item_id, state="done")


def _photos(call: Call, item_id: int, named: list[str]) -> list[dict[str, Any]]:
    """The photographs of a completion; what they show follows from the stage of the work item."""
    if not named:
        return []
    stage = work.read(call.uow, item_id, call.actor)["stage"]
    return named_photos(call, named, PURPOSES.get(stage, "report"))


def _as_it_is(call: Call, item_id: int) -> WorkItem:
    """The work item after the command, whether or not the caller may still see it."""
    row = work_items.read(call.uow.conn, item_id)
    return WorkItem.model_validate(dict(row or {}))
