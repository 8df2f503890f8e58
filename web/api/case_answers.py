"""What the API answers about a case: its document, its photographs, its place on the diagram and its log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from web.api.answers import Answer, Titles, WorkItem


class CaseDocument(Answer):
    """The case document."""

    id: int
    number: str
    platform_id: int
    status: str
    stage: str
    channel: str
    scheme: str
    kind: str
    category: str
    condition_no: int | None
    description: str
    address: str
    lon: float
    lat: float
    district_code: str | None
    street_code: str | None
    community_code: str | None
    grid_code: str | None
    priority: int
    unit_id: int | None
    similar_id: int | None
    opened_at: datetime
    filed_at: datetime | None
    due_at: datetime | None
    handled_at: datetime | None
    closed_at: datetime | None
    rework_count: int


class CaseList(Answer):
    """One page of cases, newest first."""

    items: list[CaseDocument]
    next: int | None = Field(description="What to give as `before` for the next page; null at the end.")


class Photo(Answer):
    """A photograph of a case."""

    sha256: str
    media_type: str
    bytes: int
    width: int
    height: int
    purpose: str
    taken_at: str | None
    lon: float | None
    lat: float | None
    added_at: datetime


class Action(Answer):
    """What the caller may do with a case now, beside its work items."""

    name: str
    title: Titles
    form: dict[str, Any] | None


class Visit(Answer):
    """How often and when last the case passed an element of its diagram."""

    element: str
    count: int
    last: datetime


class Position(Answer):
    """Where a case stands on its diagram."""

    process: str
    version: int
    current: list[str] = Field(description="Identifiers of the elements at which it waits.")
    visited: list[Visit]


class CaseDetail(CaseDocument):
    """A case with what waits, what may be done with it, and where it stands."""

    work_items: list[WorkItem]
    photos: list[Photo]
    actions: list[Action]
    position: Position


class LogEntry(Answer):
    """One thing that happened to a case."""

    seq: int
    at: datetime
    person_id: int | None
    person_name: str | None
    action: str
    element_id: str | None
    data: dict[str, Any]
    body: str = Field(description="The exact text that was hashed.")
    hash: str = Field(
        description="SHA-256 of the hash before (32 zero bytes before the first) and `body`, in hex."
    )


class Log(Answer):
    """The log of a case in order, with the head of its chain."""

    case_id: int
    entries: list[LogEntry]
    head: str = Field(description="The hash of the last entry, as the case keeps it, in hex.")
