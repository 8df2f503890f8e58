"""What the API answers. Instants are in UTC, coordinates in WGS-84 degrees."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """A part of an answer, read from a row or an object by its field names."""

    model_config = ConfigDict(from_attributes=True)


class Titles(Answer):
    """A name in each language."""

    zh: str
    en: str


class Reported(Answer):
    """The case that a report opened."""

    id: int
    number: str
    follow: str | None = Field(
        description="Address at which the reporter follows the case, told this once; null when the report had come before."
    )


class StoredPhoto(Answer):
    """A photograph that was uploaded, cleaned and stored."""

    id: str = Field(description="What to name in `photos` of a report or a completion, within a day.")
    sha256: str
    media_type: str
    width: int
    height: int
    taken_at: str | None
    lon: float | None
    lat: float | None


class WorkItem(Answer):
    """One line of the inbox."""

    id: int
    case_id: int
    case_number: str
    title_zh: str
    title_en: str
    stage: str
    role: str
    unit_id: int
    state: str = Field(description="open, done or withdrawn.")
    version: int
    assignee_id: int | None
    priority: int
    created_at: datetime
    due_at: datetime
    claimed_at: datetime | None
    ended_at: datetime | None
    kind: str
    category: str
    address: str
    grid_code: str | None
    channel: str


class Counts(Answer):
    """How many work items each view of the inbox has."""

    all: int
    mine: int
    group: int
    soon: int
    overdue: int


class Inbox(Answer):
    """One page of the inbox, what is due first first."""

    items: list[WorkItem]
    next: str | None = Field(description="What to give as `after` for the next page; null at the end.")
    counts: Counts


class Colleague(Answer):
    """Somebody to whom a work item can be handed on."""

    id: int
    name: str
    login: str


class WorkItemDetail(WorkItem):
    """A work item with what is needed to complete it."""

    assignee_name: str | None
    ended_by_name: str | None
    form: dict[str, Any] | None = Field(
        description="JSON Schema (2020-12) of `values`; null where nothing is filled in."
    )
    photos: str = Field(description="optional, required, or empty where none are taken.")
    colleagues: list[Colleague]


class Completed(Answer):
    """A work item that is done."""

    id: int
    state: str


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


class Standard(Answer):
    """One filing condition of a category."""

    condition_no: int
    condition_zh: str
    condition_en: str
    limit: float
    unit_of_time: str
    closing_zh: str
    closing_en: str


class Category(Answer):
    """One minor class with its standards."""

    scheme: str
    kind: str
    code: str
    major_code: str
    major_zh: str
    major_en: str
    name_zh: str
    name_en: str
    unit_type: str
    standards: list[Standard]


class Categories(Answer):
    """The catalogue."""

    items: list[Category]


class Grant(Answer):
    """A role that the caller holds at a unit."""

    role: str
    unit_id: int
    unit_code: str
    unit_name: Titles


class Me(Answer):
    """The person for whom the token stands."""

    id: int
    login: str
    name: str
    language: str | None
    grants: list[Grant]
