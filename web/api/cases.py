"""Cases: found, looked at with their logs, and acted on."""

from __future__ import annotations

from typing import Any

from engine import actions
from engine import cases as case_queries
from engine.cases import CaseView
from engine.log import data_of
from handlers import clock
from web.api.answers import Titles, WorkItem
from web.api.blueprint import CASES, api, refusals
from web.api.callers import Call
from web.api.case_answers import (
    Action,
    CaseDetail,
    CaseDocument,
    CaseList,
    Clock,
    Log,
    LogEntry,
    Photo,
    Position,
    Visit,
)
from web.api.requests import ActionPath, ActionValues, CasePath, CasesQuery

_CASE = "/cases/<int:case_id>"


@api.get("/cases", tags=[CASES], responses={200: CaseList})
def list_cases(call: Call, query: CasesQuery) -> CaseList:
    """Cases that the caller's roles let them see, newest first."""
    found = case_queries.search(
        call.uow,
        call.actor,
        text=query.text,
        status=query.status,
        limit=query.limit + 1,
        before=query.before,
    )
    items = [CaseDocument.model_validate(dict(row)) for row in found[: query.limit]]
    return CaseList(items=items, next=items[-1].id if len(found) > query.limit else None)


@api.get(_CASE, tags=[CASES], responses={200: CaseDetail, **refusals(404)})
def read_case(call: Call, path: CasePath) -> CaseDetail:
    """A case: its document, what waits, what the caller may do, and where it stands on its diagram."""
    return detail(call, path.case_id)


def detail(call: Call, case_id: int) -> CaseDetail:
    """What is answered of a case."""
    view = case_queries.view(call.uow, case_id, call.actor)
    return CaseDetail.model_validate(
        {
            **view.document,
            "work_items": [WorkItem.model_validate(dict(item)) for item in view.items],
            "photos": [Photo.model_validate(dict(one)) for one in view.attachments],
            "actions": _actions(call, view),
            "position": _position(view),
            "clock": _clock(call, view),
        }
    )


@api.get(f"{_CASE}/log", tags=[CASES], responses={200: Log, **refusals(404)})
def read_log(call: Call, path: CasePath) -> Log:
    """The log of a case, so that its chain of hashes can be verified by whoever reads it."""
    view = case_queries.view(call.uow, path.case_id, call.actor)
    entries = [
        LogEntry.model_validate({**row, "data": data_of(row), "hash": bytes(row["hash"]).hex()})
        for row in view.log
    ]
    return Log(case_id=path.case_id, entries=entries, head=bytes(view.document["log_hash"]).hex())


@api.post(
    f"{_CASE}/actions/<string:name>",
    tags=[CASES],
    responses={200: CaseDetail, **refusals(400, 403, 404, 409, 413, 415)},
)
def act_on_case(call: Call, path: ActionPath, body: ActionValues) -> CaseDetail:
    """Take one of the case's `actions`."""
    actions.act(call.uow, path.case_id, path.name, call.actor, body.values)
    return detail(call, path.case_id)


def _actions(call: Call, view: CaseView) -> list[Action]:
    return [
        Action(
            name=one.name,
            title=Titles(zh=one.title["zh"], en=one.title["en"]),
            form=None if one.form is None else dict(one.form.schema),
        )
        for one in actions.available(call.uow, view.document, call.actor)
    ]


def _clock(call: Call, view: CaseView) -> Clock | None:
    found = clock.reading(call.uow, view.document)
    if found is None:
        return None
    return Clock(
        left=found.left.total_seconds(),
        overrun=found.overrun.total_seconds(),
        raw_overrun=found.raw_overrun.total_seconds(),
    )


def _position(view: CaseView) -> Position:
    document: Any = view.document
    visits: list[dict[str, Any]] = [
        {"element": element, "count": count, "last": last} for element, (count, last) in view.visited.items()
    ]
    return Position(
        process=document["process_key"],
        version=document["process_number"],
        current=list(view.current),
        visited=[Visit.model_validate(one) for one in visits],
    )
